//! A meeting point for a fixed number of threads.
//!
//! Promise: all threads of a round leave it together or all of them learn that it broke; a thread
//! that comes back at once stands in the next round and cannot disturb the one before. The action
//! of the last thread runs without the lock.

use ropewalk_facade::atomic::{AtomicU32, Ordering};
use ropewalk_facade::sync::Arc;
use ropewalk_park::{Deadline, Patience, ShortGuard, ShortLock, Sleeper, WaitList, Waiter, Wakes};

/// Why a thread did not pass the barrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BarrierError<A> {
    /// It is broken, broke, or was reset while the thread waited.
    Broken,
    /// The wait was given up, or the action failed.
    Aborted(A),
}

/// How a round ended: told to its threads through the cell that they share.
const OPEN: u32 = 0;
const PASSED: u32 = 1;
const BROKEN: u32 = 2;

/// A barrier for a fixed number of parties.
///
/// ```
/// use ropewalk_sync::{Barrier, Patience, Uninterrupted};
///
/// let barrier = Barrier::new(1);
/// let place = barrier.wait(Patience::Forever, &mut Uninterrupted, || Ok(()));
/// assert_eq!(place, Ok(0));
/// ```
#[derive(Debug)]
pub struct Barrier {
    parties: usize,
    state: ShortLock<Meeting>,
}

#[derive(Debug)]
struct Meeting {
    /// How many of the current round have come.
    come: usize,
    broken: bool,
    /// The last thread of the round has come and runs its action.
    acting: bool,
    /// How the current round ends.
    round: Arc<AtomicU32>,
    /// The current round's threads.
    waiting: WaitList,
    /// Threads that wait for the action to end, to enter the next round.
    entering: WaitList,
}

impl Meeting {
    /// Ends the current round and begins the next; returns the wakes that are owed.
    fn end_round(&mut self, outcome: u32) -> Wakes {
        // sync: barrier-round, Release pairs with the Acquire in `Barrier::wait_for_the_others`.
        self.round.store(outcome, Ordering::Release);
        self.round = Arc::new(AtomicU32::new(OPEN));
        self.come = 0;
        self.acting = false;
        let mut wakes = self.waiting.tell_all();
        wakes.append(self.entering.tell_all());
        wakes
    }
}

impl Barrier {
    /// A barrier that lets threads through in groups of `parties`.
    #[must_use]
    pub fn new(parties: usize) -> Self {
        Self {
            parties,
            state: ShortLock::new(Meeting {
                come: 0,
                broken: false,
                acting: false,
                round: Arc::new(AtomicU32::new(OPEN)),
                waiting: WaitList::new(),
                entering: WaitList::new(),
            }),
        }
    }

    /// Waits until all parties have come; the last one calls `action` first. Returns how many had
    /// come before.
    ///
    /// When `patience` ends too early or the action fails the barrier breaks, for everybody. Once
    /// all have come, `patience` counts no more: everybody waits for the end of the action. A
    /// [`Barrier::reset`] or [`Barrier::abort`] that comes while the action runs breaks the round.
    pub fn wait<S: Sleeper>(
        &self,
        patience: Patience,
        sleeper: &mut S,
        action: impl FnOnce() -> Result<(), S::Abort>,
    ) -> Result<usize, BarrierError<S::Abort>> {
        let mut state = self.enter(sleeper)?;
        let index = state.come;
        state.come += 1;
        if state.come == self.parties {
            self.let_all_through(state, action)?;
        } else {
            self.wait_for_the_others(state, patience, sleeper)?;
        }
        Ok(index)
    }

