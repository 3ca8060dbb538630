//! Smallest first, by a comparison that may fail, panic, take long, or call its own queue.
//!
//! Promise: comparisons run without the queue's lock. While one thread compares, it has the
//! items to itself (its *turn*); other threads wait for the turn to end. A comparison, or a
//! destructor that happens to run during it, may put into its own queue: such items are kept
//! aside and stored before the turn ends. It may not get from it: that would wait for itself.
//!
//! The heap is arranged as Python's `heapq` arranges a list, so equal items come out in the same
//! order there and here.

use crate::discipline::{Discipline, Turn};
use crate::error::Trouble;
use crate::state::State;
use ropewalk_park::{ShortGuard, fork_count, thread_key};
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// How items compare.
pub trait Order<T> {
    /// Why a comparison fails.
    type Failure;

    /// True when `a` is to come out before `b`.
    fn before(a: &T, b: &T) -> Result<bool, Self::Failure>;

    /// Told of a failure that no caller can be told of: it happened for an item that was put from
    /// within another comparison.
    fn lost(failure: Self::Failure);
}

/// The order of [`Ord`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Ascending;

impl<T: Ord> Order<T> for Ascending {
    type Failure = Infallible;

    fn before(a: &T, b: &T) -> Result<bool, Infallible> {
        Ok(a < b)
    }

    fn lost(failure: Infallible) {
        match failure {}
    }
}

/// A binary heap whose comparisons run outside the lock.
pub struct Heap<T, O> {
    /// The heap; empty while a thread has its turn, for then that thread has it.
    items: Vec<T>,
    /// How many items the heap held when the last turn ended, and was given since.
    len: usize,
    /// Put by the thread that has its turn, from within a comparison.
    aside: Vec<T>,
    /// [`thread_key`] of the thread that compares now, or zero.
    comparing: usize,
    /// [`fork_count`] when it began: a turn does not reach into a forked child.
    forks: u32,
    order: PhantomData<fn() -> O>,
}

impl<T, O> Default for Heap<T, O> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            len: 0,
            aside: Vec::new(),
            comparing: 0,
            forks: 0,
            order: PhantomData,
        }
    }
}

impl<T, O> fmt::Debug for Heap<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

