//! The submodule `_ropewalk.asyncio.transports`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of byte streams between a loop and its protocols.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod transports {
    #[pymodule_export]
    use crate::asyncio::transports::core::StreamCore;
    #[pymodule_export]
    use crate::asyncio::transports::direct::{Noticing, use_class};
}
