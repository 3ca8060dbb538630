//! What a stream has received and nobody has read yet.
//!
//! Promise: bytes leave in the order in which they came. A chunk that came while nothing was
//! waiting and is read as one is handed on as it is, without a copy. A search for a separator
//! looks at no byte twice (but for the few that a separator may straddle), also when it is given
//! up and begun anew.

mod search;

pub use search::{Find, Search, Separators};

/// How much a buffer that has become empty keeps for what comes next. A stream's default limit is
/// 64 KiB and its transport is paused at twice that; more than this was an exception.
const KEPT: usize = 256 * 1024;

/// Bytes on their way from a transport to whoever reads them.
///
/// `C` is a chunk as the transport made it.
#[derive(Debug)]
pub struct Incoming<C> {
    /// All there is, if it came in one piece; `bytes` is empty then.
    whole: Option<C>,
    /// All there is, otherwise.
    bytes: Vec<u8>,
    /// How many bytes of the one or the other are read already.
    start: usize,
    searched: search::Searched,
}

/// What was taken out.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken<C, T> {
    /// A chunk as it came.
    Whole(C),
    /// A copy; and the chunk that it was the last part of, to be dropped.
    Copy(T, Option<C>),
}

impl<C> Default for Incoming<C> {
    fn default() -> Self {
        Self {
            whole: None,
            bytes: Vec::new(),
            start: 0,
            searched: search::Searched::default(),
        }
    }
}

impl<C: AsRef<[u8]>> Incoming<C> {
    /// How many bytes are there.
    pub fn len(&self) -> usize {
        self.all().len() - self.start
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is there.
    pub fn as_slice(&self) -> &[u8] {
        &self.all()[self.start..]
    }

    fn all(&self) -> &[u8] {
        match &self.whole {
            Some(chunk) => chunk.as_ref(),
            None => &self.bytes,
        }
    }

    /// Appends a chunk. What is given back is to be dropped: it was copied.
    pub fn push(&mut self, chunk: C) -> [Option<C>; 2] {
        if self.is_empty() {
            let before = self.clear();
            self.whole = Some(chunk);
            return [before, None];
        }
        let before = self.extend(chunk.as_ref());
        [before, Some(chunk)]
    }

    /// Appends a copy. A chunk that is given back is to be dropped.
    pub fn extend(&mut self, more: &[u8]) -> Option<C> {
        let chunk = self.whole.take();
        if let Some(chunk) = &chunk {
            self.bytes.extend_from_slice(&chunk.as_ref()[self.start..]);
            self.start = 0;
        } else if self.start > self.bytes.len() / 2 {
            // Each byte is moved at most once for each byte that was read before it.
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(more);
        chunk
    }

    /// Takes the first `count` bytes out, or all if there are fewer; `copy` makes the copy.
    pub fn take<T>(&mut self, count: usize, copy: impl FnOnce(&[u8]) -> T) -> Taken<C, T> {
        if self.start == 0
            && let Some(chunk) = self.whole.take_if(|chunk| chunk.as_ref().len() <= count)
        {
            self.clear();
            return Taken::Whole(chunk);
        }
        let rest = self.as_slice();
        let count = count.min(rest.len());
        let taken = copy(&rest[..count]);
        let spent = if count == rest.len() {
            self.clear()
        } else {
            self.start += count;
            self.searched.forget(count);
            None
        };
        Taken::Copy(taken, spent)
    }

    /// Throws everything away. A chunk that is given back is to be dropped.
    pub fn clear(&mut self) -> Option<C> {
        self.start = 0;
        self.searched = search::Searched::default();
        self.bytes.clear();
        if self.bytes.capacity() > KEPT {
            self.bytes = Vec::new();
        }
        self.whole.take()
    }

    /// Looks for a separator once more. A place that is told counts from the first byte there is.
    pub fn find(&mut self, search: &mut Search, separators: &Separators, limit: usize) -> Find {
        let Self {
            whole,
            bytes,
            start,
            searched,
        } = self;
        let all = match &*whole {
            Some(chunk) => chunk.as_ref(),
            None => bytes.as_slice(),
        };
        search.step(&all[*start..], separators, limit, searched)
    }
}
