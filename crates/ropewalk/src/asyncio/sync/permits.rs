//! Counted permits with a line of waiters. Promise: a permit is free only while nobody waits; one
//! that was given to a waiter which then went away goes to the next, and none is lost or made.

use ropewalk_park::ShortLock;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Nobody gives permits any more, and there are none left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

#[derive(Debug)]
struct Supply {
    free: usize,
    closed: bool,
    /// By ascending number; who was given a permit is no longer in it.
    line: VecDeque<(u64, Waker)>,
    last: u64,
}

/// The permits.
#[derive(Debug)]
pub(crate) struct Permits(ShortLock<Supply>);

impl Permits {
    pub(crate) fn new(free: usize) -> Self {
        Self(ShortLock::new(Supply {
            free,
            closed: false,
            line: VecDeque::new(),
            last: 0,
        }))
    }

    pub(crate) fn free(&self) -> usize {
        self.0.lock().free
    }

    /// Takes one if one is free and nobody waits.
    pub(crate) fn try_acquire(&self) -> Result<bool, Closed> {
        let mut state = self.0.lock();
        if state.free > 0 {
            state.free -= 1;
            return Ok(true);
        }
        if state.closed { Err(Closed) } else { Ok(false) }
    }

    /// Takes one, waiting for it.
    pub(crate) fn acquire(&self) -> Waiting<'_> {
        Waiting {
            permits: self,
            place: Place::New,
        }
    }

    /// Gives one back, or one more.
    pub(crate) fn release(&self) {
        let mut state = self.0.lock();
        match state.line.pop_front() {
            Some((_, waker)) => {
                drop(state);
                waker.wake();
            }
            None => state.free += 1,
        }
    }

    /// Who waits, and whoever comes when none is free, is told that there are no more.
    pub(crate) fn close(&self) {
        let mut state = self.0.lock();
        state.closed = true;
        let wakers: Vec<_> = state.line.iter().map(|(_, waker)| waker.clone()).collect();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }
}

#[derive(Debug)]
enum Place {
    New,
    InLine(u64),
    Done,
}

/// The wait for a permit.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    permits: &'a Permits,
    place: Place,
}

impl Supply {
    fn find(&self, number: u64) -> Option<usize> {
        let found = self.line.binary_search_by_key(&number, |(other, _)| *other);
        found.ok()
    }
}

impl Future for Waiting<'_> {
    type Output = Result<(), Closed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let permits = self.permits;
        let mut state = permits.0.lock();
        let outcome = match self.place {
            Place::New if state.free > 0 => {
                state.free -= 1;
                Ok(())
            }
            Place::New if state.closed => Err(Closed),
            Place::New => {
                state.last += 1;
                let number = state.last;
                state.line.push_back((number, context.waker().clone()));
                drop(state);
                self.place = Place::InLine(number);
                return Poll::Pending;
            }
            Place::InLine(number) => match state.find(number) {
                None => Ok(()),
                Some(index) if state.closed => {
                    let gone = state.line.remove(index);
                    drop(state);
                    drop(gone);
                    self.place = Place::Done;
                    return Poll::Ready(Err(Closed));
                }
                Some(index) => {
                    let fresh = context.waker().clone();
                    let old = std::mem::replace(&mut state.line[index].1, fresh);
                    drop(state);
                    drop(old);
                    return Poll::Pending;
                }
            },
            Place::Done => panic!("an acquire was polled after it was done"),
        };
        drop(state);
        self.place = Place::Done;
        Poll::Ready(outcome)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Place::InLine(number) = self.place else {
            return;
        };
        let mut state = self.permits.0.lock();
        if let Some(index) = state.find(number) {
            let gone = state.line.remove(index);
            drop(state);
            drop(gone);
        } else {
            // Its turn had come, and nobody was there to take it.
            drop(state);
            self.permits.release();
        }
    }
}
