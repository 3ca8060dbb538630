//! `gather`: one future for many.
//!
//! Promise: what a child's end does to the outer future, and when, is the running Python's. What
//! is not done per child is a Python frame, and, on Python 3.11, a turn of the loop's queue for
//! each of several futures in a row that were done already: they share one.

use super::calls::{CONTEXT, call_method, copy_context};
use super::children::{Maker, ensure_future};
use super::stock::Stock;
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_park::ShortLock;

/// What is known of the children's ends. It has the name of the function that asyncio puts there,
/// because a task's repr shows it among the callbacks.
#[pyclass(frozen, name = "gather", module = "asyncio.tasks")]
#[derive(Debug)]
pub(super) struct Gathering {
    state: ShortLock<State>,
    return_exceptions: bool,
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
    /// A child has ended.
    #[pyo3(name = "_done_callback")]
    fn done_callback(&self, future: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = future.py();
        let ended = self.count(py);
        if self.return_exceptions {
            let Some(outer) = ended.outer_that_waits()? else {
                return retrieve(future);
            };
            return ended.finish_if_last(&outer, true);
        }
        if is(future, intern!(py, "cancelled"))? {
            return match ended.outer_that_waits()? {
                Some(outer) => fail(&outer, &cancelled_error(future)?),
                None => Ok(()),
            };
        }
        let exception = future.call_method0(intern!(py, "exception"))?;
        if exception.is_none() && !ended.last {
            return Ok(());
        }
        match ended.outer_that_waits()? {
            None => Ok(()),
            Some(outer) if exception.is_none() => ended.finish_if_last(&outer, false),
            Some(outer) => fail(&outer, &exception),
        }
    }

