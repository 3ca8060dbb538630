//! Which threads there are. Promise: a thread is listed from before `start` returns until its work
//! is done, also if it panics.

use ropewalk_park::{Patience, fork_count, thread_key};
use ropewalk_sync::guarded::Lock;
use ropewalk_sync::{Event, Uninterrupted};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, OnceLock};

/// Threads started through ropewalk and not yet ended, by the number of their start.
static REGISTRY: LazyLock<Lock<Registry>> = LazyLock::new(Lock::default);

thread_local! {
    static CURRENT: OnceCell<Current> = const { OnceCell::new() };
}

#[derive(Debug, Default)]
struct Registry {
    started: u64,
    threads: BTreeMap<u64, ThreadHandle>,
    /// [`fork_count`] of the process whose threads these are.
    forks: u32,
}

impl Registry {
    /// After a fork: those threads are the parent's.
    fn forget_the_parents_threads(&mut self) {
        if self.forks != fork_count() {
            self.threads.clear();
            self.forks = fork_count();
        }
    }
}

/// A thread as others see it.
///
/// ```
/// use ropewalk::threading::{Thread, current_thread};
///
/// let thread = Thread::new(current_thread).name("mirror").start()?;
/// let seen = thread.join().expect("no panic");
/// assert_eq!(seen.name(), "mirror");
/// assert!(!seen.is_alive());
/// assert_ne!(seen.ident(), current_thread().ident());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ThreadHandle(Arc<Record>);

#[derive(Debug)]
struct Record {
    /// The number of its start; zero for a thread that ropewalk did not start.
    number: u64,
    name: String,
    ident: OnceLock<usize>,
    /// Set once `ident` is known.
    begun: Event,
    ended: Event,
}

impl ThreadHandle {
    fn new(number: u64, name: String) -> Self {
        Self(Arc::new(Record {
            number,
            name,
            ident: OnceLock::new(),
            begun: Event::new(),
            ended: Event::new(),
        }))
    }

    /// A handle for the current thread, which ropewalk did not start.
    fn of_a_stranger() -> Self {
        let thread = std::thread::current();
        let handle = Self::new(0, thread.name().unwrap_or("Dummy").to_owned());
        handle.begin();
        handle
    }

    fn begin(&self) {
        self.0.ident.get_or_init(thread_key);
        self.0.begun.set();
    }

    /// The thread's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// A number that no other living thread has; it may be used again after this one's end. Zero for a
    /// thread that could not be started, of which only a list that was made meanwhile tells.
    ///
    /// Blocking: until the thread runs, if it was started just now.
    #[must_use]
    pub fn ident(&self) -> usize {
        let Ok(_) = self.0.begun.wait(Patience::Forever, &mut Uninterrupted);
        self.0.ident.get().copied().unwrap_or_default()
    }

    /// True until the thread's work is done.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.0.ended.is_set()
    }

    /// Waits until the thread's work is done.
    ///
    /// # Panics
    ///
    /// Panics if a thread waits for itself.
    pub fn wait(&self) {
        self.wait_until(Patience::Forever);
    }

    /// Waits until the thread's work is done, a `Deadline`, or for a `Duration`; true when done.
    ///
    /// # Panics
    ///
    /// Panics if a thread waits for itself.
    pub fn wait_until(&self, end: impl Into<Patience>) -> bool {
        let itself = self.is_alive() && Arc::ptr_eq(&self.0, &current_thread().0);
        assert!(!itself, "a thread waits for its own end");
        let Ok(ended) = self.0.ended.wait(end.into(), &mut Uninterrupted);
        ended
    }
}

/// The handle of the thread that runs this.
#[derive(Debug)]
pub(super) struct Current(ThreadHandle);

impl Drop for Current {
    fn drop(&mut self) {
        end(&self.0);
    }
}

/// The thread that calls this; also one that ropewalk did not start.
///
/// ```
/// assert!(ropewalk::threading::current_thread().is_alive());
/// ```
#[must_use]
pub fn current_thread() -> ThreadHandle {
    CURRENT
        .try_with(|current| {
            let current = current.get_or_init(|| Current(ThreadHandle::of_a_stranger()));
            current.0.clone()
        })
        // The thread is ending, and has dropped its own.
        .unwrap_or_else(|_| ThreadHandle::of_a_stranger())
}

/// All threads that were started through ropewalk and are alive, in the order of their start, and
/// the thread that calls this.
///
/// ```
/// use ropewalk::threading::{Event, Thread, active_count, enumerate};
/// use std::sync::Arc;
///
/// let stop = Arc::new(Event::new());
/// let stopping = Arc::clone(&stop);
/// let thread = Thread::new(move || stopping.wait()).name("waiting").start()?;
/// assert!(enumerate().iter().any(|thread| thread.name() == "waiting"));
/// assert_eq!(active_count(), 2);
/// stop.set();
/// thread.join().expect("no panic");
/// assert_eq!(active_count(), 1);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Fork: in a forked child there is only the thread that forked.
#[must_use]
pub fn enumerate() -> Vec<ThreadHandle> {
    let current = current_thread();
    let mut registry = REGISTRY.acquire();
    registry.forget_the_parents_threads();
    let mut threads: Vec<_> = registry.threads.values().cloned().collect();
    drop(registry);
    if !threads
        .iter()
        .any(|thread| Arc::ptr_eq(&thread.0, &current.0))
    {
        threads.insert(0, current);
    }
    threads
}

/// How many threads [`enumerate`] would list.
#[must_use]
pub fn active_count() -> usize {
    enumerate().len()
}

/// Lists a thread that is about to be started.
pub(super) fn enroll(name: Option<String>) -> ThreadHandle {
    let mut registry = REGISTRY.acquire();
    registry.forget_the_parents_threads();
    registry.started += 1;
    let number = registry.started;
    let name = name.unwrap_or_else(|| format!("Thread-{number}"));
    let handle = ThreadHandle::new(number, name);
    registry.threads.insert(number, handle.clone());
    handle
}

/// Called by the new thread; its work is done when the result is dropped.
pub(super) fn begin(handle: ThreadHandle) -> Current {
    handle.begin();
    CURRENT.with(|current| {
        current
            .set(Current(handle.clone()))
            .expect("a thread begins once");
    });
    Current(handle)
}

/// Takes a thread off the list.
pub(super) fn end(handle: &ThreadHandle) {
    if handle.0.number != 0 && handle.is_alive() {
        REGISTRY.acquire().threads.remove(&handle.0.number);
    }
    handle.0.ended.set();
    // One that could not be started has no ident, and who has asked for it is not to wait for ever.
    handle.0.begun.set();
}

#[cfg(test)]
mod tests {
    use super::{end, enroll};
    use ropewalk_sync::{Patience, Uninterrupted};
    use std::time::Duration;

    #[test]
    fn a_thread_that_could_not_be_started_is_waited_for_by_nobody() {
        let seen = enroll(Some("never".to_owned()));
        end(&seen);
        let patience = Patience::from(Duration::from_secs(60));
        assert_eq!(seen.0.begun.wait(patience, &mut Uninterrupted), Ok(true));
        assert_eq!(seen.ident(), 0);
        assert!(!seen.is_alive());
    }
}
