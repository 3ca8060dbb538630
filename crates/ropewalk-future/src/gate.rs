//! Waiting for several futures at once.
//!
//! Promise: one thread waits at a gate, however many futures report to it, and is woken once: when
//! the gate opens. Each future reports at most once.

use ropewalk_park::{Patience, ShortLock, Sleeper, WaitList, Waiter, Wakes};

/// When a gate opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// As soon as there is a report; it closes when the reports are taken.
    Any,
    /// When one failed or all reported.
    Failure,
    /// When all reported.
    All,
}

/// Where one thread waits for many futures.
#[derive(Debug)]
pub struct Gate {
    until: Until,
    inside: ShortLock<Tally>,
}

#[derive(Debug)]
struct Tally {
    reported: Vec<usize>,
    /// How many have not reported yet.
    missing: usize,
    failed: bool,
    waiters: WaitList,
}

impl Gate {
    /// A closed gate for this many futures.
    #[must_use]
    pub fn new(until: Until, count: usize) -> Self {
        Self {
            until,
            inside: ShortLock::new(Tally {
                reported: Vec::new(),
                missing: count,
                failed: false,
                waiters: WaitList::new(),
            }),
        }
    }

    fn is_open(&self, inside: &Tally) -> bool {
        match self.until {
            Until::Any => !inside.reported.is_empty() || inside.missing == 0,
            Until::Failure => inside.failed || inside.missing == 0,
            Until::All => inside.missing == 0,
        }
    }

    /// Notes that the future known as `key` is complete; the result is a thread to wake.
    pub fn report(&self, key: usize, failed: bool) -> Wakes {
        let mut inside = self.inside.lock();
        inside.reported.push(key);
        inside.missing = inside.missing.saturating_sub(1);
        inside.failed |= failed;
        if self.is_open(&inside) {
            inside.waiters.tell_first()
        } else {
            Wakes::NONE
        }
    }

    /// Takes out what was reported since the last time, in the order of completion.
    #[must_use]
    pub fn take(&self) -> Vec<usize> {
        std::mem::take(&mut self.inside.lock().reported)
    }

    /// Waits until the gate is open, as long as `patience` lasts; true when it was.
    pub fn wait<S: Sleeper>(&self, patience: Patience, sleeper: &mut S) -> Result<bool, S::Abort> {
        let mut waiting: Option<(_, _)> = None;
        loop {
            let mut inside = self.inside.lock();
            if self.is_open(&inside) {
                return Ok(true);
            }
            if waiting.is_none() {
                let Some(deadline) = patience.deadline() else {
                    return Ok(false);
                };
                waiting = Some((Waiter::current(), deadline));
            }
            let Some((waiter, deadline)) = &waiting else {
                return Ok(false);
            };
            inside.waiters.enlist(waiter);
            drop(inside);
            let slept = sleeper.sleep(waiter, *deadline);
            let mut inside = self.inside.lock();
            let _ = inside.waiters.leave(waiter);
            if !slept? {
                return Ok(self.is_open(&inside));
            }
        }
    }
}
