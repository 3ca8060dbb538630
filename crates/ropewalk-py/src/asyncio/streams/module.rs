//! The submodule `_ropewalk.asyncio.streams`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of stream readers and writers.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod streams {}
