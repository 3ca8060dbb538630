//! The word that says where a future is in its life.
//!
//! Promise: each step of a life is one method, succeeds for one caller, and answers the others
//! with the phase that they came too late for.

use ropewalk_facade::atomic::{AtomicU32, Ordering};

/// Where a future is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Phase {
    /// Nobody works on it yet.
    Pending = 0,
    /// Somebody works on it; it cannot be cancelled any more.
    Running = 1,
    /// Cancelled; whoever was to work on it has not noticed yet.
    Cancelled = 2,
    /// Cancelled, and noticed: it counts as completed.
    CancelNoticed = 3,
    /// It has its outcome.
    Finished = 4,
    /// Everything about it is kept by somebody else from now on.
    HandedOver = 5,
}

impl Phase {
    /// True when there is nothing to wait for: it will not get another outcome.
    #[must_use]
    #[inline]
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// True when whoever waits for completion is to be told.
    #[must_use]
    #[inline]
    pub fn is_complete(self) -> bool {
        matches!(self, Self::CancelNoticed | Self::Finished)
    }

    fn from_word(word: u32) -> Self {
        match word {
            0 => Self::Pending,
            1 => Self::Running,
            2 => Self::Cancelled,
            3 => Self::CancelNoticed,
            4 => Self::Finished,
            _ => Self::HandedOver,
        }
    }
}

/// The word.
#[derive(Debug)]
pub(crate) struct State {
    /// A [`Phase`]. Every change happens with the future's lock held, but for the first step.
    ///
    /// | from        | to            | step           | lock | who           |
    /// |-------------|---------------|----------------|------|---------------|
    /// | Pending     | Running       | `start`        | no   | the worker    |
    /// | Pending     | Cancelled     | `cancel`       | yes  | anybody       |
    /// | Cancelled   | CancelNoticed | `notice`       | yes  | the worker    |
    /// | Pending     | Finished      | `finish`       | yes  | anybody       |
    /// | Running     | Finished      | `finish`       | yes  | anybody       |
    /// | any         | HandedOver    | `hand_over`    | yes  | anybody, once |
    word: AtomicU32,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            word: AtomicU32::new(Phase::Pending as u32),
        }
    }

    #[inline]
    pub(crate) fn phase(&self) -> Phase {
        // sync: settled, Acquire pairs with the Release of the step that led here.
        Phase::from_word(self.word.load(Ordering::Acquire))
    }

    /// One step, from exactly this phase.
    #[inline]
    fn step(&self, from: Phase, to: Phase) -> Result<(), Phase> {
        // sync: settled, Release pairs with the Acquire in `phase` and in later steps.
        self.word
            .compare_exchange(from as u32, to as u32, Ordering::AcqRel, Ordering::Acquire)
            .map(drop)
            .map_err(Phase::from_word)
    }

    #[inline]
    pub(crate) fn start(&self) -> Result<(), Phase> {
        self.step(Phase::Pending, Phase::Running)
    }

    pub(crate) fn cancel(&self) -> Result<(), Phase> {
        self.step(Phase::Pending, Phase::Cancelled)
    }

    pub(crate) fn notice(&self) -> Result<(), Phase> {
        self.step(Phase::Cancelled, Phase::CancelNoticed)
    }

    #[inline]
    pub(crate) fn finish(&self) -> Result<(), Phase> {
        match self.step(Phase::Running, Phase::Finished) {
            // Between the two tries it can only have been started, so a third is not needed:
            // nobody goes back from Running to Pending.
            Err(Phase::Pending) => match self.step(Phase::Pending, Phase::Finished) {
                Err(Phase::Running) => self.step(Phase::Running, Phase::Finished),
                other => other,
            },
            other => other,
        }
    }

    /// The phase before; `HandedOver` when it had been handed over already.
    pub(crate) fn hand_over(&self) -> Phase {
        // sync: settled, as in `step`.
        Phase::from_word(self.word.swap(Phase::HandedOver as u32, Ordering::AcqRel))
    }
}
