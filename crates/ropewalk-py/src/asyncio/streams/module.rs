//! The submodule `_ropewalk.asyncio.streams`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine of stream readers and writers.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod streams {
    #[pymodule_export]
    use crate::asyncio::streams::flow::FlowControlEngine;
    #[pymodule_export]
    use crate::asyncio::streams::flow::ProtocolEngine;
    #[pymodule_export]
    use crate::asyncio::streams::reader::ReaderEngine;
    #[pymodule_export]
    use crate::asyncio::streams::stdlib::use_stdlib;
    #[pymodule_export]
    use crate::asyncio::streams::writer::WriterEngine;
}
