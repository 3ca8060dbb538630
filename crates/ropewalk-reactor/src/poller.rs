//! Who waits for which descriptor, reading and writing apart.
//!
//! Promise: a descriptor that was closed behind our back, or that came back as another file, breaks
//! nothing: what was kept for the old file is given back as stale, and events of a file that can no
//! longer be named are got rid of by moving to a fresh set.

use ropewalk_sys::{Epoll, Found, Interest};
use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Until it can be read.
    Read,
    /// Until it can be written.
    Write,
}

/// One watcher and the number that tells it from its predecessors.
#[derive(Debug)]
pub struct Registration<W> {
    /// Who is to be told.
    pub watcher: W,
    /// Different for each `put`.
    pub generation: u64,
}

#[derive(Debug)]
struct Slot<W> {
    reader: Option<Registration<W>>,
    writer: Option<Registration<W>>,
}

impl<W> Slot<W> {
    const EMPTY: Self = Self {
        reader: None,
        writer: None,
    };

    fn interest(&self) -> Interest {
        Interest {
            read: self.reader.is_some(),
            write: self.writer.is_some(),
        }
    }

    fn side(&mut self, direction: Direction) -> &mut Option<Registration<W>> {
        match direction {
            Direction::Read => &mut self.reader,
            Direction::Write => &mut self.writer,
        }
    }
}

/// What a `put` did.
#[derive(Debug)]
#[must_use]
pub struct Put<W> {
    /// Who was watching the same before.
    pub replaced: Option<W>,
    /// Who was watching the other direction of a file that is gone.
    pub stale: Option<W>,
}

/// The watchers of one loop.
#[derive(Debug)]
pub struct Poller<W> {
    epoll: Arc<Epoll>,
    /// By descriptor; the kernel always gives out the lowest free number, so this stays short.
    slots: Vec<Slot<W>>,
    watched: usize,
    generation: u64,
}

