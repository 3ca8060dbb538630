//! Bytes in and out of a descriptor, as a stream or as messages.
//!
//! Promise: each function is one system call, which waits on no socket, whether or not that is set
//! not to block; other descriptors are to be set so. It never raises a signal for a socket whose
//! other end is gone, and it says how much the kernel took or gave, or why it did not.

#![expect(
    unsafe_code,
    reason = "a descriptor is passed as its number, as its owner has it"
)]

#[cfg(target_os = "linux")]
use super::address::Address;
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

/// How bytes are taken from a socket.
const TAKING: RecvFlags = RecvFlags::DONTWAIT;
/// How bytes are given to a socket.
const GIVING: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

/// A borrowed view of a descriptor's number for the length of one call.
pub(super) fn borrowed<'a>(descriptor: RawFd) -> io::Result<BorrowedFd<'a>> {
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
            let ((taken, rest), _) = rustix::net::recv(descriptor, into, TAKING)?;
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
        Channel::Socket => rustix::net::send(descriptor, bytes, GIVING)?,
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
            GIVING,
        )?,
        Channel::File => rustix::io::writev(descriptor, pieces)?,
    })
}

/// Takes one message, as much of it as fits, and says who sent it.
///
/// Errors: `WouldBlock` when nothing has arrived.
#[cfg(target_os = "linux")]
pub fn receive_from(
    descriptor: RawFd,
    into: &mut [MaybeUninit<u8>],
) -> io::Result<(usize, Address)> {
    let ((taken, _), _, sender) = rustix::net::recvfrom(borrowed(descriptor)?, into, TAKING)?;
    Ok((taken.len(), sender.into()))
}

/// Gives the kernel `bytes` as one message to `receiver`.
///
/// Errors: `WouldBlock` when it takes nothing now.
#[cfg(target_os = "linux")]
pub fn send_to(descriptor: RawFd, bytes: &[u8], receiver: &Address) -> io::Result<usize> {
    let socket = borrowed(descriptor)?;
    Ok(match receiver.known() {
        None => rustix::net::send(socket, bytes, GIVING)?,
        Some(receiver) => rustix::net::sendto(socket, bytes, GIVING, receiver)?,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    fn room(size: usize) -> Vec<MaybeUninit<u8>> {
        vec![MaybeUninit::uninit(); size]
    }

    #[test]
    fn an_empty_socket_answers_at_once_even_in_blocking_mode() {
        let (one, _other) = UnixStream::pair().expect("a pair");
        let error =
            receive(one.as_raw_fd(), Channel::Socket, &mut room(8)).expect_err("nothing is there");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a_full_socket_takes_what_it_can_and_then_says_so() {
        let (one, _other) = UnixStream::pair().expect("a pair");
        let data = vec![7; 1 << 20];
        let mut sent = 0;
        let error = loop {
            match send(one.as_raw_fd(), Channel::Socket, &data) {
                Ok(count) => sent += count,
                Err(error) => break error,
            }
        };
        assert!(sent > 0);
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a_gone_peer_is_an_error_and_no_signal() {
        let (one, other) = UnixStream::pair().expect("a pair");
        drop(other);
        let error = send(one.as_raw_fd(), Channel::Socket, b"x").expect_err("nobody is there");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(
            receive(one.as_raw_fd(), Channel::Socket, &mut room(8)).ok(),
            Some(0)
        );
    }

    #[test]
    fn an_answer_finds_the_sender_of_a_message() {
        let one = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let two = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let to_two = Address::from(two.local_addr().expect("an address"));
        assert_eq!(send_to(one.as_raw_fd(), b"hello", &to_two).ok(), Some(5));
        let (count, sender) = loop {
            match receive_from(two.as_raw_fd(), &mut room(16)) {
                Ok(got) => break got,
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
        };
        assert_eq!(count, 5);
        assert_eq!(sender, Address::from(one.local_addr().expect("an address")));
    }
}
