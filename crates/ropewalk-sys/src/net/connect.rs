//! Connecting without waiting. Promise: the kernel's words for "not done yet" and for how it ended
//! are known here alone.

use std::io;

/// Whether a connect failed only because it is not done yet: the socket is writable when it is.
#[must_use]
pub fn connect_goes_on(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Interrupted || error.raw_os_error() == Some(libc::EINPROGRESS)
}

/// The error that a connection attempt ended with, if any; asking clears it.
#[cfg(target_os = "linux")]
pub fn take_error(descriptor: rustix::fd::RawFd) -> io::Result<Option<i32>> {
    let socket = super::bytes::borrowed(descriptor)?;
    let ended = rustix::net::sockopt::socket_error(socket)?;
    Ok(ended.err().map(rustix::io::Errno::raw_os_error))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn no_error_is_pending_on_a_healthy_socket() {
        let (one, _other) = UnixStream::pair().expect("a pair");
        assert_eq!(take_error(one.as_raw_fd()).ok(), Some(None));
        assert!(take_error(-1).is_err());
    }

    #[test]
    fn only_what_is_not_done_yet_goes_on() {
        let of = io::Error::from_raw_os_error;
        assert!(connect_goes_on(&of(libc::EINPROGRESS)));
        assert!(connect_goes_on(&of(libc::EINTR)));
        assert!(!connect_goes_on(&of(libc::ECONNREFUSED)));
    }
}
