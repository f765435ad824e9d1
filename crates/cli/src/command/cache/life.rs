//! The life of one key as a person reads it: the decision, the limits, and what happened when and by whom.

use std::time::Duration;

use amorsize_cache::ops::inspect::{RecordFacts, Why};
use amorsize_cache::time::human;
use amorsize_cache::{Key, Lookup, State, Time};

use super::args::WantArgs;
use super::view;
use crate::units::show_bytes;

/// What a look-up comes to: the value, or every reason why not.
pub(super) fn decision(lookup: &Lookup) -> String {
    match lookup {
        Lookup::Hit(hit) => {
            let limit = hit.ttl.map_or_else(
                || "it has no end".to_owned(),
                |ttl| format!("within its TTL of {}", human(ttl)),
            );
            let due =
                if hit.refresh_due { "; due to be computed again before it ends" } else { "" };
            format!("decision  hit: age {}, {limit}{due}\n", human(hit.age()))
        }
        Lookup::Miss(miss) => {
            let labels = std::iter::once("decision").chain(std::iter::repeat("also"));
            let lines = labels.zip(miss.reasons.all());
            lines.map(|(label, reason)| format!("{label:10}{reason}\n")).collect()
        }
    }
}

/// Everything else there is to tell.
pub(super) fn told(key: &Key, why: &Why, want: &WantArgs) -> String {
    let mut lines = vec![("key", key.to_string()), ("id", why.id.clone())];
    if let Some(record) = &why.record {
        let version = record.generation.0;
        lines.push((
            "value",
            format!(
                "{}, payload format {}, version {version}",
                if record.state == State::Live {
                    show_bytes(u64::from(record.body_bytes))
                } else {
                    "gone".to_owned()
                },
                record.fmt
            ),
        ));
        if let Some(machine) = &record.fingerprint {
            lines.push(("machine", machine.clone()));
        }
        if record.cost_ns > 0 {
            lines.push(("cost", human(Duration::from_nanos(record.cost_ns))));
        }
    }
    lines.push(("limits", limits(why.record.as_ref(), want)));
    for (at, (time, what)) in events(why).into_iter().enumerate() {
        let label = if at == 0 { "life" } else { "" };
        lines.push((label, format!("{:46}{what}", view::moment(time, why.t))));
    }
    lines.push(("store", store(why)));
    lines.iter().map(|(label, text)| format!("{label:10}{text}\n")).collect()
}

/// The ages that the writer and this reader accept.
fn limits(record: Option<&RecordFacts>, want: &WantArgs) -> String {
    let writer = record.map(|record| match record.ttl_ns {
        None => "its writer set no end".to_owned(),
        ttl => format!("its writer allows {}", view::ttl(ttl)),
    });
    let reader = want.max_age.map_or_else(
        || "this reader takes any age".to_owned(),
        |age| format!("this reader takes at most {}", human(age)),
    );
    let format = format!("payload format {}", want.fmt);
    writer.into_iter().chain([reader, format]).collect::<Vec<_>>().join("; ")
}

/// What happened to the key, in order.
fn events(why: &Why) -> Vec<(Time, String)> {
    let mut events = Vec::new();
    if let Some(record) = &why.record {
        let by = record.stored_by.as_deref().map_or_else(String::new, |by| format!(" by {by}"));
        events.push((record.created, format!("stored{by}")));
        if let Some(ttl) = record.ttl_ns {
            let end = record.created.plus(Duration::from_nanos(ttl));
            let what = if end < why.t { "its TTL ended" } else { "its TTL ends" };
            events.push((end, what.to_owned()));
        }
        if let Some(used) = why.used {
            events.push((used, "last used".to_owned()));
        }
        if let Some(ended) = record.ended {
            let by = record.ended_by.as_deref().unwrap_or("somebody no longer known");
            let what = match record.state {
                State::Pruned => format!("pruned by {by}: the value went, the answer stays"),
                State::Evicted => format!("evicted by {by}: the value had to go"),
                _ => format!("deleted by {by}"),
            };
            events.push((ended, what));
        }
    }
    events.push((why.t, "this look-up".to_owned()));
    events.sort_by_key(|(time, _)| *time);
    events
}

/// What holds for the whole store.
fn store(why: &Why) -> String {
    let floor = match why.meta.floor.0 {
        0 => "nothing was ever forgotten, so `absent` means never stored".to_owned(),
        ns => {
            format!("what was stored before {} may have been forgotten or lost", Time::from_ns(ns))
        }
    };
    if why.meta.hwm == Time::EPOCH {
        return format!("never pruned; {floor}");
    }
    format!("pruned up to {}; {floor}", view::moment(why.meta.hwm, why.t))
}
