//! Where a TLS connection stands, and when the flow of its bytes has to turn.
//!
//! Promise: it knows neither records nor keys; it answers what is due next, and does nothing.

/// How far a connection has come.
///
/// ```text
/// Unwrapped -> Handshake -> Wrapped -> Flushing -> Shutdown
///     ^            |           |          |           |
///     +------------+-----------+----------+-----------+
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// There is no TLS: not yet, or no more.
    #[default]
    Unwrapped,
    /// The two sides agree on keys.
    Handshake,
    /// Data of the program goes both ways.
    Wrapped,
    /// The program has closed: what came before is still handed on.
    Flushing,
    /// Only the farewell is awaited.
    Shutdown,
}

/// What bytes from the other side are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Duty {
    /// For nobody.
    Nothing,
    /// To go on with the handshake.
    Handshake,
    /// To be decrypted for the program.
    Read,
    /// To be decrypted for the program, before the farewell.
    Flush,
    /// To go on with the farewell.
    Shutdown,
}

impl Phase {
    /// All of them, in the order in which a connection goes through them.
    pub const ALL: [Self; 5] = [
        Self::Unwrapped,
        Self::Handshake,
        Self::Wrapped,
        Self::Flushing,
        Self::Shutdown,
    ];

    /// Whether `next` may follow. A connection may break at any time.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (_, Self::Unwrapped)
                | (Self::Unwrapped, Self::Handshake)
                | (Self::Handshake, Self::Wrapped)
                | (Self::Wrapped, Self::Flushing)
                | (Self::Flushing, Self::Shutdown)
        )
    }

    /// What is to be done with bytes that have come.
    pub const fn on_bytes(self) -> Duty {
        match self {
            Self::Unwrapped => Duty::Nothing,
            Self::Handshake => Duty::Handshake,
            Self::Wrapped => Duty::Read,
            Self::Flushing => Duty::Flush,
            Self::Shutdown => Duty::Shutdown,
        }
    }

    /// Whether the program may still be given data.
    #[must_use]
    pub const fn reads(self) -> bool {
        matches!(self, Self::Wrapped | Self::Flushing)
    }

    /// Whether what the program writes now can be encrypted at once.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(self, Self::Wrapped)
    }
}

/// The gate between a source and a buffer that it fills: shut at the high mark, open again at the
/// low one.
///
/// ```
/// use ropewalk_reactor::tls::Gate;
///
/// let mut gate = Gate::default();
/// gate.set_marks(100, 400);
/// assert!(!gate.has_to_turn(399));
/// assert!(gate.has_to_turn(400));
/// gate.shut = true; // by whoever tells the source
/// assert!(!gate.has_to_turn(101));
/// assert!(gate.has_to_turn(100));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// The source was told to stop.
    pub shut: bool,
    low: usize,
    high: usize,
}

impl Gate {
    /// Shuts at `high` bytes from now on, and opens at `low`.
    pub const fn set_marks(&mut self, low: usize, high: usize) {
        self.low = low;
        self.high = high;
    }

    /// Whether the source has to be told something, with so many bytes in the buffer.
    #[must_use]
    pub const fn has_to_turn(&self, size: usize) -> bool {
        if self.shut {
            size <= self.low
        } else {
            size >= self.high
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Duty, Gate, Phase};
    use proptest::prelude::*;

    #[test]
    fn a_connection_goes_forward_one_phase_at_a_time_or_breaks() {
        for (at, from) in Phase::ALL.into_iter().enumerate() {
            for (to, next) in Phase::ALL.into_iter().enumerate() {
                let legal = to == 0 || to == at + 1;
                assert_eq!(from.may_become(next), legal, "{from:?} to {next:?}");
            }
        }
    }

    #[test]
    fn bytes_are_for_the_phase_they_come_in() {
        let duties = Phase::ALL.map(Phase::on_bytes);
        let expected = [
            Duty::Nothing,
            Duty::Handshake,
            Duty::Read,
            Duty::Flush,
            Duty::Shutdown,
        ];
        assert_eq!(duties, expected);
        assert_eq!(
            Phase::ALL.map(Phase::reads),
            [false, false, true, true, false]
        );
        assert_eq!(
            Phase::ALL.map(Phase::writes),
            [false, false, true, false, false]
        );
    }

    proptest! {
        /// The source hears the two words in turn, and is never left to fill a full buffer, nor
        /// to wait for an empty one.
        #[test]
        fn a_source_is_told_in_time(
            low in 0..50_usize,
            more in 1..50_usize,
            steps in prop::collection::vec(-30..30_isize, 0..200),
        ) {
            let mut gate = Gate::default();
            gate.set_marks(low, low + more);
            let mut size = 0_usize;
            for step in steps {
                size = size.saturating_add_signed(step);
                if gate.has_to_turn(size) {
                    gate.shut = !gate.shut;
                    prop_assert!(!gate.has_to_turn(size), "told twice at {}", size);
                }
                prop_assert!(gate.shut || size < low + more);
                prop_assert!(!gate.shut || size > low);
            }
        }
    }
}
