//! Threads that run what is submitted.

use super::future::{Duty, Future, SharedLife, Unfinished};
use ropewalk_future::{Patience, Phase, Uninterrupted, Until};
use ropewalk_park::ShortLock;
use ropewalk_pool::thread::{Hire, Hope, How, Order, Place, Pool, Refused, Waits};
use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

type Task = Box<dyn FnOnce() + Send>;

/// The executor was shut down; the call comes back with this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutDown;

impl fmt::Display for ShutDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the executor was shut down")
    }
}

impl std::error::Error for ShutDown {}

/// The pool and its threads.
pub(super) struct Crew {
    pool: Pool<Task>,
    threads: ShortLock<Vec<JoinHandle<()>>>,
}

thread_local! {
    /// The crew that this thread belongs to.
    static OWN: RefCell<Option<Arc<Crew>>> = const { RefCell::new(None) };
}

impl Crew {
    fn start_worker(self: &Arc<Self>) {
        let crew = Arc::clone(self);
        let thread = std::thread::spawn(move || {
            OWN.with(|own| *own.borrow_mut() = Some(Arc::clone(&crew)));
            let mut finished = None;
            while let Ok(Ok((task, timing))) = crew.pool.next(finished, &mut Uninterrupted) {
                // The call's own panic was caught; this one is a callback's, shown by its hook.
                drop(catch_unwind(AssertUnwindSafe(task)));
                finished = Some(timing);
            }
        });
        self.threads.lock().push(thread);
    }
}

/// What a worker waits for: futures, and for all of them or for any.
struct OwnFutures<T> {
    until: Until,
    /// Those of the worker's own executor.
    own: Vec<Arc<SharedLife<T>>>,
    /// Whether there are others.
    others: bool,
}

impl<T> fmt::Debug for OwnFutures<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnFutures").finish_non_exhaustive()
    }
}

impl<T: Send> Waits for OwnFutures<T> {
    fn hope(&self) -> Hope {
        let own = self.own.iter().map(|life| match life.phase() {
            Phase::Pending => Place::Queued,
            Phase::Running => Place::Running,
            _ => Place::Elsewhere,
        });
        let places = own.chain(self.others.then_some(Place::Elsewhere));
        match self.until {
            Until::All => Hope::of_all(places),
            Until::Any | Until::Failure => Hope::of_any(places),
        }
    }
}

/// While this lives, its thread counts as a worker that waits for its own executor.
pub(super) struct WaitingWorker(Option<(Arc<Crew>, Arc<dyn Waits>)>);

impl WaitingWorker {
    /// Call this before waiting so long for these futures.
    pub(super) fn of<'f, T: Send + 'static>(
        futures: impl Iterator<Item = &'f Future<T>>,
        until: Until,
        patience: Patience,
    ) -> Self {
        let own = OWN.with(|own| own.borrow().clone());
        let (Some(crew), Patience::Forever) = (own, patience) else {
            return Self(None);
        };
        let (own, others): (Vec<_>, Vec<_>) =
            futures.partition(|future| Arc::ptr_eq(&future.crew, &crew));
        if own.is_empty() {
            return Self(None);
        }
        let wait: Arc<dyn Waits> = Arc::new(OwnFutures {
            until,
            own: own.iter().map(|one| Arc::clone(&one.life)).collect(),
            others: !others.is_empty(),
        });
        if crew.pool.block(&wait) {
            crew.start_worker();
        }
        Self(Some((crew, wait)))
    }
}

impl Drop for WaitingWorker {
    fn drop(&mut self) {
        if let Some((crew, wait)) = &self.0 {
            crew.pool.unblock(wait);
        }
    }
}

/// Runs calls in a few threads, which it starts as they are needed.
///
/// Dropping it waits until everything submitted has run.
///
/// Fork: the threads stay in the parent; use an executor of the child's own there.
pub struct ThreadPoolExecutor {
    crew: Arc<Crew>,
}

impl fmt::Debug for ThreadPoolExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPoolExecutor")
            .field("count", &self.crew.pool.count())
            .finish_non_exhaustive()
    }
}

impl ThreadPoolExecutor {
    /// An executor of at most so many threads, none of them started.
    ///
    /// # Panics
    ///
    /// If `max_workers` is zero.
    #[must_use]
    pub fn new(max_workers: usize) -> Self {
        assert!(max_workers > 0, "max_workers must be greater than 0");
        Self {
            crew: Arc::new(Crew {
                pool: Pool::new(Order::Fifo, max_workers),
                threads: ShortLock::new(Vec::new()),
            }),
        }
    }

    /// Has `call` run in one of the threads.
    ///
    /// # Panics
    ///
    /// If the executor was shut down: see [`try_submit`](Self::try_submit).
    pub fn submit<T, F>(&self, call: F) -> Future<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        match self.try_submit(call) {
            Ok(future) => future,
            Err(why) => panic!("{why}"),
        }
    }

    /// As [`submit`](Self::submit), for an executor that may have been shut down.
    ///
    /// # Errors
    ///
    /// [`ShutDown`].
    pub fn try_submit<T, F>(&self, call: F) -> Result<Future<T>, ShutDown>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let life = Arc::new(SharedLife::<T>::new());
        let duty = Duty(Arc::clone(&life));
        let task: Task = Box::new(move || duty.run(call));
        let how = How {
            priority: 0,
            hire: Hire::IfNeeded,
            bounded: false,
        };
        match self.crew.pool.submit(task, how) {
            Ok(Hire::IfNeeded) => self.crew.start_worker(),
            Ok(Hire::Nobody) => {}
            Err(
                Refused::NeedsWorker(_)
                | Refused::Full(_)
                | Refused::ShutDown(_)
                | Refused::Broken(_)
                | Refused::Forked(_),
            ) => return Err(ShutDown),
        }
        Ok(Future {
            life,
            crew: Arc::clone(&self.crew),
        })
    }

    /// Submits `call` for every item at once; the results come in the order of the items.
    pub fn map<I, T, F>(
        &self,
        items: I,
        call: F,
    ) -> impl Iterator<Item = Result<T, Unfinished>> + use<I, T, F>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        T: Send + 'static,
        F: Fn(I::Item) -> T + Send + Sync + 'static,
    {
        let call = Arc::new(call);
        let futures: Vec<_> = items
            .into_iter()
            .map(|item| {
                let call = Arc::clone(&call);
                self.submit(move || call(item))
            })
            .collect();
        futures.into_iter().map(Future::result)
    }

    /// Takes no more calls, cancels those that have not begun if told to, and waits for the rest.
    pub fn shutdown(&self, cancel_futures: bool) {
        self.crew.pool.shut_down();
        if cancel_futures {
            // Each cancels its future as it is dropped.
            drop(self.crew.pool.drain());
        }
        loop {
            let threads = std::mem::take(&mut *self.crew.threads.lock());
            if threads.is_empty() {
                return;
            }
            for thread in threads {
                // A thread cannot wait for its own end; the others have caught every panic.
                if thread.thread().id() != std::thread::current().id() {
                    drop(thread.join());
                }
            }
        }
    }
}

impl Drop for ThreadPoolExecutor {
    fn drop(&mut self) {
        self.shutdown(false);
    }
}
