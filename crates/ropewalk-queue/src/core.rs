//! The blocking part that all disciplines share: bound, waiting, task counting, shut-down.
//!
//! Promise: every wait re-checks its condition after waking, so a wake-up is a hint; and a waiter
//! that was told but gives up tells the next one, so a hint is never lost. No item is dropped and
//! no comparison runs while the lock is held.

use crate::discipline::{Discipline, Turn};
use crate::error::{GetError, PutError, PutManyError, TooManyTasksDone, Trouble};
use crate::state::{Contents, Phase, State};
use crate::wait::{GaveUp, Wait};
use ropewalk_park::{Patience, ShortGuard, ShortLock, Sleeper};

/// A queue with any discipline, any way of sleeping. The friendly faces are
/// [`Queue`](crate::Queue), [`LifoQueue`](crate::LifoQueue), [`PriorityQueue`](crate::PriorityQueue).
#[derive(Debug)]
pub struct Core<D> {
    pub(crate) state: ShortLock<State<D>>,
}

type PutResult<D, S> = Result<
    (),
    PutError<<D as Discipline>::Item, <S as Sleeper>::Abort, <D as Discipline>::Failure>,
>;
type PutManyResult<D, S> = Result<
    (),
    PutManyError<
        <D as Discipline>::Item,
        PutError<(), <S as Sleeper>::Abort, <D as Discipline>::Failure>,
    >,
>;
type GetResult<R, D, S> = Result<R, GetError<<S as Sleeper>::Abort, <D as Discipline>::Failure>>;

