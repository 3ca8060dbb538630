//! The submodule `_ropewalk.asyncio.loops`. Promise: it lists, nothing more.

#![expect(unsafe_code, reason = "the interpreter's own way to set an attribute")]

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// Sets or deletes an attribute as `object.__setattr__` does.
pub(super) fn set_attribute(
    object: &Bound<'_, PyAny>,
    name: &Bound<'_, PyString>,
    value: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let value = value.map_or(std::ptr::null_mut(), Bound::as_ptr);
    // SAFETY: live objects; null means to delete.
    if unsafe { ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), value) } < 0 {
        return Err(PyErr::fetch(object.py()));
    }
    Ok(())
}

/// The engine of the event loop and its handles.
#[pymodule(submodule, gil_used = true)]
pub(crate) mod loops {
    #[pymodule_export]
    use crate::asyncio::loops::LoopCore;
    use pyo3::prelude::*;
    use pyo3::types::PyType;

    /// Make the types Handle and `TimerHandle` as subtypes of asyncio's; and one of its
    /// `_ThreadSafeHandle`, where there is one.
    #[pyfunction]
    fn make_handles<'py>(
        handle: &Bound<'py, PyType>,
        timer: &Bound<'py, PyType>,
        report: Py<PyAny>,
        thread_safe: Option<&Bound<'py, PyType>>,
    ) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyType>)> {
        crate::asyncio::loops::handle::make_types(handle, timer, report, thread_safe)
    }

    /// Put `create_task` in the loop's class, with the signature that the running Python's has.
    #[pyfunction]
    fn add_create_task(py: Python<'_>, any_keywords: bool) -> PyResult<()> {
        let class = py.get_type::<LoopCore>();
        crate::asyncio::loops::calls::add_create_task(class.as_any(), any_keywords)
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let class = module.py().get_type::<LoopCore>();
        crate::asyncio::loops::calls::add_methods(class.as_any())
    }
}
