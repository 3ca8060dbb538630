//! The submodule `_ropewalk.asyncio`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The parts of it, by the names that they are imported by.
const PARTS: [&str; 11] = [
    "awaitable",
    "locks",
    "loops",
    "process",
    "queues",
    "slow",
    "sock",
    "streams",
    "tls",
    "transports",
    "waiting",
];

/// The engine under `ropewalk.asyncio`.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod asyncio {
    #[pymodule_export]
    use crate::asyncio::awaitable::module::awaitable;
    #[pymodule_export]
    use crate::asyncio::locks::module::locks;
    #[pymodule_export]
    use crate::asyncio::loops::module::loops;
    #[pymodule_export]
    use crate::asyncio::process::module::process;
    #[pymodule_export]
    use crate::asyncio::queues::module::queues;
    #[pymodule_export]
    use crate::asyncio::slow::module::slow;
    #[pymodule_export]
    use crate::asyncio::sock::module::sock;
    #[pymodule_export]
    use crate::asyncio::streams::module::streams;
    #[pymodule_export]
    use crate::asyncio::tls::module::tls;
    #[pymodule_export]
    use crate::asyncio::transports::module::transports;
    #[pymodule_export]
    use crate::asyncio::waiting::module::waiting;
}

/// Makes `import ropewalk._ropewalk.asyncio.locks` work.
pub(crate) fn register(modules: &Bound<'_, PyAny>, asyncio: &Bound<'_, PyAny>) -> PyResult<()> {
    for name in PARTS {
        modules.set_item(
            format!("ropewalk._ropewalk.asyncio.{name}"),
            asyncio.getattr(name)?,
        )?;
    }
    Ok(())
}
