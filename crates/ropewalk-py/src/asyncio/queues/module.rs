//! The submodule `_ropewalk.asyncio.queues`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of asyncio's queues.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod queues {}
