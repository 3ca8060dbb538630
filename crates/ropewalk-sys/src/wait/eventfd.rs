//! A bell that a waiting thread can watch beside its descriptors: Linux's eventfd.
//!
//! Promise: once rung, the descriptor is readable until it is silenced; ringing never waits.

use rustix::event::{EventfdFlags, eventfd};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// A counter in the kernel, used as a flag.
#[derive(Debug)]
pub struct EventFd(OwnedFd);

impl EventFd {
    /// A silent one; it is not inherited by programs that are started.
    pub fn new() -> io::Result<Self> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        Ok(Self(eventfd(0, flags)?))
    }

    /// Makes it readable.
    pub fn ring(&self) {
        // The only failure is a full counter, and then it is readable already.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Makes it unreadable.
    pub fn silence(&self) {
        // The only failure is that it was silent.
        let _ = rustix::io::read(&self.0, &mut [0; 8]);
    }

    /// Its number, to watch it.
    #[must_use]
    pub fn descriptor(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
