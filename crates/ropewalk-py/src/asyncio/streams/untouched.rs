//! Whether one of our objects is as we made it, so that a call need not be looked up.
//!
//! Promise: an object counts as untouched only while its class is exactly ours, the methods in
//! question are found where we put them, and none was set on the object itself.

#![expect(unsafe_code, reason = "a class's version and plain assignment are C's")]

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};
use ropewalk_facade::atomic::{AtomicU32, Ordering};

/// A class of ours, and the version of it that was looked at last.
pub(super) struct Watched {
    /// The class as programs see it.
    pub(super) class: Py<PyType>,
    /// The method in question.
    name: &'static str,
    /// Where the method has to be found.
    method: Py<PyAny>,
    /// Python changes a class's version whenever something is set on it or on a base of it; 0
    /// means that it has none at present. Relaxed: it is a number of this process's, no message.
    version: AtomicU32,
}

impl Watched {
    pub(super) fn new(py: Python<'_>, class: Py<PyType>, name: &'static str) -> PyResult<Self> {
        let method = class.bind(py).getattr(name)?.unbind();
        Ok(Self {
            class,
            name,
            method,
            version: AtomicU32::new(0),
        })
    }

    /// Whether the class of `object` is this one, unchanged.
    #[inline]
    pub(super) fn is_class_of(&self, object: &Bound<'_, PyAny>) -> PyResult<bool> {
        let ours = self.class.as_ptr().cast::<ffi::PyTypeObject>();
        if object.get_type_ptr() != ours || cfg!(Py_GIL_DISABLED) {
            return Ok(false);
        }
        let version = self.current();
        if version != 0 && version == self.version.load(Ordering::Relaxed) {
            return Ok(true);
        }
        self.look(object.py())
    }

    #[cold]
    fn look(&self, py: Python<'_>) -> PyResult<bool> {
        let found = self.class.bind(py).getattr(self.name)?;
        let same = found.is(&self.method);
        if same {
            self.version.store(self.current(), Ordering::Relaxed);
        }
        Ok(same)
    }

    fn current(&self) -> u32 {
        let class = self.class.as_ptr().cast::<ffi::PyTypeObject>();
        // SAFETY: the class is alive, and while this thread is attached to an interpreter with a
        // lock nobody changes it.
        unsafe { (*class).tp_version_tag }
    }
}

/// Sets or deletes an attribute as `object` does.
pub(super) fn set_attribute(
    object: &Bound<'_, PyAny>,
    name: &Bound<'_, PyString>,
    value: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let value = value.map_or(std::ptr::null_mut(), Bound::as_ptr);
    // SAFETY: live objects, and null for a deletion, as the function has it.
    let failed = unsafe { ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), value) };
    if failed == 0 {
        return Ok(());
    }
    Err(PyErr::fetch(object.py()))
}
