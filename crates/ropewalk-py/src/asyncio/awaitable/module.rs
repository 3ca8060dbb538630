//! The submodule `_ropewalk.asyncio.awaitable`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of the awaitables that every other part hands out.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod awaitable {
    #[pymodule_export]
    use crate::asyncio::awaitable::awaiting::awaiting;
    use crate::asyncio::awaitable::class;
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("coroutine", class::class(module.py())?)
    }
}
