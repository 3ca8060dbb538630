//! Connecting without waiting. Promise: the kernel's word for "not done yet" is known here alone.

use std::io;

/// Whether a connect failed only because it is not done yet: the socket is writable when it is.
#[must_use]
pub fn connect_goes_on(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Interrupted || error.raw_os_error() == Some(libc::EINPROGRESS)
}
