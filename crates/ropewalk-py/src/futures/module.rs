//! The submodule `_ropewalk.futures`. Promise: it lists, nothing more.

use pyo3::prelude::*;

/// The engine under `ropewalk.concurrent.futures`.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod futures {
    #[pymodule_export]
    use crate::futures::completions::Completions;
    #[pymodule_export]
    use crate::futures::executor::ThreadPool;
    #[pymodule_export]
    use crate::futures::future::FutureEngine;
    #[pymodule_export]
    use crate::futures::quick::quick_methods;
    #[pymodule_export]
    use crate::futures::results::Results;
    #[pymodule_export]
    use crate::futures::watch::{Watch, sort_out};
    #[pymodule_export]
    use crate::futures::work_queue::WorkQueue;
    use pyo3::prelude::*;

    /// Tells the engine which classes to make and to raise, and who does what is rare; the first
    /// call counts.
    #[pyfunction]
    fn use_names(
        py: Python<'_>,
        cancelled: Py<PyAny>,
        invalid_state: Py<PyAny>,
        model: Py<PyAny>,
        future: Py<PyAny>,
        rare: Py<PyAny>,
    ) {
        let names = crate::error::FuturesNames {
            cancelled,
            invalid_state,
            model,
            future,
            rare,
        };
        crate::error::learn_futures_names(py, names);
    }
}
