//! The class under Python's Future.
//!
//! Promise: while nobody looks inside a future (`_condition`, `_waiters`, or setting `_state`), its
//! life is the engine's. From then on the standard library's own methods serve it, on attributes
//! of the Python class above; every method here passes its call on to them.

use super::callback::{call, call_all};
use super::outcome::{Outcome, PyLife, PyRefused, name, raised};
use super::starving::{Stamp, Wait, waiting_for};
use super::watch::ReportTo;
use crate::error::{cancelled, futures_names, invalid_state};
use crate::names::intern;
use crate::own::OwnMethods;
use crate::report::{MadeAt, Why};
use crate::timeout::Timeout;
use crate::wait::Interpreter;
use pyo3::exceptions::{PyRuntimeError, PyTimeoutError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use pyo3::{BoundObject, PyTraverseError, PyVisit};
use ropewalk_facade::atomic::AtomicUsize;
use ropewalk_future::{Cancel, Phase, Start, Until};
use std::sync::OnceLock;

/// A value that comes later; the base of `ropewalk.concurrent.futures.Future`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.futures")]
#[derive(Debug, Default)]
pub(crate) struct FutureEngine {
    pub(super) life: PyLife,
    /// Whose attributes the standard library's methods work on, once somebody looked inside.
    inside: OnceLock<Py<PyAny>>,
    /// The executor that is to run it.
    pub(super) stamp: Stamp,
    /// For the workers.
    pub(super) own: OwnMethods,
    /// For hang reports: the key of the thread whose worker runs it now; zero: none, or unknown.
    /// Relaxed: a report reads it while that worker waits, long after the store.
    pub(super) worker: AtomicUsize,
}

/// What a worker calls.
const CALLED: &[&str] = &[
    "set_running_or_notify_cancel",
    "set_result",
    "set_exception",
];

static MADE: MadeAt = MadeAt::UNKNOWN;

#[pymethods]
impl FutureEngine {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "()")]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self::default()
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __init__(
        slf: &Bound<'_, Self>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let py = slf.py();
        if !args.is_empty() || kwargs.is_some_and(|named| !named.is_empty()) {
            return Err(takes_nothing(args.len(), kwargs));
        }
        if slf.get_type().is(&futures_names(py)?.future) {
            return Ok(());
        }
        slf.call_method0(intern!(py, "_begin_subclass")).map(drop)
    }

    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        slf.get().own.set(slf, name, Some(value), CALLED)
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        slf.get().own.set(slf, name, None, CALLED)
    }

    /// Return the result, after waiting for it: without an end, or at most `timeout` seconds.
    ///
    /// If the call raised, so does this; `CancelledError` if the future was cancelled and
    /// `TimeoutError` if the time was over first.
    #[pyo3(signature = (timeout=None))]
    pub(super) fn result<'py>(
        slf: &Bound<'py, Self>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match Self::wait(slf, timeout, "result")? {
            Ended::With(Ok(value)) => Ok(value.into_bound(slf.py())),
            Ended::With(Err(error)) => Err(raised(error.bind(slf.py()))),
            Ended::Elsewhere(answer) => Ok(answer),
        }
    }

    /// Return the exception that the call raised, or None if it returned; after waiting for it:
    /// without an end, or at most `timeout` seconds.
    ///
    /// `CancelledError` is raised if the future was cancelled and `TimeoutError` if the time was
    /// over first.
    #[pyo3(signature = (timeout=None))]
    fn exception<'py>(
        slf: &Bound<'py, Self>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        Ok(match Self::wait(slf, timeout, "exception")? {
            Ended::With(Ok(_)) => py.None().into_bound(py),
            Ended::With(Err(error)) => error.into_bound(py),
            Ended::Elsewhere(answer) => answer,
        })
    }

    /// Cancel the future, if nothing works on it yet. Return True if it is cancelled.
    pub(super) fn cancel(slf: &Bound<'_, Self>) -> PyResult<bool> {
        match slf.get().life.cancel() {
            Cancel::Now(owed) => call_all(slf, owed.wake()).map(|()| true),
            Cancel::Before => Ok(true),
            Cancel::TooLate => Ok(false),
            Cancel::HandedOver => Self::elsewhere(slf, "cancel", ())?.is_truthy(),
        }
    }

    /// Return True if the future was cancelled.
    fn cancelled(slf: &Bound<'_, Self>) -> PyResult<bool> {
        match slf.get().life.phase() {
            Phase::HandedOver => Self::elsewhere(slf, "cancelled", ())?.is_truthy(),
            phase => Ok(matches!(phase, Phase::Cancelled | Phase::CancelNoticed)),
        }
    }

    /// Return True while the call is being executed.
    fn running(slf: &Bound<'_, Self>) -> PyResult<bool> {
        match slf.get().life.phase() {
            Phase::HandedOver => Self::elsewhere(slf, "running", ())?.is_truthy(),
            phase => Ok(phase == Phase::Running),
        }
    }

    /// Return True if the future has its result, or was cancelled.
    pub(super) fn done(slf: &Bound<'_, Self>) -> PyResult<bool> {
        match slf.get().life.phase() {
            Phase::HandedOver => Self::elsewhere(slf, "done", ())?.is_truthy(),
            phase => Ok(phase.is_settled()),
        }
    }

    /// Have `fn` called with this future when it is done or cancelled; at once, if it is.
    ///
    /// Callbacks are called in the order in which they were added, by the thread that gives the
    /// future its result. What they raise is logged.
    #[pyo3(signature = (r#fn))]
    fn add_done_callback(slf: &Bound<'_, Self>, r#fn: Py<PyAny>) -> PyResult<()> {
        match slf.get().life.add_callback(r#fn) {
            Ok(()) => Ok(()),
            Err((callback, Phase::HandedOver)) => {
                Self::elsewhere(slf, "add_done_callback", (callback,)).map(drop)
            }
            Err((callback, _)) => call(slf, callback.bind(slf.py())),
        }
    }

    /// Begin: return True and let nobody cancel any more, or return False if it was cancelled.
    ///
    /// For executors: they call this before they work on it, once.
    fn set_running_or_notify_cancel(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let py = slf.py();
        match slf.get().life.start() {
            Start::Run => Ok(true),
            Start::Cancelled(wakes) => {
                wakes.now();
                Ok(false)
            }
            Start::Refused(Phase::HandedOver) => {
                Self::elsewhere(slf, "set_running_or_notify_cancel", ())?.is_truthy()
            }
            Start::Refused(phase) => {
                let rare = futures_names(py)?.rare.bind(py);
                rare.call_method1(intern!(py, "log_unexpected"), (slf, name(phase)))?;
                Err(PyRuntimeError::new_err("Future in unexpected state"))
            }
        }
    }

    /// Give the future its result. For executors and tests.
    pub(super) fn set_result(slf: &Bound<'_, Self>, result: Py<PyAny>) -> PyResult<()> {
        Self::finish(slf, Ok(result))
    }

    /// Give the future an exception as its outcome. For executors and tests.
    #[pyo3(signature = (exception))]
    fn set_exception(slf: &Bound<'_, Self>, exception: Py<PyAny>) -> PyResult<()> {
        let outcome = if exception.is_none(slf.py()) {
            Ok(exception)
        } else {
            Err(exception)
        };
        Self::finish(slf, outcome)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let py = slf.py();
        let this = slf.get();
        let state = match this.life.phase() {
            Phase::HandedOver => return Self::elsewhere(slf, "__repr__", ())?.extract(),
            Phase::Pending => "pending".to_owned(),
            Phase::Running => "running".to_owned(),
            Phase::Cancelled | Phase::CancelNoticed => "cancelled".to_owned(),
            Phase::Finished => match this.outcome(py) {
                Some(Err(error)) => {
                    format!("finished raised {}", error.bind(py).get_type().name()?)
                }
                Some(Ok(value)) => {
                    format!("finished returned {}", value.bind(py).get_type().name()?)
                }
                None => "finished".to_owned(),
            },
        };
        let class = slf.get_type().name()?.to_string();
        Ok(format!("<{class} at {:p} state={state}>", slf.as_ptr()))
    }

    /// What the engine knows: the state's name, the result and the exception.
    fn _look(&self, py: Python<'_>) -> (&'static str, Py<PyAny>, Py<PyAny>) {
        let (value, error) = split(py, self.outcome(py));
        (name(self.life.phase()), value, error)
    }

    /// What holds the inside, if somebody looked.
    #[getter(_inside)]
    fn inside(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.inside.get().map(|inside| inside.clone_ref(py))
    }

    /// Lets `inside` hold the inside, unless there is one; returns the one that does.
    fn _adopt_inside(&self, py: Python<'_>, inside: Py<PyAny>) -> Py<PyAny> {
        self.inside.get_or_init(|| inside).clone_ref(py)
    }

    /// Moves everything to `inside`, whose lock is held. Nothing happens the second time.
    fn _move_inside(slf: &Bound<'_, Self>, inside: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let Some(contents) = slf.get().life.hand_over() else {
            return Ok(());
        };
        // Woken first, so that an error below leaves nobody asleep: the lock of `inside` is held.
        contents.wakes.now();
        let (value, error) = split(py, contents.outcome);
        inside.setattr(intern!(py, "state"), name(contents.phase))?;
        inside.setattr(intern!(py, "result"), value)?;
        inside.setattr(intern!(py, "exception"), error)?;
        let callbacks = PyList::new(py, contents.callbacks)?;
        inside.setattr(intern!(py, "callbacks"), callbacks)?;
        let waiters = PyList::empty(py);
        for report in contents.reports {
            waiters.append(Bound::new(py, ReportTo(report))?)?;
        }
        inside.setattr(intern!(py, "waiters"), waiters)?;
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(inside) = self.inside.get() {
            visit.call(inside)?;
        }
        let (mut of_outcome, mut of_callbacks) = (Ok(()), Ok(()));
        self.life.try_each(
            |outcome| {
                let (Ok(object) | Err(object)) = outcome;
                of_outcome = visit.call(object);
            },
            |callback| {
                if of_callbacks.is_ok() {
                    of_callbacks = visit.call(callback);
                }
            },
        );
        of_outcome.and(of_callbacks)
    }

    fn __clear__(&self) {
        drop(self.life.try_clear());
    }
}

