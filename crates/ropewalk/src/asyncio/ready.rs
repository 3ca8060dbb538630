//! Waiting for a descriptor. Promise: a call that would wait is tried again when the kernel says
//! so; the kernel is asked only when a call had to wait, and a source that is dropped is forgotten.

use super::event_loop::Loop;
use ropewalk_reactor::Direction;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Who waits for one direction of a descriptor.
#[derive(Debug, Default)]
pub(super) struct Side {
    wakers: RefCell<Vec<Waker>>,
    watched: Cell<bool>,
}

impl Side {
    /// Wakes everyone; false when there was nobody.
    pub(super) fn wake(&self) -> bool {
        let wakers = std::mem::take(&mut *self.wakers.borrow_mut());
        let any = !wakers.is_empty();
        for waker in wakers {
            waker.wake();
        }
        any
    }

    /// The loop no longer watches for it.
    pub(super) fn let_go(&self) {
        self.watched.set(false);
    }
}

/// Something with a descriptor that never makes a call wait.
#[derive(Debug)]
pub(super) struct Source<S: AsRawFd> {
    inner: S,
    read: Rc<Side>,
    write: Rc<Side>,
    home: RefCell<Option<Home>>,
}

/// The loop that a source was first waited for on.
struct Home(Rc<Loop>);

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Home")
    }
}

impl<S: AsRawFd> Source<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            read: Rc::default(),
            write: Rc::default(),
            home: RefCell::new(None),
        }
    }

    pub(super) fn get(&self) -> &S {
        &self.inner
    }

    fn fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }

    fn side(&self, way: Direction) -> &Rc<Side> {
        match way {
            Direction::Read => &self.read,
            Direction::Write => &self.write,
        }
    }

    /// Lets the task wait until the kernel says that `way` is ready.
    fn wait(&self, way: Direction, context: &Context<'_>) -> io::Result<()> {
        let side = self.side(way);
        {
            let mut wakers = side.wakers.borrow_mut();
            if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                wakers.push(context.waker().clone());
            }
        }
        if side.watched.get() {
            return Ok(());
        }
        let here = Loop::current();
        here.watch(self.fd(), way, Rc::clone(side))?;
        side.watched.set(true);
        *self.home.borrow_mut() = Some(Home(here));
        Ok(())
    }

    /// Makes a call until it need not wait.
    pub(super) async fn call<T>(
        &self,
        way: Direction,
        mut attempt: impl FnMut(&S) -> io::Result<T>,
    ) -> io::Result<T> {
        poll_fn(|context| {
            loop {
                match attempt(&self.inner) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        return match self.wait(way, context) {
                            Ok(()) => Poll::Pending,
                            Err(error) => Poll::Ready(Err(error)),
                        };
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    done => return Poll::Ready(done),
                }
            }
        })
        .await
    }
}

impl<S: AsRawFd> Drop for Source<S> {
    fn drop(&mut self) {
        if let Some(Home(home)) = self.home.take() {
            for way in [Direction::Read, Direction::Write] {
                if self.side(way).watched.get() {
                    home.unwatch(self.fd(), way);
                }
            }
        }
    }
}
