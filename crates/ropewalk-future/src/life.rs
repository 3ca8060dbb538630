//! One future: its state, its outcome, and who watches it.
//!
//! Promise: the outcome is there as soon as a thread sees `Finished` (reading it takes the lock,
//! and the lock was held while the word changed); ending a life says what is owed to whom.

use crate::gate::Gate;
use crate::state::{Phase, State};
use crate::watchers::{Owed, Report, Watchers};
use ropewalk_park::{Patience, ShortLock, Sleeper, Waiter, Wakes};
use std::sync::Arc;

/// A value of type `T` that comes later, or an error `E` instead; `C` is a callback, which is kept
/// and handed back but never called here.
#[derive(Debug)]
pub struct Life<T, E, C> {
    state: State,
    inside: ShortLock<Inside<T, E, C>>,
}

#[derive(Debug)]
struct Inside<T, E, C> {
    /// Set when the state becomes `Finished`, under the same lock.
    outcome: Option<Result<T, E>>,
    watchers: Option<Box<Watchers<C>>>,
}

/// What came of trying to start.
#[derive(Debug)]
#[must_use]
pub enum Start {
    /// Do the work.
    Run,
    /// It was cancelled: do not work; wake those who waited for it among others.
    Cancelled(Wakes),
    /// It is not at its beginning.
    Refused(Phase),
}

/// What came of trying to cancel.
#[derive(Debug)]
#[must_use]
pub enum Cancel<C> {
    /// Now it is cancelled.
    Now(Owed<C>),
    /// It was cancelled before.
    Before,
    /// It runs or has run.
    TooLate,
    /// Ask whoever it was handed over to.
    HandedOver,
}

/// An outcome that came too late, and the phase it found.
#[derive(Debug)]
pub struct Refused<T, E> {
    /// The phase that the future was in.
    pub phase: Phase,
    /// What was not taken.
    pub outcome: Result<T, E>,
}

/// All that a future had when it was handed over.
#[derive(Debug)]
pub struct Contents<T, E, C> {
    /// The phase it was in.
    pub phase: Phase,
    /// Its outcome, when it had one.
    pub outcome: Option<Result<T, E>>,
    /// Callbacks that are still to be called.
    pub callbacks: Vec<C>,
    /// Gates that are still to be told.
    pub reports: Vec<Report>,
    /// Threads that slept for it: wake them, they look again.
    pub wakes: Wakes,
}

