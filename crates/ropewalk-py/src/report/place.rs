//! Where in the program a thread stands: the innermost frame that is the program's own.
//! Promise: frames of ropewalk and of the modules it stands in for are skipped as long as there
//! is another one; nothing of the program runs.

#![expect(unsafe_code, reason = "frames, through CPython's functions for them")]

use crate::names::{intern, once};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;
use ropewalk_census::{PLACE_BYTES, Text};
use std::fmt::Write;
use std::sync::OnceLock;

/// Modules (or packages) of the standard library whose frames say nothing about the program.
const MACHINERY: [&str; 7] = [
    "threading.py",
    "queue.py",
    "contextlib.py",
    "runpy.py",
    "concurrent/futures/",
    "multiprocessing/",
    "asyncio/",
];

/// A frame of this thread's stack, and its code.
pub(super) struct Frame<'py> {
    object: Bound<'py, PyAny>,
    pub(super) code: Bound<'py, PyAny>,
}

impl<'py> Frame<'py> {
    /// The innermost frame.
    pub(super) fn innermost(py: Python<'py>) -> Option<Self> {
        // SAFETY: this thread is attached, as `py` shows; the result is borrowed from its stack.
        let frame = unsafe { ffi::PyEval_GetFrame() };
        // SAFETY: null, or a frame object that the running stack keeps alive.
        unsafe { Bound::from_borrowed_ptr_or_opt(py, frame.cast()) }.map(Self::new)
    }

    fn new(object: Bound<'py, PyAny>) -> Self {
        // SAFETY: `object` is a frame object; a frame always has code, and this is a new
        // reference to it.
        let code = unsafe { ffi::PyFrame_GetCode(object.as_ptr().cast()) };
        // SAFETY: see above.
        let code = unsafe { Bound::from_owned_ptr(object.py(), code.cast()) };
        Self { object, code }
    }

    /// The innermost frame of the program, or just the innermost one when all are machinery.
    pub(super) fn of_program(py: Python<'py>) -> Option<Self> {
        let innermost = Self::innermost(py)?;
        if !innermost.is_machinery() {
            return Some(innermost);
        }
        let mut next = innermost.caller();
        while let Some(frame) = next {
            if !frame.is_machinery() {
                return Some(frame);
            }
            next = frame.caller();
        }
        Some(innermost)
    }

    fn caller(&self) -> Option<Self> {
        // SAFETY: `self` holds a frame object; the result is a new reference or null.
        let frame = unsafe { ffi::PyFrame_GetBack(self.object.as_ptr().cast()) };
        // SAFETY: see above.
        unsafe { Bound::from_owned_ptr_or_opt(self.object.py(), frame.cast()) }.map(Self::new)
    }

    pub(super) fn line(&self) -> i32 {
        // SAFETY: `self` holds a frame object.
        unsafe { ffi::PyFrame_GetLineNumber(self.object.as_ptr().cast()) }
    }

    /// Where in its code the frame is.
    pub(super) fn instruction(&self) -> i32 {
        // SAFETY: `self` holds a frame object.
        unsafe { ffi::PyFrame_GetLasti(self.object.as_ptr().cast()) }
    }

    fn is_machinery(&self) -> bool {
        text_of(&self.code, intern!(self.object.py(), "co_filename"))
            .is_some_and(|file| is_machinery(self.object.py(), &file))
    }
}

/// `bank.py:40 in transfer`, for the current thread.
pub(super) fn of_program(py: Python<'_>) -> Text<PLACE_BYTES> {
    let mut text = Text::new();
    let Some(frame) = Frame::of_program(py) else {
        return text;
    };
    let code = &frame.code;
    // A Text cuts what is too long and has no errors.
    let _ = write_file_and_line(&mut text, code, frame.line());
    if let Some(function) = text_of(code, intern!(py, "co_qualname")) {
        let _ = write!(text, " in {}", &*function.to_string_lossy());
    }
    text
}

/// `bank.py:40`
pub(super) fn write_file_and_line(
    out: &mut impl Write,
    code: &Bound<'_, PyAny>,
    line: i32,
) -> std::fmt::Result {
    match text_of(code, intern!(code.py(), "co_filename")) {
        Some(file) => write!(out, "{}:{line}", short(&file.to_string_lossy())),
        None => write!(out, "?:{line}"),
    }
}

/// The last part of a path, and the one before when the last one alone says nothing.
fn short(path: &str) -> &str {
    let last = path.rfind('/').map_or(0, |slash| slash + 1);
    if !path[last..].starts_with("__") || last == 0 {
        return &path[last..];
    }
    let before = path[..last - 1].rfind('/').map_or(0, |slash| slash + 1);
    &path[before..]
}

/// An attribute of a code object, all of which are plain text and found without running code.
fn text_of<'py>(
    code: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> Option<Bound<'py, PyString>> {
    code.getattr(name).ok()?.cast_into::<PyString>().ok()
}

/// Directories, each with a slash at its end.
struct Homes {
    ours: String,
    stdlib: String,
}

static HOMES: OnceLock<Option<Homes>> = OnceLock::new();

fn is_machinery(py: Python<'_>, file: &Bound<'_, PyString>) -> bool {
    let Ok(file) = file.to_str() else {
        return false;
    };
    let known = once(&HOMES, || Ok::<_, PyErr>(find_homes(py).ok()));
    let Ok(Some(homes)) = known else {
        return false;
    };
    file.starts_with(&homes.ours)
        || file.starts_with("<frozen ")
        || file
            .strip_prefix(&homes.stdlib)
            .is_some_and(|rest| MACHINERY.iter().any(|name| rest.starts_with(name)))
}

fn find_homes(py: Python<'_>) -> PyResult<Homes> {
    let folder = |module: &str| -> PyResult<String> {
        let file: String = py.import(module)?.getattr("__file__")?.extract()?;
        let end = file.rfind('/').map_or(0, |slash| slash + 1);
        Ok(file[..end].to_owned())
    };
    Ok(Homes {
        ours: folder("ropewalk")?,
        stdlib: folder("os")?,
    })
}
