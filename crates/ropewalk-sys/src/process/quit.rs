//! The signal SIGQUIT (`kill -QUIT`, Ctrl-\), by which a user asks a program what it does.
//! Promise: whoever decided about this signal before us keeps it, and whoever decides after us
//! gets it.

#![expect(unsafe_code, reason = "sigaction")]

use crate::{native_thread_id, process_id};
use ropewalk_facade::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::mem::MaybeUninit;
use std::ptr;

/// The signal's number.
pub const QUIT: i32 = libc::SIGQUIT;

/// What to call when the signal comes, as an address; zero: nothing.
static AT_ONCE: AtomicUsize = AtomicUsize::new(0);
/// What to call then in the main thread, as an address; zero: nothing.
static IN_MAIN_THREAD: AtomicUsize = AtomicUsize::new(0);
/// Set while the signal is on its way from another thread to the main thread.
static PASSED_ON: AtomicBool = AtomicBool::new(false);

/// Whether nobody in this process, nor the parent that started it, has chosen what SIGQUIT does.
#[must_use]
pub fn quit_is_undecided() -> bool {
    current().is_some_and(|action| action.sa_sigaction == libc::SIG_DFL)
}

/// From now on, when SIGQUIT comes, `at_once` is called in the thread that gets it and then
/// `in_main_thread` in the main thread, whose system call, if it is in one, ends with EINTR. False
/// when the system refuses.
///
/// Both run inside a signal handler: they may use only what this module and `inspect.rs` offer,
/// atomics and memory that is already there; they must not panic.
#[must_use]
pub fn call_on_quit(at_once: fn(), in_main_thread: fn()) -> bool {
    // Relaxed: the sigaction below is a system call, and nothing runs the handler before it.
    AT_ONCE.store(at_once as usize, Ordering::Relaxed);
    IN_MAIN_THREAD.store(in_main_thread as usize, Ordering::Relaxed);
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

extern "C" fn handle(_signal: libc::c_int) {
    // SAFETY: the address of this thread's errno, valid as long as the thread.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: see above; the interrupted code must find the value that it left.
    let saved = unsafe { errno.read() };
    let in_main_thread = native_thread_id() == process_id();
    // Relaxed: a signal's way is no place for ordering, and the report reads nothing through it.
    if !(in_main_thread && PASSED_ON.swap(false, Ordering::Relaxed)) {
        call(&AT_ONCE);
    }
    if in_main_thread {
        call(&IN_MAIN_THREAD);
    } else {
        PASSED_ON.store(true, Ordering::Relaxed);
        pass_on();
    }
    // SAFETY: still this thread's errno.
    unsafe { errno.write(saved) };
}

fn call(action: &AtomicUsize) {
    let action = action.load(Ordering::Relaxed);
    if action != 0 {
        // SAFETY: only `call_on_quit` stores here, and it stores functions of this type.
        let action: fn() = unsafe { std::mem::transmute(action) };
        action();
    }
}

/// Sends the signal to the main thread, whose number is the process's.
fn pass_on() {
    let process = process_id();
    // SAFETY: a system call without memory; allowed in a signal handler.
    unsafe { libc::syscall(libc::SYS_tgkill, process, process, libc::SIGQUIT) };
}
