//! Text of a fixed size, as it stands in a record. Promise: it never allocates, and a text that
//! is too long is cut between two characters and ends in `...`.

use std::fmt;

/// What a cut text ends in.
const CUT: &str = "...";

/// At most `N` bytes of text; `N` is at most 255 and a multiple of eight.
///
/// ```
/// use ropewalk_census::Text;
/// use std::fmt::Write;
///
/// let mut place = Text::<16>::new();
/// write!(place, "{}:{}", "bank.py", 40).unwrap();
/// assert_eq!(place.as_str(), "bank.py:40");
/// write!(place, " in transfer").unwrap();
/// assert_eq!(place.as_str(), "bank.py:40 in...");
/// ```
#[derive(Clone, Copy)]
pub struct Text<const N: usize> {
    length: u8,
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    /// No text.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N <= 255 && N.is_multiple_of(8) && N >= CUT.len()) };
        Self {
            length: 0,
            bytes: [0; N],
        }
    }

    /// This text, or as much of it as there is room for.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut made = Self::new();
        made.push(text);
        made
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = &self.bytes[..usize::from(self.length).min(N)];
        // Only whole characters are ever put in; what is no text is better empty than fatal here.
        std::str::from_utf8(bytes).unwrap_or("")
    }

    /// Adds `text` at the end, cutting it when the room ends.
    pub fn push(&mut self, text: &str) {
        let start = usize::from(self.length);
        if text.len() <= N - start {
            self.bytes[start..start + text.len()].copy_from_slice(text.as_bytes());
            self.set_length(start + text.len());
            return;
        }
        let fitting = text.floor_char_boundary_below(N - start);
        self.bytes[start..start + fitting].copy_from_slice(&text.as_bytes()[..fitting]);
        self.set_length(start + fitting);
        let end = self.as_str().floor_char_boundary_below(N - CUT.len());
        self.bytes[end..end + CUT.len()].copy_from_slice(CUT.as_bytes());
        self.set_length(end + CUT.len());
    }

    fn set_length(&mut self, length: usize) {
        self.length = u8::try_from(length).unwrap_or(u8::MAX);
    }

    /// The bytes as words, for a record.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        self.bytes.chunks_exact(8).map(|chunk| {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            u64::from_ne_bytes(word)
        })
    }

    pub(crate) fn length(&self) -> u8 {
        self.length
    }

    /// The inverse of `words` and `length`.
    pub(crate) fn from_words(length: u8, words: &[u64]) -> Self {
        let mut text = Self::new();
        for (chunk, word) in text.bytes.chunks_exact_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_ne_bytes());
        }
        text.length = length;
        text
    }
}

/// `str::floor_char_boundary`, which is younger than the oldest compiler that builds this.
trait Boundary {
    fn floor_char_boundary_below(&self, limit: usize) -> usize;
}

impl Boundary for str {
    fn floor_char_boundary_below(&self, limit: usize) -> usize {
        let mut end = limit.min(self.len());
        while !self.is_char_boundary(end) {
            end -= 1;
        }
        end
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Write for Text<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = Text::<16>::of("aaaaaaaaaaaaéé and more");
        assert_eq!(text.as_str(), "aaaaaaaaaaaa...");
        let mut grown = Text::<16>::of("aaaaaaaaaaaaéé");
        grown.push("b");
        assert_eq!(grown.as_str(), "aaaaaaaaaaaa...");
    }

    #[test]
    fn words_carry_the_whole_text() {
        let text = Text::<24>::of("Lock made at bank.py:12");
        let words: Vec<u64> = text.words().collect();
        let back = Text::<24>::from_words(text.length(), &words);
        assert_eq!(back.as_str(), "Lock made at bank.py:12");
    }
}