impl<T, E, C> Life<T, E, C> {
    /// A future at its beginning.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: State::new(),
            inside: ShortLock::new(Inside {
                outcome: None,
                watchers: None,
            }),
        }
    }

    /// Where it is in its life, by now perhaps further.
    #[must_use]
    #[inline]
    pub fn phase(&self) -> Phase {
        self.state.phase()
    }

    /// Begins the work, or takes notice that it was cancelled.
    #[inline]
    pub fn start(&self) -> Start {
        match self.state.start() {
            Ok(()) => Start::Run,
            Err(Phase::Cancelled) => self.notice_cancel(),
            Err(phase) => Start::Refused(phase),
        }
    }

    #[cold]
    fn notice_cancel(&self) -> Start {
        let mut inside = self.inside.lock();
        if let Err(phase) = self.state.notice() {
            return Start::Refused(phase);
        }
        let watchers = inside.watchers.take();
        drop(inside);
        Start::Cancelled(watchers.map_or(Wakes::NONE, |one| one.settle(false).wakes))
    }

    /// Cancels it, if nobody works on it yet. Gates are told when the worker notices.
    pub fn cancel(&self) -> Cancel<C> {
        let mut inside = self.inside.lock();
        match self.state.cancel() {
            Ok(()) => {}
            Err(Phase::Cancelled | Phase::CancelNoticed) => return Cancel::Before,
            Err(Phase::HandedOver) => return Cancel::HandedOver,
            Err(_) => return Cancel::TooLate,
        }
        Cancel::Now(match inside.watchers.as_mut() {
            None => Owed::NOTHING,
            Some(watchers) => Owed {
                wakes: watchers.sleepers.tell_all(),
                callbacks: std::mem::take(&mut watchers.callbacks),
            },
        })
    }

    /// Gives it its outcome.
    #[inline]
    pub fn finish(&self, outcome: Result<T, E>) -> Result<Owed<C>, Refused<T, E>> {
        let failed = outcome.is_err();
        let mut inside = self.inside.lock();
        if let Err(phase) = self.state.finish() {
            return Err(Refused { phase, outcome });
        }
        inside.outcome = Some(outcome);
        let watchers = inside.watchers.take();
        drop(inside);
        Ok(match watchers {
            None => Owed::NOTHING,
            Some(watchers) => watchers.settle(failed),
        })
    }

    /// Keeps a callback for the end of this life. Back it comes, with the phase, when the life is
    /// over (call it yourself) or was handed over.
    pub fn add_callback(&self, callback: C) -> Result<(), (C, Phase)> {
        let mut inside = self.inside.lock();
        let phase = self.phase();
        if phase.is_settled() {
            drop(inside);
            return Err((callback, phase));
        }
        inside.watchers().callbacks.push(callback);
        Ok(())
    }

    /// Looks at the outcome. `look` is called under a lock: it must not run foreign code.
    #[inline]
    pub fn read<R>(&self, look: impl FnOnce(&Result<T, E>) -> R) -> Option<R> {
        self.inside.lock().outcome.as_ref().map(look)
    }

    /// Takes the outcome out; to be used by a sole owner, others would find a finished future
    /// without one.
    #[must_use]
    pub fn take(&self) -> Option<Result<T, E>> {
        self.inside.lock().outcome.take()
    }

    /// Looks at the outcome and at each callback without waiting for the lock; for a garbage
    /// collector, which runs while nothing else does.
    pub fn try_each(&self, outcome: impl FnOnce(&Result<T, E>), callback: impl FnMut(&C)) {
        if let Some(inside) = self.inside.try_lock() {
            inside.outcome.as_ref().map(outcome);
            if let Some(watchers) = &inside.watchers {
                watchers.callbacks.iter().for_each(callback);
            }
        }
    }

    /// Takes out the outcome and the callbacks, as `try_each` looks at them.
    pub fn try_clear(&self) -> (Option<Result<T, E>>, Vec<C>) {
        let Some(mut inside) = self.inside.try_lock() else {
            return (None, Vec::new());
        };
        let callbacks = inside
            .watchers
            .as_mut()
            .map(|all| std::mem::take(&mut all.callbacks));
        (inside.outcome.take(), callbacks.unwrap_or_default())
    }

    /// Has the gate told when this future is complete; at once, if it is. A future that was handed
    /// over is not watched here: false.
    pub fn watch(&self, gate: &Arc<Gate>, key: usize) -> bool {
        let mut inside = self.inside.lock();
        let report = Report {
            gate: Arc::clone(gate),
            key,
        };
        match self.phase() {
            Phase::HandedOver => return false,
            phase if phase.is_complete() => {
                let failed = matches!(inside.outcome, Some(Err(_)));
                drop(inside);
                report.tell(failed).now();
            }
            _ => inside.watchers().reports.push(report),
        }
        true
    }

    /// Takes back [`watch`](Self::watch). False for a future that was handed over.
    pub fn unwatch(&self, gate: &Arc<Gate>) -> bool {
        let mut inside = self.inside.lock();
        if let Some(watchers) = inside.watchers.as_mut() {
            let not_this = |report: &Report| !Arc::ptr_eq(&report.gate, gate);
            watchers.reports.retain(not_this);
        }
        self.phase() != Phase::HandedOver
    }

    /// Waits until it is settled, as long as `patience` lasts; the phase it then is in.
    ///
    /// Blocking: yes, as the sleeper does it.
    pub fn wait<S: Sleeper>(&self, patience: Patience, sleeper: &mut S) -> Result<Phase, S::Abort> {
        let phase = self.phase();
        if phase.is_settled() {
            return Ok(phase);
        }
        self.wait_after_a_look(patience, sleeper)
    }

    #[cold]
    fn wait_after_a_look<S: Sleeper>(
        &self,
        patience: Patience,
        sleeper: &mut S,
    ) -> Result<Phase, S::Abort> {
        let Some(deadline) = patience.deadline() else {
            return Ok(self.phase());
        };
        let waiter = Waiter::current();
        loop {
            let mut inside = self.inside.lock();
            let phase = self.phase();
            if phase.is_settled() {
                return Ok(phase);
            }
            inside.watchers().sleepers.enlist(&waiter);
            drop(inside);
            let slept = sleeper.sleep(&waiter, deadline);
            if let Some(watchers) = self.inside.lock().watchers.as_mut() {
                let _ = watchers.sleepers.leave(&waiter);
            }
            if !slept? {
                return Ok(self.phase());
            }
        }
    }

    /// Takes everything out, once and for good: every operation answers `HandedOver` from now on,
    /// also those that wait now. `None` when that has happened before.
    pub fn hand_over(&self) -> Option<Contents<T, E, C>> {
        let mut inside = self.inside.lock();
        let phase = self.state.hand_over();
        if phase == Phase::HandedOver {
            return None;
        }
        let outcome = inside.outcome.take();
        let mut watchers = inside.watchers.take().unwrap_or_default();
        drop(inside);
        Some(Contents {
            phase,
            outcome,
            wakes: watchers.sleepers.tell_all(),
            callbacks: watchers.callbacks,
            reports: watchers.reports,
        })
    }
}

impl<T, E, C> Default for Life<T, E, C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, E, C> Inside<T, E, C> {
    fn watchers(&mut self) -> &mut Watchers<C> {
        self.watchers.get_or_insert_with(Box::default)
    }
}
