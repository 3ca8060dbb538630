//! `gather`: one future for many.
//!
//! Promise: what a child's end does to the outer future, and when, is the running Python's. What
//! is not done per child is a Python frame, and, on Python 3.11, a turn of the loop's queue for
//! each of several futures in a row that were done already: they share one.

use super::awaiters::Awaiter;
use super::callback::{Callback, callback};
use super::calls::{CONTEXT, LOOP, call, call_method, copy_context, is_plain_coroutine};
use super::children::{Maker, ensure_future};
use super::stock::Stock;
use crate::asyncio::running::running_loop;
use crate::names::intern;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_park::ShortLock;
use std::ffi::CStr;

/// What is known of the children's ends. It has the name of the function that asyncio puts there,
/// because a task's repr shows it among the callbacks.
#[pyclass(frozen, name = "gather", module = "asyncio.tasks")]
#[derive(Debug)]
pub(super) struct Gathering {
    state: ShortLock<State>,
    return_exceptions: bool,
    awaiter: Awaiter,
}

#[derive(Debug)]
struct State {
    /// None until every child has been seen, and again when all of them have ended.
    outer: Option<Py<PyAny>>,
    children: Option<Py<PyList>>,
    /// How many ends are missing; more than there can be until every child has been seen.
    missing: isize,
}

/// What the end of a child means for the outer future.
struct Ended<'py> {
    outer: Option<Bound<'py, PyAny>>,
    children: Option<Bound<'py, PyList>>,
    last: bool,
}

#[pymethods]
impl Gathering {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(self.awaiter.task())?;
        match self.state.try_lock() {
            Some(state) => {
                visit.call(&state.outer)?;
                visit.call(&state.children)
            }
            None => Ok(()),
        }
    }

    fn __clear__(&self) {
        let taken = {
            let mut state = self.state.lock();
            (state.outer.take(), state.children.take())
        };
        drop(taken);
    }
}

impl Callback for Gathering {
    type Of = Self;

    const CALLED: &'static CStr = c"_done_callback";

    /// A child has ended; or, on Python 3.11, several in a row that were done already.
    fn called<'py>(this: &Bound<'py, Self>, ended: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        let Some(ended) = ended else {
            return Err(PyTypeError::new_err("a future is needed"));
        };
        let stock = Stock::get(this.py())?;
        let Ok(several) = ended.cast_exact::<PyList>() else {
            return this.get().ended(stock, &ended);
        };
        let mut outcome = Ok(());
        for future in several {
            outcome = outcome.and(this.get().ended(stock, &future));
        }
        outcome
    }
}

impl Gathering {
    /// A child has ended.
    fn ended(&self, stock: &'static Stock, future: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = future.py();
        let ended = self.count(py);
        self.awaiter.discard_from(stock, future)?;
        if self.return_exceptions {
            let Some(outer) = ended.outer_that_waits()? else {
                return retrieve(stock, future);
            };
            return ended.finish_if_last(stock, &outer, true);
        }
        if stock.is_cancelled(future)? {
            return match ended.outer_that_waits()? {
                Some(outer) => {
                    let error = cancelled_error(future)?;
                    self.leave_children(stock, &ended)?;
                    fail(&outer, &error)
                }
                None => Ok(()),
            };
        }
        let exception = stock.exception(future)?;
        if exception.is_none() && !ended.last {
            return Ok(());
        }
        match ended.outer_that_waits()? {
            None => Ok(()),
            Some(outer) if exception.is_none() => ended.finish_if_last(stock, &outer, false),
            Some(outer) => {
                self.leave_children(stock, &ended)?;
                fail(&outer, &exception)
            }
        }
    }

    /// The outer future fails: whoever awaited it awaits no child any more, also those that go on.
    fn leave_children(&self, stock: &'static Stock, ended: &Ended<'_>) -> PyResult<()> {
        if self.awaiter.task().is_none() {
            return Ok(());
        }
        for child in ended.children.iter().flatten() {
            self.awaiter.discard_from(stock, &child)?;
        }
        Ok(())
    }

    fn new(return_exceptions: bool, awaiter: Awaiter) -> Self {
        let state = State {
            outer: None,
            children: None,
            missing: isize::MAX,
        };
        Self {
            state: ShortLock::new(state),
            return_exceptions,
            awaiter,
        }
    }