impl<D: Discipline> Core<D> {
    /// An empty, open queue for at most `bound` items; zero means without a bound.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        Self {
            state: ShortLock::new(State::new(bound)),
        }
    }

    /// Puts an item in, waiting for room as long as `patience` lasts.
    #[inline]
    pub fn put<S: Sleeper>(
        &self,
        item: D::Item,
        patience: Patience,
        sleeper: &mut S,
    ) -> PutResult<D, S> {
        let state = self.state.lock();
        if state.phase() == Phase::Open && state.turn() == Turn::Free && state.has_room() {
            return finish_put(state, item);
        }
        self.put_after_a_look(state, item, patience, sleeper)
    }

    /// The rest of `put`, for when the item cannot simply be stored.
    #[cold]
    fn put_after_a_look<'q, S: Sleeper>(
        &'q self,
        mut state: ShortGuard<'q, State<D>>,
        item: D::Item,
        patience: Patience,
        sleeper: &mut S,
    ) -> PutResult<D, S> {
        let mut wait = Wait::new(patience);
        loop {
            match state.phase() {
                Phase::Open => {}
                Phase::ShutDown => return Err(PutError::ShutDown(item)),
                Phase::HandedOver => return Err(PutError::HandedOver(item)),
            }
            let waited = match state.turn() {
                Turn::Taken => wait.for_turn(state, self, sleeper),
                Turn::Lost => {
                    state.store.end_lost_turn();
                    continue;
                }
                Turn::Free if state.has_room() => return finish_put(state, item),
                // Room that is set aside is taken too: who it is for waits for this turn to end.
                Turn::Mine if !state.is_full() => {
                    return finish_put(state, item);
                }
                Turn::Mine if patience != Patience::None => {
                    return Err(PutError::Trouble(Trouble::WaitsForItself));
                }
                Turn::Free | Turn::Mine => {
                    wait.for_change(state, self, |state| &mut state.putters, sleeper)
                }
            };
            state = match waited {
                Ok(state) => state,
                Err(GaveUp::OutOfTime) => return Err(PutError::Full(item)),
                Err(GaveUp::Abort(why)) => return Err(PutError::Aborted(item, why)),
            };
        }
    }

    /// Takes an item out, waiting for one as long as `patience` lasts.
    #[inline]
    pub fn get<S: Sleeper>(&self, patience: Patience, sleeper: &mut S) -> GetResult<D::Item, D, S> {
        let state = self.wait_for_item(patience, sleeper)?;
        finish_get(state).map_err(GetError::Trouble)
    }

    /// Takes up to `count` items out, waiting for the first one only.
    pub fn get_many<S: Sleeper>(
        &self,
        count: usize,
        patience: Patience,
        sleeper: &mut S,
    ) -> GetResult<Vec<D::Item>, D, S> {
        if count == 0 {
            // Waiting would take a wake-up that another thread needs.
            return Ok(Vec::new());
        }
        let mut state = self.wait_for_item(patience, sleeper)?;
        let mut items = Vec::with_capacity(count.min(state.store.count()));
        let mut trouble = None;
        while items.len() < count && state.has_item() {
            match D::get(&mut state) {
                Ok(item) => items.push(item),
                Err(why) => {
                    trouble = Some(why);
                    break;
                }
            }
        }
        let wakes = state.were_taken(items.len());
        drop(state);
        wakes.now();
        match trouble {
            Some(why) if items.is_empty() => Err(GetError::Trouble(why)),
            _ => Ok(items),
        }
    }

    /// Puts items in, in order, waiting for room as long as `patience` lasts over all of them.
    pub fn put_many<S: Sleeper>(
        &self,
        items: Vec<D::Item>,
        patience: Patience,
        sleeper: &mut S,
    ) -> PutManyResult<D, S> {
        let patience = patience.deadline().map_or(Patience::None, Patience::Until);
        let mut items = items.into_iter();
        while let Some(item) = items.next() {
            let (item, reason) = match self.put(item, patience, sleeper) {
                Ok(()) => continue,
                Err(PutError::Full(item)) => (Some(item), PutError::Full(())),
                Err(PutError::ShutDown(item)) => (Some(item), PutError::ShutDown(())),
                Err(PutError::HandedOver(item)) => (Some(item), PutError::HandedOver(())),
                Err(PutError::Aborted(item, why)) => (Some(item), PutError::Aborted((), why)),
                Err(PutError::Trouble(why)) => (None, PutError::Trouble(why)),
            };
            let remaining = item.into_iter().chain(items).collect();
            return Err(PutManyError { remaining, reason });
        }
        Ok(())
    }

    /// Reports one item as worked on; the last one lets the joiners go.
    pub fn task_done(&self) -> Result<(), TooManyTasksDone> {
        let mut state = self.state.lock();
        let wakes = state.task_done()?;
        drop(state);
        wakes.now();
        Ok(())
    }

    /// Waits until every item put has been reported done.
    pub fn join<S: Sleeper>(&self, patience: Patience, sleeper: &mut S) -> GetResult<(), D, S> {
        let mut wait = Wait::new(patience);
        let mut state = self.state.lock();
        loop {
            if state.phase() == Phase::HandedOver {
                return Err(GetError::HandedOver);
            }
            if state.unfinished() == 0 {
                return Ok(());
            }
            state = wait
                .for_change(state, self, |state| &mut state.joiners, sleeper)
                .map_err(GetError::from)?;
        }
    }

    /// Ends the queue: nothing more can be put, and what is inside can still be got. All waiting
    /// threads look again.
    pub fn shutdown(&self) {
        let mut state = self.state.lock();
        let wakes = state.shut_down();
        drop(state);
        wakes.now();
    }

    /// Ends the queue and takes out what is inside; those items count as done.
    pub fn shutdown_now<S: Sleeper>(&self, sleeper: &mut S) -> GetResult<Vec<D::Item>, D, S> {
        let mut state = self.wait_for_turn(sleeper)?;
        let (items, wakes) = state.shut_down_now().ok_or(GetError::HandedOver)?;
        drop(state);
        wakes.now();
        Ok(items)
    }

    /// Takes everything out, once and for good: from now on every operation answers `HandedOver`, also
    /// those that are waiting now.
    pub fn hand_over<S: Sleeper>(&self, sleeper: &mut S) -> GetResult<Contents<D::Item>, D, S> {
        let mut state = self.wait_for_turn(sleeper)?;
        let (contents, wakes) = state.hand_over().ok_or(GetError::HandedOver)?;
        drop(state);
        wakes.now();
        Ok(contents)
    }

    /// Makes the queue empty and open, as new, with this bound; returns what was inside.
    pub fn reset<S: Sleeper>(
        &self,
        bound: usize,
        sleeper: &mut S,
    ) -> GetResult<Vec<D::Item>, D, S> {
        let mut state = self.wait_for_turn(sleeper)?;
        let (items, wakes) = state.reset(bound);
        drop(state);
        wakes.now();
        Ok(items)
    }

    #[inline]
    fn wait_for_item<S: Sleeper>(
        &self,
        patience: Patience,
        sleeper: &mut S,
    ) -> GetResult<ShortGuard<'_, State<D>>, D, S> {
        let state = self.state.lock();
        if state.phase() != Phase::HandedOver && state.turn() == Turn::Free && state.has_item() {
            return Ok(state);
        }
        self.wait_for_item_after_a_look(state, patience, sleeper)
    }

    /// The rest of `wait_for_item`, for when there is nothing to take at once.
    #[cold]
    fn wait_for_item_after_a_look<'q, S: Sleeper>(
        &'q self,
        mut state: ShortGuard<'q, State<D>>,
        patience: Patience,
        sleeper: &mut S,
    ) -> GetResult<ShortGuard<'q, State<D>>, D, S> {
        let mut wait = Wait::new(patience);
        loop {
            if state.phase() == Phase::HandedOver {
                return Err(GetError::HandedOver);
            }
            let waited = match state.turn() {
                Turn::Mine => return Err(GetError::Trouble(Trouble::WaitsForItself)),
                Turn::Taken => wait.for_turn(state, self, sleeper),
                Turn::Lost => {
                    state.store.end_lost_turn();
                    continue;
                }
                Turn::Free if state.has_item() => return Ok(state),
                Turn::Free if state.phase() == Phase::ShutDown => return Err(GetError::ShutDown),
                Turn::Free => wait.for_change(state, self, |state| &mut state.getters, sleeper),
            };
            state = waited.map_err(GetError::from)?;
        }
    }

    /// Waits until no thread is comparing.
    fn wait_for_turn<S: Sleeper>(
        &self,
        sleeper: &mut S,
    ) -> GetResult<ShortGuard<'_, State<D>>, D, S> {
        let mut wait = Wait::new(Patience::Forever);
        let mut state = self.state.lock();
        loop {
            match state.turn() {
                Turn::Free => return Ok(state),
                Turn::Mine => return Err(GetError::Trouble(Trouble::WaitsForItself)),
                Turn::Lost => state.store.end_lost_turn(),
                Turn::Taken => {
                    state = wait
                        .for_turn(state, self, sleeper)
                        .map_err(GetError::from)?;
                }
            }
        }
    }
}

#[inline]
fn finish_put<D: Discipline, A>(
    mut state: ShortGuard<'_, State<D>>,
    item: D::Item,
) -> Result<(), PutError<D::Item, A, D::Failure>> {
    D::put(&mut state, item).map_err(PutError::Trouble)?;
    let wakes = state.was_put();
    drop(state);
    wakes.now();
    Ok(())
}

#[inline]
fn finish_get<D: Discipline>(
    mut state: ShortGuard<'_, State<D>>,
) -> Result<D::Item, Trouble<D::Failure>> {
    let item = D::get(&mut state)?;
    let wakes = state.was_taken();
    drop(state);
    wakes.now();
    Ok(item)
}