impl<T, O: Order<T>> Heap<T, O> {
    /// Gives the current thread its turn, calls `work` on the items without the lock, stores what
    /// was put aside meanwhile, and ends the turn.
    fn take_turn<R>(
        state: &mut ShortGuard<'_, State<Self>>,
        mut work: impl FnMut(&mut Vec<T>) -> Result<R, O::Failure>,
    ) -> Result<R, Trouble<O::Failure>> {
        state.store.comparing = thread_key();
        state.store.forks = fork_count();
        forks_at_first_turn();
        let mut items = std::mem::take(&mut state.store.items);
        let mut outcome = state.unlocked(|| guarded(|| work(&mut items)));
        while !state.store.aside.is_empty() {
            let aside = std::mem::take(&mut state.store.aside);
            let stored = state.unlocked(|| guarded(|| push_all::<T, O>(&mut items, aside)));
            if let Err(panic) = stored {
                outcome = Err(panic);
            }
        }
        state.store.len = items.len();
        state.store.items = items;
        state.store.comparing = 0;
        // Trouble leaves every item inside, and a getter that was told of one may be about to
        // give up because of it: the next getter must look in its place.
        let mut wakes = state.turns.pass_on();
        if !matches!(outcome, Ok(Ok(_))) {
            wakes.append(state.getters.tell_first());
        }
        // Woken with the lock held, for once: the items are back, but the operation of which this
        // turn is a part has not yet counted what it did.
        wakes.now();
        match outcome {
            Ok(result) => result.map_err(Trouble::Comparison),
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl<T, O: Order<T>> Discipline for Heap<T, O> {
    type Item = T;
    type Failure = O::Failure;

    fn count(&self) -> usize {
        self.len
    }

    fn turn(&self) -> Turn {
        match self.comparing {
            0 => Turn::Free,
            key if key == thread_key() && forks_at_first_turn() <= self.forks => Turn::Mine,
            _ if self.forks == fork_count() => Turn::Taken,
            _ => Turn::Lost,
        }
    }

    fn put(state: &mut ShortGuard<'_, State<Self>>, item: T) -> Result<(), Trouble<Self::Failure>> {
        if state.store.turn() == Turn::Mine {
            state.store.aside.push(item);
            state.store.len += 1;
            return Ok(());
        }
        if state.store.items.is_empty() {
            // Nothing to compare with: no need to let go of the lock.
            state.store.items.push(item);
            state.store.len = 1;
            return Ok(());
        }
        let mut item = Some(item);
        Self::take_turn(state, |items| match item.take() {
            Some(item) => push::<T, O>(items, item),
            None => Ok(()),
        })
    }

    fn get(state: &mut ShortGuard<'_, State<Self>>) -> Result<T, Trouble<Self::Failure>> {
        if state.store.items.len() <= 2 {
            // One item, or two whose heap of one needs no comparison.
            let item = state.store.items.swap_remove(0);
            state.store.len = state.store.items.len();
            return Ok(item);
        }
        Self::take_turn(state, pop::<T, O>)
    }

    fn end_lost_turn(&mut self) {
        // What that thread was comparing is in the memory of its stack, which nobody can read.
        self.comparing = 0;
        self.len = self.items.len();
    }

    fn drain(&mut self) -> Vec<T> {
        self.len = 0;
        std::mem::take(&mut self.items)
    }

    fn each(&self, look: &mut dyn FnMut(&T)) {
        self.items.iter().chain(&self.aside).for_each(look);
    }
}

/// The [`fork_count`] when the current thread first asked. A thread of a forked child may have the
/// key of a thread that its parent had; its first turn is then younger than the turn it finds.
fn forks_at_first_turn() -> u32 {
    ropewalk_facade::thread_local! {
        static FIRST: u32 = fork_count();
    }
    FIRST.with(|first| *first)
}

/// Calls `work` and holds a panic back, so that a turn always ends.
fn guarded<R>(work: impl FnOnce() -> R) -> std::thread::Result<R> {
    // The items are consistent at every comparison: they are only ever swapped.
    catch_unwind(AssertUnwindSafe(work))
}

/// Stores what was put aside during a turn. All of it is appended before anything is compared,
/// so that a panic in a comparison loses none.
fn push_all<T, O: Order<T>>(items: &mut Vec<T>, aside: Vec<T>) {
    let first = items.len();
    items.extend(aside);
    for place in first..items.len() {
        if let Err(failure) = rise::<T, O>(items, 0, place) {
            O::lost(failure);
        }
    }
}

/// Appends and lets the item rise. When a comparison fails the item stays where it had got to.
fn push<T, O: Order<T>>(items: &mut Vec<T>, item: T) -> Result<(), O::Failure> {
    let place = items.len();
    items.push(item);
    rise::<T, O>(items, 0, place)
}

/// Takes the first item out. When a comparison fails or panics, every item is still there.
fn pop<T, O: Order<T>>(items: &mut Vec<T>) -> Result<T, O::Failure> {
    let last = items.len() - 1;
    items.swap(0, last);
    sink::<T, O>(&mut items[..last])?;
    Ok(items.swap_remove(last))
}

/// Moves the item at `place` towards the root until its parent does not come after it.
fn rise<T, O: Order<T>>(items: &mut [T], root: usize, mut place: usize) -> Result<(), O::Failure> {
    while place > root {
        let parent = (place - 1) / 2;
        if !O::before(&items[place], &items[parent])? {
            break;
        }
        items.swap(place, parent);
        place = parent;
    }
    Ok(())
}

/// Moves the root item down to a leaf, the smaller child rising each time, and lets it rise from
/// there: fewer comparisons than stopping on the way, because what was last is mostly large.
fn sink<T, O: Order<T>>(items: &mut [T]) -> Result<(), O::Failure> {
    let mut place = 0;
    while 2 * place + 1 < items.len() {
        let mut child = 2 * place + 1;
        if child + 1 < items.len() && !O::before(&items[child], &items[child + 1])? {
            child += 1;
        }
        items.swap(place, child);
        place = child;
    }
    rise::<T, O>(items, 0, place)
}
