//! Which loop runs in this thread.
//!
//! Promise: the answer is `asyncio`'s own. Up to Python 3.13 asking it costs a system call, because it
//! makes sure that the process is not a forked child. A loop of ours that runs leaves a note of
//! what was answered when it began; the note counts only as long as asyncio's own entry for the
//! thread is the very object that it was then, in the same process.

#![expect(unsafe_code, reason = "the dict of a thread, which PyO3 does not show")]

use crate::names::{import, intern, once};
use pyo3::ffi;
use pyo3::prelude::*;
use ropewalk_sys::fork_count;
use std::cell::RefCell;
use std::sync::OnceLock;

/// What asyncio answered when a loop began to run.
struct Note {
    /// Its entry for the thread, which never changes its loop. Kept, so that no other object can
    /// have its address.
    entry: Py<PyAny>,
    event_loop: Py<PyAny>,
    forks: u32,
}

thread_local! {
    static NOTE: RefCell<Option<Note>> = const { RefCell::new(None) };
}

/// asyncio's entry for this thread: borrowed, or null. Where it is kept elsewhere (Python 3.14) there
/// is none.
#[inline]
fn entry(py: Python<'_>) -> *mut ffi::PyObject {
    // SAFETY: this thread is attached; the dict is borrowed from its state.
    let dict = unsafe { ffi::PyThreadState_GetDict() };
    if dict.is_null() {
        return dict;
    }
    let key = intern!(py, "__asyncio_running_event_loop__");
    // SAFETY: a dict and a string, which has its hash and is compared without Python code.
    let found = unsafe { ffi::PyDict_GetItemWithError(dict, key.as_ptr()) };
    if found.is_null() {
        // SAFETY: attached; without a key there is no exception, and no other is asked for here.
        unsafe { ffi::PyErr_Clear() };
    }
    found
}

/// The loop that runs in this thread, if one does.
#[inline]
pub(crate) fn running_loop(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    let noted = NOTE.with_borrow(|note| {
        let note = note.as_ref()?;
        let holds = entry(py) == note.entry.as_ptr() && fork_count() == note.forks;
        holds.then(|| note.event_loop.bind(py).clone())
    });
    match noted {
        Some(event_loop) => Ok(Some(event_loop)),
        None => asked(py),
    }
}

/// The same, by asyncio's function.
fn asked(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    static GET: OnceLock<Py<PyAny>> = OnceLock::new();
    let make = || -> PyResult<_> {
        let module = import(py, "_asyncio")?;
        Ok(module.getattr(intern!(py, "_get_running_loop"))?.unbind())
    };
    let found = once(&GET, make)?.bind(py).call0()?;
    Ok((!found.is_none()).then_some(found))
}

/// For as long as it lives there is a note, if `event_loop` is what asyncio says.
pub(crate) struct Noted {
    before: Option<Note>,
}

impl Noted {
    pub(crate) fn new(event_loop: &Bound<'_, PyAny>) -> Self {
        let py = event_loop.py();
        // Without an answer there is no note.
        let running = asked(py).ok().flatten();
        let runs = running.is_some_and(|running| running.is(event_loop));
        // SAFETY: borrowed from the thread's dict, or null.
        let entry = unsafe { Bound::from_borrowed_ptr_or_opt(py, entry(py)) };
        let note = entry.filter(|_| runs).map(|entry| Note {
            entry: entry.unbind(),
            event_loop: event_loop.clone().unbind(),
            forks: fork_count(),
        });
        Self {
            before: NOTE.replace(note),
        }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        // Dropped here, when the cell is free again.
        drop(NOTE.replace(self.before.take()));
    }
}
