//! The machine as it really is, as a dictionary.

use amorsize_os::machine::{Machine, Pressure};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Reads the machine as this process may use it; what the system does not say is `None`.
#[pyfunction]
pub(crate) fn machine(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let read = py.detach(Machine::read);
    let out = PyDict::new(py);
    out.set_item("cpus_online", read.cpus_online)?;
    out.set_item("cpus_allowed", read.cpus_allowed)?;
    out.set_item("cpus_usable", read.cpus_usable())?;
    out.set_item("cores_physical", read.cores_physical)?;
    out.set_item("cpu_limited_by", read.cpu_limited_by())?;
    out.set_item("memory_total_bytes", read.memory_total_bytes)?;
    out.set_item("memory_available_bytes", read.memory_available_bytes)?;
    out.set_item("memory_headroom_bytes", read.memory_headroom_bytes())?;
    out.set_item("load", read.load)?;
    out.set_item("pressure_cpu", read.pressure_cpu.as_ref().map(share))?;
    out.set_item("pressure_memory", read.pressure_memory.as_ref().map(share))?;
    out.set_item("pressure_io", read.pressure_io.as_ref().map(share))?;
    out.set_item("open_files_max", read.open_files_max)?;
    out.set_item("processes_max", read.processes_max)?;
    Ok(out)
}

fn share(pressure: &Pressure) -> f64 {
    pressure.some_avg10
}
