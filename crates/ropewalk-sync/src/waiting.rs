//! The wait that lock, event and semaphore share: a bit in the primitive's word says that somebody
//! stands in the list beside it.
//!
//! Promise: the bit is only changed by whoever holds the list's lock. So a thread that changes the
//! word without the lock (takes, frees, sets) and finds the bit set knows that it owes a look at
//! the list; and a thread that sets the bit and then finds nothing to wait for needs no list.
//!
//! Nobody starves: who was told and came too late stands in its old place again, and once it is
//! first, it is given what the next thread brings back ([`Fairness`] says how often).

use ropewalk_facade::atomic::{AtomicU64, Ordering};
use ropewalk_park::{
    Fairness, Left, Patience, Place, ShortLock, Sleeper, WaitList, Waiter, WaiterHandle,
};

/// Set in a word while somebody stands, or may stand, in its list.
pub(crate) const QUEUED: u64 = 1;

/// A word and the threads that wait for it to change.
#[derive(Debug)]
pub(crate) struct Waitable {
    /// Bit 0: [`QUEUED`]. The rest belongs to the primitive.
    pub(crate) word: AtomicU64,
    line: ShortLock<Line>,
}

/// Who waits, and when the first of them was last given its turn.
#[derive(Debug, Default)]
struct Line {
    list: WaitList,
    fairness: Fairness,
}

/// What a thread waits for, and what it does with it.
pub(crate) trait Claim: Sync {
    /// Takes it if it is there now: a few instructions on the word.
    fn attempt(&self) -> bool;
    /// Notes that it was given to this thread, by the one that had it.
    fn given(&self);
    /// Brings it back, for a thread that was given it and gives up.
    fn give_back(&self);
}

impl Waitable {
    pub(crate) fn new(word: u64) -> Self {
        Self {
            word: AtomicU64::new(word),
            line: ShortLock::default(),
        }
    }

    /// Waits until `claim` has been taken or was given to this thread. It is attempted with the
    /// bit set and the list locked before every sleep and after it.
    #[cold]
    pub(crate) fn wait<S: Sleeper>(
        &self,
        patience: Patience,
        sleeper: &mut S,
        claim: &impl Claim,
    ) -> Result<bool, S::Abort> {
        let Some(deadline) = patience.deadline() else {
            return Ok(false);
        };
        let waiter = Waiter::current();
        let Some(place) = self.enlist(&waiter, || claim.attempt()) else {
            return Ok(true);
        };
        let mut look = || self.look(&waiter, place, claim);
        let slept = sleeper.sleep_until(&waiter, deadline, &mut look);
        if let Ok(true) = slept {
            return Ok(true);
        }
        match (self.leave(&waiter), slept) {
            (Left::Given, Ok(_)) => {
                claim.given();
                Ok(true)
            }
            (Left::Given, Err(why)) => {
                claim.give_back();
                Err(why)
            }
            (Left::Told, Err(why)) => {
                // Told and giving up: whoever is next must look in our place.
                self.tell(1);
                Err(why)
            }
            (Left::Waiting, Err(why)) => Err(why),
            // Told or not: if it is not there, whoever has it tells the next one.
            (Left::Told | Left::Waiting, Ok(_)) => Ok(claim.attempt()),
        }
    }

    /// Waits until one of `bits` is set or somebody tells this thread that it was: for words where
    /// having been told is enough, whatever the word says by then.
    #[cold]
    pub(crate) fn wait_once<S: Sleeper>(
        &self,
        patience: Patience,
        sleeper: &mut S,
        bits: u64,
    ) -> Result<bool, S::Abort> {
        // sync: queued-bit, Acquire pairs with the Release of the thread that set the bits.
        let is_set = || self.word.load(Ordering::Acquire) & bits != 0;
        let Some(deadline) = patience.deadline() else {
            return Ok(false);
        };
        let waiter = Waiter::current();
        if self.enlist(&waiter, is_set).is_none() {
            return Ok(true);
        }
        let slept = sleeper.sleep(&waiter, deadline);
        let left = self.leave(&waiter);
        // Giving up passes nothing on here: whoever sets the bits tells everybody.
        slept?;
        Ok(left == Left::Told || is_set())
    }

