//! Python's `block` and `timeout` arguments.
//!
//! Promise: what the standard library accepts is accepted and what it refuses is refused, with
//! the same exception: any truth value, any number, negative ones refused, NaN waits for ever,
//! and a time beyond the platform's is refused when a wait would begin, not before.

use crate::names::intern;
use crate::raised::Raised;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat};
use ropewalk_park::Patience;
use std::time::Duration;

/// The longest time-out in seconds that CPython can wait for (`threading.TIMEOUT_MAX`).
const LONGEST: f64 = 9_223_372_036.0;

/// What Python says of a whole number that is too long a time.
const TOO_LARGE: &str = if cfg!(Py_3_13) {
    "timestamp too large to convert to C PyTime_t"
} else {
    "timestamp too large to convert to C _PyTime_t"
};

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

/// A truth value that is only asked for when it matters.
pub(crate) enum Flag<'py> {
    /// The argument was left out, or is known.
    Known(bool),
    /// The argument as it was given.
    Given(Bound<'py, PyAny>),
}

impl<'py> FromPyObject<'_, 'py> for Flag<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(match object.cast_exact::<PyBool>() {
            Ok(flag) => Self::Known(flag.is_true()),
            Err(_) => Self::Given(object.to_owned()),
        })
    }
}

impl<'py> Flag<'py> {
    /// Asks.
    #[inline]
    pub(crate) fn truth(&self) -> PyResult<Truth> {
        match self {
            Self::Known(flag) => Ok(Truth(*flag)),
            Self::Given(object) => object.is_truthy().map(Truth),
        }
    }

    /// The argument as Python code may be given it.
    pub(crate) fn object(self, py: Python<'py>) -> Bound<'py, PyAny> {
        match self {
            Self::Known(flag) => PyBool::new(py, flag).to_owned().into_any(),
            Self::Given(object) => object,
        }
    }
}

/// An argument that may be left out, which is not the same as giving None.
pub(crate) struct Given<'py>(pub(crate) Option<Bound<'py, PyAny>>);

impl<'py> FromPyObject<'_, 'py> for Given<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(Some(object.to_owned())))
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
    #[inline]
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

    #[inline(never)]
    fn from_number(timeout: &Bound<'_, PyAny>) -> PyResult<Self> {
        let seconds = seconds_of(timeout)?;
        if seconds < 0.0 {
            return Err(PyValueError::new_err(
                "'timeout' must be a non-negative number",
            ));
        }
        Ok(Self::from_seconds(seconds))
    }

    /// The time-out of a lock's `acquire(blocking, timeout)`, where -1 means none.
    #[inline]
    pub(crate) fn of_lock(blocking: Truth, timeout: Given<'_>) -> PyResult<Self> {
        match timeout.0 {
            None if blocking.0 => Ok(Self::None),
            None => Ok(Self::NotAtAll),
            Some(timeout) => Self::of_lock_with_timeout(blocking, &timeout),
        }
    }

    #[inline(never)]
    fn of_lock_with_timeout(blocking: Truth, timeout: &Bound<'_, PyAny>) -> PyResult<Self> {
        let seconds = match timeout.cast_exact::<PyFloat>() {
            Ok(number) => number.value(),
            Err(_) => seconds_of_whole_number(timeout)?,
        };
        if seconds.is_nan() {
            return Err(PyValueError::new_err("Invalid value NaN (not a number)"));
        }
        if seconds.abs() > LONGEST {
            return Err(too_long());
        }
        #[expect(clippy::float_cmp, reason = "-1 is a mark here, not a result")]
        let unlimited = seconds == -1.0;
        match (blocking.0, unlimited) {
            (true, true) => Ok(Self::None),
            (false, true) => Ok(Self::NotAtAll),
            (false, false) => Err(PyValueError::new_err(
                "can't specify a timeout for a non-blocking call",
            )),
            (true, false) if seconds < 0.0 => Err(PyValueError::new_err(if cfg!(Py_3_13) {
                "timeout value must be a non-negative number"
            } else {
                "timeout value must be positive"
            })),
            (true, false) => Ok(Self::from_seconds(seconds)),
        }
    }

    /// The time-out of one wait that is not repeated: nothing positive (NaN is not) means not at
    /// all.
    #[inline]
    pub(crate) fn of_one_wait(timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(timeout) = timeout else {
            return Ok(Self::None);
        };
        if !timeout.gt(0)? {
            return Ok(Self::NotAtAll);
        }
        Ok(Self::from_seconds(seconds_of(timeout)?))
    }

    /// The time-out of a wait that is repeated until a clock says so: NaN never does.
    #[inline]
    pub(crate) fn of_repeated_waits(timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(timeout) = timeout else {
            return Ok(Self::None);
        };
        let seconds = seconds_of(timeout)?;
        Ok(if seconds < 0.0 {
            Self::NotAtAll
        } else {
            Self::from_seconds(seconds)
        })
    }

    fn from_seconds(seconds: f64) -> Self {
        if seconds.is_nan() {
            Self::None
        } else if seconds > LONGEST {
            Self::TooLong
        } else {
            Self::Seconds(seconds)
        }
    }

    /// The engine's word for it.
    #[inline]
    pub(crate) fn patience(self) -> Patience {
        match self {
            Self::NotAtAll => Patience::None,
            Self::None | Self::TooLong => Patience::Forever,
            Self::Seconds(seconds) => Patience::For(duration(seconds)),
        }
    }
}

/// What a wait raises that would be longer than the platform's clock, in the words of the running
/// Python, which a patch release of 3.11 changed.
#[cold]
pub(crate) fn too_long() -> PyErr {
    let refused = Python::try_attach(|py| {
        let lock = py
            .import(intern!(py, "_thread"))
            .and_then(|module| module.call_method0(intern!(py, "allocate_lock")));
        match lock.and_then(|lock| lock.call_method1(intern!(py, "acquire"), (true, f64::MAX))) {
            Err(why) if why.is_instance_of::<PyOverflowError>(py) => {
                why.set_traceback(py, None);
                Some(why)
            }
            _ => None,
        }
    });
    let instead = || PyOverflowError::new_err("timestamp out of range for platform time_t");
    refused.flatten().unwrap_or_else(instead)
}

fn seconds_of(timeout: &Bound<'_, PyAny>) -> PyResult<f64> {
    match timeout.cast_exact::<PyFloat>() {
        Ok(number) => Ok(number.value()),
        Err(_) => seconds_of_any_number(timeout),
    }
}

/// A float of any kind, or a whole number; nothing else counts as a lock's time-out.
fn seconds_of_whole_number(timeout: &Bound<'_, PyAny>) -> PyResult<f64> {
    if let Ok(number) = timeout.cast::<PyFloat>() {
        return Ok(number.value());
    }
    match timeout.extract::<i64>().made(timeout.py()) {
        #[expect(clippy::cast_precision_loss, reason = "exact far beyond LONGEST")]
        Ok(whole) => Ok(whole as f64),
        Err(why) if why.is_instance_of::<PyOverflowError>(timeout.py()) => {
            Err(PyOverflowError::new_err(TOO_LARGE))
        }
        Err(why) => Err(why),
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
        Err(_) => PyFloat::new(timeout.py(), 0.0).add(timeout)?.extract(),
    }
}

#[cold]
fn duration(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}
