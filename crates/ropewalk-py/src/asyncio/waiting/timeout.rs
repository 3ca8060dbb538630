//! The native base of `Timeout`.
//!
//! Promise: entering, leaving in time and setting another time take no Python frame. All else,
//! from the moment that the time is over, is the running Python's own methods, on the attributes
//! that are kept here; the Python class above gives those of them that are replaced as
//! `_stock_enter`, `_stock_exit` and `_stock_reschedule`.

use super::stock::Stock;
use crate::asyncio::awaitable::{Origin, Step, Stop, Visit, Work, coroutine};
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_park::ShortLock;
use std::thread::{self, ThreadId};

/// A time by which what is inside has to be over.
#[pyclass(frozen, subclass, module = "asyncio.timeouts")]
#[derive(Debug)]
pub(super) struct Timeout {
    fields: ShortLock<Fields>,
}

#[derive(Debug, Default)]
struct Fields {
    /// A member of the standard library's `_State`; None is its CREATED.
    state: Option<Py<PyAny>>,
    handler: Option<Py<PyAny>>,
    task: Option<Py<PyAny>>,
    when: Option<Py<PyAny>>,
    /// How many requests to cancel the task there were at the beginning, where they are counted.
    cancelling: Option<Py<PyAny>>,
    /// The loop that ran in the thread that made it. If that loop executes a task when it is
    /// entered in the same thread, it is the running loop still.
    made_in: Option<(Py<PyAny>, ThreadId)>,
}

#[pymethods]
impl Timeout {
    /// Takes whatever the `__init__` of a subclass takes.
    #[new]
    #[pyo3(signature = (*_args, **_keywords), text_signature = "(when)")]
    fn new(_args: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            fields: ShortLock::default(),
        }
    }

    fn __init__(&self, when: Option<Py<PyAny>>) {
        drop(self.change(|fields| std::mem::replace(&mut fields.when, when)));
    }

    /// Return the current deadline.
    fn when(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.deadline(py)
    }

    /// Reschedule the timeout.
    pub(super) fn reschedule<'py>(
        slf: &Bound<'py, Self>,
        when: Option<Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let py = slf.py();
        let stock = Stock::get(py)?;
        if !slf.get().is_in(stock.entered(py)) {
            let method = intern!(py, "_stock_reschedule");
            return slf.call_method1(method, (when,)).map(drop);
        }
        let next = when.clone().map(Bound::unbind);
        let (handler, _when) = slf.get().change(|fields| {
            let when = std::mem::replace(&mut fields.when, next);
            (fields.handler.take(), when)
        });
        if let Some(old) = handler {
            old.call_method0(py, intern!(py, "cancel"))?;
        }
        match when {
            Some(when) => Self::schedule(slf, &stock.needed_running_loop(py)?, &when),
            None => Ok(()),
        }
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        coroutine(slf.py(), Enter(slf.clone().unbind()))
    }

    #[pyo3(signature = (*args))]
    #[pyo3(text_signature = "($self, exc_type, exc_val, exc_tb)")]
    fn __aexit__<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let work = Exit {
            timeout: slf.clone().unbind(),
            raised: args.clone().unbind(),
        };
        coroutine(slf.py(), work)
    }

    #[getter]
    fn _state(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let state = {
            let fields = self.fields.lock();
            fields.state.as_ref().map(|state| state.clone_ref(py))
        };
        match state {
            Some(state) => Ok(state),
            None => Ok(Stock::get(py)?.created(py).clone().unbind()),
        }
    }

    #[setter(_state)]
    fn set_state(&self, value: Py<PyAny>) {
        drop(self.change(|fields| fields.state.replace(value)));
    }

    #[getter]
    fn _timeout_handler(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let fields = self.fields.lock();
        fields.handler.as_ref().map(|handler| handler.clone_ref(py))
    }

    #[setter(_timeout_handler)]
    fn set_timeout_handler(&self, value: Option<Py<PyAny>>) {
        drop(self.change(|fields| std::mem::replace(&mut fields.handler, value)));
    }

    #[getter]
    fn _task(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let fields = self.fields.lock();
        fields.task.as_ref().map(|task| task.clone_ref(py))
    }

    #[setter(_task)]
    fn set_task(&self, value: Option<Py<PyAny>>) {
        drop(self.change(|fields| std::mem::replace(&mut fields.task, value)));
    }

    #[getter(_when)]
    fn deadline(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let fields = self.fields.lock();
        fields.when.as_ref().map(|when| when.clone_ref(py))
    }

    #[setter(_when)]
    fn set_when(&self, value: Option<Py<PyAny>>) {
        drop(self.change(|fields| std::mem::replace(&mut fields.when, value)));
    }

    #[getter]
    fn _cancelling(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let fields = self.fields.lock();
        fields.cancelling.as_ref().map(|count| count.clone_ref(py))
    }

    #[setter(_cancelling)]
    fn set_cancelling(&self, value: Option<Py<PyAny>>) {
        drop(self.change(|fields| std::mem::replace(&mut fields.cancelling, value)));
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.fields.try_lock() {
            None => Ok(()),
            Some(fields) => {
                visit.call(&fields.state)?;
                visit.call(&fields.handler)?;
                visit.call(&fields.task)?;
                visit.call(&fields.when)?;
                visit.call(&fields.cancelling)?;
                match &fields.made_in {
                    Some((event_loop, _)) => visit.call(event_loop),
                    None => Ok(()),
                }
            }
        }
    }

    fn __clear__(&self) {
        drop(self.change(std::mem::take));
    }
}

