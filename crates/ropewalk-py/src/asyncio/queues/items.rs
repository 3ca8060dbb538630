//! What is inside a queue.
//! Promise: the items move to an object of Python's at most once, when somebody wants to see it.

use pyo3::prelude::*;
use std::collections::VecDeque;

/// In which order items come out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Discipline {
    Fifo,
    Lifo,
    Heap,
}

#[derive(Debug)]
pub(super) enum Items {
    /// Nobody has looked.
    Inside(VecDeque<Py<PyAny>>),
    /// The container that `_queue` names.
    Outside(Py<PyAny>),
}

/// A number that Python code may set.
#[derive(Debug)]
pub(super) enum Maxsize {
    Small(i64),
    Other(Py<PyAny>),
}

/// What the queue knows besides who waits.
#[derive(Debug)]
pub(super) struct State {
    pub(super) items: Items,
    pub(super) maxsize: Maxsize,
    pub(super) unfinished: i64,
    pub(super) shut_down: bool,
    /// `_finished`, once somebody has asked for it.
    pub(super) finished: Option<Py<PyAny>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            items: Items::Inside(VecDeque::new()),
            maxsize: Maxsize::Small(0),
            unfinished: 0,
            shut_down: false,
            finished: None,
        }
    }
}

impl State {
    /// Whether there is no room; None when only Python code can tell.
    pub(super) fn is_full(&self) -> Option<bool> {
        match (&self.items, &self.maxsize) {
            (_, Maxsize::Small(maxsize)) if *maxsize <= 0 => Some(false),
            (Items::Inside(items), Maxsize::Small(maxsize)) => {
                Some(i64::try_from(items.len()).is_ok_and(|count| count >= *maxsize))
            }
            _ => None,
        }
    }

    /// Puts an item in, if that is all there is to do.
    pub(super) fn put(&mut self, py: Python<'_>, item: &Py<PyAny>) -> bool {
        if self.shut_down || self.finished.is_some() || self.is_full() != Some(false) {
            return false;
        }
        let Items::Inside(items) = &mut self.items else {
            return false;
        };
        items.push_back(item.clone_ref(py));
        self.unfinished += 1;
        true
    }

    /// Takes the next item out, if there is one inside.
    pub(super) fn get(&mut self, discipline: Discipline) -> Option<Py<PyAny>> {
        let Items::Inside(items) = &mut self.items else {
            return None;
        };
        match discipline {
            Discipline::Lifo => items.pop_back(),
            _ => items.pop_front(),
        }
    }
}
