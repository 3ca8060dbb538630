//! Python's `block` and `timeout` arguments.
//!
//! Promise: what the standard library accepts is accepted and what it refuses is refused, with
//! the same exception: any truth value, any number, negative ones refused, NaN waits for ever,
//! and a time beyond the platform's is refused when a wait would begin, not before.

use crate::names::{intern, once};
use crate::raised::Raised;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat};
use ropewalk_park::Patience;
use std::sync::OnceLock;
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

/// A truth value that is only asked for when it matters.
#[derive(Clone, Copy)]
pub(crate) enum Flag<'a, 'py> {
    /// The argument was left out, or is known.
    Known(bool),
    /// The argument as it was given.
    Given(Borrowed<'a, 'py, PyAny>),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Flag<'a, 'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(match object.cast_exact::<PyBool>() {
            Ok(flag) => Self::Known(flag.is_true()),
            Err(_) => Self::Given(object),
        })
    }
}

impl<'py> Flag<'_, 'py> {
    /// Asks.
    #[inline]
    pub(crate) fn truth(&self) -> PyResult<Truth> {
        match self {
            Self::Known(flag) => Ok(Truth(*flag)),
            Self::Given(object) => object.is_truthy().map(Truth),
        }
    }

    /// Asks as a lock does: which objects say yes or no changes with the version.
    fn of_lock(self) -> PyResult<bool> {
        match self {
            Self::Known(flag) => Ok(flag),
            Self::Given(object) => is_blocking(&object),
        }
    }

    /// The argument as Python code may be given it.
    pub(crate) fn object(self, py: Python<'py>) -> Bound<'py, PyAny> {
        match self {
            Self::Known(flag) => PyBool::new(py, flag).to_owned().into_any(),
            Self::Given(object) => object.to_owned(),
        }
    }
}

/// An argument that may be left out, which is not the same as giving None.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a, 'py>(pub(crate) Option<Borrowed<'a, 'py, PyAny>>);

impl<'a, 'py> FromPyObject<'a, 'py> for Given<'a, 'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(Some(object)))
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
    /// A number of seconds that no clock reaches, or no number; an error as soon as a wait begins.
    Refused(f64),
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
        Self::from_repeated(timeout.py(), seconds)
    }

    /// The time-out of a lock's `acquire(blocking, timeout)`, where -1 means none.
    #[inline]
    pub(crate) fn of_lock(blocking: Flag<'_, '_>, timeout: Given<'_, '_>) -> PyResult<Self> {
        match (blocking, timeout.0) {
            (Flag::Known(true), None) => Ok(Self::None),
            (Flag::Known(false), None) => Ok(Self::NotAtAll),
            (blocking, timeout) => Self::of_lock_asked(blocking, timeout),
        }
    }

    #[inline(never)]
    fn of_lock_asked(
        blocking: Flag<'_, '_>,
        timeout: Option<Borrowed<'_, '_, PyAny>>,
    ) -> PyResult<Self> {
        let blocking = blocking.of_lock()?;
        match timeout {
            None if blocking => Ok(Self::None),
            None => Ok(Self::NotAtAll),
            Some(timeout) => Self::of_lock_with_timeout(blocking, &timeout),
        }
    }

    fn of_lock_with_timeout(blocking: bool, timeout: &Bound<'_, PyAny>) -> PyResult<Self> {
        let seconds = match timeout.cast_exact::<PyFloat>() {
            Ok(number) => number.value(),
            Err(_) => {
                if let Ok(seconds) = seconds_of_whole_number(timeout) {
                    seconds
                } else {
                    // Newer Pythons take whatever can be made a float, and older ones do not.
                    ask_their_lock(blocking, timeout)?;
                    timeout.extract()?
                }
            }
        };
        let refused = || PyValueError::new_err("this timeout is refused");
        if seconds.is_nan() || seconds.abs() > LONGEST {
            return Err(in_their_words(blocking, timeout, refused()));
        }
        #[expect(clippy::float_cmp, reason = "-1 is a mark here, not a result")]
        let unlimited = seconds == -1.0;
        match (blocking, unlimited) {
            (true, true) => Ok(Self::None),
            (false, true) => Ok(Self::NotAtAll),
            (true, false) if seconds >= 0.0 => Ok(Self::Seconds(seconds)),
            _ => Err(in_their_words(blocking, timeout, refused())),
        }
    }

    /// The time-out of one wait that is not repeated: nothing positive (NaN is not) means not at
    /// all.
    #[inline]
    pub(crate) fn of_one_wait(timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(timeout) = timeout else {
            return Ok(Self::None);
        };
        // At the interpreter's end nothing can be asked any more, and of these nothing need be.
        if let Ok(number) = timeout.cast_exact::<PyFloat>()
            && !number.value().is_nan()
        {
            return Ok(match number.value() {
                seconds if seconds > 0.0 => Self::from_seconds(seconds),
                _ => Self::NotAtAll,
            });
        }
        // Where NaN is refused, it is what is neither positive nor the contrary.
        let waits = if nan_is_refused(timeout.py())? {
            !timeout.le(0)?
        } else {
            timeout.gt(0)?
        };
        if waits {
            return Ok(Self::from_seconds(seconds_of_a_lock(timeout)?));
        }
        Ok(Self::NotAtAll)
    }

    /// The time-out of a wait that is repeated until a clock says so: NaN never does.
    #[inline]
    pub(crate) fn of_repeated_waits(timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(timeout) = timeout else {
            return Ok(Self::None);
        };
        if let Ok(number) = timeout.cast::<PyFloat>() {
            return match number.value() {
                ..0.0 => Ok(Self::NotAtAll),
                seconds => Self::from_repeated(timeout.py(), seconds),
            };
        }
        // First it is added to the time of now, then a lock is asked to wait so long.
        let _end = PyFloat::new(timeout.py(), 0.0).add(timeout)?;
        Self::of_one_wait(Some(timeout))
    }

    /// Where NaN is no error, no clock ever says that it is over.
    #[inline]
    fn from_repeated(py: Python<'_>, seconds: f64) -> PyResult<Self> {
        if seconds.is_nan() && !nan_is_refused(py)? {
            return Ok(Self::None);
        }
        Ok(Self::from_seconds(seconds))
    }

    fn from_seconds(seconds: f64) -> Self {
        if seconds.is_nan() || seconds > LONGEST {
            Self::Refused(seconds)
        } else {
            Self::Seconds(seconds)
        }
    }

    /// The engine's word for it.
    #[inline]
    pub(crate) fn patience(self) -> Patience {
        match self {
            Self::NotAtAll => Patience::None,
            Self::None | Self::Refused(_) => Patience::Forever,
            Self::Seconds(seconds) => Patience::For(duration(seconds)),
        }
    }
}

