//! The submodule `_ropewalk.asyncio.process`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of child processes of a loop.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod process {
    #[pymodule_export]
    use crate::asyncio::process::child::{PyChild, can_watch};
}