    fn count<'py>(&self, py: Python<'py>) -> Ended<'py> {
        let mut state = self.state.lock();
        state.missing -= 1;
        let last = state.missing == 0;
        if last {
            return Ended {
                outer: state.outer.take().map(|outer| outer.into_bound(py)),
                children: state.children.take().map(|list| list.into_bound(py)),
                last,
            };
        }
        Ended {
            outer: state.outer.as_ref().map(|outer| outer.bind(py).clone()),
            children: state.children.as_ref().map(|list| list.bind(py).clone()),
            last,
        }
    }

    /// From now on the ends count.
    fn begin(&self, outer: &Bound<'_, PyAny>, children: &Bound<'_, PyList>, total: usize) {
        let mut state = self.state.lock();
        state.outer = Some(outer.clone().unbind());
        state.children = Some(children.clone().unbind());
        // As many as were counted so far are not missing any more.
        state.missing -= isize::MAX - isize::try_from(total).unwrap_or(isize::MAX);
    }
}

impl<'py> Ended<'py> {
    /// The outer future, if it is there and not done.
    fn outer_that_waits(&self) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.outer {
            None => Ok(None),
            Some(outer) => {
                let done = is(outer, intern!(outer.py(), "done"))?;
                Ok((!done).then(|| outer.clone()))
            }
        }
    }

    fn finish_if_last(
        &self,
        stock: &'static Stock,
        outer: &Bound<'py, PyAny>,
        may_have_failed: bool,
    ) -> PyResult<()> {
        let Some(children) = self.children.as_ref().filter(|_| self.last) else {
            return Ok(());
        };
        let py = outer.py();
        let mut results = Vec::with_capacity(children.len());
        for child in children {
            results.push(if may_have_failed {
                outcome(stock, &child)?
            } else {
                stock.result(&child)?
            });
        }
        let results = PyList::new(py, results)?;
        if outer
            .getattr(intern!(py, "_cancel_requested"))?
            .is_truthy()?
        {
            let last = children.get_item(children.len() - 1)?;
            return fail(outer, &cancelled_error(&last)?);
        }
        outer
            .call_method1(intern!(py, "set_result"), (results,))
            .map(drop)
    }
}

/// A child's result, or the exception in place of it.
fn outcome<'py>(stock: &'static Stock, child: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = child.py();
    if stock.is_cancelled(child)? {
        let message = child.getattr(intern!(py, "_cancel_message"))?;
        let class = stock.cancelled_error(py);
        return if message.is_none() {
            class.call1(("",))
        } else {
            class.call1((message,))
        };
    }
    let exception = stock.exception(child)?;
    if exception.is_none() {
        return stock.result(child);
    }
    Ok(exception)
}

/// Nobody wants to know, so nothing is logged about the child's exception.
fn retrieve(stock: &'static Stock, future: &Bound<'_, PyAny>) -> PyResult<()> {
    if !stock.is_cancelled(future)? {
        stock.exception(future)?;
    }
    Ok(())
}

fn is(future: &Bound<'_, PyAny>, question: &Bound<'_, pyo3::types::PyString>) -> PyResult<bool> {
    future.call_method0(question)?.is_truthy()
}

fn fail(outer: &Bound<'_, PyAny>, exception: &Bound<'_, PyAny>) -> PyResult<()> {
    outer
        .call_method1(intern!(outer.py(), "set_exception"), (exception,))
        .map(drop)
}

fn cancelled_error<'py>(future: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    future.call_method0(intern!(future.py(), "_make_cancelled_error"))
}

/// The future of at least one argument.
#[pyfunction]
pub(super) fn gather<'py>(
    arguments: &Bound<'py, PyTuple>,
    return_exceptions: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = arguments.py();
    let stock = Stock::get(py)?;
    let awaiter = Awaiter::current(stock, py)?;
    let gathering = Gathering::new(return_exceptions, awaiter.clone_ref(py));
    let gathering = Bound::new(py, gathering)?;
    let mut seen = Seen::new(stock, &gathering, awaiter)?;
    let added = seen.add_all(arguments);
    // Also when an argument was refused: then without an outer future.
    seen.schedule_done()?;
    added?;
    let children = PyList::new(py, &seen.children)?;
    let class = stock.tasks(py).getattr(intern!(py, "_GatheringFuture"))?;
    let outer = call(&class, [children.as_any(), &seen.event_loop(py)], &LOOP)?;
    gathering.get().begin(&outer, &children, seen.count);
    if stock.done_at_once {
        for future in seen.done {
            gathering.get().ended(stock, &future)?;
        }
    }
    Ok(outer)
}

/// The arguments that were looked at.
struct Seen<'py> {
    stock: &'static Stock,
    callback: Bound<'py, PyAny>,
    maker: Option<Maker<'py>>,
    /// How many futures there are.
    count: usize,
    /// The future of each argument.
    children: Vec<Bound<'py, PyAny>>,
    /// Done already; on 3.11 only those that nothing was scheduled for yet.
    done: Vec<Bound<'py, PyAny>>,
    /// Of the callbacks: nothing that they do changes it.
    context: Bound<'py, PyAny>,
    awaiter: Awaiter,
}

