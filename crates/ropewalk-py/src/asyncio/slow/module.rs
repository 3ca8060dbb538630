//! The submodule `_ropewalk.asyncio.slow`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The watch over blocked loops.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod slow {
    #[pymodule_export]
    use crate::asyncio::slow::PyWatch;
}
