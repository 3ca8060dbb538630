//! Bytes in and out of a descriptor that is set not to block.
//!
//! Promise: each function is one system call. It never raises a signal for a socket whose other
//! end is gone, and it says how much the kernel took or gave, or why it did not.

#![expect(
    unsafe_code,
    reason = "a descriptor is passed as its number, as its owner has it"
)]

use rustix::fd::{BorrowedFd, RawFd};
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;

/// Which calls a descriptor is used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// `recv` and `send`.
    Socket,
    /// `read` and `write`.
    File,
}

/// A borrowed view of a descriptor's number for the length of one call.
fn borrowed<'a>(descriptor: RawFd) -> io::Result<BorrowedFd<'a>> {
    if descriptor < 0 {
        return Err(rustix::io::Errno::BADF.into());
    }
    // SAFETY: the number is not -1, and the view does not outlive the one system call that it is
    // made for; if nobody owns the number any more the kernel answers EBADF.
    Ok(unsafe { BorrowedFd::borrow_raw(descriptor) })
}

/// Takes what has arrived, as much as fits; 0 is the end of the stream.
///
/// Errors: `WouldBlock` when nothing has arrived.
pub fn receive(
    descriptor: RawFd,
    channel: Channel,
    into: &mut [MaybeUninit<u8>],
) -> io::Result<usize> {
    let descriptor = borrowed(descriptor)?;
    let (taken, _) = match channel {
        Channel::Socket => {
            let ((taken, rest), _) = rustix::net::recv(descriptor, into, RecvFlags::empty())?;
            (taken, rest)
        }
        Channel::File => rustix::io::read(descriptor, into)?,
    };
    Ok(taken.len())
}

/// Gives the kernel as much of `bytes` as it takes.
///
/// Errors: `WouldBlock` when it takes nothing now.
pub fn send(descriptor: RawFd, channel: Channel, bytes: &[u8]) -> io::Result<usize> {
    let descriptor = borrowed(descriptor)?;
    Ok(match channel {
        Channel::Socket => rustix::net::send(descriptor, bytes, SendFlags::NOSIGNAL)?,
        Channel::File => rustix::io::write(descriptor, bytes)?,
    })
}

/// Gives the kernel as much of `pieces`, one after the other, as it takes.
///
/// Errors: `WouldBlock` when it takes nothing now.
pub fn send_many(descriptor: RawFd, channel: Channel, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
    let descriptor = borrowed(descriptor)?;
    Ok(match channel {
        Channel::Socket => rustix::net::sendmsg(
            descriptor,
            pieces,
            &mut SendAncillaryBuffer::default(),
            SendFlags::NOSIGNAL,
        )?,
        Channel::File => rustix::io::writev(descriptor, pieces)?,
    })
}
