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
    /// Whether it waits for one event only.
    once: bool,
}

/// Who is told of an event.
#[derive(Debug)]
pub enum Told<'a, W> {
    /// One who goes on watching.
    Watching(&'a Registration<W>),
    /// One who waited for this event only, and watches no longer.
    Done(Registration<W>),
}

#[derive(Debug)]
struct Slot<W> {
    reader: Option<Registration<W>>,
    writer: Option<Registration<W>>,
    /// Nobody watches, and the file is still in the set, where it sleeps: the kernel reports no
    /// event of it. To wake it costs a sixth of taking it out and putting it in again, and what
    /// waits once tends to wait again. A file that is closed leaves the set by itself.
    asleep: bool,
}

impl<W> Slot<W> {
    const EMPTY: Self = Self {
        reader: None,
        writer: None,
        asleep: false,
    };

    fn interest(&self) -> Interest {
        let sides = [&self.reader, &self.writer];
        Interest {
            read: self.reader.is_some(),
            write: self.writer.is_some(),
            once: self.is_watched() && sides.into_iter().flatten().all(|side| side.once),
        }
    }

    fn is_watched(&self) -> bool {
        self.reader.is_some() || self.writer.is_some()
    }

    /// Tells a side of an event.
    fn tell(&mut self, direction: Direction, tell: &mut impl FnMut(Told<'_, W>)) {
        let side = self.side(direction);
        match side {
            Some(registration) if registration.once => {
                if let Some(registration) = side.take() {
                    tell(Told::Done(registration));
                }
            }
            Some(registration) => tell(Told::Watching(registration)),
            None => {}
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
    /// Numbers that were closed before their watcher was removed. If a duplicate of such a file lives
    /// on, its events carry the number still.
    doubtful: Vec<RawFd>,
}

impl<W> Poller<W> {
    /// Nobody watches anything.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: Arc::new(Epoll::new()?),
            slots: Vec::new(),
            watched: 0,
            generation: 0,
            doubtful: Vec::new(),
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
        let generation = self.next_generation();
        let once = false;
        let registration = Registration {
            watcher,
            generation,
            once,
        };
        self.place(descriptor, direction, registration)
    }

    /// Lets `watcher` wait for one event of a descriptor; beside what was done, the number by
    /// which `remove_if` knows it. On an error nothing has changed.
    pub fn put_once(
        &mut self,
        descriptor: RawFd,
        direction: Direction,
        watcher: W,
    ) -> io::Result<(Put<W>, u64)> {
        let generation = self.next_generation();
        let once = true;
        let registration = Registration {
            watcher,
            generation,
            once,
        };
        let put = self.place(descriptor, direction, registration)?;
        Ok((put, generation))
    }

    fn next_generation(&mut self) -> u64 {
        self.generation += 1;
        self.generation
    }

    /// Puts a registration in its place, for example back in it after `Told::Done`.
    pub fn place(
        &mut self,
        descriptor: RawFd,
        direction: Direction,
        registration: Registration<W>,
    ) -> io::Result<Put<W>> {
        let Ok(index) = usize::try_from(descriptor) else {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        };
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, || Slot::EMPTY);
        }
        let slot = &mut self.slots[index];
        let was_watched = slot.is_watched();
        let only = Interest {
            read: direction == Direction::Read,
            write: direction == Direction::Write,
            once: registration.once,
        };
        let mut after = slot.interest();
        after.read |= only.read;
        after.write |= only.write;
        let beside = match direction {
            Direction::Read => &slot.writer,
            Direction::Write => &slot.reader,
        };
        after.once = only.once && beside.as_ref().is_none_or(|side| side.once);
        let mut gone = false;
        if was_watched || slot.asleep {
            // Also when nothing changes: this is how a number that means another file is noticed.
            match self.epoll.modify(descriptor, after) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.epoll.add(descriptor, only)?;
                    gone = true;
                }
                other => other?,
            }
        } else {
            match self.epoll.add(descriptor, after) {
                // A duplicate of a file that was closed under this number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    self.epoll.modify(descriptor, after)?;
                }
                other => other?,
            }
        }
        slot.asleep = false;
        let stale = if gone {
            slot.side(other(direction)).take()
        } else {
            None
        };
        let replaced = slot.side(direction).replace(registration);
        if !was_watched {
            self.watched += 1;
        }
        if (gone && was_watched) || self.doubtful.contains(&descriptor) {
            // Events of the old file are not to be taken for this one's.
            self.move_out()?;
        }
        Ok(Put {
            replaced: replaced.map(|watch| watch.watcher),
            stale: stale.map(|watch| watch.watcher),
        })
    }

    /// Takes a watcher away if nobody has taken its place.
    pub fn remove_if(
        &mut self,
        descriptor: RawFd,
        direction: Direction,
        generation: u64,
    ) -> Option<W> {
        let found = self.get(descriptor, direction)?;
        if found.generation != generation {
            return None;
        }
        self.remove(descriptor, direction)
    }

    /// Takes the watcher away.
    pub fn remove(&mut self, descriptor: RawFd, direction: Direction) -> Option<W> {
        let slot = self.slots.get_mut(usize::try_from(descriptor).ok()?)?;
        let removed = slot.side(direction).take()?;
        let left = slot.interest();
        if slot.is_watched() {
            let _ = self.epoll.modify(descriptor, left);
        } else {
            self.watched -= 1;
            // An error means that the file is gone, and mostly its place in the set with it.
            if self.epoll.remove(descriptor).is_err() && !self.doubtful.contains(&descriptor) {
                self.doubtful.push(descriptor);
            }
        }
        Some(removed.watcher)
    }

    /// Takes the watcher away without a word to the kernel, whose set is shared with a parent.
    pub fn forget(&mut self, descriptor: RawFd, direction: Direction) -> Option<W> {
        let slot = self.slots.get_mut(usize::try_from(descriptor).ok()?)?;
        let removed = slot.side(direction).take()?;
        if !slot.is_watched() {
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
            let descriptor = RawFd::try_from(index).ok()?;
            slot.is_watched().then(|| (descriptor, slot.interest()))
        })
    }

    /// Tells `tell` of everyone whose descriptor was found ready, the reader of a descriptor before
    /// its writer.
    pub fn settle(
        &mut self,
        found: &Found,
        mut tell: impl FnMut(RawFd, Direction, Told<'_, W>),
    ) -> io::Result<()> {
        let mut strangers = false;
        for ready in found.iter() {
            let descriptor = ready.descriptor;
            let slot = usize::try_from(descriptor)
                .ok()
                .and_then(|index| self.slots.get_mut(index));
            let Some(slot) = slot.filter(|slot| slot.is_watched()) else {
                // Nobody asked for this file: its number was closed while a duplicate of it lives
                // on, so that it can be neither named nor taken out.
                strangers |= self.epoll.remove(descriptor).is_err();
                continue;
            };
            let before = slot.interest();
            if ready.read {
                slot.tell(Direction::Read, &mut |told| {
                    tell(descriptor, Direction::Read, told);
                });
            }
            if ready.write {
                slot.tell(Direction::Write, &mut |told| {
                    tell(descriptor, Direction::Write, told);
                });
            }
            let after = slot.interest();
            if !slot.is_watched() {
                self.watched -= 1;
            }
            if before.once && !slot.is_watched() {
                slot.asleep = true;
            } else if before.once || before != after {
                // The kernel asks for nothing any more, or for too much. An error means that the
                // file is gone, as it may be at any time.
                let _ = self.epoll.modify(descriptor, after);
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
        for slot in &mut self.slots {
            slot.asleep = false;
        }
        self.doubtful.clear();
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
