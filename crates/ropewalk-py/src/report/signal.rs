//! What happens when the signal comes that asks for a report.
//!
//! Promise: who waits for what is written at once, whoever has the interpreter. The stacks of
//! Python's threads are walked by Python's handler, as soon as the main thread runs Python code:
//! walked from a signal handler at any other moment they may be in the middle of a change.

#![expect(unsafe_code, reason = "CPython's function for signal handlers")]

use pyo3::ffi;
use ropewalk_census as census;

/// Has the main thread call Python's handler of the signal. Runs inside the signal handler.
pub(super) fn ask_for_stacks() {
    // SAFETY: made to be called in signal handlers, without the interpreter.
    unsafe { ffi::PyErr_SetInterruptEx(census::QUIT) };
}
