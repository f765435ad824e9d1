//! A witness as a code flow: a thread flow a party, the execution order across them.

use amorsize_finding::{Step, Witness};

use super::model::{CodeFlow, Location, Message, PhysicalLocation, ThreadFlow, ThreadFlowLocation};

/// Turns a witness into a code flow; `place` locates a line in a file or the finding's own.
pub(super) fn code_flow(
    witness: &Witness,
    place: impl Fn(Option<&str>, Option<u32>) -> PhysicalLocation,
) -> CodeFlow {
    let mut names: Vec<(&str, &str)> =
        witness.actors.iter().map(|actor| (actor.name.as_str(), actor.runs.as_str())).collect();
    for step in &witness.steps {
        if !names.iter().any(|(name, _)| *name == step.actor) {
            names.push((&step.actor, ""));
        }
    }
    let thread_flows = names
        .iter()
        .filter_map(|(name, runs)| {
            let locations: Vec<ThreadFlowLocation> = (1..)
                .zip(&witness.steps)
                .filter(|(_, step)| step.actor == *name)
                .map(|(order, step)| ThreadFlowLocation {
                    location: Location::of(place(step.path.as_deref(), step.line), &said(step)),
                    execution_order: order,
                    importance: if step.note.is_some() { "essential" } else { "important" },
                })
                .collect();
            // A thread flow must have at least one location.
            (!locations.is_empty()).then(|| ThreadFlow {
                id: (*name).to_owned(),
                message: (!runs.is_empty()).then(|| Message::plain(runs)),
                locations,
            })
        })
        .collect();
    let parts = [witness.initial.as_str(), witness.outcome.as_str(), witness.not_serial.as_str()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    CodeFlow { message: Message::plain(&parts.join(". ")), thread_flows }
}

fn said(step: &Step) -> String {
    let mut text = format!("{}: {}", step.actor, step.effect);
    if let Some(result) = &step.result {
        push!(&mut text, " → {result}");
    }
    if let Some(note) = &step.note {
        push!(&mut text, " ({note})");
    }
    text
}
