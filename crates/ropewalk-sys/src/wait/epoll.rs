//! Which descriptors are ready: Linux's epoll, level-triggered.
//!
//! Promise: a descriptor is only a number here. One that is closed, or that meanwhile means another
//! file, is an error or a readiness of that file, never more.

#![expect(unsafe_code, reason = "a descriptor's number is lent to the kernel")]

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;
use std::{fmt, io};

/// What is asked about a descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Whether it can be read.
    pub read: bool,
    /// Whether it can be written.
    pub write: bool,
    /// Whether to ask no more once there was an answer.
    pub once: bool,
}

impl Interest {
    fn flags(self) -> EventFlags {
        let mut flags = EventFlags::empty();
        flags.set(EventFlags::IN, self.read);
        flags.set(EventFlags::OUT, self.write);
        flags.set(EventFlags::ONESHOT, self.once);
        flags
    }
}

/// What is known of a descriptor after a wait. An error or a hang-up counts as both: whoever reads
/// or writes learns of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The descriptor.
    pub descriptor: RawFd,
    /// Reading will not wait.
    pub read: bool,
    /// Writing will not wait.
    pub write: bool,
}

/// A set of descriptors that the kernel watches.
#[derive(Debug)]
pub struct Epoll(OwnedFd);

impl Epoll {
    /// An empty set; it is not inherited by programs that are started.
    pub fn new() -> io::Result<Self> {
        Ok(Self(epoll::create(CreateFlags::CLOEXEC)?))
    }

    /// Begins to watch a descriptor.
    pub fn add(&self, descriptor: RawFd, interest: Interest) -> io::Result<()> {
        let (descriptor, data) = lend(descriptor)?;
        Ok(epoll::add(&self.0, descriptor, data, interest.flags())?)
    }

    /// Changes what is asked about a descriptor.
    pub fn modify(&self, descriptor: RawFd, interest: Interest) -> io::Result<()> {
        let (descriptor, data) = lend(descriptor)?;
        Ok(epoll::modify(&self.0, descriptor, data, interest.flags())?)
    }

    /// Watches a descriptor no longer.
    pub fn remove(&self, descriptor: RawFd) -> io::Result<()> {
        let (descriptor, _) = lend(descriptor)?;
        Ok(epoll::delete(&self.0, descriptor)?)
    }

    /// Waits until one of them is ready, for `timeout` (None: for ever), and puts what is ready in
    /// place of what was in `found`; no more than `found` has room for.
    ///
    /// Blocking: yes. A signal handler that ran ends it with an error of kind `Interrupted`.
    pub fn wait(&self, found: &mut Found, timeout: Option<Duration>) -> io::Result<()> {
        // The kernel counts milliseconds; a wait that ends early would be one for nothing.
        let timeout = timeout.map(|left| {
            let milliseconds = left.as_nanos().div_ceil(1_000_000).min(LONGEST);
            let milliseconds = i64::try_from(milliseconds).unwrap_or(0);
            Timespec {
                tv_sec: milliseconds / 1000,
                tv_nsec: (milliseconds % 1000) * 1_000_000,
            }
        });
        found.0.clear();
        let room = spare_capacity(&mut found.0);
        epoll::wait(&self.0, room, timeout.as_ref())?;
        Ok(())
    }
}

/// A day in milliseconds: whoever waits longer waits again.
const LONGEST: u128 = 86_400_000;

/// What a wait found.
pub struct Found(Vec<epoll::Event>);

// SAFETY: the data of an event is a descriptor's number (see `lend`), never the address that the
// kernel's type could hold as well.
unsafe impl Send for Found {}

impl Found {
    /// Room for this many.
    #[must_use]
    pub fn with_room(room: usize) -> Self {
        Self(Vec::with_capacity(room.max(1)))
    }

    /// Room for at least this many, and for no fewer than before.
    pub fn make_room(&mut self, room: usize) {
        self.0.clear();
        self.0.reserve(room.max(1));
    }

    /// What is ready, in the kernel's order.
    pub fn iter(&self) -> impl Iterator<Item = Readiness> + '_ {
        self.0.iter().map(|event| {
            let (flags, data) = (event.flags, event.data);
            Readiness {
                // Only `lend` makes data, out of a descriptor.
                descriptor: RawFd::try_from(data.u64()).unwrap_or(-1),
                read: !(flags & !EventFlags::OUT).is_empty(),
                write: !(flags & !EventFlags::IN).is_empty(),
            }
        })
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The descriptor as a call takes it, and as its events name it.
fn lend<'a>(descriptor: RawFd) -> io::Result<(BorrowedFd<'a>, EventData)> {
    let Ok(data) = u64::try_from(descriptor) else {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    };
    // SAFETY: it is not -1. Whether it is open does not matter for what is done with it here: the
    // kernel looks the number up once, during the call, and refuses one that is not open.
    let lent = unsafe { BorrowedFd::borrow_raw(descriptor) };
    Ok((lent, EventData::new_u64(data)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventFd;

    #[test]
    fn a_closed_descriptor_is_an_error() {
        let epoll = Epoll::new().unwrap();
        let interest = Interest {
            read: true,
            ..Interest::default()
        };
        assert_eq!(
            epoll.add(-1, interest).unwrap_err().raw_os_error(),
            Some(libc::EBADF)
        );
        assert_eq!(
            epoll.add(987_654, interest).unwrap_err().raw_os_error(),
            Some(libc::EBADF)
        );
    }

    #[test]
    fn what_is_ready_is_found() {
        let epoll = Epoll::new().unwrap();
        let bell = EventFd::new().unwrap();
        epoll
            .add(
                bell.descriptor(),
                Interest {
                    read: true,
                    ..Interest::default()
                },
            )
            .unwrap();
        let mut found = Found::with_room(4);
        epoll.wait(&mut found, Some(Duration::ZERO)).unwrap();
        assert_eq!(found.iter().count(), 0);
        bell.ring();
        epoll.wait(&mut found, None).unwrap();
        let ready: Vec<_> = found.iter().collect();
        let expected = Readiness {
            descriptor: bell.descriptor(),
            read: true,
            write: false,
        };
        assert_eq!(ready, [expected]);
        bell.silence();
        epoll.wait(&mut found, Some(Duration::ZERO)).unwrap();
        assert_eq!(found.iter().count(), 0);
    }
}