    /// Puts the waiter at the end of the list. `None` when the attempt succeeded instead.
    fn enlist(&self, waiter: &WaiterHandle, attempt: impl FnOnce() -> bool) -> Option<Place> {
        let mut line = self.line.lock();
        // sync: queued-bit, Acquire pairs with the Release of the thread that changed the word: a
        // change that came before this bit is seen by `attempt`, one that comes after sees the bit.
        self.word.fetch_or(QUEUED, Ordering::Acquire);
        if attempt() {
            self.tidy(&line.list);
            return None;
        }
        Some(line.list.enlist(waiter))
    }

    /// What a thread that was told does: takes what it was given or what is there, or goes back
    /// to its place because another one was faster.
    fn look(&self, waiter: &WaiterHandle, place: Place, claim: &impl Claim) -> bool {
        let mut line = self.line.lock();
        let left = line.list.leave(waiter);
        if left == Left::Given {
            drop(line);
            claim.given();
            return true;
        }
        // sync: queued-bit, Acquire as in `enlist`.
        self.word.fetch_or(QUEUED, Ordering::Acquire);
        let taken = claim.attempt();
        if taken {
            self.tidy(&line.list);
        } else {
            line.list.enlist_again(waiter, place);
        }
        taken
    }

    fn leave(&self, waiter: &WaiterHandle) -> Left {
        let mut line = self.line.lock();
        let left = line.list.leave(waiter);
        self.tidy(&line.list);
        left
    }

    /// Takes the bit away when nobody waits any more. Called with the list locked.
    fn tidy(&self, list: &WaitList) {
        if list.is_empty() {
            self.word.fetch_and(!QUEUED, Ordering::Relaxed);
        }
    }

    /// Tells up to `count` waiters to look again.
    #[cold]
    fn tell(&self, count: usize) {
        let mut line = self.line.lock();
        let wakes = line.list.tell(count);
        self.tidy(&line.list);
        drop(line);
        wakes.now();
    }

    /// Brings `count` of what is waited for back. With the list locked, `change` puts so many of
    /// them into the word as it is told, unless it refuses; waiters are told of these. If it is
    /// the first waiter's turn, one fewer goes into the word, and that waiter has it. `count` is
    /// not zero.
    #[cold]
    pub(crate) fn bring_back(
        &self,
        count: usize,
        change: impl FnOnce(&AtomicU64, usize) -> bool,
    ) -> bool {
        let mut line = self.line.lock();
        let gives = line.list.first_was_overtaken() && line.fairness.is_due();
        let for_anybody = count - usize::from(gives);
        if !change(&self.word, for_anybody) {
            return false;
        }
        let (mut wakes, more) = if gives {
            line.fairness.was_fair();
            (line.list.give_first(), for_anybody)
        } else {
            (line.list.tell_first(), for_anybody - 1)
        };
        wakes.append(line.list.tell(more));
        self.tidy(&line.list);
        drop(line);
        wakes.now();
        true
    }

    /// Calls `change` with the list locked and then tells everybody who stood in it.
    #[cold]
    pub(crate) fn change_and_tell_all(&self, change: impl FnOnce(&AtomicU64) -> u64) {
        let mut line = self.line.lock();
        change(&self.word);
        let wakes = line.list.tell_all();
        self.tidy(&line.list);
        drop(line);
        wakes.now();
    }

    /// As new, with this word: for the one thread of a forked child.
    pub(crate) fn reset(&self, word: u64) {
        let mut line = self.line.lock();
        line.list.forget();
        self.word.store(word, Ordering::Relaxed);
    }
}
