//! A descriptor for a child process: readable once the child has ended, whoever waits for others.
//! Promise: it means the same process for as long as it is open, even when the number of a child
//! that somebody else waited for is used again.

#![expect(
    unsafe_code,
    reason = "pidfd_open and waitid have no safe wrapper in libc"
)]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// How a child of this process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It called exit with this status.
    Exited(i32),
    /// This signal ended it.
    Killed(i32),
}

/// A descriptor of a process; closed when dropped, and not inherited by programs that are run.
#[derive(Debug)]
pub struct PidFd(OwnedFd);

impl PidFd {
    /// Opens one for the child with this number, which nobody has waited for yet.
    ///
    /// # Errors
    /// `ESRCH` when there is no such process (any more), `EMFILE` and the like; `ENOSYS` or
    /// `EPERM` where the system does not offer or allow it.
    pub fn open(process: u32) -> io::Result<Self> {
        let process = libc::pid_t::try_from(process)
            .map_err(|_| io::Error::from_raw_os_error(libc::ESRCH))?;
        // SAFETY: a system call on two integers.
        let opened = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
        let descriptor = RawFd::try_from(opened).unwrap_or(-1);
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made this descriptor for us; nobody else knows it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(descriptor) }))
    }

    /// Takes the status of the child, so that it is no zombie any more; `None` while it runs.
    ///
    /// # Errors
    /// `ECHILD` when somebody else took the status, or when ended children leave none because
    /// SIGCHLD is ignored.
    pub fn reap(&self) -> io::Result<Option<Ended>> {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        let descriptor = libc::id_t::try_from(self.as_raw_fd())
            .map_err(|_| io::Error::from_raw_os_error(libc::EBADF))?;
        let how = libc::WEXITED | libc::WNOHANG;
        // SAFETY: `info` has room for what the kernel writes.
        let failed = unsafe { libc::waitid(libc::P_PIDFD, descriptor, info.as_mut_ptr(), how) };
        if failed != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: zeroed is valid for this plain data, and the call filled it.
        let info = unsafe { info.assume_init() };
        // SAFETY: what waitid fills in has this field; it is zero when no child was reported.
        if unsafe { info.si_pid() } == 0 {
            return Ok(None);
        }
        // SAFETY: as above, for a child that ended.
        let status = unsafe { info.si_status() };
        Ok(Some(match info.si_code {
            libc::CLD_EXITED => Ended::Exited(status),
            _ => Ended::Killed(status),
        }))
    }

    /// Whether children can be watched in this way here: a filter of system calls may forbid it,
    /// and Linux knows all of it since 5.4.
    #[must_use]
    pub fn is_offered() -> bool {
        // This process is not its own child, so a kernel that knows the question says ECHILD.
        let answer = Self::open(std::process::id()).map(|own| own.reap());
        matches!(answer, Ok(Err(error)) if error.raw_os_error() == Some(libc::ECHILD))
    }
}

impl AsRawFd for PidFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

#[cfg(test)]
#[expect(
    clippy::zombie_processes,
    reason = "the descriptor waits for these children"
)]
mod tests {
    use super::{Ended, PidFd};
    use std::io;
    use std::process::{Command, Stdio};

    /// A child that ends when its input does.
    fn reader(then: &str) -> std::process::Child {
        Command::new("/bin/sh")
            .args(["-c", &format!("read line; {then}")])
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell")
    }

    fn wait_for(end: &PidFd) -> io::Result<Ended> {
        loop {
            match end.reap() {
                Ok(None) => std::thread::yield_now(),
                Ok(Some(ended)) => return Ok(ended),
                Err(error) => return Err(error),
            }
        }
    }

    #[test]
    fn a_running_child_has_not_ended_and_then_its_status_is_told_once() {
        if !PidFd::is_offered() {
            return;
        }
        let mut child = reader("exit 7");
        let descriptor = PidFd::open(child.id()).expect("it runs");
        assert_eq!(descriptor.reap().expect("ours"), None);
        drop(child.stdin.take());
        assert_eq!(wait_for(&descriptor).expect("ours"), Ended::Exited(7));
        let again = descriptor.reap().expect_err("taken");
        assert_eq!(again.raw_os_error(), Some(libc::ECHILD));
    }

    #[test]
    fn a_signal_is_told_as_such() {
        if !PidFd::is_offered() {
            return;
        }
        let child = reader("kill -9 $$");
        let descriptor = PidFd::open(child.id()).expect("it runs");
        drop(child.stdin);
        assert_eq!(wait_for(&descriptor).expect("ours"), Ended::Killed(9));
    }

    #[test]
    fn who_waits_first_has_the_status() {
        if !PidFd::is_offered() {
            return;
        }
        let mut child = reader("exit 3");
        let descriptor = PidFd::open(child.id()).expect("it runs");
        drop(child.stdin.take());
        assert_eq!(child.wait().expect("ours").code(), Some(3));
        let gone = descriptor.reap().expect_err("taken");
        assert_eq!(gone.raw_os_error(), Some(libc::ECHILD));
    }

    #[test]
    fn a_process_that_never_was_cannot_be_opened() {
        assert!(PidFd::open(u32::MAX).is_err());
    }
}
