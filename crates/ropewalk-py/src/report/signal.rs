//! What happens when the signal comes that asks for a report.
//!
//! Promise: who waits for what is written at once, whoever has the interpreter. The stacks of
//! Python's threads are only walked while no thread can change its own: at once when this thread
//! has the interpreter, and otherwise by Python's handler, as soon as the main thread gets it.

#![expect(unsafe_code, reason = "CPython's functions for signal handlers")]

use pyo3::ffi;
use ropewalk_park::census;

/// Runs inside the signal handler; `write_stacks` is the handler of `faulthandler`.
pub(super) fn report(write_stacks: &dyn Fn()) {
    if has_the_interpreter() {
        census::report_and(write_stacks);
        return;
    }
    census::report_now();
    // SAFETY: made to be called in signal handlers, without the interpreter.
    unsafe { ffi::PyErr_SetInterruptEx(census::QUIT) };
}

/// Whether this thread was interrupted while it had the interpreter for itself.
fn has_the_interpreter() -> bool {
    // SAFETY: only compares this thread's state with the current one.
    let attached = unsafe { ffi::PyGILState_Check() } == 1;
    // Without a global lock the other threads run all the same.
    attached && cfg!(not(Py_GIL_DISABLED))
}
