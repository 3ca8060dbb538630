//! When a pool starves: the proof.
//!
//! Promise: a pool counts as starving only if every worker of it waits, without an end in time,
//! for what no thread but its workers can bring, and at least one of them for a task that is
//! still in the queue. Whatever may end by itself is no starvation.

use std::fmt::Debug;

/// Where something is that a worker waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the queue of the worker's own pool.
    Queued,
    /// In the hands of a worker of that pool.
    Running,
    /// Done already, or somebody else's to bring.
    Elsewhere,
}

/// Who can end a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hope {
    /// Somebody else, or it is about to end.
    Other,
    /// Only another worker of the pool.
    Workers,
    /// Only whoever takes a task out of the queue.
    Queue,
}

/// What one worker waits for, without an end in time.
pub trait Waits: Debug + Send + Sync {
    /// Who can end it. Called under the pool's lock: this looks, and runs nothing foreign.
    fn hope(&self) -> Hope;
}

impl Hope {
    /// Of a wait for all of these.
    pub fn of_all(places: impl IntoIterator<Item = Place>) -> Self {
        let hopes = places.into_iter().map(Self::of);
        hopes.fold(Self::Other, Self::worse)
    }

    /// Of a wait for any of these.
    pub fn of_any(places: impl IntoIterator<Item = Place>) -> Self {
        let mut worst = Self::Other;
        for hope in places.into_iter().map(Self::of) {
            if hope == Self::Other {
                return Self::Other;
            }
            worst = worst.worse(hope);
        }
        worst
    }

    fn of(place: Place) -> Self {
        match place {
            Place::Queued => Self::Queue,
            Place::Running => Self::Workers,
            Place::Elsewhere => Self::Other,
        }
    }

    fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Queue, _) | (_, Self::Queue) => Self::Queue,
            (Self::Workers, _) | (_, Self::Workers) => Self::Workers,
            (Self::Other, Self::Other) => Self::Other,
        }
    }

    /// Whether these are the hopes of workers that wait for the queue and for each other.
    pub(super) fn is_none_of(hopes: impl IntoIterator<Item = Self>) -> bool {
        let mut for_queue = false;
        for hope in hopes {
            match hope {
                Self::Other => return false,
                Self::Workers => {}
                Self::Queue => for_queue = true,
            }
        }
        for_queue
    }
}
