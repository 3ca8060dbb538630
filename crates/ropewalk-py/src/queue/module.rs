//! The submodule `_ropewalk.queue`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine under `ropewalk.queue`.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod queue {
    #[pymodule_export]
    use crate::queue::class::QueueEngine;
    #[pymodule_export]
    use crate::queue::quick::quick_methods;
    use pyo3::prelude::*;
    use pyo3::types::PyType;

    /// Tells the engine which exception classes to raise; the first call counts.
    #[pyfunction]
    fn use_exceptions(py: Python<'_>, empty: Py<PyType>, full: Py<PyType>, shut_down: Py<PyType>) {
        crate::error::learn_queue_exceptions(py, empty, full, shut_down);
    }
}
