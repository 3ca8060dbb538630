//! The submodule `_ropewalk.asyncio.queues`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of asyncio's queues.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod queues {
    #[pymodule_export]
    use crate::asyncio::queues::classes::use_classes;
    #[pymodule_export]
    use crate::asyncio::queues::engine::QueueEngine;
}
