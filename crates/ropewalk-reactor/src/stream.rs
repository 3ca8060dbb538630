//! The two sides of a byte stream: what is yet to be written, and what has arrived.
//!
//! Promise: the bytes that go out are the bytes that were pushed, in that order and once each,
//! whatever the kernel takes at a time; a piece is kept as it was given, never copied or joined.
//! Neither side waits: the caller comes again when the descriptor is ready.

use ropewalk_sys::bytes::{Channel, receive, send, send_many};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

/// Pieces given to the kernel in one call. The kernel takes up to 1024; past a few dozen the call
/// costs by the byte, and the list of them (16 bytes each) lives on the stack.
const PIECES_AT_ONCE: usize = 128;

/// Bytes waiting for a descriptor to take them.
///
/// ```
/// use ropewalk_reactor::stream::WriteBuffer;
///
/// let mut buffer = WriteBuffer::new();
/// buffer.push("hello, ");
/// buffer.push("world");
/// let mut out = Vec::new();
/// while !buffer.is_empty() {
///     // A sink that takes 5 bytes at a time.
///     buffer.send_with(|pieces| {
///         let all: Vec<u8> = pieces.iter().flat_map(|piece| piece.to_vec()).collect();
///         let taken = all.len().min(5);
///         out.extend_from_slice(&all[..taken]);
///         Ok(taken)
///     })?;
/// }
/// assert_eq!(out, b"hello, world");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct WriteBuffer<B> {
    pieces: VecDeque<B>,
    /// How much of the first piece is gone already; less than its length.
    gone: usize,
    /// What is left of all pieces together.
    left: usize,
}

impl<B> Default for WriteBuffer<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B> WriteBuffer<B> {
    /// A buffer with nothing in it.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            pieces: VecDeque::new(),
            gone: 0,
            left: 0,
        }
    }

    /// How many bytes are waiting.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.left
    }

    /// Whether nothing is waiting.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl<B: AsRef<[u8]>> WriteBuffer<B> {
    /// Adds a piece behind all others.
    pub fn push(&mut self, piece: B) {
        self.push_rest(piece, 0);
    }

    /// Adds a piece whose first `gone` bytes were written already.
    ///
    /// # Panics
    ///
    /// If `gone` is more than nothing while something is waiting: its bytes would be out of order.
    pub fn push_rest(&mut self, piece: B, gone: usize) {
        assert!(gone == 0 || self.is_empty(), "a rest goes to the front");
        let length = piece.as_ref().len();
        if gone >= length {
            return;
        }
        if self.is_empty() {
            self.gone = gone;
        }
        self.left += length - gone;
        self.pieces.push_back(piece);
    }

    /// Adds all that `others` holds, behind what is waiting.
    ///
    /// # Panics
    ///
    /// If something of `others` was sent while something is waiting here.
    pub fn append(&mut self, mut others: Self) {
        if self.is_empty() {
            *self = others;
            return;
        }
        assert!(others.gone == 0, "a rest goes to the front");
        self.left += others.left;
        self.pieces.append(&mut others.pieces);
    }

    /// What is waiting, piece by piece.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let gone = std::iter::once(self.gone).chain(std::iter::repeat(0));
        self.pieces
            .iter()
            .zip(gone)
            .map(|(piece, gone)| &piece.as_ref()[gone..])
    }

    /// Gives `sink` what is waiting, and forgets what it says it took.
    ///
    /// Returns what was taken: 0 also when the sink would block or was interrupted.
    ///
    /// # Panics
    ///
    /// If the sink says that it took more than it was given.
    pub fn send_with(
        &mut self,
        sink: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); PIECES_AT_ONCE];
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(self.pieces()) {
            *slice = IoSlice::new(piece);
            count += 1;
        }
        let taken = or_nothing(sink(&slices[..count]))?;
        self.forget(taken);
        Ok(taken)
    }

    /// One call for as much as the descriptor takes of what is waiting.
    pub fn send(&mut self, descriptor: RawFd, channel: Channel) -> io::Result<usize> {
        self.send_with(|pieces| match pieces {
            [] => Ok(0),
            [one] => send(descriptor, channel, one),
            many => send_many(descriptor, channel, many),
        })
    }

    fn forget(&mut self, mut taken: usize) {
        self.left = self
            .left
            .checked_sub(taken)
            .expect("no sink takes more than it is given");
        while let Some(first) = self.pieces.front() {
            let rest = first.as_ref().len() - self.gone;
            if taken < rest {
                self.gone += taken;
                return;
            }
            taken -= rest;
            self.gone = 0;
            drop(self.pieces.pop_front());
        }
    }
}

/// What a call came to that found nothing to do, or was interrupted: nothing, for now.
fn or_nothing(outcome: io::Result<usize>) -> io::Result<usize> {
    match outcome {
        Err(error) if is_for_later(&error) => Ok(0),
        other => other,
    }
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// One call with bytes that wait for nothing before them: how many the descriptor took.
pub fn send_now(descriptor: RawFd, channel: Channel, bytes: &[u8]) -> io::Result<usize> {
    or_nothing(send(descriptor, channel, bytes))
}

/// What came of looking at a descriptor once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Received {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Nothing now.
    Nothing,
    /// The other end will write no more.
    End,
}

/// One call for what has arrived, as much as fits. `into` must not be empty.
pub fn receive_now(
    descriptor: RawFd,
    channel: Channel,
    into: &mut [MaybeUninit<u8>],
) -> io::Result<Received> {
    match receive(descriptor, channel, into) {
        Ok(0) => Ok(Received::End),
        Ok(taken) => Ok(Received::Bytes(taken)),
        Err(error) if is_for_later(&error) => Ok(Received::Nothing),
        Err(error) => Err(error),
    }
}

/// The most that is taken at once, as in CPython's transports.
pub const LARGEST_READ: usize = 256 * 1024;