/// What a wait raises that would be longer than the platform's clock, or not of a number.
#[cold]
pub(crate) fn refusal(py: Python<'_>, seconds: f64) -> PyErr {
    let refused = PyOverflowError::new_err("this timeout is refused");
    in_their_words(true, &PyFloat::new(py, seconds), refused)
}

/// The error with which the running Python's own lock refuses a time-out: its class and its words
/// have changed with patch releases. If it does not, `otherwise`.
#[cold]
fn in_their_words(blocking: bool, timeout: &Bound<'_, PyAny>, otherwise: PyErr) -> PyErr {
    match ask_their_lock(blocking, timeout) {
        Ok(()) => otherwise,
        Err(why) => {
            why.set_traceback(timeout.py(), None);
            why
        }
    }
}

/// Has a free lock of the running Python's taken with that time-out.
#[cold]
fn ask_their_lock(blocking: bool, timeout: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = timeout.py();
    let threads = py.import(intern!(py, "_thread"))?;
    let lock = threads.call_method0(intern!(py, "allocate_lock"))?;
    lock.call_method1(intern!(py, "acquire"), (blocking, timeout))
        .map(drop)
}

/// What the running Python's own lock takes `blocking` for: whatever is true, or a whole number.
#[cold]
fn is_blocking(blocking: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = blocking.py();
    let lock = py
        .import(intern!(py, "_thread"))?
        .call_method0(intern!(py, "allocate_lock"))?;
    let acquire = intern!(py, "acquire");
    lock.call_method1(acquire, (blocking,))?;
    // Held now: a time-out of no length is refused if this means not to wait.
    match lock.call_method1(acquire, (blocking, 0)) {
        Ok(_) => Ok(true),
        Err(why) if why.is_instance_of::<PyValueError>(py) => Ok(false),
        Err(why) => Err(why),
    }
}

/// Whether the running Python refuses to wait NaN seconds, which came with patch releases.
#[cold]
fn nan_is_refused(py: Python<'_>) -> PyResult<bool> {
    static REFUSED: OnceLock<bool> = OnceLock::new();
    let refused = once(&REFUSED, || {
        py.import("ropewalk._threading_classes")?
            .call_method0("_nan_is_refused")?
            .extract()
    });
    refused.copied()
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
        Err(why) => Err(why),
    }
}

/// What a lock takes for a time, or its refusal.
fn seconds_of_a_lock(timeout: &Bound<'_, PyAny>) -> PyResult<f64> {
    match timeout.cast_exact::<PyFloat>() {
        Ok(number) => Ok(number.value()),
        Err(_) => seconds_of_whole_number(timeout).or_else(|_| {
            // Newer Pythons take whatever can be made a float, and older ones do not.
            ask_their_lock(true, timeout)?;
            timeout.extract()
        }),
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
