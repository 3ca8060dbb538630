//! One thread that waits to be told something.
//!
//! Promise: a thread that was told before it falls asleep does not fall asleep; it is told once
//! and woken once; telling an awake thread costs no system call.

use ropewalk_facade::Deadline;
use ropewalk_facade::atomic::Ordering;
use ropewalk_sys::{Futex, Slept};
use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;

/// Not told yet; the owner is awake.
const AWAKE: u32 = 0;
/// Not told yet; the owner sleeps, or is about to. Only the owner writes this.
const ASLEEP: u32 = 1;
/// Told. Only a teller writes this, under the lock of the list that the waiter stood in.
const TOLD: u32 = 2;
/// Told, and what the owner waits for is its own already. Written as TOLD is.
const GIVEN: u32 = 3;

/// How a sleep ended, as far as the waiter itself can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Somebody told this waiter; leaving the list says whether it was given something too.
    Told,
    /// The deadline passed first. The waiter still stands in its list and has to leave it.
    TimedOut,
    /// A signal handler ran. The waiter still stands in its list and may sleep on.
    Interrupted,
}

/// A thread's place in a [`WaitList`](crate::WaitList).
#[derive(Debug)]
pub struct Waiter {
    word: Futex,
}

impl Waiter {
    /// A waiter for one wait of this thread: cached, because a thread mostly waits for one thing
    /// at a time. A signal handler that waits in the middle of a wait gets another one.
    #[must_use]
    pub fn current() -> WaiterHandle {
        let cached = CACHED.try_with(Cell::take).ok().flatten();
        let waiter = cached.unwrap_or_else(|| {
            Arc::new(Self {
                word: Futex::new(AWAKE),
            })
        });
        waiter.word.store(AWAKE, Ordering::Relaxed);
        WaiterHandle(Some(waiter))
    }

    /// Sleeps until told, interrupted or `deadline`; returns at once when told already.
    ///
    /// Blocking: yes. Call it without holding any lock.
    pub fn sleep(&self, deadline: Deadline) -> Outcome {
        loop {
            // sync: told, Acquire pairs with the Release in `answer`.
            let before =
                self.word
                    .compare_exchange(AWAKE, ASLEEP, Ordering::Relaxed, Ordering::Acquire);
            if matches!(before, Err(TOLD | GIVEN)) {
                return Outcome::Told;
            }
            match self.word.sleep(ASLEEP, deadline) {
                Slept::Roused => {} // told, or a late wake of an earlier wait: the word says which
                Slept::TimedOut => return Outcome::TimedOut,
                Slept::Interrupted => return Outcome::Interrupted,
            }
        }
    }

    /// Marks the waiter as told; the result says whether its thread has to be woken.
    pub(crate) fn tell(self: Arc<Self>) -> Option<Wake> {
        self.answer(TOLD)
    }

    /// As `tell`, for a waiter that has by now what it waits for.
    pub(crate) fn give(self: Arc<Self>) -> Option<Wake> {
        self.answer(GIVEN)
    }

    fn answer(self: Arc<Self>, answer: u32) -> Option<Wake> {
        // sync: told, Release pairs with the Acquire in `sleep`.
        let before = self.word.swap(answer, Ordering::Release);
        (before == ASLEEP).then_some(Wake(self))
    }

    /// True when it was given something. Called with the list locked.
    pub(crate) fn was_given(&self) -> bool {
        self.word.load(Ordering::Relaxed) == GIVEN
    }

    /// Makes the waiter ready to be enlisted again within the same wait.
    pub(crate) fn renew(&self) {
        self.word.store(AWAKE, Ordering::Relaxed);
    }
}

ropewalk_facade::thread_local! {
    static CACHED: Cell<Option<Arc<Waiter>>> = Cell::new(None);
}

/// The current thread's waiter, for the length of one wait.
#[derive(Debug)]
pub struct WaiterHandle(Option<Arc<Waiter>>);

impl WaiterHandle {
    pub(crate) fn shared(&self) -> &Arc<Waiter> {
        self.0.as_ref().expect("only `drop` takes the waiter out")
    }
}

impl Deref for WaiterHandle {
    type Target = Waiter;

    fn deref(&self) -> &Waiter {
        self.shared()
    }
}

impl Drop for WaiterHandle {
    fn drop(&mut self) {
        let waiter = self.0.take();
        // At thread exit the cache may be gone already; then the waiter just goes.
        let _ = CACHED.try_with(|cached| cached.set(waiter));
    }
}

/// A wake that is still owed to a sleeping thread; kept in [`Wakes`](crate::Wakes).
#[derive(Debug)]
#[must_use = "the told thread sleeps on until it is woken"]
pub(crate) struct Wake(Arc<Waiter>);

impl Wake {
    /// Wakes the thread: one system call.
    pub(crate) fn now(self) {
        self.0.word.wake_one();
    }
}