    /// Children that were done already, one after the other.
    #[pyo3(name = "_done_callbacks")]
    fn done_callbacks(&self, futures: &Bound<'_, PyList>) -> PyResult<()> {
        let mut result = Ok(());
        for future in futures {
            result = result.and(self.done_callback(&future));
        }
        result
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
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

impl Gathering {
    fn new(return_exceptions: bool) -> Self {
        let state = State {
            outer: None,
            children: None,
            missing: isize::MAX,
        };
        Self {
            state: ShortLock::new(state),
            return_exceptions,
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
            children: None,
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

    fn finish_if_last(&self, outer: &Bound<'py, PyAny>, may_have_failed: bool) -> PyResult<()> {
        let Some(children) = &self.children else {
            return Ok(());
        };
        let py = outer.py();
        let mut results = Vec::with_capacity(children.len());
        for child in children {
            results.push(if may_have_failed {
                outcome(&child)?
            } else {
                child.call_method0(intern!(py, "result"))?
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
fn outcome<'py>(child: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = child.py();
    if is(child, intern!(py, "cancelled"))? {
        let message = child.getattr(intern!(py, "_cancel_message"))?;
        let class = Stock::get(py)?.cancelled_error(py);
        return if message.is_none() {
            class.call1(("",))
        } else {
            class.call1((message,))
        };
    }
    let exception = child.call_method0(intern!(py, "exception"))?;
    if exception.is_none() {
        return child.call_method0(intern!(py, "result"));
    }
    Ok(exception)
}

/// Nobody wants to know, so nothing is logged about the child's exception.
fn retrieve(future: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = future.py();
    if !is(future, intern!(py, "cancelled"))? {
        future.call_method0(intern!(py, "exception"))?;
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
    let gathering = Bound::new(py, Gathering::new(return_exceptions))?;
    let mut seen = Seen::new(&gathering)?;
    let added = seen.add_all(stock, arguments);
    // Also when an argument was refused: then without an outer future.
    seen.schedule_done()?;
    added?;
    let children = PyList::new(py, &seen.children)?;
    let class = stock.tasks(py).getattr(intern!(py, "_GatheringFuture"))?;
    let named = PyDict::new(py);
    named.set_item(intern!(py, "loop"), &seen.event_loop)?;
    let outer = class.call((&children,), Some(&named))?;
    gathering.get().begin(&outer, &children, seen.futures.len());
    if stock.done_at_once {
        for future in seen.done {
            gathering.get().done_callback(&future)?;
        }
    }
    Ok(outer)
}

/// The arguments that were looked at.
struct Seen<'py> {
    callback: Bound<'py, PyAny>,
    gathering: Bound<'py, PyAny>,
    event_loop: Option<Bound<'py, PyAny>>,
    maker: Option<Maker<'py>>,
    /// Argument to future, each once.
    futures: Bound<'py, PyDict>,
    /// The future of each argument.
    children: Vec<Bound<'py, PyAny>>,
    /// Done already; on 3.11 only those that nothing was scheduled for yet.
    done: Vec<Bound<'py, PyAny>>,
    /// Of the callbacks: nothing that they do changes it.
    context: Bound<'py, PyAny>,
}

impl<'py> Seen<'py> {
    fn new(gathering: &Bound<'py, Gathering>) -> PyResult<Self> {
        let py = gathering.py();
        Ok(Self {
            callback: gathering.getattr(intern!(py, "_done_callback"))?,
            gathering: gathering.clone().into_any(),
            event_loop: None,
            maker: None,
            futures: PyDict::new(py),
            children: Vec::new(),
            done: Vec::new(),
            context: copy_context(py)?,
        })
    }

    fn add_all(&mut self, stock: &'static Stock, arguments: &Bound<'py, PyTuple>) -> PyResult<()> {
        self.children.reserve(arguments.len());
        for argument in arguments {
            let future = match self.futures.get_item(&argument)? {
                Some(future) => future,
                None => self.add(stock, &argument)?,
            };
            self.children.push(future);
        }
        Ok(())
    }

    fn add(
        &mut self,
        stock: &'static Stock,
        argument: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = argument.py();
        if !stock.done_at_once && !stock.is_native_future(argument) {
            // Whatever it makes the loop do comes after what was done already.
            self.schedule_done()?;
        }
        let future = ensure_future(stock, argument, self.maker.as_ref())?;
        if self.event_loop.is_none() {
            let event_loop = stock.loop_of(&future)?;
            self.maker = Some(Maker::of(stock, &event_loop)?);
            self.event_loop = Some(event_loop);
        }
        if !future.is(argument) {
            // The caller cannot hold on to it, so nothing is to be logged if it is destroyed.
            future.setattr(intern!(py, "_log_destroy_pending"), false)?;
        }
        self.futures.set_item(argument, &future)?;
        let may_be_kept = stock.done_at_once || stock.is_native_future(&future);
        if may_be_kept && is(&future, intern!(py, "done"))? {
            self.done.push(future.clone());
        } else if stock.is_native_future(&future) {
            let method = intern!(py, "add_done_callback");
            call_method(&future, method, [&self.callback, &self.context], &CONTEXT)?;
        } else {
            self.schedule_done()?;
            future.call_method1(intern!(py, "add_done_callback"), (&self.callback,))?;
        }
        Ok(future)
    }

    /// On 3.11, have the loop call back for those that were done, in one go.
    fn schedule_done(&mut self) -> PyResult<()> {
        let py = self.callback.py();
        let stock = Stock::get(py)?;
        let (false, Some(event_loop)) = (stock.done_at_once, &self.event_loop) else {
            return Ok(());
        };
        let method = intern!(py, "call_soon");
        let context = &self.context;
        let mut done = std::mem::take(&mut self.done);
        match done.len() {
            0 => {}
            1 => {
                let future = done.remove(0);
                call_method(
                    event_loop,
                    method,
                    [&self.callback, &future, context],
                    &CONTEXT,
                )?;
            }
            _ => {
                let callback = self.gathering.getattr(intern!(py, "_done_callbacks"))?;
                let futures = PyList::new(py, done)?.into_any();
                call_method(event_loop, method, [&callback, &futures, context], &CONTEXT)?;
            }
        }
        Ok(())
    }
}
