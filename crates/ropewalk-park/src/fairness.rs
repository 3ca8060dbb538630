//! How often a thing goes to the thread that waits for it and not to the one that is faster.
//!
//! Promise: once per [`INTERVAL`] at most, and whenever so much time has passed since it was last
//! done. A hand-over costs the giver's next turn a sleep, a hundred times what a short turn lasts;
//! so short turns go to whoever comes first most of the time, and turns that last longer than the
//! interval, where a sleep costs little beside them, strictly to whoever was first in line.

use ropewalk_facade::pace::Pace;
use std::time::Duration;

/// Ten times what waking a thread costs, a tenth of what a person or a server's client notices.
const INTERVAL: Duration = Duration::from_micros(500);

/// The clock of one line of waiters.
#[derive(Debug, Default)]
pub struct Fairness(Pace);

impl Fairness {
    /// True when the first waiter, which was overtaken, is to have its turn.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.0.is_due()
    }

    /// The first waiter has had its turn.
    pub fn was_fair(&mut self) {
        self.0.rest(INTERVAL);
    }
}