impl<'py> Seen<'py> {
    fn new(
        stock: &'static Stock,
        gathering: &Bound<'py, Gathering>,
        awaiter: Awaiter,
    ) -> PyResult<Self> {
        Ok(Self {
            stock,
            callback: callback::<Gathering>(gathering)?,
            maker: None,
            count: 0,
            children: Vec::new(),
            done: Vec::new(),
            context: copy_context(gathering.py())?,
            awaiter,
        })
    }

    fn add_all(&mut self, arguments: &Bound<'py, PyTuple>) -> PyResult<()> {
        self.children.reserve(arguments.len());
        if self.are_different(arguments) {
            for argument in arguments {
                let future = self.add(&argument)?;
                self.children.push(future);
            }
            return Ok(());
        }
        // Argument to future, each once.
        let futures = PyDict::new(arguments.py());
        for argument in arguments {
            let future = if let Some(future) = futures.get_item(&argument)? {
                future
            } else {
                let future = self.add(&argument)?;
                futures.set_item(&argument, &future)?;
                future
            };
            self.children.push(future);
        }
        Ok(())
    }

    /// Is it sure that no argument comes twice?
    fn are_different(&self, arguments: &Bound<'py, PyTuple>) -> bool {
        // None of these is equal to anything but itself.
        let is_plain = |argument: &Bound<'py, PyAny>| {
            is_plain_coroutine(argument) || self.stock.native(argument).is_some()
        };
        let mut places = Vec::with_capacity(arguments.len());
        for argument in arguments.iter_borrowed() {
            if !is_plain(&argument) {
                return false;
            }
            places.push(argument.as_ptr());
        }
        places.sort_unstable();
        places.is_sorted_by(|one, other| one < other)
    }

    fn add(&mut self, argument: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let stock = self.stock;
        if is_plain_coroutine(argument) {
            // What the new task makes the loop do comes after what was done already.
            self.schedule_done()?;
            if self.maker.is_none()
                && let Some(running) = running_loop(argument.py())?
            {
                self.maker = Some(Maker::of(stock, &running)?).filter(Maker::is_plain);
            }
            if let Some(maker) = self.maker.as_ref().filter(|maker| maker.is_plain()) {
                let task = maker.create_or_close(argument)?;
                stock.forget_if_destroyed(&task)?;
                self.count += 1;
                self.awaiter.add_to(stock, &task)?;
                if let Some(native) = stock.native(&task) {
                    native.add_done_callback(&self.callback, Some(&self.context))?;
                }
                return Ok(task);
            }
        }
        self.add_other(argument)
    }

    fn add_other(&mut self, argument: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (py, stock) = (argument.py(), self.stock);
        if !stock.done_at_once && stock.native(argument).is_none() {
            // Whatever it makes the loop do comes after what was done already.
            self.schedule_done()?;
        }
        let future = ensure_future(stock, argument, self.maker.as_ref())?;
        if self.maker.is_none() {
            let event_loop = stock.loop_of(&future)?;
            self.maker = Some(Maker::of(stock, &event_loop)?);
        }
        if !future.is(argument) {
            // The caller cannot hold on to it, so nothing is to be logged if it is destroyed.
            stock.forget_if_destroyed(&future)?;
        }
        self.count += 1;
        let Some(native) = stock.native(&future) else {
            if stock.done_at_once && is(&future, intern!(py, "done"))? {
                self.done.push(future.clone());
            } else {
                self.schedule_done()?;
                self.awaiter.add_to(stock, &future)?;
                let method = intern!(py, "add_done_callback");
                future.call_method1(method, (&self.callback,))?;
            }
            return Ok(future);
        };
        if native.is_done()? {
            self.done.push(future.clone());
        } else {
            self.awaiter.add_to(stock, &future)?;
            native.add_done_callback(&self.callback, Some(&self.context))?;
        }
        Ok(future)
    }

    fn event_loop(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        match &self.maker {
            Some(maker) => maker.event_loop().clone(),
            None => py.None().into_bound(py),
        }
    }

    /// On 3.11, have the loop call back for those that were done, in one go.
    fn schedule_done(&mut self) -> PyResult<()> {
        let py = self.callback.py();
        let (false, Some(maker)) = (self.stock.done_at_once, &self.maker) else {
            return Ok(());
        };
        let mut done = std::mem::take(&mut self.done);
        let ended = match done.len() {
            0 => return Ok(()),
            1 => done.remove(0),
            _ => PyList::new(py, done)?.into_any(),
        };
        call_method(
            maker.event_loop(),
            intern!(py, "call_soon"),
            [&self.callback, &ended, &self.context],
            &CONTEXT,
        )
        .map(drop)
    }
}
