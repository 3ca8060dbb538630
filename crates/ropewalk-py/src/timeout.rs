//! Python's `block` and `timeout` arguments.
//!
//! Promise: what the standard library accepts is accepted and what it refuses is refused, with
//! the same exception: any truth value, any number, negative ones refused, NaN waits for ever,
//! and a time beyond the platform's is refused when a wait would begin, not before.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat};
use ropewalk_park::Patience;
use std::time::Duration;

/// The longest time-out in seconds that CPython can wait for (`threading.TIMEOUT_MAX`).
const LONGEST: f64 = 9_223_372_036.0;

/// Whatever Python thinks is true.
#[derive(Clone, Copy)]
pub(crate) struct Truth(pub(crate) bool);

impl<'py> FromPyObject<'_, 'py> for Truth {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.cast_exact::<PyBool>() {
            Ok(flag) => Ok(Self(flag.is_true())),
            Err(_) => object.is_truthy().map(Self),
        }
    }
}

/// How long a call may wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Timeout {
    /// `block=False`.
    NotAtAll,
    /// `timeout=None`.
    None,
    /// A number of seconds, not negative.
    Seconds(f64),
    /// A number of seconds that no clock reaches; an error as soon as a wait begins.
    TooLong,
}

impl Timeout {
    /// The time-out that `block` and `timeout` mean together.
    pub(crate) fn from_arguments(
        block: Truth,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        match timeout {
            _ if !block.0 => Ok(Self::NotAtAll),
            None => Ok(Self::None),
            Some(timeout) => Self::from_number(timeout),
        }
    }

    fn from_number(timeout: &Bound<'_, PyAny>) -> PyResult<Self> {
        let seconds = match timeout.cast_exact::<PyFloat>() {
            Ok(number) => number.value(),
            Err(_) => seconds_of_any_number(timeout)?,
        };
        if seconds < 0.0 {
            return Err(PyValueError::new_err(
                "'timeout' must be a non-negative number",
            ));
        }
        Ok(if seconds.is_nan() {
            Self::None
        } else if seconds > LONGEST {
            Self::TooLong
        } else {
            Self::Seconds(seconds)
        })
    }

    /// The engine's word for it.
    pub(crate) fn patience(self) -> Patience {
        match self {
            Self::NotAtAll => Patience::None,
            Self::None | Self::TooLong => Patience::Forever,
            Self::Seconds(seconds) => Patience::For(Duration::from_secs_f64(seconds)),
        }
    }

    /// The time-out as Python's `timeout` argument.
    pub(crate) fn seconds(self) -> Option<f64> {
        match self {
            Self::NotAtAll | Self::None => None,
            Self::Seconds(seconds) => Some(seconds),
            Self::TooLong => Some(f64::INFINITY),
        }
    }
}

/// Whatever can be compared with zero and added to a time.
fn seconds_of_any_number(timeout: &Bound<'_, PyAny>) -> PyResult<f64> {
    if timeout.lt(0)? {
        return Ok(-1.0);
    }
    match timeout.extract::<i64>() {
        // Above 2**53 a float is not exact, but that is far beyond LONGEST.
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        Ok(whole) => Ok(whole as f64),
        Err(_) if timeout.is_instance_of::<pyo3::types::PyInt>() => Ok(f64::INFINITY),
        Err(_) => PyFloat::new(timeout.py(), 0.0).add(timeout)?.extract(),
    }
}
