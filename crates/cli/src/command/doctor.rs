//! `amorsize doctor`: the machine as it really is, what limits it, and whether the store is well.

use amorsize_finding::ExitCode;
use amorsize_os::machine::Machine;
use amorsize_report::table::{Column, Table};
use serde_json::json;

use crate::command::cache::open::{self, Place};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Format;
use crate::units::show_bytes;

/// Show the machine as it was read, what limits it, and the health of the cache
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Prints what was found.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let machine = Machine::read();
    let health = health(context)?;
    match args.format {
        Format::Json => {
            let mut value = as_json(&machine);
            value["cache"] = json!({
                "store": health.place, "well": health.is_well, "state": health.state,
            });
            context.output.json(&value)?;
        }
        Format::Text => {
            let mut table = as_table(&machine);
            table.push(["cache", health.place.as_str()]);
            table.push(["", health.state.as_str()]);
            context.output.data(&table.render(None))?;
        }
    }
    Ok(if health.is_well { ExitCode::Clean } else { ExitCode::Findings })
}

/// What there is to say about the store.
struct Health {
    place: String,
    state: String,
    is_well: bool,
}

/// Looks at the store without making one.
fn health(context: &Context) -> Result<Health, Failure> {
    let place = Place::find(None, context)?;
    let shown = place.shown();
    let (state, is_well) = match open::if_there(&place)
        .and_then(|found| found.map(|store| Ok((store.stats()?, store.verify()?))).transpose())
    {
        Ok(None) => ("not made yet: the first result makes it".to_owned(), true),
        Ok(Some((stats, verified))) => {
            let damaged = verified.problems.len();
            let live = stats.total.live;
            let size = show_bytes(stats.store_bytes);
            (format!("{live} live entries, {damaged} damaged, {size}"), damaged == 0)
        }
        Err(error) => (error.to_string(), false),
    };
    Ok(Health { place: shown, state, is_well })
}

fn as_json(machine: &Machine) -> serde_json::Value {
    let quota = machine.cpu_quota.as_ref();
    let limit = machine.memory_limit.as_ref();
    json!({
        "schema": "amorsize-doctor/1",
        "host": amorsize_os::process::host_name(),
        "cpus": {
            "online": machine.cpus_online,
            "allowed": machine.cpus_allowed,
            "cores_physical": machine.cores_physical,
            "quota": quota.map(|quota| quota.cpus),
            "quota_source": quota.map(|quota| quota.source.display().to_string()),
            "usable": machine.cpus_usable(),
            "limited_by": machine.cpu_limited_by(),
        },
        "memory": {
            "total_bytes": machine.memory_total_bytes,
            "available_bytes": machine.memory_available_bytes,
            "limit_bytes": limit.map(|limit| limit.bytes),
            "limit_source": limit.map(|limit| limit.source.display().to_string()),
            "headroom_bytes": machine.memory_headroom_bytes(),
        },
        "load": machine.load,
        "open_files_max": machine.open_files_max,
        "processes_max": machine.processes_max,
    })
}

fn as_table(machine: &Machine) -> Table {
    let unknown = || "unknown".to_owned();
    let size = |bytes: Option<u64>| bytes.map_or_else(unknown, show_bytes);
    let mut table = Table::new([Column::left("what"), Column::left("as it is")]).without_header();
    table.push(["host", &amorsize_os::process::host_name()]);
    table.push([
        "cpus to use".to_owned(),
        format!("{:.2}, {}", machine.cpus_usable(), machine.cpu_limited_by()),
    ]);
    let cores = machine.cores_physical.map_or_else(unknown, |cores| cores.to_string());
    table.push([
        "cpus".to_owned(),
        format!(
            "{} online, {} allowed, {cores} physical cores",
            machine.cpus_online, machine.cpus_allowed
        ),
    ]);
    table.push([
        "memory".to_owned(),
        format!(
            "{} to use, {} in the machine",
            size(machine.memory_headroom_bytes()),
            size(machine.memory_total_bytes)
        ),
    ]);
    if let Some(limit) = &machine.memory_limit {
        let text = format!("{} by {}", show_bytes(limit.bytes), limit.source.display());
        table.push(["memory limit", text.as_str()]);
    }
    if let Some([one, five, fifteen]) = machine.load {
        let text = format!("{one:.2} {five:.2} {fifteen:.2} (1, 5, 15 minutes)");
        table.push(["load", text.as_str()]);
    }
    if let Some(files) = machine.open_files_max {
        table.push(["open files", format!("{files} at most").as_str()]);
    }
    table
}
