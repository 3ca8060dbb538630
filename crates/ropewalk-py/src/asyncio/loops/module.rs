//! The submodule `_ropewalk.asyncio.loops`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of the event loop and its handles.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod loops {}
