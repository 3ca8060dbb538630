//! The wait that lock, event and semaphore share: a bit in the primitive's word says that somebody
//! stands in the list beside it.
//!
//! Promise: the bit is only changed by whoever holds the list's lock. So a thread that changes the
//! word without the lock (takes, frees, sets) and finds the bit set knows that it owes a look at
//! the list; and a thread that sets the bit and then finds nothing to wait for needs no list.

use ropewalk_facade::atomic::{AtomicU64, Ordering};
use ropewalk_park::{Left, Patience, ShortLock, Sleeper, WaitList, Waiter, WaiterHandle, Wake};

/// Set in a word while somebody stands, or may stand, in its list.
pub(crate) const QUEUED: u64 = 1;

/// A word and the threads that wait for it to change.
#[derive(Debug)]
pub(crate) struct Waitable {
    /// Bit 0: [`QUEUED`]. The rest belongs to the primitive.
    pub(crate) word: AtomicU64,
    list: ShortLock<WaitList>,
}

impl Waitable {
    pub(crate) fn new(word: u64) -> Self {
        Self {
            word: AtomicU64::new(word),
            list: ShortLock::new(WaitList::new()),
        }
    }

    /// Waits until `attempt` succeeds. It is tried with the bit set and the list locked before
    /// every sleep, and without the lock after it; it must be a few instructions on the word.
    #[cold]
    pub(crate) fn wait<S: Sleeper>(
        &self,
        patience: Patience,
        sleeper: &mut S,
        attempt: impl Fn(&AtomicU64) -> bool,
    ) -> Result<bool, S::Abort> {
        let Some(deadline) = patience.deadline() else {
            return Ok(false);
        };
        let waiter = Waiter::current();
        let mut been_told = false;
        loop {
            if !self.enlist(&waiter, been_told, &attempt) {
                return Ok(true);
            }
            let slept = sleeper.sleep(&waiter, deadline);
            let left = self.leave(&waiter);
            been_told = left == Left::Told;
            match slept {
                Err(why) => {
                    // Told and giving up: whoever is next must look in our place.
                    if been_told {
                        self.tell(1);
                    }
                    return Err(why);
                }
                Ok(_) if attempt(&self.word) => return Ok(true),
                Ok(_) if been_told => {} // another thread was faster: first in the list again
                Ok(_) => return Ok(false),
            }
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
        let is_set = |word: &AtomicU64| word.load(Ordering::Acquire) & bits != 0;
        let Some(deadline) = patience.deadline() else {
            return Ok(false);
        };
        let waiter = Waiter::current();
        if !self.enlist(&waiter, false, is_set) {
            return Ok(true);
        }
        let slept = sleeper.sleep(&waiter, deadline);
        let left = self.leave(&waiter);
        // Giving up passes nothing on here: whoever sets the bits tells everybody.
        slept?;
        Ok(left == Left::Told || is_set(&self.word))
    }

    /// Puts the waiter into the list, in front if it was told before and came too late. False when
    /// the attempt succeeded instead.
    fn enlist(
        &self,
        waiter: &WaiterHandle,
        in_front: bool,
        attempt: impl Fn(&AtomicU64) -> bool,
    ) -> bool {
        let mut list = self.list.lock();
        // sync: queued-bit, Acquire pairs with the Release of the thread that changed the word: a
        // change that came before this bit is seen by `attempt`, one that comes after sees the bit.
        self.word.fetch_or(QUEUED, Ordering::Acquire);
        if attempt(&self.word) {
            self.tidy(&list);
            return false;
        }
        if in_front {
            list.enlist_in_front(waiter);
        } else {
            list.enlist(waiter);
        }
        true
    }

    fn leave(&self, waiter: &WaiterHandle) -> Left {
        let mut list = self.list.lock();
        let left = list.leave(waiter);
        self.tidy(&list);
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
    pub(crate) fn tell(&self, count: usize) {
        let mut list = self.list.lock();
        let wakes = list.tell(count);
        self.tidy(&list);
        drop(list);
        wakes.into_iter().for_each(Wake::now);
    }

    /// Calls `change` with the list locked and then tells one waiter: for words whose change and
    /// telling must not be seen apart.
    #[cold]
    pub(crate) fn change_and_tell_one(&self, change: impl FnOnce(&AtomicU64) -> bool) -> bool {
        let mut list = self.list.lock();
        if !change(&self.word) {
            return false;
        }
        let wake = list.tell_first();
        self.tidy(&list);
        drop(list);
        if let Some(wake) = wake {
            wake.now();
        }
        true
    }

    /// Calls `change` with the list locked and then tells everybody who stood in it.
    #[cold]
    pub(crate) fn change_and_tell_all(&self, change: impl FnOnce(&AtomicU64) -> u64) {
        let mut list = self.list.lock();
        change(&self.word);
        let wakes = list.tell_all();
        self.tidy(&list);
        drop(list);
        wakes.into_iter().for_each(Wake::now);
    }

    /// As new, with this word: for the one thread of a forked child.
    pub(crate) fn reset(&self, word: u64) {
        let mut list = self.list.lock();
        list.forget();
        self.word.store(word, Ordering::Relaxed);
    }
}
