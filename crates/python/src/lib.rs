//! The compiled half of the Python package `amorsize`: the module `amorsize._native`.
//!
//! It hands three things of the workspace to Python and decides nothing itself: the machine as it really is
//! ([`machine`]), the planner ([`planner`]), the stores of the cache ([`store`]). What needs a Python interpreter anyway
//! (calling the user's function, pickling, pools of Python processes) is Python, in `python/amorsize/`.
//!
//! The lock of the interpreter is released around everything that may wait for a disk, a lock or a server.

#![expect(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    reason = "arguments of Python calls arrive owned, and are keywords there"
)]

mod machine;
mod planner;
mod store;

use pyo3::prelude::*;

/// What the Python half builds on; private, without promises.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(machine::machine, module)?)?;
    module.add_class::<planner::PyController>()?;
    module.add_class::<store::PyStore>()?;
    module.add_function(wrap_pyfunction!(planner::go_parallel, module)?)?;
    module.add_function(wrap_pyfunction!(planner::mean_low, module)?)?;
    module.add_function(wrap_pyfunction!(planner::plan_for, module)?)?;
    Ok(())
}
