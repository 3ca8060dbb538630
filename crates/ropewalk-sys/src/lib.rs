//! What ropewalk asks of the operating system.
//!
//! Promise: this is the only crate that calls libc; every function here is safe to call, or says
//! in its `# Safety` section what the caller must hold to. Where there is no Linux kernel (other
//! systems, and loom models) the same names are built from a mutex and a condition variable.
//!
//! The rooms: `wait` (sleeping on a word, waiting for descriptors), `net` (sockets), `process`
//! (this process, its threads, its children), `memory`, and `portable`, which has the names of
//! the others for where there is no such kernel.

mod wait {
    #[cfg(target_os = "linux")]
    pub(crate) mod epoll;
    #[cfg(target_os = "linux")]
    pub(crate) mod eventfd;
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) mod futex;
    pub(crate) mod slept;
}
pub use wait::slept::Slept;
#[cfg(target_os = "linux")]
pub use wait::{
    epoll::{Epoll, Found, Interest, Readiness},
    eventfd::EventFd,
};

mod net {
    #[cfg(target_os = "linux")]
    pub(crate) mod address;
    #[cfg(unix)]
    pub mod bytes;
    #[cfg(unix)]
    pub(crate) mod connect;
}
#[cfg(target_os = "linux")]
pub use net::{
    address::{Address, Meaning},
    connect::take_error,
};
#[cfg(unix)]
pub use net::{bytes, connect::connect_goes_on};

mod process {
    pub(crate) mod fork;
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) mod inspect;
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) mod pidfd;
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) mod quit;
    pub(crate) mod symbol;
    pub(crate) mod thread;
    #[cfg(all(
        target_os = "linux",
        target_env = "gnu",
        target_pointer_width = "64",
        not(loom)
    ))]
    pub(crate) mod thread_end;
}
pub use process::{fork::fork_count, symbol::symbol, thread::thread_key};

#[cfg(all(target_os = "linux", not(loom)))]
mod memory {
    pub(crate) mod read;
}

#[cfg(all(target_os = "linux", not(loom)))]
pub use {
    memory::read::{read_bytes, read_word},
    process::{
        inspect::{monotonic_nanos, native_thread_id, process_id, write_to_stderr},
        pidfd::{Ended, PidFd},
        quit::{QUIT, call_on_quit, quit_is_undecided},
    },
    wait::futex::Futex,
};

mod portable {
    #[cfg(not(all(target_os = "linux", not(loom))))]
    pub(crate) mod futex;
    #[cfg(not(all(target_os = "linux", not(loom))))]
    pub(crate) mod memory;
    #[cfg(not(all(target_os = "linux", not(loom))))]
    pub(crate) mod process;
    #[cfg(not(all(
        target_os = "linux",
        target_env = "gnu",
        target_pointer_width = "64",
        not(loom)
    )))]
    pub(crate) mod thread_end;
}
#[cfg(not(all(target_os = "linux", not(loom))))]
pub use portable::{
    futex::Futex,
    memory::{read_bytes, read_word},
    process::{
        Ended, PidFd, QUIT, call_on_quit, monotonic_nanos, native_thread_id, process_id,
        quit_is_undecided, write_to_stderr,
    },
};

#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    not(loom)
)))]
pub use portable::thread_end::park_threads_ended_by;
#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    not(loom)
))]
pub use process::thread_end::park_threads_ended_by;
