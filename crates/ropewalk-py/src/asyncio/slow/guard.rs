//! A promise of the interpreter not to end yet (PEP 788), for threads that are not Python's.
//!
//! Promise: where the running Python has such guards (from 3.15 on; asked by looking for its
//! functions), nothing runs in [`View::guarded`] once the interpreter has begun to end, and it does
//! not begin meanwhile. Where it has none, whoever attaches has to see for himself.

#![expect(unsafe_code, reason = "functions that PyO3 does not list yet")]

use pyo3::prelude::*;
use ropewalk_sys::symbol;
use std::ffi::{CStr, c_void};
use std::mem::transmute;
use std::ptr::NonNull;

type Make = unsafe extern "C" fn() -> *mut c_void;
type Take = unsafe extern "C" fn(*mut c_void) -> *mut c_void;
type Close = unsafe extern "C" fn(*mut c_void);

/// The functions of `PyInterpreterView` and `PyInterpreterGuard`.
#[derive(Clone, Copy, Debug)]
struct Functions {
    view: Make,
    close_view: Close,
    guard: Take,
    close_guard: Close,
}

impl Functions {
    /// None where one of them is missing.
    fn find() -> Option<Self> {
        let find = |name: &CStr| symbol(name).map(NonNull::as_ptr);
        let view = find(c"PyInterpreterView_FromCurrent")?;
        let close_view = find(c"PyInterpreterView_Close")?;
        let guard = find(c"PyInterpreterGuard_FromView")?;
        let close_guard = find(c"PyInterpreterGuard_Close")?;
        Some(Self {
            // SAFETY: the function of that name in Python's C interface, with its signature there.
            view: unsafe { transmute::<*mut c_void, Make>(view) },
            // SAFETY: as above.
            close_view: unsafe { transmute::<*mut c_void, Close>(close_view) },
            // SAFETY: as above.
            guard: unsafe { transmute::<*mut c_void, Take>(guard) },
            // SAFETY: as above.
            close_guard: unsafe { transmute::<*mut c_void, Close>(close_guard) },
        })
    }
}

/// The interpreter, as seen by threads that may outlive it.
#[derive(Debug)]
pub(super) struct View(Option<(Functions, NonNull<c_void>)>);

// SAFETY: a view is the number of an interpreter in memory of its own, which any thread may use and
// free, attached or not (PEP 788).
unsafe impl Send for View {}
// SAFETY: as above; nothing changes it.
unsafe impl Sync for View {}

impl View {
    pub(super) fn of_this(py: Python<'_>) -> PyResult<Self> {
        let Some(functions) = Functions::find() else {
            return Ok(Self(None));
        };
        // SAFETY: this thread is attached.
        match NonNull::new(unsafe { (functions.view)() }) {
            Some(view) => Ok(Self(Some((functions, view)))),
            None => Err(PyErr::fetch(py)),
        }
    }

    /// Does it while the interpreter cannot end; None, and nothing done, once it ends.
    pub(super) fn guarded<T>(&self, act: impl FnOnce() -> T) -> Option<T> {
        let Some((functions, view)) = self.0 else {
            return Some(act());
        };
        // SAFETY: a view that is closed with this object only; no thread state is needed.
        let guard = NonNull::new(unsafe { (functions.guard)(view.as_ptr()) })?;
        let _guard = Guard(functions.close_guard, guard);
        Some(act())
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if let Some((functions, view)) = self.0 {
            // SAFETY: owned, and used no more; it need not be closed by an attached thread.
            unsafe { (functions.close_view)(view.as_ptr()) };
        }
    }
}

/// Lets the interpreter end, also after a panic.
struct Guard(Close, NonNull<c_void>);

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: owned, and used no more; it need not be closed by an attached thread.
        unsafe { (self.0)(self.1.as_ptr()) };
    }
}
