//! Tasks. Promise: the future of a task that ends, is cancelled or panics is dropped at once, on its
//! loop's thread, and whoever awaits the task learns which of the three it was.

use super::event_loop::{Loop, TaskWaker};
use crate::futures::{ThreadPoolExecutor, Unfinished};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A task as its loop sees it.
pub(super) trait Runnable {
    /// Lets it go on.
    fn step(&self);
    /// Ends it.
    fn stop(&self);
}

struct Inner<T> {
    number: u64,
    future: RefCell<Option<Pin<Box<dyn Future<Output = T>>>>>,
    outcome: RefCell<Option<Result<T, Unfinished>>>,
    done: Cell<bool>,
    cancel: Cell<bool>,
    waker: Waker,
    awaited_by: RefCell<Option<Waker>>,
    home: std::rc::Weak<Loop>,
}

impl<T> Inner<T> {
    fn finish(&self, outcome: Result<T, Unfinished>) {
        if self.done.replace(true) {
            return;
        }
        let future = self.future.borrow_mut().take();
        // A future that panics when it is dropped is done all the same.
        drop(catch_unwind(AssertUnwindSafe(|| drop(future))));
        *self.outcome.borrow_mut() = Some(outcome);
        if let Some(home) = self.home.upgrade() {
            let own = home.tasks.borrow_mut().remove(&self.number);
            drop(own);
        }
        if let Some(waker) = self.awaited_by.take() {
            waker.wake();
        }
    }
}

impl<T> Runnable for Inner<T> {
    fn step(&self) {
        if self.cancel.get() {
            return self.finish(Err(Unfinished::Cancelled));
        }
        // Out of its place while it runs, for it may cancel itself.
        let Some(mut future) = self.future.borrow_mut().take() else {
            return;
        };
        let mut context = Context::from_waker(&self.waker);
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context))) {
            Ok(Poll::Pending) => {
                *self.future.borrow_mut() = Some(future);
                if self.cancel.get() {
                    self.finish(Err(Unfinished::Cancelled));
                }
            }
            Ok(Poll::Ready(value)) => {
                drop(catch_unwind(AssertUnwindSafe(|| drop(future))));
                self.finish(Ok(value));
            }
            Err(panic) => {
                drop(catch_unwind(AssertUnwindSafe(|| drop(future))));
                self.finish(Err(Unfinished::Panicked(panic)));
            }
        }
    }

    fn stop(&self) {
        self.finish(Err(Unfinished::Cancelled));
    }
}

/// A future that runs on its own; awaiting this gives its result. Dropping this does not stop it.
pub struct Task<T> {
    inner: Rc<Inner<T>>,
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("number", &self.inner.number)
            .field("done", &self.inner.done.get())
            .finish_non_exhaustive()
    }
}

impl<T> Task<T> {
    /// Ends the task where it waits; false when it is done already.
    ///
    /// Its future is dropped in the loop's next turn, so that its destructors run.
    #[expect(clippy::must_use_candidate, reason = "most callers do not ask")]
    pub fn cancel(&self) -> bool {
        if self.inner.done.get() {
            return false;
        }
        self.inner.cancel.set(true);
        self.inner.waker.wake_by_ref();
        true
    }

    /// Whether there is a result, or never will be.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.inner.done.get()
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, Unfinished>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(outcome) = self.inner.outcome.borrow_mut().take() {
            return Poll::Ready(outcome);
        }
        assert!(!self.inner.done.get(), "a task's result was taken twice");
        *self.inner.awaited_by.borrow_mut() = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Lets a future run on its own, on the loop of this thread, from the loop's next turn on.
///
/// # Panics
/// Outside of [`run`](super::run).
pub fn create_task<F>(future: F) -> Task<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let home = Loop::current();
    let number = home.next_number();
    let waker = Waker::from(Arc::new(TaskWaker {
        number,
        shared: Arc::clone(&home.shared),
    }));
    let inner = Rc::new(Inner {
        number,
        future: RefCell::new(Some(Box::pin(future))),
        outcome: RefCell::new(None),
        done: Cell::new(false),
        cancel: Cell::new(false),
        waker,
        awaited_by: RefCell::new(None),
        home: Rc::downgrade(&home),
    });
    let runnable: Rc<dyn Runnable> = Rc::clone(&inner) as Rc<dyn Runnable>;
    home.tasks.borrow_mut().insert(number, runnable);
    home.schedule(number);
    Task { inner }
}

/// Makes a call that blocks in a thread, and gives its result or its panic.
///
/// ```
/// use ropewalk::asyncio::{run, to_thread};
///
/// assert_eq!(run(to_thread(|| 6 * 7)).unwrap(), 42);
/// ```
pub async fn to_thread<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unfinished> {
    thread_local! {
        static THREADS: ThreadPoolExecutor = ThreadPoolExecutor::new(
            std::thread::available_parallelism().map_or(4, |cores| cores.get() + 4),
        );
    }
    THREADS.with(|threads| threads.submit(call)).await
}
