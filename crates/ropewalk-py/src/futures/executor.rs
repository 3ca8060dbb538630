//! The class under Python's `ThreadPoolExecutor`.
//!
//! Promise: submitting a task that an existing worker will run never leaves the engine; hiring a
//! worker, refusing, and waiting for room are the rare paths, and the first two are Python's.

use super::future::FutureEngine;
use super::starving::{NumberedPool, is_worker_of};
use super::task::Task;
use super::work_queue::{Post, WorkQueue};
use crate::error::futures_names;
use crate::names::intern;
use crate::report::{MadeAt, Why};
use crate::timeout::{Timeout, Truth};
use crate::wait::Interpreter;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use ropewalk_facade::atomic::{AtomicBool, Ordering};
use ropewalk_pool::Patience;
use ropewalk_pool::thread::{Hire, How, Order, Percentiles, Pool, Refused};
use std::sync::{Arc, OnceLock};

/// Runs calls in threads; the base of `ropewalk.concurrent.futures.ThreadPoolExecutor`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.futures")]
#[derive(Debug, Default)]
pub(crate) struct ThreadPool {
    begun: OnceLock<Begun>,
    /// Set when the standard library's machinery is to serve this executor.
    stock: AtomicBool,
}

/// What `_begin` decides.
#[derive(Debug)]
struct Begun {
    pool: Arc<NumberedPool>,
    /// Whether tasks run in a copy of the submitter's context.
    propagates: bool,
    /// How many tasks may wait, if there is a bound.
    bounded: bool,
    /// What happens when they do: an error, or waiting.
    raises_when_full: bool,
}

static MADE: MadeAt = MadeAt::UNKNOWN;

