//! Things that become due: what one thread hands out so that nobody else has to wait for a clock.
//!
//! Promise: nothing is handed out before its moment and nothing is handed out twice; what is due
//! at the same moment comes out in the order in which it went in; what is taken back leaves
//! nothing behind. At most one thread serves a queue, and none while nothing is in it for long:
//! whoever schedules something is told when a server is missing, in the same step.
//!
//! The server is woken only when it would look too late: to schedule something that is due after
//! the moment at which it looks anyway costs no system call.

use ropewalk_park::{
    Deadline, ShortGuard, ShortLock, Sleeper, WaitList, Waiter, Wakes, fork_count,
};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A moment, with "never" after all the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    At(Instant),
    Never,
}

impl From<Deadline> for Moment {
    fn from(deadline: Deadline) -> Self {
        deadline.instant().map_or(Self::Never, Self::At)
    }
}

impl From<Moment> for Deadline {
    fn from(moment: Moment) -> Self {
        match moment {
            Moment::At(instant) => instant.into(),
            Moment::Never => Self::NEVER,
        }
    }
}

/// Names something that was scheduled. It is never used again for anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DelayKey {
    due: Moment,
    number: u64,
}

/// What the lock guards.
struct Schedule<T> {
    /// By due moment, and then by the order in which they came.
    pending: BTreeMap<DelayKey, T>,
    /// How many were ever scheduled.
    count: u64,
    /// How long the server stays while nothing is pending.
    patience: Duration,
    /// Whether there is a server.
    served: bool,
    /// When the server looks again without being told; `None` while it is awake or absent.
    looks_at: Option<Moment>,
    server: WaitList,
    /// [`fork_count`] of the process in which the rest is true.
    forks: u32,
}

/// Pending things, each with the moment at which it is due.
///
/// ```
/// use ropewalk_sync::{Deadline, DelayQueue, Uninterrupted};
/// use std::time::Duration;
///
/// let queue = DelayQueue::new(Duration::ZERO);
/// let (_, server) = queue.schedule(Deadline::after(Duration::from_millis(2)), "second");
/// let (_, nobody) = queue.schedule(Deadline::after(Duration::from_millis(1)), "first");
/// assert!(nobody.is_none());
///
/// let mut server = server.expect("the first one to schedule something has to serve");
/// assert_eq!(server.next(&mut Uninterrupted), Ok(Some("first")));
/// assert_eq!(server.next(&mut Uninterrupted), Ok(Some("second")));
/// assert_eq!(server.next(&mut Uninterrupted), Ok(None));
/// ```
///
/// Fork: in a forked child nothing is pending and nobody serves. What was pending in the parent
/// is leaked there, unless [`DelayQueue::abandon`] asks for it first.
pub struct DelayQueue<T> {
    state: ShortLock<Schedule<T>>,
}

/// The right and the duty to hand out what becomes due, held by one thread at a time.
///
/// Dropping it lays the duty down; whoever schedules something next gets it.
#[must_use = "nothing becomes due unless somebody serves"]
pub struct DelayServer<T> {
    queue: Arc<DelayQueue<T>>,
    /// The server laid its duty down already.
    ended: bool,
}

impl<T> DelayQueue<T> {
    /// An empty queue, whose server stays for `patience` while nothing is pending.
    #[must_use]
    pub fn new(patience: Duration) -> Arc<Self> {
        Arc::new(Self {
            state: ShortLock::new(Schedule {
                pending: BTreeMap::new(),
                count: 0,
                patience,
                served: false,
                looks_at: None,
                server: WaitList::new(),
                forks: fork_count(),
            }),
        })
    }

    /// Lets `item` become due at `deadline`. With the key it can be taken back; a server comes
    /// with it when there is none: then the caller has to see to it that somebody serves.
    #[must_use = "the server, if there is one, has to serve"]
    pub fn schedule(
        self: &Arc<Self>,
        deadline: Deadline,
        item: T,
    ) -> (DelayKey, Option<DelayServer<T>>) {
        let mut state = self.lock();
        let key = DelayKey {
            due: deadline.into(),
            number: state.count,
        };
        state.count += 1;
        state.pending.insert(key, item);
        let wakes = state.let_server_look_by(key.due);
        let served = std::mem::replace(&mut state.served, true);
        drop(state);
        wakes.now();
        let duty = (!served).then(|| DelayServer {
            queue: Arc::clone(self),
            ended: false,
        });
        (key, duty)
    }