impl<W> Poller<W> {
    /// Nobody watches anything.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: Arc::new(Epoll::new()?),
            slots: Vec::new(),
            watched: 0,
            generation: 0,
        })
    }

    /// The set to wait on. Take it anew for each wait: `settle` may have moved to another.
    #[must_use]
    pub fn epoll(&self) -> Arc<Epoll> {
        Arc::clone(&self.epoll)
    }

    /// How many descriptors are watched.
    #[must_use]
    pub fn watched(&self) -> usize {
        self.watched
    }

    /// Lets `watcher` wait for a descriptor. On an error nothing has changed.
    pub fn put(
        &mut self,
        descriptor: RawFd,
        direction: Direction,
        watcher: W,
    ) -> io::Result<Put<W>> {
        let Ok(index) = usize::try_from(descriptor) else {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        };
        let before = self
            .slots
            .get(index)
            .map(Slot::interest)
            .unwrap_or_default();
        let mut after = before;
        match direction {
            Direction::Read => after.read = true,
            Direction::Write => after.write = true,
        }
        let mut gone = false;
        if before == Interest::default() {
            match self.epoll.add(descriptor, after) {
                // A duplicate of a file that was closed under this number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    self.epoll.modify(descriptor, after)?;
                }
                other => other?,
            }
        } else {
            // Also when nothing changes: this is how a number that means another file is noticed.
            match self.epoll.modify(descriptor, after) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let only = Interest {
                        read: direction == Direction::Read,
                        write: direction == Direction::Write,
                    };
                    self.epoll.add(descriptor, only)?;
                    gone = true;
                }
                other => other?,
            }
        }
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, || Slot::EMPTY);
        }
        self.generation += 1;
        let watch = Registration {
            watcher,
            generation: self.generation,
        };
        let slot = &mut self.slots[index];
        let stale = if gone {
            slot.side(other(direction)).take()
        } else {
            None
        };
        let replaced = slot.side(direction).replace(watch);
        if before == Interest::default() {
            self.watched += 1;
        }
        Ok(Put {
            replaced: replaced.map(|watch| watch.watcher),
            stale: stale.map(|watch| watch.watcher),
        })
    }

    /// Takes the watcher away.
    pub fn remove(&mut self, descriptor: RawFd, direction: Direction) -> Option<W> {
        let slot = self.slots.get_mut(usize::try_from(descriptor).ok()?)?;
        let removed = slot.side(direction).take()?;
        let left = slot.interest();
        if left == Interest::default() {
            self.watched -= 1;
            // An error means that the file is gone, and its place in the set with it; if not,
            // `settle` will see to it.
            let _ = self.epoll.remove(descriptor);
        } else {
            let _ = self.epoll.modify(descriptor, left);
        }
        Some(removed.watcher)
    }

    /// Takes the watcher away without a word to the kernel, whose set is shared with a parent.
    pub fn forget(&mut self, descriptor: RawFd, direction: Direction) -> Option<W> {
        let slot = self.slots.get_mut(usize::try_from(descriptor).ok()?)?;
        let removed = slot.side(direction).take()?;
        if slot.interest() == Interest::default() {
            self.watched -= 1;
        }
        Some(removed.watcher)
    }

    /// Who watches a descriptor.
    #[must_use]
    pub fn get(&self, descriptor: RawFd, direction: Direction) -> Option<&Registration<W>> {
        let slot = self.slots.get(usize::try_from(descriptor).ok()?)?;
        match direction {
            Direction::Read => slot.reader.as_ref(),
            Direction::Write => slot.writer.as_ref(),
        }
    }

    /// All descriptors that are watched.
    pub fn descriptors(&self) -> impl Iterator<Item = (RawFd, Interest)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| {
            let interest = slot.interest();
            let descriptor = RawFd::try_from(index).ok()?;
            (interest != Interest::default()).then_some((descriptor, interest))
        })
    }

    /// Tells `tell` of everyone whose descriptor was found ready, the reader of a descriptor before
    /// its writer.
    pub fn settle(
        &mut self,
        found: &Found,
        mut tell: impl FnMut(RawFd, Direction, &Registration<W>),
    ) -> io::Result<()> {
        let mut strangers = false;
        for ready in found.iter() {
            let descriptor = ready.descriptor;
            let slot = usize::try_from(descriptor)
                .ok()
                .and_then(|index| self.slots.get(index));
            let (reader, writer) = match slot {
                Some(slot) => (slot.reader.as_ref(), slot.writer.as_ref()),
                None => (None, None),
            };
            if let Some(reader) = reader.filter(|_| ready.read) {
                tell(descriptor, Direction::Read, reader);
            }
            if let Some(writer) = writer.filter(|_| ready.write) {
                tell(descriptor, Direction::Write, writer);
            }
            // Nobody asked for this file: its number was closed while a duplicate of it lives on,
            // so that it can be neither named nor taken out.
            if reader.is_none() && writer.is_none() && self.epoll.remove(descriptor).is_err() {
                strangers = true;
            }
        }
        if strangers { self.move_out() } else { Ok(()) }
    }

    /// Watches the same descriptors in a fresh set.
    fn move_out(&mut self) -> io::Result<()> {
        let fresh = Epoll::new()?;
        for (descriptor, interest) in self.descriptors() {
            // What cannot be added is closed, and was watched by nobody but us.
            let _ = fresh.add(descriptor, interest);
        }
        self.epoll = Arc::new(fresh);
        Ok(())
    }

    /// Takes all watchers; the caller drops them when it holds no lock.
    #[must_use]
    pub fn take_all(&mut self) -> Vec<W> {
        self.watched = 0;
        std::mem::take(&mut self.slots)
            .into_iter()
            .flat_map(|slot| [slot.reader, slot.writer])
            .flatten()
            .map(|watch| watch.watcher)
            .collect()
    }

    /// All watchers, for whoever wants to look.
    pub fn iter(&self) -> impl Iterator<Item = &W> {
        self.slots
            .iter()
            .flat_map(|slot| [&slot.reader, &slot.writer])
            .flatten()
            .map(|watch| &watch.watcher)
    }
}

fn other(direction: Direction) -> Direction {
    match direction {
        Direction::Read => Direction::Write,
        Direction::Write => Direction::Read,
    }
}
