//! The submodule `_ropewalk.asyncio.waiting`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of gather, wait, time-outs and task groups.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod waiting {}
