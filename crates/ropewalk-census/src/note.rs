//! What a record says, as a value and as words.
//! Promise: the words hold all of it, and reading words that were never written says "nobody,
//! waiting for nothing".

use crate::text::Text;

/// Room for the text that names a thread.
pub const NAME_BYTES: usize = 64;
/// Room for the kind of a wait.
pub const KIND_BYTES: usize = 24;
/// Room for what is waited for.
pub const WHAT_BYTES: usize = 104;
/// Room for where a thread stands.
pub const PLACE_BYTES: usize = 136;

/// How to find the thread that could end a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Any thread could.
    Anyone,
    /// The thread with this key: the one that is joined.
    Thread(usize),
    /// The thread whose key stands in the word at this address (zero: nobody), inside the object
    /// that is waited for.
    Cell(usize),
}

/// Who a record belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    /// [`thread_key`](ropewalk_park::thread_key); zero: nobody.
    pub(crate) key: usize,
    /// The kernel's number.
    pub(crate) native_id: u32,
    pub(crate) name: Text<NAME_BYTES>,
}

/// One wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note {
    pub(crate) kind: Text<KIND_BYTES>,
    pub(crate) what: Text<WHAT_BYTES>,
    pub(crate) place: Text<PLACE_BYTES>,
    pub(crate) object: usize,
    pub(crate) holder: Holder,
    pub(crate) timed: bool,
    /// Nanoseconds on the monotonic clock.
    pub(crate) since: u64,
}

impl Person {
    pub(crate) const NOBODY: Self = Self {
        key: 0,
        native_id: 0,
        name: Text::new(),
    };
}

/// Words of a [`Person`]: key, number and length of the name, name.
pub(crate) const PERSON_WORDS: usize = 2 + NAME_BYTES / 8;
/// Words of a [`Note`]: the head (see `Note::head`), object, holder, since, three texts.
pub(crate) const NOTE_WORDS: usize = 4 + (KIND_BYTES + WHAT_BYTES + PLACE_BYTES) / 8;

impl Person {
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        let second = u64::from(self.native_id) << 8 | u64::from(self.name.length());
        [self.key as u64, second]
            .into_iter()
            .chain(self.name.words())
    }

    pub(crate) fn from_words(words: &[u64; PERSON_WORDS]) -> Self {
        let [_, native_id @ .., length] = words[1].to_be_bytes();
        let [_, _, a, b, c, d] = native_id;
        Self {
            key: address(words[0]),
            native_id: u32::from_be_bytes([a, b, c, d]),
            name: Text::from_words(length, &words[2..]),
        }
    }
}

impl Note {
    /// From the highest byte: unused x3, time-out (0 or 1), holder (0 anyone, 1 thread, 2 cell),
    /// length of the place, of what, of the kind.
    fn head(&self) -> u64 {
        let holder = match self.holder {
            Holder::Anyone => 0,
            Holder::Thread(_) => 1,
            Holder::Cell(_) => 2,
        };
        let lengths = [self.place.length(), self.what.length(), self.kind.length()];
        let [place, what, kind] = lengths;
        u64::from_be_bytes([0, 0, 0, u8::from(self.timed), holder, place, what, kind])
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        let holder = match self.holder {
            Holder::Anyone => 0,
            Holder::Thread(key) => key,
            Holder::Cell(address) => address,
        };
        [self.head(), self.object as u64, holder as u64, self.since]
            .into_iter()
            .chain(self.kind.words())
            .chain(self.what.words())
            .chain(self.place.words())
    }

    pub(crate) fn from_words(words: &[u64; NOTE_WORDS]) -> Self {
        let [_, _, _, timed, tag, place, what, kind] = words[0].to_be_bytes();
        let (kinds, rest) = words[4..].split_at(KIND_BYTES / 8);
        let (whats, places) = rest.split_at(WHAT_BYTES / 8);
        Self {
            kind: Text::from_words(kind, kinds),
            what: Text::from_words(what, whats),
            place: Text::from_words(place, places),
            object: address(words[1]),
            holder: match tag {
                1 => Holder::Thread(address(words[2])),
                2 => Holder::Cell(address(words[2])),
                _ => Holder::Anyone,
            },
            timed: timed != 0,
            since: words[3],
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it was a usize before")]
fn address(word: u64) -> usize {
    word as usize
}

#[cfg(test)]
mod tests {
    use super::{Holder, NOTE_WORDS, Note, PERSON_WORDS, Person};
    use crate::Text;

    #[test]
    fn a_person_comes_back_from_its_words() {
        let person = Person {
            key: 0x7f00_1234_5678,
            native_id: 4_000_000_000,
            name: Text::of("Thread-1 (transfer)"),
        };
        let words: Vec<u64> = person.words().collect();
        let words: [u64; PERSON_WORDS] = words.try_into().unwrap();
        let back = Person::from_words(&words);
        assert_eq!(format!("{back:?}"), format!("{person:?}"));
    }

    #[test]
    fn a_note_comes_back_from_its_words() {
        for holder in [Holder::Anyone, Holder::Thread(5), Holder::Cell(6)] {
            let note = Note {
                kind: Text::of("Lock"),
                what: Text::of("Lock made at bank.py:12"),
                place: Text::of("bank.py:40 in transfer"),
                object: 77,
                holder,
                timed: holder == Holder::Anyone,
                since: u64::MAX - 1,
            };
            let words: Vec<u64> = note.words().collect();
            let words: [u64; NOTE_WORDS] = words.try_into().unwrap();
            assert_eq!(
                format!("{:?}", Note::from_words(&words)),
                format!("{note:?}")
            );
        }
    }

    #[test]
    fn empty_words_say_nobody_and_nothing() {
        assert_eq!(Person::from_words(&[0; PERSON_WORDS]).key, 0);
        let note = Note::from_words(&[0; NOTE_WORDS]);
        assert_eq!((note.object, note.holder), (0, Holder::Anyone));
        assert!(note.kind.as_str().is_empty());
    }
}
