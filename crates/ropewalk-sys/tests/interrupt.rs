//! Signals. Promise: a handler that runs in a sleeping thread ends the sleep, and the sleep says
//! so; this is what lets Ctrl-C end every wait.

#![cfg(target_os = "linux")]
#![expect(unsafe_code, reason = "a test of signals sends one")]

use ropewalk_facade::Deadline;
use ropewalk_sys::{Futex, Slept};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

static HANDLED: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: libc::c_int) {
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn a_signal_handler_interrupts_the_sleep_of_its_thread() {
    // SAFETY: all zeros is a valid sigaction: no flags (no SA_RESTART), an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = count as extern "C" fn(libc::c_int) as usize;
    // SAFETY: `action` is filled in; the handler only does an atomic addition.
    let failed = unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) };
    assert_eq!(failed, 0);
    let ended = Arc::new(AtomicU32::new(0));
    // SAFETY: pthread_self has no preconditions.
    let sleeper = unsafe { libc::pthread_self() };
    let signaller = thread::spawn({
        let ended = Arc::clone(&ended);
        move || {
            // Again and again: a signal that comes before the sleep interrupts nothing.
            while ended.load(Ordering::Acquire) == 0 {
                // SAFETY: the sleeping thread joins this one before it ends.
                unsafe { libc::pthread_kill(sleeper, libc::SIGUSR1) };
                thread::yield_now();
            }
        }
    });
    let slept = Futex::new(0).sleep(0, Deadline::NEVER);
    ended.store(1, Ordering::Release);
    signaller.join().expect("no panic");
    assert_eq!(slept, Slept::Interrupted);
    assert!(HANDLED.load(Ordering::Relaxed) > 0);
}
