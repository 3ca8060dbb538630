//! The submodule `_ropewalk.asyncio.locks`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of asyncio's locks, events, conditions, semaphores and barriers.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod locks {
    use crate::asyncio::deque;
    #[pymodule_export]
    use crate::asyncio::locks::condition::{condition_wait, condition_wait_for};
    #[pymodule_export]
    use crate::asyncio::locks::event::EventEngine;
    #[pymodule_export]
    use crate::asyncio::locks::lock::LockEngine;
    #[pymodule_export]
    use crate::asyncio::locks::semaphore::SemaphoreEngine;
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        deque::class(module.py()).map(drop)
    }
}
