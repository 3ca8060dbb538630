//! The search for the end of a line.

use memchr::{memchr, memmem};

/// What ends a line: one separator or several, none of them empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Separators {
    /// The shortest first.
    sorted: Vec<Box<[u8]>>,
}

impl Separators {
    /// One separator; `None` if it is empty.
    #[must_use]
    pub fn one(separator: &[u8]) -> Option<Self> {
        Self::any(vec![separator.into()])
    }

    /// Several; `None` if there is none, or one of them is empty.
    #[must_use]
    pub fn any(mut separators: Vec<Box<[u8]>>) -> Option<Self> {
        separators.sort_by_key(|separator| separator.len());
        let usable = separators
            .first()
            .is_some_and(|shortest| !shortest.is_empty());
        usable.then_some(Self { sorted: separators })
    }

    fn shortest(&self) -> usize {
        self.sorted.first().map_or(0, |separator| separator.len())
    }

    fn longest(&self) -> usize {
        self.sorted.last().map_or(0, |separator| separator.len())
    }

    /// The match that ends first, as (its start, its end).
    fn find(&self, data: &[u8], from: usize) -> Option<(usize, usize)> {
        let mut first: Option<(usize, usize)> = None;
        for separator in &self.sorted {
            let place = match **separator {
                [byte] => memchr(byte, &data[from..]),
                _ => memmem::find(&data[from..], separator),
            };
            if let Some(place) = place {
                let (start, end) = (from + place, from + place + separator.len());
                if first.is_none_or(|(_, earliest)| end < earliest) {
                    first = Some((start, end));
                }
            }
        }
        first
    }
}

/// What one look for a separator found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Find {
    /// One is there, and what precedes it is within the limit: so many bytes, it included.
    Line(usize),
    /// One is there, after so many bytes: more than the limit.
    TooLong(usize),
    /// None is there, and none begins in the first so many bytes: more than the limit.
    Overrun(usize),
    /// None is there yet.
    NotYet,
}

/// One search, which may need several looks. It goes on where it was, as the standard library's
/// does, also when others took bytes out between two looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search {
    /// No separator begins before it.
    offset: usize,
}

/// What earlier searches found out about the bytes that are still there.
#[derive(Debug, Default)]
pub(super) struct Searched {
    separators: Option<Separators>,
    /// No separator begins before it.
    offset: usize,
}

impl Searched {
    /// So many bytes were taken from the front.
    pub(super) fn forget(&mut self, count: usize) {
        self.offset = self.offset.saturating_sub(count);
    }

    fn offset(&self, separators: &Separators) -> usize {
        if self.separators.as_ref() == Some(separators) {
            self.offset
        } else {
            0
        }
    }

    fn remember(&mut self, separators: &Separators, offset: usize) {
        if self.separators.as_ref() != Some(separators) {
            self.separators = Some(separators.clone());
        }
        self.offset = offset;
    }
}

impl Search {
    pub(super) fn step(
        &mut self,
        data: &[u8],
        separators: &Separators,
        limit: usize,
        searched: &mut Searched,
    ) -> Find {
        // Whether this search has looked at so much before decides what it reports; what earlier
        // ones saw only saves it the looking.
        if data.len() < self.offset + separators.shortest() {
            return Find::NotYet;
        }
        let known = searched.offset(separators);
        let from = self.offset.max(known);
        if let Some((start, end)) = separators.find(data, from) {
            return if start > limit {
                Find::TooLong(start)
            } else {
                Find::Line(end)
            };
        }
        self.offset = (data.len() + 1).saturating_sub(separators.longest());
        // If others took bytes out meanwhile, nobody may have looked at what precedes `from`.
        if from == known {
            searched.remember(separators, self.offset);
        }
        if self.offset > limit {
            Find::Overrun(self.offset)
        } else {
            Find::NotYet
        }
    }
}
