//! Tasks that wait for a worker.
//! Promise: within one priority, first come first served; a lower number goes first.

use std::collections::{BTreeMap, VecDeque};

/// Which task is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The one that was submitted first.
    Fifo,
    /// The one with the lowest priority number; of those, the first.
    Priority,
}

/// The tasks, in their order.
#[derive(Debug)]
pub(super) enum Lanes<T> {
    One(VecDeque<T>),
    Many(BTreeMap<i64, VecDeque<T>>, usize),
}

impl<T> Lanes<T> {
    pub(super) fn new(order: Order) -> Self {
        match order {
            Order::Fifo => Self::One(VecDeque::new()),
            Order::Priority => Self::Many(BTreeMap::new(), 0),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, task: T, priority: i64) {
        match self {
            Self::One(lane) => lane.push_back(task),
            Self::Many(lanes, count) => {
                lanes.entry(priority).or_default().push_back(task);
                *count += 1;
            }
        }
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<T> {
        match self {
            Self::One(lane) => lane.pop_front(),
            Self::Many(lanes, count) => {
                let mut first = lanes.first_entry()?;
                let task = first.get_mut().pop_front();
                if first.get().is_empty() {
                    first.remove();
                }
                *count -= 1;
                task
            }
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(lane) => lane.len(),
            Self::Many(_, count) => *count,
        }
    }

    pub(super) fn drain(&mut self) -> Vec<T> {
        match self {
            Self::One(lane) => std::mem::take(lane).into(),
            Self::Many(lanes, count) => {
                *count = 0;
                std::mem::take(lanes).into_values().flatten().collect()
            }
        }
    }
}
