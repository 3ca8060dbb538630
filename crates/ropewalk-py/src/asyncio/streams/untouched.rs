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
pub(crate) struct Watched {
    /// The class as programs see it.
    pub(crate) class: Py<PyType>,
    /// The methods in question.
    names: &'static [&'static str],
    /// What has to be found under these names.
    methods: Vec<Py<PyAny>>,
    /// Python changes a class's version whenever something is set on it or on a base of it; 0
    /// means that it has none at present. Relaxed: it is a number of this process's, no message.
    version: AtomicU32,
}

impl Watched {
    pub(crate) fn new(
        py: Python<'_>,
        class: Py<PyType>,
        names: &'static [&'static str],
    ) -> PyResult<Self> {
        let methods = names
            .iter()
            .map(|name| Ok(class.bind(py).getattr(*name)?.unbind()))
            .collect::<PyResult<_>>()?;
        Ok(Self {
            class,
            names,
            methods,
            version: AtomicU32::new(0),
        })
    }

    /// Whether the class of `object` is this one, unchanged.
    #[inline]
    pub(crate) fn is_class_of(&self, object: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.is_known_class_of(object) || self.look(object)?)
    }

    /// The same without a look at what has changed, which might run Python code: false for a
    /// class that was not looked at since.
    #[inline]
    pub(crate) fn is_known_class_of(&self, object: &Bound<'_, PyAny>) -> bool {
        let version = self.current();
        self.is_plain_class_of(object)
            && version != 0
            && version == self.version.load(Ordering::Relaxed)
    }

    #[inline]
    fn is_plain_class_of(&self, object: &Bound<'_, PyAny>) -> bool {
        let ours = self.class.as_ptr().cast::<ffi::PyTypeObject>();
        object.get_type_ptr() == ours && !cfg!(Py_GIL_DISABLED)
    }

    #[cold]
    fn look(&self, object: &Bound<'_, PyAny>) -> PyResult<bool> {
        if !self.is_plain_class_of(object) {
            return Ok(false);
        }
        let py = object.py();
        for (name, method) in self.names.iter().zip(&self.methods) {
            if !self.class.bind(py).getattr(*name)?.is(method) {
                return Ok(false);
            }
        }
        self.version.store(self.current(), Ordering::Relaxed);
        Ok(true)
    }

    fn current(&self) -> u32 {
        let class = self.class.as_ptr().cast::<ffi::PyTypeObject>();
        // SAFETY: the class is alive, and while this thread is attached to an interpreter with a
        // lock nobody changes it.
        unsafe { (*class).tp_version_tag }
    }
}

/// Sets or deletes an attribute as `object` does.
pub(crate) fn set_attribute(
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
