//! Looking at an exception.
//! Promise: also while the interpreter finalises, an error that was only described until then is
//! made by the interpreter in the thread as it stands, without letting go of it.
//!
//! `PyO3` makes it when somebody first looks (`is_instance_of`, `value`, `into_value`, ...), and
//! lets go of the interpreter for that; attaching again panics when the interpreter finalises. So
//! an error that may come from Rust code is `made` before anything looks at it.

use pyo3::prelude::*;

/// An error, or a result with one.
pub(crate) trait Raised {
    /// The same, with the exception as an object.
    fn made(self, py: Python<'_>) -> Self;
}

impl Raised for PyErr {
    fn made(self, py: Python<'_>) -> Self {
        self.restore(py);
        Self::fetch(py)
    }
}

impl<T> Raised for PyResult<T> {
    #[inline]
    fn made(self, py: Python<'_>) -> Self {
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(error.made(py)),
        }
    }
}
