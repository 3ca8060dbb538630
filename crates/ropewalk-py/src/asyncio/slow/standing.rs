//! The loop's thread, as far as its stack is concerned. Promise: written by that thread when it
//! begins to run the loop; what the addresses lead to is read only while a callback runs there.

#![expect(
    unsafe_code,
    reason = "CPython's functions for the current frame and thread"
)]

use super::remote::Reader;

use super::stack::{Libraries, Place};
use crate::names::{import, intern, once};
use pyo3::ffi;
use pyo3::prelude::*;
use ropewalk_facade::atomic::{AtomicUsize, Ordering};
use ropewalk_park::thread_key;
use std::sync::OnceLock;

/// Where to look for a loop's stack.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The thread's key, which is Python's ident of it.
    thread: AtomicUsize,
    /// Address of its state in the interpreter.
    state: AtomicUsize,
    /// Address of the frame that called the loop; no frame object is kept, so that none is kept
    /// alive. Zero: not known.
    outermost: AtomicUsize,
    /// Address of the same frame's object.
    outermost_object: AtomicUsize,
}

impl Standing {
    /// This thread begins to run the loop.
    pub(super) fn enter(&self, py: Python<'_>) {
        let state = thread_state(py);
        let outermost = reader(py).and_then(|reader| reader.innermost(state));
        // Relaxed: a watcher looks after it has seen a callback run for a long time.
        self.thread.store(thread_key(), Ordering::Relaxed);
        self.state.store(state, Ordering::Relaxed);
        self.outermost
            .store(outermost.unwrap_or(0), Ordering::Relaxed);
        self.outermost_object
            .store(frame_object(py).addr(), Ordering::Relaxed);
    }

    /// What runs there, read without the interpreter; empty when that cannot be done here.
    pub(super) fn read_from_outside(&self) -> Vec<Place> {
        // Nobody needs the interpreter to see what was found out with it.
        let Some(Some(reader)) = READER.get() else {
            return Vec::new();
        };
        let outermost = self.outermost.load(Ordering::Relaxed);
        reader.stack(self.state.load(Ordering::Relaxed), outermost)
    }

    /// What runs there, read while this thread holds the interpreter.
    pub(super) fn read_attached(&self, py: Python<'_>) -> PyResult<Vec<Place>> {
        let frames = import(py, "sys")?.call_method0("_current_frames")?;
        let mut frame = frames.get_item(self.thread.load(Ordering::Relaxed))?;
        let outermost = self.outermost_object.load(Ordering::Relaxed);
        let mut places = Vec::new();
        while !frame.is_none() && frame.as_ptr().addr() != outermost {
            places.push(place_of(&frame)?);
            frame = frame.getattr(intern!(py, "f_back"))?;
        }
        Ok(places)
    }
}

fn place_of(frame: &Bound<'_, PyAny>) -> PyResult<Place> {
    let py = frame.py();
    let code = frame.getattr(intern!(py, "f_code"))?;
    let line = frame.getattr(intern!(py, "f_lineno"))?;
    Ok(Place {
        file: code.getattr(intern!(py, "co_filename"))?.to_string(),
        line: line.extract().unwrap_or(0),
        function: code.getattr(intern!(py, "co_qualname"))?.to_string(),
    })
}

/// The name of the C function at this address, if there is one; needs no interpreter.
pub(super) fn read_function(address: usize) -> Option<String> {
    READER.get().copied().flatten()?.function(address)
}

static READER: OnceLock<Option<Reader>> = OnceLock::new();

/// How to read stacks from outside, if what it says of this very place is right.
fn reader(py: Python<'_>) -> Option<Reader> {
    let found = once(&READER, || {
        Ok::<_, std::convert::Infallible>(tried_reader(py))
    });
    match found {
        Ok(reader) => *reader,
        Err(never) => match never {},
    }
}

fn tried_reader(py: Python<'_>) -> Option<Reader> {
    let code_type = (&raw const ffi::PyCode_Type).addr();
    // By number: the layout of frames and code is that of a minor release. What follows tries it.
    let functions = [
        (&raw const ffi::PyCFunction_Type).addr(),
        (&raw const ffi::PyCMethod_Type).addr(),
    ];
    let minor = py.version_info().minor;
    let reader = Reader::new(minor, code_type, functions)?;
    let told = reader.place(reader.innermost(thread_state(py))?)?;
    let frame = frame_object(py);
    // SAFETY: null, or a frame object that this thread's running stack keeps alive.
    let frame = unsafe { Bound::from_borrowed_ptr_or_opt(py, frame) }?;
    (place_of(&frame).ok()? == told).then_some(reader)
}

/// Address of the current thread's state.
fn thread_state(_py: Python<'_>) -> usize {
    // SAFETY: this thread is attached, as `_py` shows.
    unsafe { ffi::PyThreadState_Get() }.addr()
}

/// The innermost frame of this thread as an object, borrowed from the stack, or null.
fn frame_object(_py: Python<'_>) -> *mut ffi::PyObject {
    // SAFETY: this thread is attached, as `_py` shows.
    unsafe { ffi::PyEval_GetFrame() }.cast()
}

/// The standard library's directory and ours.
pub(super) fn libraries(py: Python<'_>) -> PyResult<Libraries> {
    let folder = |module: &str| -> PyResult<String> {
        let file: String = py.import(module)?.getattr("__file__")?.extract()?;
        let end = file.rfind('/').map_or(0, |slash| slash + 1);
        Ok(file[..end].to_owned())
    };
    Ok(Libraries(vec![folder("ropewalk")?, folder("os")?]))
}