    /// Waits until no action runs.
    fn enter<S: Sleeper>(
        &self,
        sleeper: &mut S,
    ) -> Result<ShortGuard<'_, Meeting>, BarrierError<S::Abort>> {
        let mut state = self.state.lock();
        while state.acting {
            let waiter = Waiter::current();
            state.entering.enlist(&waiter);
            drop(state);
            let slept = sleeper.sleep(&waiter, Deadline::NEVER);
            state = self.state.lock();
            // Everybody who enters is told at once, so nobody has to pass that on.
            let _ = state.entering.leave(&waiter);
            slept.map_err(BarrierError::Aborted)?;
        }
        if state.broken {
            Err(BarrierError::Broken)
        } else {
            Ok(state)
        }
    }

    fn wait_for_the_others<'a, S: Sleeper>(
        &'a self,
        mut state: ShortGuard<'a, Meeting>,
        patience: Patience,
        sleeper: &mut S,
    ) -> Result<(), BarrierError<S::Abort>> {
        let round = Arc::clone(&state.round);
        let waiter = Waiter::current();
        let mut deadline = patience.deadline().unwrap_or_else(Deadline::now);
        loop {
            state.waiting.enlist(&waiter);
            drop(state);
            let slept = sleeper.sleep(&waiter, deadline);
            state = self.state.lock();
            let _ = state.waiting.leave(&waiter);
            // sync: barrier-round, Acquire pairs with the Release in `Meeting::end_round`.
            match round.load(Ordering::Acquire) {
                PASSED => return slept.map(drop).map_err(BarrierError::Aborted),
                BROKEN => return Err(BarrierError::Broken),
                _ => {}
            }
            if let Err(why) = slept {
                state.come -= 1;
                return Err(BarrierError::Aborted(why));
            }
            if !state.acting {
                self.break_up(state);
                return Err(BarrierError::Broken);
            }
            // Out of time, but all have come: the action decides, and its end ends this wait.
            deadline = Deadline::NEVER;
        }
    }

    fn let_all_through<A>(
        &self,
        mut state: ShortGuard<'_, Meeting>,
        action: impl FnOnce() -> Result<(), A>,
    ) -> Result<(), BarrierError<A>> {
        /// Breaks the round unless the action came to a good end; also when it panics.
        struct Acting<'a>(Option<&'a Barrier>, &'a AtomicU32);
        impl Drop for Acting<'_> {
            fn drop(&mut self) {
                let Some(barrier) = self.0 else { return };
                let state = barrier.state.lock();
                // Not if it has ended: what goes on then is another round.
                if self.1.load(Ordering::Relaxed) == OPEN {
                    barrier.break_up(state);
                }
            }
        }
        state.acting = true;
        let round = Arc::clone(&state.round);
        drop(state);
        let mut acting = Acting(Some(self), &round);
        action().map_err(BarrierError::Aborted)?;
        acting.0 = None;
        let mut state = self.state.lock();
        // Reset or abort may have ended this round while the action ran.
        let in_time = round.load(Ordering::Relaxed) == OPEN;
        let wakes = if in_time {
            state.end_round(PASSED)
        } else {
            Wakes::NONE
        };
        drop(state);
        wakes.now();
        in_time.then_some(()).ok_or(BarrierError::Broken)
    }

    /// Breaks the barrier: whoever waits or comes learns it, until [`Barrier::reset`].
    pub fn abort(&self) {
        self.break_up(self.state.lock());
    }

    #[expect(clippy::unused_self, reason = "reads as what happens to the barrier")]
    fn break_up(&self, mut state: ShortGuard<'_, Meeting>) {
        state.broken = true;
        let wakes = state.end_round(BROKEN);
        drop(state);
        wakes.now();
    }

    /// Makes the barrier whole and empty; whoever waits learns that its round broke.
    pub fn reset(&self) {
        let mut state = self.state.lock();
        state.broken = false;
        let wakes = state.end_round(BROKEN);
        drop(state);
        wakes.now();
    }

    /// How many threads let each other through.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// How many threads wait at this moment.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let state = self.state.lock();
        if state.acting { 0 } else { state.come }
    }

    /// True while the barrier is broken.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.state.lock().broken
    }
}