impl Timeout {
    /// Changes a field and returns what was there, to be dropped when the lock is free again.
    fn change<T>(&self, how: impl FnOnce(&mut Fields) -> T) -> T {
        how(&mut self.fields.lock())
    }

    fn is_in(&self, state: &Bound<'_, PyAny>) -> bool {
        let fields = self.fields.lock();
        fields.state.as_ref().is_some_and(|found| found.is(state))
    }

    /// Enters; false if that is a case for the standard library's method.
    fn enter(slf: &Bound<'_, Self>, stock: &'static Stock) -> PyResult<bool> {
        let py = slf.py();
        let made_in = {
            let mut fields = slf.get().fields.lock();
            if fields.state.is_some() {
                return Ok(false);
            }
            fields.made_in.take()
        };
        let event_loop = match made_in {
            Some((event_loop, thread)) if thread == thread::current().id() => {
                event_loop.into_bound(py)
            }
            _ => stock.needed_running_loop(py)?,
        };
        if let Some(task) = stock.current_task_of(&event_loop)? {
            slf.get()
                .enter_without_timer(stock, &task, stock.cancelling(&task)?);
            Self::arm(slf, &event_loop)?;
            return Ok(true);
        }
        let running = stock.needed_running_loop(py)?;
        let Some(task) = stock.current_task_of(&running)? else {
            return Ok(false);
        };
        slf.get()
            .enter_without_timer(stock, &task, stock.cancelling(&task)?);
        Self::arm(slf, &running)?;
        Ok(true)
    }

    /// `task` is inside now. `cancelling` is the number of its requests to cancel.
    pub(super) fn enter_without_timer(
        &self,
        stock: &Stock,
        task: &Bound<'_, PyAny>,
        cancelling: Option<Bound<'_, PyAny>>,
    ) {
        let entered = stock.entered(task.py()).clone().unbind();
        let task = task.clone().unbind();
        let cancelling = cancelling.map(Bound::unbind);
        drop(self.change(|fields| {
            (
                fields.state.replace(entered),
                fields.task.replace(task),
                std::mem::replace(&mut fields.cancelling, cancelling),
            )
        }));
    }

    /// Has the loop call when the time is over, if there is a time.
    pub(super) fn arm(slf: &Bound<'_, Self>, event_loop: &Bound<'_, PyAny>) -> PyResult<()> {
        match slf.get().deadline(slf.py()) {
            Some(when) => Self::schedule(slf, event_loop, when.bind(slf.py())),
            None => Ok(()),
        }
    }

    fn schedule(
        slf: &Bound<'_, Self>,
        event_loop: &Bound<'_, PyAny>,
        when: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = slf.py();
        let call = slf.getattr(intern!(py, "_on_timeout"))?;
        let now = event_loop.call_method0(intern!(py, "time"))?;
        let handler = if when.le(&now)? {
            event_loop.call_method1(intern!(py, "call_soon"), (call,))?
        } else {
            event_loop.call_method1(intern!(py, "call_at"), (when, call))?
        };
        slf.get().set_timeout_handler(Some(handler.unbind()));
        Ok(())
    }

    /// Leaves; false if that is a case for the standard library's method.
    pub(super) fn leave(&self, py: Python<'_>, stock: &Stock) -> PyResult<bool> {
        let entered = stock.entered(py);
        if !self.is_in(entered) {
            return Ok(false);
        }
        let handler = self.change(|fields| fields.handler.take());
        if let Some(handler) = handler {
            handler.call_method0(py, intern!(py, "cancel"))?;
        }
        self.set_state(stock.exited(py).clone().unbind());
        Ok(true)
    }
}

/// `timeout(delay)`; `class` is the Python class above.
#[pyfunction]
pub(super) fn timeout<'py>(
    class: &Bound<'py, PyType>,
    delay: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let event_loop = Stock::get(py)?.needed_running_loop(py)?;
    let when = match delay {
        Some(delay) => Some(event_loop.call_method0(intern!(py, "time"))?.add(delay)?),
        None => None,
    };
    let made = class.call1((when,))?.cast_into::<Timeout>()?;
    let made_in = (event_loop.unbind(), thread::current().id());
    drop(made.get().change(|fields| fields.made_in.replace(made_in)));
    Ok(made.into_any())
}

/// `__aenter__`.
struct Enter(Py<Timeout>);

impl Work for Enter {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.timeouts",
        qualname: "Timeout.__aenter__",
    };

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let timeout = self.0.bind(py);
        if Timeout::enter(timeout, Stock::get(py)?)? {
            return Ok(Step::Return(timeout.clone().into_any().unbind()));
        }
        let stock = timeout.call_method0(intern!(py, "_stock_enter"))?;
        Ok(Step::Wait(stock.unbind()))
    }

    fn resume(&mut self, _py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        outcome.map(Step::Return)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&self.0)
    }
}

/// `__aexit__`.
struct Exit {
    timeout: Py<Timeout>,
    raised: Py<PyTuple>,
}

impl Work for Exit {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.timeouts",
        qualname: "Timeout.__aexit__",
    };

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let timeout = self.timeout.bind(py);
        if timeout.get().leave(py, Stock::get(py)?)? {
            return Ok(Step::Return(py.None()));
        }
        let raised = self.raised.bind(py);
        let stock = timeout.call_method1(intern!(py, "_stock_exit"), raised)?;
        Ok(Step::Wait(stock.unbind()))
    }

    fn resume(&mut self, _py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        outcome.map(Step::Return)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&self.timeout)?;
        visit.call(&self.raised)
    }
}
