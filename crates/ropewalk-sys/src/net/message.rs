//! Calls on a socket that give an answer at once.
//! Promise: none of them waits, whether or not the socket is in non-blocking mode, and none raises
//! SIGPIPE; what cannot be done at once is [`io::ErrorKind::WouldBlock`].

#![expect(unsafe_code, reason = "system calls on sockets and their memory")]

use super::address::Address;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::ptr;

/// What was counted, or the error of the call that has just returned.
fn counted(answer: libc::ssize_t) -> io::Result<usize> {
    usize::try_from(answer).map_err(|_| io::Error::last_os_error())
}

/// Takes what has arrived, as much as `buffer` can hold; 0 at the end of a stream.
pub fn receive(fd: RawFd, buffer: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
    // SAFETY: the kernel writes at most `len` bytes at the slice's start, which is alive and ours
    // alone during the call; it never reads them, so they need no value before.
    let answer = unsafe {
        libc::recv(
            fd,
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            libc::MSG_DONTWAIT,
        )
    };
    counted(answer)
}

/// Takes one message and says who sent it.
pub fn receive_from(fd: RawFd, buffer: &mut [MaybeUninit<u8>]) -> io::Result<(usize, Address)> {
    let mut sender = Address::none();
    let (storage, length) = sender.parts();
    // SAFETY: as in `receive`; `storage` and `length` are the two parts of one address that lives
    // here, and `length` says the storage's size.
    let answer = unsafe {
        libc::recvfrom(
            fd,
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            libc::MSG_DONTWAIT,
            storage,
            length,
        )
    };
    Ok((counted(answer)?, sender))
}

/// Hands over as much of `data` as the kernel takes now.
pub fn send(fd: RawFd, data: &[u8]) -> io::Result<usize> {
    // SAFETY: the kernel reads `len` bytes of a slice that is alive during the call.
    let answer = unsafe {
        libc::send(
            fd,
            data.as_ptr().cast(),
            data.len(),
            libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
        )
    };
    counted(answer)
}

/// Hands over `data` as one message to `receiver`.
pub fn send_to(fd: RawFd, data: &[u8], receiver: &Address) -> io::Result<usize> {
    // SAFETY: as in `send`; pointer and length describe one address that outlives the call.
    let answer = unsafe {
        libc::sendto(
            fd,
            data.as_ptr().cast(),
            data.len(),
            libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
            receiver.pointer(),
            receiver.length(),
        )
    };
    counted(answer)
}

/// Sends up to `count` bytes of `file`, from `offset` on, without copying them through the
/// program. Waits if the socket is in blocking mode: look before.
pub fn send_file(socket: RawFd, file: RawFd, offset: i64, count: usize) -> io::Result<usize> {
    let mut offset = offset;
    // SAFETY: `offset` lives here; both descriptors are only numbers to the kernel.
    counted(unsafe { libc::sendfile(socket, file, &raw mut offset, count) })
}

/// The error that a connection attempt ended with, if any; asking clears it.
pub fn take_error(fd: RawFd) -> io::Result<Option<i32>> {
    let mut error: libc::c_int = 0;
    let mut length = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or(0);
    // SAFETY: `error` and `length` live here, and `length` is the size of `error`.
    let answer = unsafe {
        libc::getsockopt(
            fd,
            libc::SOL_SOCKET,
            libc::SO_ERROR,
            ptr::from_mut(&mut error).cast(),
            &raw mut length,
        )
    };
    if answer != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((error != 0).then_some(error))
}

#[cfg(test)]
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
        let error = receive(one.as_raw_fd(), &mut room(8)).expect_err("nothing is there");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a_full_socket_takes_what_it_can_and_then_says_so() {
        let (one, _other) = UnixStream::pair().expect("a pair");
        let data = vec![7; 1 << 20];
        let mut sent = 0;
        let error = loop {
            match send(one.as_raw_fd(), &data) {
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
        let error = send(one.as_raw_fd(), b"x").expect_err("nobody is there");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(receive(one.as_raw_fd(), &mut room(8)).ok(), Some(0));
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

    #[test]
    fn no_error_is_pending_on_a_healthy_socket() {
        let (one, _other) = UnixStream::pair().expect("a pair");
        assert_eq!(take_error(one.as_raw_fd()).ok(), Some(None));
        assert!(take_error(-1).is_err());
    }
}
