//! Where a native coroutine comes from, for whoever looks at one.
//!
//! Promise: nothing is looked up before somebody asks or the first coroutine of a method waits. From
//! then on it is known also while the interpreter ends, when there are no modules any more.

#![expect(unsafe_code, reason = "frames are made by a C function only")]

use crate::names::import;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use ropewalk_facade::atomic::{AtomicUsize, Ordering};
use ropewalk_park::ShortLock;
use std::ptr;
use std::sync::LazyLock;

/// What is kept of a method whose coroutines have waited.
struct Kept {
    origin: &'static Origin,
    code: Option<Py<PyAny>>,
    globals: Py<PyDict>,
}

static KEPT: LazyLock<ShortLock<Vec<Kept>>> = LazyLock::new(|| ShortLock::new(Vec::new()));

/// More places than there are methods.
const PLACES: usize = 64;

/// Addresses of origins that are surely kept, each at the place that it points to.
static SEEN: [AtomicUsize; PLACES] = [const { AtomicUsize::new(0) }; PLACES];

/// The Python method that hands a coroutine out.
#[derive(PartialEq)]
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

    /// The method's code; None where no such method is written in Python.
    pub(super) fn code<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.code_of_now(py) {
            Err(why) => {
                let code = |kept: &Kept| kept.code.as_ref().map(|code| code.bind(py).clone());
                self.kept(code).ok_or(why)
            }
            found => found,
        }
    }

    fn code_of_now<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (mut place, mut found) = (
            py.None().into_bound(py),
            import(py, self.module)?.into_any(),
        );
        for part in self.qualname.split('.') {
            let Some(next) = found.getattr_opt(part)? else {
                return Ok(None);
            };
            place = std::mem::replace(&mut found, next);
        }
        match (found.getattr_opt("__code__")?, place.cast_into::<PyType>()) {
            // A method of the engine's takes the place of one of the standard library's.
            (None, Ok(class)) => self.code_of_model(&class),
            (code, _) => Ok(code),
        }
    }

    fn code_of_model<'py>(
        &self,
        class: &Bound<'py, PyType>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        for base in class.mro() {
            if let Some(method) = base.getattr_opt(self.name())?
                && let Some(code) = method.getattr_opt("__code__")?
            {
                return Ok(Some(code));
            }
        }
        Ok(None)
    }

    /// Keeps what `code` and `frame` need: a coroutine of this method waits.
    #[inline]
    pub(super) fn keep(&'static self, py: Python<'_>) {
        let address = ptr::from_ref(self).addr();
        let seen = &SEEN[address / align_of::<Self>() % PLACES];
        if seen.load(Ordering::Relaxed) != address {
            self.keep_now(py);
            seen.store(address, Ordering::Relaxed);
        }
    }

    #[cold]
    fn keep_now(&'static self, py: Python<'_>) {
        if KEPT.lock().iter().any(|kept| ptr::eq(kept.origin, self)) {
            return;
        }
        // What cannot be looked up now says so to whoever asks.
        let (Ok(code), Ok(module)) = (self.code_of_now(py), import(py, self.module)) else {
            return;
        };
        let kept = Kept {
            origin: self,
            code: code.map(Bound::unbind),
            globals: module.dict().unbind(),
        };
        KEPT.lock().push(kept);
    }

    fn kept<T>(&self, look: impl FnOnce(&Kept) -> T) -> Option<T> {
        let all = KEPT.lock();
        all.iter().find(|kept| *kept.origin == *self).map(look)
    }

    /// A frame that stands at the method's first line, and never runs.
    pub(super) fn frame<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(code) = self.code(py)? else {
            return Ok(None);
        };
        let globals = match import(py, self.module) {
            Ok(module) => module.dict(),
            Err(why) => self.kept(|kept| kept.globals.bind(py).clone()).ok_or(why)?,
        };
        // Not while the interpreter ends: then any frame will do.
        let suspended = import(py, "ropewalk._asyncio._coroutines")
            .and_then(|module| module.call_method1("suspended_frame", (&code, &globals)));
        if let Ok(suspended) = suspended
            && !suspended.is_none()
        {
            return Ok(Some(suspended));
        }
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
