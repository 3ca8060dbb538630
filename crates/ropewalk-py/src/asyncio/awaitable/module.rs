//! The submodule `_ropewalk.asyncio.awaitable`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of the awaitables that every other part hands out.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod awaitable {}
