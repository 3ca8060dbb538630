//! Room to read into, and the bytes that came.
//!
//! Promise: what a protocol gets is exact `bytes`, as long as what came in, copied out of a room
//! that all streams of a thread share.
//!
//! Why not into the object itself: the bytes of a Python object begin 32 bytes into a block, and
//! the kernel's copy of 64 KiB to there was measured to cost more than its copy to a page
//! boundary and ours from there together; and a block of 256 KiB is mapped and unmapped each time.

#![expect(
    unsafe_code,
    reason = "bytes are read into memory that was not written before"
)]

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use ropewalk_reactor::stream::{LARGEST_READ, Received, receive_now};
use ropewalk_sys::bytes::Channel;
use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::slice;

/// Memory that begins where a page does.
#[repr(align(4096))]
struct Room([MaybeUninit<u8>; LARGEST_READ]);

fn new_room() -> RefCell<Box<Room>> {
    let room = Box::<Room>::new_uninit();
    // SAFETY: a room is nothing but bytes that may be uninitialised.
    RefCell::new(unsafe { room.assume_init() })
}

thread_local! {
    /// The shared room. It is borrowed for one system call and one copy, never across Python.
    static ROOM: RefCell<Box<Room>> = new_room();
}

/// What a look at a descriptor brought.
pub(super) enum Arrived<'py> {
    Data(Bound<'py, PyBytes>),
    Nothing,
    End,
}

/// One look.
pub(super) fn receive(
    py: Python<'_>,
    descriptor: RawFd,
    channel: Channel,
) -> PyResult<Arrived<'_>> {
    ROOM.with_borrow_mut(|room| {
        let room = &mut room.0;
        let received = receive_now(descriptor, channel, room);
        Ok(match received.map_err(super::data::os_error)? {
            Received::Nothing => Arrived::Nothing,
            Received::End => Arrived::End,
            Received::Bytes(taken) => {
                // SAFETY: the kernel wrote the first `taken` bytes of the room.
                let data = unsafe { slice::from_raw_parts(room.as_ptr().cast::<u8>(), taken) };
                Arrived::Data(PyBytes::new(py, data))
            }
        })
    })
}