    /// Takes something back, unless it was handed out or taken back before.
    pub fn cancel(&self, key: DelayKey) -> Option<T> {
        let mut state = self.lock();
        let item = state.pending.remove(&key)?;
        let wakes = if state.pending.is_empty() {
            let end = Deadline::after(state.patience).into();
            state.let_server_look_by(end)
        } else {
            Wakes::NONE
        };
        drop(state);
        wakes.now();
        Some(item)
    }

    /// What `look` makes of something that is still pending; `None` if it was handed out or taken
    /// back before. The lock is held meanwhile: `look` only takes a reference or a copy.
    pub fn peek<R>(&self, key: DelayKey, look: impl FnOnce(&T) -> R) -> Option<R> {
        self.lock().pending.get(&key).map(look)
    }

    /// From now on the server leaves as soon as nothing is pending.
    pub fn hurry(&self) {
        let mut state = self.lock();
        state.patience = Duration::ZERO;
        let wakes = state.server.tell_first();
        state.looks_at = None;
        drop(state);
        wakes.now();
    }

    /// How much is pending.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().pending.len()
    }

    /// True when nothing is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes out all that is pending, as if there had never been a server: for the one thread of
    /// a forked child. If the parent's other threads were in the middle of a change at the fork,
    /// nothing can be taken out and the result is empty.
    pub fn abandon(&self) -> Vec<T> {
        let Some(mut state) = self.state.try_lock() else {
            return Vec::new();
        };
        state.server.forget();
        state.served = false;
        state.looks_at = None;
        state.forks = fork_count();
        let pending = std::mem::take(&mut state.pending);
        drop(state);
        pending.into_values().collect()
    }

    fn lock(&self) -> ShortGuard<'_, Schedule<T>> {
        let mut state = self.state.lock();
        if state.forks != fork_count() {
            state.forks = fork_count();
            state.served = false;
            state.looks_at = None;
            // Leaked: to drop what is pending could run foreign code, and the lock is held.
            std::mem::forget(std::mem::take(&mut state.pending));
        }
        state
    }
}

impl<T> Schedule<T> {
    /// Tells the server to look now if it would otherwise look only after `moment`.
    fn let_server_look_by(&mut self, moment: Moment) -> Wakes {
        if self.looks_at.is_none_or(|looks_at| looks_at <= moment) {
            return Wakes::NONE;
        }
        self.looks_at = None;
        self.server.tell_first()
    }

    /// Takes out the first that is due.
    fn take_due(&mut self) -> Option<T> {
        let first = self.pending.first_entry()?;
        Deadline::from(first.key().due)
            .has_passed()
            .then(|| first.remove())
    }

    /// When the server has to look again; `None` when nothing is pending.
    fn next_due(&self) -> Option<Moment> {
        self.pending.first_key_value().map(|(key, _)| key.due)
    }
}

impl<T> DelayServer<T> {
    /// Waits for the next thing to become due and hands it out. `None` when nothing was pending
    /// for as long as the queue's patience: then the duty is laid down, and no later call finds
    /// anything.
    ///
    /// Blocking: yes, without an end while something is pending.
    pub fn next<S: Sleeper>(&mut self, sleeper: &mut S) -> Result<Option<T>, S::Abort> {
        if self.ended {
            return Ok(None);
        }
        let queue = Arc::clone(&self.queue);
        // The end of an idle time, and how many had ever been scheduled when it began.
        let mut idle: Option<(Deadline, u64)> = None;
        let mut state = queue.lock();
        loop {
            if let Some(item) = state.take_due() {
                return Ok(Some(item));
            }
            let look_at = if let Some(due) = state.next_due() {
                due
            } else {
                let end = match idle {
                    Some((end, count)) if count == state.count => end,
                    _ => Deadline::after(state.patience),
                };
                if end.has_passed() || state.patience.is_zero() {
                    state.served = false;
                    self.ended = true;
                    return Ok(None);
                }
                idle = Some((end, state.count));
                end.into()
            };
            let waiter = Waiter::current();
            state.server.enlist(&waiter);
            state.looks_at = Some(look_at);
            drop(state);
            let slept = sleeper.sleep(&waiter, look_at.into());
            state = queue.lock();
            state.looks_at = None;
            // Told or not, the server looks again; and if it gives up, it is still the server.
            let _ = state.server.leave(&waiter);
            slept?;
        }
    }
}

impl<T> Drop for DelayServer<T> {
    fn drop(&mut self) {
        if !self.ended {
            self.queue.lock().served = false;
        }
    }
}

impl<T> fmt::Debug for DelayQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelayQueue").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for DelayServer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelayServer")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
