//! Waiting inside an operation of a queue.
//!
//! Promise: the clock is read only when a thread has to wait; one deadline holds over all sleeps
//! of an operation; a thread that was told something and gives up passes it on.

use crate::core::Core;
use crate::discipline::{Discipline, Turn};
use crate::error::GetError;
use crate::line::Line;
use crate::state::State;
use ropewalk_park::{Deadline, Patience, Place, ShortGuard, Sleeper, Waiter, Wakes};

/// Names one of the lists of a queue.
type Choose<D> = fn(&mut State<D>) -> &mut Line;

/// The lock again, whether the thread was told, and where it stood.
type Slept<'q, D, A> = Result<(ShortGuard<'q, State<D>>, bool, Place), GaveUp<A>>;

/// Why a wait inside an operation ended without a reason to look again.
pub(crate) enum GaveUp<A> {
    OutOfTime,
    Abort(A),
}

impl<A, C> From<GaveUp<A>> for GetError<A, C> {
    fn from(why: GaveUp<A>) -> Self {
        match why {
            GaveUp::OutOfTime => Self::Empty,
            GaveUp::Abort(why) => Self::Aborted(why),
        }
    }
}

/// The waiting of one operation: begins with the first sleep, keeps its deadline over all of them.
pub(crate) struct Wait<D> {
    patience: Patience,
    deadline: Option<Deadline>,
    out_of_time: bool,
    /// The list in which this thread was told of a change that it has not been able to use yet.
    told: Option<Choose<D>>,
    /// Where it stood there.
    place: Option<Place>,
    /// Where it stood among those that wait for a turn, as long as it did not get one.
    turn_place: Option<Place>,
}

impl<D> Wait<D> {
    #[inline]
    pub(crate) fn new(patience: Patience) -> Self {
        Self {
            patience,
            deadline: None,
            out_of_time: false,
            told: None,
            place: None,
            turn_place: None,
        }
    }

    /// Sleeps in the list that `choose` names until something changed. Once time has run out the
    /// caller looks one last time; coming here again then means that it is over.
    #[cold]
    pub(crate) fn for_change<'q, S: Sleeper>(
        &mut self,
        state: ShortGuard<'q, State<D>>,
        core: &'q Core<D>,
        choose: Choose<D>,
        sleeper: &mut S,
    ) -> Result<ShortGuard<'q, State<D>>, GaveUp<S::Abort>> {
        if self.deadline.is_none() {
            self.deadline = self.patience.deadline();
        }
        match self.deadline {
            Some(deadline) if !self.out_of_time => {
                let at = self.place;
                let (state, told, place) =
                    sleep_in(state, core, (choose, at), deadline, sleeper, None)?;
                self.out_of_time = !told;
                self.told = told.then_some(choose);
                self.place = Some(place);
                Ok(state)
            }
            _ => Err(GaveUp::OutOfTime),
        }
    }

    /// Sleeps until another thread's turn has ended, however long that takes: like a lock that is
    /// held, a turn says nothing about whether the operation is possible.
    #[cold]
    pub(crate) fn for_turn<'q, S: Sleeper>(
        &mut self,
        state: ShortGuard<'q, State<D>>,
        core: &'q Core<D>,
        sleeper: &mut S,
    ) -> Result<ShortGuard<'q, State<D>>, GaveUp<S::Abort>>
    where
        D: Discipline,
    {
        let at = self.turn_place;
        let (mut state, _, place) = sleep_in(
            state,
            core,
            (|state| &mut state.turns, at),
            Deadline::NEVER,
            sleeper,
            self.told,
        )?;
        self.turn_place = Some(place);
        // The end of a turn tells one thread. If that one needs no turn of its own, there is no
        // further end to tell the next; so it is told here, and waits again if it must.
        if state.turn() == Turn::Free {
            let wakes = state.turns.tell_first();
            if !wakes.is_empty() {
                state.unlocked(|| wakes.now());
            }
        }
        Ok(state)
    }
}

/// Enlists, lets go of the lock, sleeps, and comes back with the lock: told (true) or out of time.
/// `owed` is a list in which this thread was told before and has not made use of it.
fn sleep_in<'q, D, S: Sleeper>(
    mut state: ShortGuard<'q, State<D>>,
    core: &'q Core<D>,
    (choose, place): (Choose<D>, Option<Place>),
    deadline: Deadline,
    sleeper: &mut S,
    owed: Option<Choose<D>>,
) -> Slept<'q, D, S::Abort> {
    let waiter = Waiter::current();
    let place = choose(&mut state).enlist(&waiter, place);
    drop(state);
    let slept = sleeper.sleep(&waiter, deadline);
    let mut state = core.state.lock();
    let told = choose(&mut state).leave(&waiter);
    match slept {
        Ok(_) => Ok((state, told, place)),
        Err(why) => {
            // Told and giving up at once: the next one must look in our place.
            let told = told.then_some(choose);
            let mut wakes = Wakes::NONE;
            for list in [told, owed].into_iter().flatten() {
                wakes.append(list(&mut state).tell_first());
            }
            drop(state);
            wakes.now();
            Err(GaveUp::Abort(why))
        }
    }
}
