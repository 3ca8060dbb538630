//! What the loop runs: handles, and native work in their place.
//!
//! Promise: an exception or a panic of an entry goes to the loop's exception handler; only
//! `SystemExit` and `KeyboardInterrupt` come out of `run`.

#![expect(unsafe_code, reason = "contexts are entered by the C API")]

use super::core::LoopCore;
use super::handle;
use crate::handling::Handling;
use crate::names::intern;
use crate::raised::Raised;
use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit};
use pyo3::panic::PanicException;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{PyTraverseError, PyVisit, ffi};
use ropewalk_reactor::Direction;
use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Native work: a function and the object that it works on.
pub(crate) struct NativeCall {
    object: Py<PyAny>,
    call: fn(&Bound<'_, PyAny>) -> PyResult<()>,
}

impl NativeCall {
    /// Work that runs no code of the user, so that its context does not matter.
    pub(crate) fn new(
        object: Bound<'_, PyAny>,
        call: fn(&Bound<'_, PyAny>) -> PyResult<()>,
    ) -> Self {
        Self {
            object: object.unbind(),
            call,
        }
    }

    pub(super) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            object: self.object.clone_ref(py),
            call: self.call,
        }
    }

    /// The object that it works on.
    pub(super) fn object(&self) -> &Py<PyAny> {
        &self.object
    }

    /// Does it; a panic is an exception.
    pub(super) fn call(&self, py: Python<'_>) -> PyResult<()> {
        let object = self.object.bind(py);
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.call)(object)));
        outcome.unwrap_or_else(|payload| {
            let words = payload
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| payload.downcast_ref::<&str>().copied())
                .unwrap_or("a panic without words");
            Err(PyErr::new::<PanicException, _>(words.to_owned()))
        })
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.object)
    }

    pub(super) fn run(&self, event_loop: &Bound<'_, LoopCore>) -> PyResult<()> {
        let py = event_loop.py();
        let Err(error) = self.call(py).made(py) else {
            return Ok(());
        };
        if leaves_the_loop(py, &error) {
            return Err(error);
        }
        let message = match self.object.bind(py).repr() {
            Ok(text) => format!("Exception in callback {text}"),
            Err(_) => "Exception in callback".to_owned(),
        };
        let about = PyDict::new(py);
        about.set_item("message", message)?;
        let error = error.into_value(py);
        about.set_item("exception", &error)?;
        let _handling = Handling::begin(error.bind(py));
        event_loop
            .as_any()
            .call_method1(intern!(py, "call_exception_handler"), (about,))?;
        Ok(())
    }
}

/// Whether an exception ends `run_forever`.
pub(super) fn leaves_the_loop(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyKeyboardInterrupt>(py) || error.is_instance_of::<PySystemExit>(py)
}

/// A copy of the present context.
#[inline]
pub(super) fn copy_context(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: attached to the interpreter; the result is a new reference or null with an exception.
    let context = unsafe { ffi::PyContext_CopyCurrent() };
    // SAFETY: as above.
    unsafe { Bound::from_owned_ptr_or_err(py, context) }
}

/// Being inside a context, until dropped.
pub(super) struct Inside<'a, 'py>(&'a Bound<'py, PyAny>);

impl<'a, 'py> Inside<'a, 'py> {
    #[inline]
    pub(super) fn enter(context: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        // SAFETY: attached; any object may be passed, what is no context is refused.
        if unsafe { ffi::PyContext_Enter(context.as_ptr()) } < 0 {
            return Err(PyErr::fetch(context.py()));
        }
        Ok(Self(context))
    }
}

impl Drop for Inside<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: attached, and `enter` has entered this context. It fails only when somebody left
        // it in our place; there is nothing to be done about that.
        if unsafe { ffi::PyContext_Exit(self.0.as_ptr()) } < 0 {
            drop(PyErr::take(self.0.py()));
        }
    }
}

/// One entry of the ready queue or of the timers: two words, as it moves about a lot.
pub(super) enum Entry {
    /// A handle, ours or another.
    Handle(Py<PyAny>),
    /// Native work.
    Native(Box<NativeEntry>),
}