/// How a wait for the outcome ended.
pub(super) enum Ended<'py> {
    With(Outcome),
    /// The standard library's method waited and answers.
    Elsewhere(Bound<'py, PyAny>),
}

impl FutureEngine {
    /// Calls the standard library's method of this name.
    #[cold]
    pub(super) fn elsewhere<'py, A>(
        slf: &Bound<'py, Self>,
        method: &str,
        arguments: A,
    ) -> PyResult<Bound<'py, PyAny>>
    where
        A: IntoPyObject<'py, Target = PyTuple>,
    {
        let py = slf.py();
        let arguments = arguments.into_pyobject(py).map_err(Into::into)?;
        let arguments = arguments.into_bound();
        let mut all = vec![slf.clone().into_any()];
        all.extend(arguments.iter());
        let model = futures_names(py)?.model.bind(py);
        model.getattr(method)?.call1(PyTuple::new(py, all)?)
    }

    /// The outcome, if there is one.
    #[inline]
    pub(super) fn outcome(&self, py: Python<'_>) -> Option<Outcome> {
        self.life.read(|outcome| match outcome {
            Ok(value) => Ok(value.clone_ref(py)),
            Err(error) => Err(error.clone_ref(py)),
        })
    }

    pub(super) fn finish(slf: &Bound<'_, Self>, outcome: Outcome) -> PyResult<()> {
        match slf.get().life.finish(outcome) {
            Ok(owed) => call_all(slf, owed.wake()),
            Err(refused) => Self::finish_elsewhere(slf, refused),
        }
    }

    #[cold]
    pub(super) fn finish_elsewhere(slf: &Bound<'_, Self>, refused: PyRefused) -> PyResult<()> {
        match (refused.phase, refused.outcome) {
            (Phase::HandedOver, Ok(value)) => Self::elsewhere(slf, "set_result", (value,)),
            (Phase::HandedOver, Err(error)) => Self::elsewhere(slf, "set_exception", (error,)),
            (phase, _) => {
                let words = format!("{}: {}", name(phase), slf.repr()?);
                return Err(invalid_state(slf.py(), words));
            }
        }
        .map(drop)
    }

    /// Waits for the outcome.
    #[inline]
    pub(super) fn wait<'py>(
        slf: &Bound<'py, Self>,
        timeout: Option<&Bound<'py, PyAny>>,
        method: &'static str,
    ) -> PyResult<Ended<'py>> {
        let this = slf.get();
        if this.life.phase() == Phase::Finished
            && let Some(outcome) = this.outcome(slf.py())
        {
            return Ok(Ended::With(outcome));
        }
        Self::wait_after_a_look(slf, timeout, method)
    }

    #[cold]
    fn wait_after_a_look<'py>(
        slf: &Bound<'py, Self>,
        timeout: Option<&Bound<'py, PyAny>>,
        method: &'static str,
    ) -> PyResult<Ended<'py>> {
        let (py, this) = (slf.py(), slf.get());
        let settled = this.life.phase().is_settled();
        // Who need not wait does not look at the time-out.
        let time = if settled {
            Timeout::NotAtAll
        } else {
            Timeout::of_one_wait(timeout)?
        };
        let kind = if method == "result" {
            "Future.result"
        } else {
            "Future.exception"
        };
        let why = Why::holder_of(kind, this, &this.worker, &MADE);
        let mut sleeper = Interpreter::new(py, time, why);
        let phase = if settled || time == Timeout::NotAtAll {
            this.life.phase()
        } else {
            let _waiting = waiting_for(
                py,
                Wait {
                    futures: std::iter::once(slf.as_unbound()),
                    others: false,
                    until: Until::All,
                    endless: time == Timeout::None,
                },
            )?;
            this.life.wait(time.patience(), &mut sleeper)?
        };
        match phase {
            Phase::Finished => Ok(Ended::With(
                this.outcome(py).unwrap_or_else(|| Ok(py.None())),
            )),
            Phase::Cancelled | Phase::CancelNoticed => Err(cancelled(py)),
            Phase::HandedOver => {
                let left = sleeper.remaining(timeout)?;
                Self::elsewhere(slf, method, (left,)).map(Ended::Elsewhere)
            }
            Phase::Pending | Phase::Running => Err(PyTimeoutError::new_err(())),
        }
    }
}

/// An outcome as two attributes, one of them None.
fn split(py: Python<'_>, outcome: Option<Outcome>) -> (Py<PyAny>, Py<PyAny>) {
    match outcome {
        None => (py.None(), py.None()),
        Some(Ok(value)) => (value, py.None()),
        Some(Err(error)) => (py.None(), error),
    }
}

/// What the standard library's `Future.__init__` says to arguments.
#[cold]
fn takes_nothing(given: usize, named: Option<&Bound<'_, PyDict>>) -> PyErr {
    let name = named.and_then(|named| named.keys().get_item(0).ok());
    let text = if let Some(name) = name {
        format!("Future.__init__() got an unexpected keyword argument '{name}'")
    } else {
        let given = given + 1;
        format!("Future.__init__() takes 1 positional argument but {given} were given")
    };
    PyTypeError::new_err(text)
}
