//! The submodule `_ropewalk.asyncio.locks`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of asyncio's locks, events, conditions, semaphores and barriers.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod locks {}