/// Native work among the entries.
pub(super) struct NativeEntry {
    call: NativeCall,
    /// The descriptor that it is for: it is not done if that was unwatched since.
    watched: Option<(RawFd, Direction, u64)>,
}

impl Entry {
    /// Native work.
    pub(super) fn native(call: NativeCall) -> Self {
        let watched = None;
        Self::Native(Box::new(NativeEntry { call, watched }))
    }

    /// Native work for a descriptor that is watched at present; the number says since when.
    pub(super) fn watched(
        call: NativeCall,
        descriptor: RawFd,
        direction: Direction,
        number: u64,
    ) -> Self {
        let watched = Some((descriptor, direction, number));
        Self::Native(Box::new(NativeEntry { call, watched }))
    }

    /// Whether it is known to do nothing; costs no call.
    pub(super) fn is_cancelled(&self, py: Python<'_>) -> bool {
        match self {
            Self::Handle(handle) => handle::is_cancelled(handle.bind(py)),
            Self::Native(_) => false,
        }
    }

    /// Where the callback of a handle lies in memory; zero when that is not known.
    pub(super) fn callback_address(&self, py: Python<'_>) -> usize {
        match self {
            Self::Handle(handle) => handle::callback_address(handle.bind(py)),
            Self::Native(_) => 0,
        }
    }

    /// The object that stands for it in Python.
    pub(super) fn object(&self) -> &Py<PyAny> {
        match self {
            Self::Handle(handle) => handle,
            Self::Native(work) => work.call.object(),
        }
    }

    /// Another reference to the same.
    pub(super) fn clone_ref(&self, py: Python<'_>) -> Self {
        match self {
            Self::Handle(handle) => Self::Handle(handle.clone_ref(py)),
            Self::Native(work) => Self::Native(Box::new(NativeEntry {
                call: work.call.clone_ref(py),
                watched: work.watched,
            })),
        }
    }

    /// Does it, in debug mode.
    pub(super) fn run(&self, event_loop: &Bound<'_, LoopCore>) -> PyResult<()> {
        match self {
            Self::Handle(handle) => handle::run(handle.bind(event_loop.py()), event_loop),
            Self::Native(work) => work.run(event_loop),
        }
    }

    /// Does it, and leaves what remains of it with the loop.
    #[inline]
    pub(super) fn run_last(self, event_loop: &Bound<'_, LoopCore>) -> PyResult<()> {
        match self {
            Self::Handle(handle) => {
                handle::run_last(handle.into_bound(event_loop.py()), event_loop)
            }
            Self::Native(work) => work.run(event_loop),
        }
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Handle(handle) => visit.call(handle),
            Self::Native(work) => work.call.traverse(visit),
        }
    }
}

impl NativeEntry {
    pub(super) fn call(&self) -> &NativeCall {
        &self.call
    }

    pub(super) fn run(&self, event_loop: &Bound<'_, LoopCore>) -> PyResult<()> {
        let core = event_loop.get();
        match self.watched {
            Some((descriptor, direction, number))
                if !core.still_watched(descriptor, direction, number) =>
            {
                Ok(())
            }
            _ => self.call.run(event_loop),
        }
    }
}

/// Who is told that a descriptor is ready.
pub(crate) enum Watcher {
    /// A handle, which is put in the ready queue.
    Handle(Py<PyAny>),
    /// Native work, which is put in the ready queue.
    Native(NativeCall),
    /// The loop itself: its bell was rung.
    Bell,
}

impl Watcher {
    /// Called when it no longer watches: a handle is cancelled.
    pub(super) fn dismiss(self, py: Python<'_>) -> PyResult<()> {
        if let Self::Handle(handle) = self {
            handle::cancel(handle.bind(py))?;
        }
        Ok(())
    }

    /// What runs in its place, once it has ceased to watch.
    pub(super) fn into_entry(self) -> Option<Entry> {
        match self {
            Self::Handle(handle) => Some(Entry::Handle(handle)),
            Self::Native(call) => Some(Entry::native(call)),
            Self::Bell => None,
        }
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Handle(handle) => visit.call(handle),
            Self::Native(call) => call.traverse(visit),
            Self::Bell => Ok(()),
        }
    }
}
