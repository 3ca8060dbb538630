//! The submodule `_ropewalk.asyncio.tls`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of TLS between a transport and a protocol.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod tls {
    #[pymodule_export]
    use crate::asyncio::tls::engine::TlsEngine;
    #[pymodule_export]
    use crate::asyncio::tls::stdlib::use_stdlib;
    #[pymodule_export]
    use crate::asyncio::tls::writer::TlsWriter;
}
