//! The submodule `_ropewalk.asyncio.awaitable`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of the awaitables that every other part hands out.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod awaitable {
    #[pymodule_export]
    use crate::asyncio::awaitable::awaiting::awaiting;
    #[pymodule_export]
    use crate::asyncio::awaitable::method::face;
    #[pymodule_export]
    use crate::asyncio::awaitable::method::short_cut;
    use crate::asyncio::awaitable::{bound, class};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        bound::prepare(module.py())?;
        module.add("coroutine", class::class(module.py())?)
    }
}
