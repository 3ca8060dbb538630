//! Every unsafe block says why it holds here: a `SAFETY:` comment at or just above it.

use super::breach::Breach;
use super::lexer::Line;
use super::tree::RustFile;

/// Unsafe blocks (and unsafe impls) against `SAFETY:` comments.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) blocks: usize,
    pub(super) comments: usize,
}

/// Counts both over a file.
pub(super) fn count(source: &RustFile) -> Count {
    let blocks = source.lines.iter().map(|line| blocks_in(&line.code)).sum();
    let comments = source.lines.iter().filter(|line| told(line)).count();
    Count { blocks, comments }
}

/// Whether a comment begins with the word; prose about it does not count.
fn told(line: &Line) -> bool {
    let words = line.comment.trim_start_matches(['/', '!', ' ']);
    words.starts_with("SAFETY:")
}

fn blocks_in(code: &str) -> usize {
    ["unsafe {", "unsafe impl"]
        .into_iter()
        .map(|opening| code.matches(opening).count())
        .sum()
}

/// How far above its block a comment may begin: a long reason and a split statement fit.
const REACH: usize = 8;

/// Blocks without a comment within reach.
pub(super) fn check(source: &RustFile) -> Vec<Breach> {
    let bare = |number: &usize| {
        let first = number.saturating_sub(1 + REACH);
        !source.lines[first..*number].iter().any(told)
    };
    source
        .numbered()
        .filter(|(_, line)| blocks_in(&line.code) > 0)
        .map(|(number, _)| number)
        .filter(bare)
        .map(|number| {
            Breach::new(
                "safety",
                &source.path,
                number,
                "unsafe without a SAFETY: comment",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Count, check, count};
    use crate::tidy::tree::RustFile;

    #[test]
    fn a_block_needs_its_comment() {
        let bare = RustFile::new("c/src/a.rs", "fn f() {\n    unsafe { g() }\n}\n");
        assert_eq!(check(&bare).len(), 1);
        let told = RustFile::new(
            "c/src/a.rs",
            "// SAFETY: g wants nothing.\nunsafe { g() }\n",
        );
        assert!(check(&told).is_empty());
        assert_eq!(
            count(&told),
            Count {
                blocks: 1,
                comments: 1
            }
        );
    }

    #[test]
    fn the_word_in_a_string_is_no_block() {
        assert!(check(&RustFile::new("c/src/a.rs", "let t = \"unsafe { }\";\n")).is_empty());
    }
}
