//! How long tasks wait and run.
//!
//! Promise: most tasks are not timed, so that the clock does not cost more than the queue: the
//! first ones all are, and of the later ones each sixteenth.

use std::time::{Duration, Instant};

/// So many tasks are all timed: a program that has run a few asks about those.
const ALL_OF_THE_FIRST: u64 = 64;
/// Then one of so many is. Reading the clock thrice costs about as much as submitting a task.
const ONE_OF: u64 = 16;
/// So many of the latest times are kept: 8 KiB each, and steady percentiles.
const KEPT: usize = 512;

/// When a task was submitted or begun, if it is one of those that are timed.
#[derive(Clone, Copy, Debug)]
pub struct Timing(Option<Instant>);

impl Timing {
    #[inline]
    pub(super) fn begin(number: u64) -> Self {
        let timed = number < ALL_OF_THE_FIRST || number.is_multiple_of(ONE_OF);
        Self(timed.then(Instant::now))
    }

    /// What has passed since, and the same timing begun anew.
    #[inline]
    pub(super) fn lap(self) -> (Option<Duration>, Self) {
        match self.0 {
            None => (None, self),
            Some(then) => {
                let now = Instant::now();
                (Some(now.saturating_duration_since(then)), Self(Some(now)))
            }
        }
    }
}

/// Three of the hundred parts of a list of times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Percentiles {
    /// Half of the tasks took no longer.
    pub median: Duration,
    /// Nine of ten tasks took no longer.
    pub nine_of_ten: Duration,
    /// 99 of 100 tasks took no longer.
    pub ninety_nine: Duration,
}

/// The latest times.
#[derive(Debug, Default)]
pub(super) struct Times {
    kept: Vec<Duration>,
    next: usize,
}

impl Times {
    #[inline]
    pub(super) fn note(&mut self, time: Option<Duration>) {
        if let Some(time) = time {
            if self.kept.len() < KEPT {
                self.kept.push(time);
            } else {
                self.kept[self.next] = time;
                self.next = (self.next + 1) % KEPT;
            }
        }
    }

    pub(super) fn copy(&self) -> Vec<Duration> {
        self.kept.clone()
    }
}

/// The percentiles of some times; `None` of no times.
pub(super) fn percentiles(mut times: Vec<Duration>) -> Option<Percentiles> {
    times.sort_unstable();
    let last = times.len().checked_sub(1)?;
    let at = |hundredths: usize| times[(last * hundredths).div_ceil(100)];
    Some(Percentiles {
        median: at(50),
        nine_of_ten: at(90),
        ninety_nine: at(99),
    })
}
