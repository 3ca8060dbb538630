//! Where a native coroutine comes from, for whoever looks at one.
//!
//! Promise: nothing is looked up before somebody asks.

#![expect(unsafe_code, reason = "frames are made by a C function only")]

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule};

/// The Python method that hands a coroutine out.
pub(crate) struct Origin {
    /// The module that defines it.
    pub(crate) module: &'static str,
    /// `__qualname__`, such as "Queue.get".
    pub(crate) qualname: &'static str,
}

impl Origin {
    /// `__name__`: the last part of the qualified name.
    pub(super) fn name(&self) -> &'static str {
        self.qualname
            .rsplit_once('.')
            .map_or(self.qualname, |(_, name)| name)
    }

    /// The method's code; None where the method is not written in Python.
    pub(super) fn code<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut found = py.import(self.module)?.into_any();
        for part in self.qualname.split('.') {
            match found.getattr_opt(part)? {
                Some(next) => found = next,
                None => return Ok(None),
            }
        }
        found.getattr_opt("__code__")
    }

    /// A frame that stands at the method's first line, and never runs.
    pub(super) fn frame<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(code) = self.code(py)? else {
            return Ok(None);
        };
        let module: Bound<'py, PyModule> = py.import(self.module)?;
        let globals: Bound<'py, PyDict> = module.dict();
        // SAFETY: this thread is attached, so it has a state.
        let state = unsafe { ffi::PyThreadState_Get() };
        // SAFETY: `code` is a code object, as the `__code__` of a function is; the globals are
        // a dict; no locals are asked for.
        let frame = unsafe {
            ffi::PyFrame_New(
                state,
                code.as_ptr().cast(),
                globals.as_ptr(),
                std::ptr::null_mut(),
            )
        };
        // SAFETY: the function returns a new reference, or null with an exception set.
        let frame = unsafe { Bound::from_owned_ptr_or_err(py, frame.cast()) }?;
        Ok(Some(frame))
    }
}
