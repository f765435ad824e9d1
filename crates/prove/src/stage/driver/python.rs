//! The driver for Python callables: `py:FILE:FUNCTION`.

use super::{Driver, scratch};
use crate::error::{Error, Result};
use crate::experiment::{Experiment, Op};
use crate::gate::python;
use serde_json::json;
use std::collections::BTreeMap;

const DRIVER: &str = include_str!("driver.py");
const TASKS: &str = include_str!("tasks.py");

pub(super) fn driver(experiment: &Experiment, targets: BTreeMap<Op, String>) -> Result<Driver<'_>> {
    for (op, target) in &targets {
        if target.rsplit_once(':').is_none_or(|(file, name)| file.is_empty() || name.is_empty()) {
            return Err(Error::usage(format!("{op}: write py:FILE:FUNCTION, not `py:{target}`")));
        }
    }
    let watches = python::watches(&experiment.on).unwrap_or_else(|| json!([]));
    let folder = scratch()?;
    let failed = |error| Error::io("could not lay out the driver", error);
    std::fs::write(folder.path().join("driver.py"), DRIVER).map_err(failed)?;
    std::fs::write(folder.path().join("amorsize_tasks.py"), TASKS).map_err(failed)?;
    std::fs::write(folder.path().join("amorsize_hook.py"), python::HOOK).map_err(failed)?;
    let program = vec![experiment.python.clone(), "-B".into(), folder.path().join("driver.py")];
    Ok(Driver { experiment, program, targets, watches, folder })
}
