//! What ropewalk asks of the operating system.
//!
//! Promise: this is the only crate that calls libc; every function here is safe to call, or says
//! in its `# Safety` section what the caller must hold to. Where there is no Linux kernel (other
//! systems, and loom models) the same names are built from a mutex and a condition variable.

#[cfg(all(target_os = "linux", not(loom)))]
mod futex;
#[cfg(all(target_os = "linux", not(loom)))]
pub use futex::Futex;

#[cfg(not(all(target_os = "linux", not(loom))))]
mod portable;
#[cfg(not(all(target_os = "linux", not(loom))))]
pub use portable::Futex;

#[cfg(target_os = "linux")]
mod epoll;
#[cfg(target_os = "linux")]
mod eventfd;
#[cfg(target_os = "linux")]
pub use epoll::{Epoll, Found, Interest, Readiness};
#[cfg(target_os = "linux")]
pub use eventfd::EventFd;

#[cfg(unix)]
pub mod bytes;

mod symbol;
pub use symbol::symbol;

mod fork;
pub use fork::fork_count;

mod thread;
pub use thread::thread_key;

#[cfg(all(target_os = "linux", not(loom)))]
mod address;
#[cfg(all(target_os = "linux", not(loom)))]
pub use address::{Address, Meaning};
#[cfg(all(target_os = "linux", not(loom)))]
pub mod message;

#[cfg(all(target_os = "linux", not(loom)))]
mod inspect;
#[cfg(all(target_os = "linux", not(loom)))]
mod pidfd;
#[cfg(all(target_os = "linux", not(loom)))]
mod quit;
#[cfg(all(target_os = "linux", not(loom)))]
pub use inspect::{
    monotonic_nanos, native_thread_id, process_id, read_bytes, read_word, write_to_stderr,
};
#[cfg(all(target_os = "linux", not(loom)))]
pub use pidfd::{Ended, PidFd};
#[cfg(all(target_os = "linux", not(loom)))]
pub use quit::{QUIT, call_on_quit, quit_is_undecided};

#[cfg(not(all(target_os = "linux", not(loom))))]
mod inspect_portable;
#[cfg(not(all(target_os = "linux", not(loom))))]
pub use inspect_portable::{
    Ended, PidFd, QUIT, call_on_quit, monotonic_nanos, native_thread_id, process_id,
    quit_is_undecided, read_bytes, read_word, write_to_stderr,
};

#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    not(loom)
))]
mod thread_end;
#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    not(loom)
))]
pub use thread_end::park_threads_ended_by;

/// Where `pthread_exit` unwinds nothing, there is nothing to do.
#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    not(loom)
)))]
pub fn park_threads_ended_by(_inside: *const ()) -> bool {
    false
}

/// Why a sleep on a [`Futex`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Slept {
    /// Woken, or the word had changed before the sleep began. May be spurious: look at the word.
    Roused,
    /// The deadline passed.
    TimedOut,
    /// A signal handler ran in this thread.
    Interrupted,
}

#[cfg(unix)]
mod connect;
#[cfg(unix)]
pub use connect::connect_goes_on;
