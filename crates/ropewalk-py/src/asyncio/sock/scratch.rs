//! Where data lies between the kernel and the bytes object that is made for it.
//! Promise: one buffer for each thread, and no code of Python's runs while it is borrowed.

#![expect(unsafe_code, reason = "memory that the kernel has filled")]

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::cell::RefCell;
use std::io;
use std::mem::MaybeUninit;

/// The most that one call takes: asyncio's own limit for a transport.
pub(super) const ROOM: usize = 256 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<MaybeUninit<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Lends `size` bytes of room, at most [`ROOM`], to a call that gives something from the kernel
/// and says how much and from where; makes a bytes object of exactly that.
pub(super) fn taken<T>(
    py: Python<'_>,
    size: usize,
    call: impl FnOnce(&mut [MaybeUninit<u8>]) -> io::Result<(usize, T)>,
) -> io::Result<(Bound<'_, PyBytes>, T)> {
    SCRATCH.with_borrow_mut(|scratch| {
        if scratch.is_empty() {
            scratch.resize(ROOM, MaybeUninit::uninit());
        }
        let room = &mut scratch[..size.min(ROOM)];
        let (count, from) = call(room)?;
        let filled = &room[..count.min(room.len())];
        // SAFETY: the kernel has written the first `count` bytes, says the call.
        let filled = unsafe { std::slice::from_raw_parts(filled.as_ptr().cast(), filled.len()) };
        Ok((PyBytes::new(py, filled), from))
    })
}