#[pymethods]
impl ThreadPool {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self::default()
    }

    /// Opens the executor; the first call counts.
    fn _begin(
        &self,
        limit: usize,
        by_priority: Truth,
        propagates: Truth,
        bound: Option<usize>,
        raises_when_full: Truth,
    ) -> WorkQueue {
        let begun = self.begun.get_or_init(|| {
            let order = if by_priority.0 {
                Order::Priority
            } else {
                Order::Fifo
            };
            let pool = Pool::new(order, limit);
            pool.set_bound(bound.unwrap_or(usize::MAX));
            Begun {
                pool: Arc::new(NumberedPool::new(pool)),
                propagates: propagates.0,
                bounded: bound.is_some(),
                raises_when_full: raises_when_full.0,
            }
        });
        WorkQueue::of(&begun.pool)
    }

    /// Have `fn(*args, **kwargs)` called in a worker thread; return a Future for its result.
    #[pyo3(
        signature = (r#fn, /, *args, **kwargs),
        text_signature = "($self, fn, /, *args, **kwargs)"
    )]
    fn submit<'py>(
        slf: &Bound<'py, Self>,
        r#fn: Bound<'py, PyAny>,
        args: Bound<'py, PyTuple>,
        kwargs: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if slf.get().stock.load(Ordering::Relaxed) {
            let all = (r#fn, args, kwargs);
            return slf.call_method1(intern!(slf.py(), "_submit_stock"), all);
        }
        Self::post(slf, 0, r#fn, args, kwargs)
    }

    /// From now on the standard library's machinery serves this executor.
    fn _be_stock(&self) {
        self.stock.store(true, Ordering::Relaxed);
    }

    /// As `submit()`, with a priority.
    #[pyo3(signature = (priority, r#fn, args, kwargs))]
    fn _submit_at<'py>(
        slf: &Bound<'py, Self>,
        priority: i64,
        r#fn: Bound<'py, PyAny>,
        args: Bound<'py, PyTuple>,
        kwargs: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::post(slf, priority, r#fn, args, kwargs)
    }

    /// Submits a call for each tuple of arguments; returns the futures.
    fn _submit_all<'py>(
        slf: &Bound<'py, Self>,
        r#fn: &Bound<'py, PyAny>,
        arguments: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyList>> {
        let futures = PyList::empty(slf.py());
        for tuple in arguments.try_iter()? {
            let tuple = tuple?.cast_into::<PyTuple>()?;
            futures.append(Self::post(slf, 0, r#fn.clone(), tuple, None)?)?;
        }
        Ok(futures)
    }

    /// Queued, running, done, workers, idle; then three wait and three run times, or None.
    #[expect(clippy::type_complexity, reason = "the numbers of a NamedTuple")]
    fn _count(
        &self,
    ) -> PyResult<(
        (usize, u64, u64, usize, usize),
        Option<(f64, f64, f64)>,
        Option<(f64, f64, f64)>,
    )> {
        let count = self.begun()?.pool.pool.count();
        let numbers = (
            count.queued,
            count.running,
            count.done,
            count.workers,
            count.idle,
        );
        Ok((numbers, count.wait.map(seconds), count.run.map(seconds)))
    }
}

fn seconds(times: Percentiles) -> (f64, f64, f64) {
    (
        times.median.as_secs_f64(),
        times.nine_of_ten.as_secs_f64(),
        times.ninety_nine.as_secs_f64(),
    )
}

impl Drop for ThreadPool {
    /// An executor that nobody has any more: what is queued is run, then the workers end.
    fn drop(&mut self) {
        if let Some(begun) = self.begun.get() {
            begun.pool.pool.shut_down();
        }
    }
}

impl ThreadPool {
    #[inline]
    fn begun(&self) -> PyResult<&Begun> {
        self.begun
            .get()
            .ok_or_else(|| PyRuntimeError::new_err("ThreadPoolExecutor.__init__() was not called"))
    }

    #[inline]
    fn post<'py>(
        slf: &Bound<'py, Self>,
        priority: i64,
        function: Bound<'py, PyAny>,
        arguments: Bound<'py, PyTuple>,
        keywords: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let begun = slf.get().begun()?;
        let future = futures_names(py)?.future.bind(py).call0()?;
        let engine = future.cast::<FutureEngine>()?;
        engine.get().stamp.set(&begun.pool);
        let (function, arguments) = if begun.propagates {
            in_context_of_now(&function, &arguments)?
        } else {
            (function, arguments)
        };
        let task = Task {
            future: engine.clone().unbind(),
            function: function.unbind(),
            arguments: arguments.unbind(),
            keywords: keywords.map(Bound::unbind),
        };
        let how = How {
            priority,
            hire: Hire::Nobody,
            bounded: begun.bounded && !is_worker_of(&begun.pool),
        };
        if let Err(refused) = begun.pool.pool.submit(task, how) {
            Self::insist(slf, begun, how, refused)?;
        }
        Ok(future)
    }

    /// Hires, waits or raises, until the task is taken.
    #[cold]
    fn insist(
        slf: &Bound<'_, Self>,
        begun: &Begun,
        how: How,
        mut refused: Refused<Task>,
    ) -> PyResult<()> {
        let py = slf.py();
        let refuse = |why: &str| slf.call_method1(intern!(py, "_refuse"), (why,)).map(drop);
        loop {
            let task = match refused {
                Refused::NeedsWorker(task) => {
                    let post = Bound::new(py, Post::new(&begun.pool, how, task))?;
                    slf.call_method1(intern!(py, "_hire"), (&post,))?;
                    match post.get().refused() {
                        None => return Ok(()),
                        Some(again) => {
                            refused = again;
                            continue;
                        }
                    }
                }
                Refused::Full(_) if begun.raises_when_full => return refuse("full"),
                Refused::Full(task) => task,
                Refused::ShutDown(_) => return refuse("shut down"),
                Refused::Broken(_) => return refuse("broken"),
                Refused::Forked(_) => return refuse("forked"),
            };
            let why = Why::anyone("ThreadPoolExecutor.submit", begun, &MADE);
            let mut sleeper = Interpreter::new(py, Timeout::None, why);
            begun
                .pool
                .pool
                .wait_for_room(Patience::Forever, &mut sleeper)?;
            match begun.pool.pool.submit(task, how) {
                Ok(_) => return Ok(()),
                Err(again) => refused = again,
            }
        }
    }
}

/// A call that does the same in a copy of the context of now.
#[cold]
fn in_context_of_now<'py>(
    function: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyTuple>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
    let py = function.py();
    let context = py
        .import(intern!(py, "contextvars"))?
        .call_method0(intern!(py, "copy_context"))?;
    let mut all = vec![function.clone()];
    all.extend(arguments.iter());
    Ok((context.getattr(intern!(py, "run"))?, PyTuple::new(py, all)?))
}
