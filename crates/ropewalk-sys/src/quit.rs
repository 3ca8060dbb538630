//! The signal SIGQUIT (`kill -QUIT`, Ctrl-\), by which a user asks a program what it does.
//! Promise: whoever decided about this signal before us keeps it, and whoever decides after us
//! gets it.

#![expect(unsafe_code, reason = "sigaction")]

use ropewalk_facade::atomic::{AtomicUsize, Ordering};
use std::mem::MaybeUninit;
use std::ptr;

/// The signal's number.
pub const QUIT: i32 = libc::SIGQUIT;

/// What to call when the signal comes, as an address; zero: nothing.
static ACTION: AtomicUsize = AtomicUsize::new(0);
/// The handler that was there before ours, as an address; called after ours.
static BEFORE: AtomicUsize = AtomicUsize::new(0);

/// Whether nobody in this process, nor the parent that started it, has chosen what SIGQUIT does.
#[must_use]
pub fn quit_is_undecided() -> bool {
    current().is_some_and(|action| action.sa_sigaction == libc::SIG_DFL)
}

/// From now on `action` is called when SIGQUIT comes. What it is given calls the handler that is
/// installed at this moment, if there is one. False when the system refuses.
///
/// `action` runs inside a signal handler: it may use only what this module and `inspect.rs` offer,
/// atomics and memory that is already there; it must not panic.
#[must_use]
pub fn call_on_quit(action: fn(&dyn Fn())) -> bool {
    let Some(before) = current() else {
        return false;
    };
    if before.sa_sigaction == address_of_handler() {
        return true;
    }
    // Relaxed: the sigaction below is a system call, and nothing runs the handler before it.
    ACTION.store(action as usize, Ordering::Relaxed);
    let takes_one_argument = before.sa_flags & libc::SA_SIGINFO == 0;
    let callable = ![libc::SIG_DFL, libc::SIG_IGN].contains(&before.sa_sigaction);
    let chained = if takes_one_argument && callable {
        before.sa_sigaction
    } else {
        0
    };
    BEFORE.store(chained, Ordering::Relaxed);
    // SAFETY: all zeroes is a valid sigaction: no flags, an empty mask.
    let mut ours: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    ours.sa_sigaction = address_of_handler();
    // No SA_RESTART: as with Python's own handlers, a wait that the signal interrupts ends, so
    // that its thread can look whether there is something to do, and is begun anew.
    ours.sa_flags = 0;
    // SAFETY: `ours` is alive; `handle` lives as long as the program, because an extension module
    // is never unloaded, and takes the one argument that a handler without SA_SIGINFO gets.
    let failed = unsafe { libc::sigaction(libc::SIGQUIT, &raw const ours, ptr::null_mut()) };
    failed == 0
}

fn address_of_handler() -> usize {
    handle as extern "C" fn(libc::c_int) as usize
}

fn current() -> Option<libc::sigaction> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: no new action is given, and `action` has room for the old one.
    let failed = unsafe { libc::sigaction(libc::SIGQUIT, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: zeroed is valid already, and the call filled it.
    (failed == 0).then(|| unsafe { action.assume_init() })
}

extern "C" fn handle(signal: libc::c_int) {
    // SAFETY: the address of this thread's errno, valid as long as the thread.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: see above; the interrupted code must find the value that it left.
    let saved = unsafe { errno.read() };
    let action = ACTION.load(Ordering::Relaxed);
    if action != 0 {
        // SAFETY: only `call_on_quit` stores here, and it stores a function of this type.
        let action: fn(&dyn Fn()) = unsafe { std::mem::transmute(action) };
        action(&|| call_the_one_before(signal));
    }
    // SAFETY: still this thread's errno.
    unsafe { errno.write(saved) };
}

fn call_the_one_before(signal: libc::c_int) {
    let before = BEFORE.load(Ordering::Relaxed);
    if before != 0 {
        // SAFETY: the kernel had this as a handler of one argument, so it may be called as such
        // from a handler of the same signal.
        let before: extern "C" fn(libc::c_int) = unsafe { std::mem::transmute(before) };
        before(signal);
    }
}
