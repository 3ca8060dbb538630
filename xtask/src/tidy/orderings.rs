//! Every ordering stronger than `Relaxed` names its partner in a `sync:` comment nearby.

use super::breach::Breach;
use super::lexer::{Line, words};
use super::tree::{Kind, RustFile};

const STRONG: [&str; 4] = ["Acquire", "Release", "AcqRel", "SeqCst"];

/// How far above the ordering its comment may stand.
const REACH: usize = 6;

/// Lines with a strong ordering.
pub(super) fn count(source: &RustFile) -> usize {
    source.lines.iter().filter(|line| is_strong(line)).count()
}

/// Lines with a strong ordering and no `sync:` at, just above or just below them.
pub(super) fn check(source: &RustFile) -> Vec<Breach> {
    if source.kind != Kind::Library {
        return Vec::new();
    }
    let lone = |number: &usize| {
        let first = number.saturating_sub(1 + REACH);
        let last = (number + 1).min(source.lines.len());
        !source.lines[first..last]
            .iter()
            .any(|line| line.comment.contains("sync:"))
    };
    source
        .numbered()
        .filter(|(_, line)| is_strong(line))
        .map(|(number, _)| number)
        .filter(lone)
        .map(|number| {
            Breach::new(
                "sync",
                &source.path,
                number,
                "ordering without a `sync:` comment",
            )
        })
        .collect()
}

fn is_strong(line: &Line) -> bool {
    let code = line.code.trim();
    let imports = code.starts_with("use ") || code.starts_with("pub use ");
    !imports && words(code).any(|word| STRONG.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::tree::RustFile;

    fn breaches(source: &str) -> usize {
        check(&RustFile::new("c/src/a.rs", source)).len()
    }

    #[test]
    fn a_strong_ordering_names_its_partner() {
        assert_eq!(breaches("a.store(1, Release);\n"), 1);
        assert_eq!(
            breaches("a.store(1, Release); // sync: publish, pairs with pop\n"),
            0
        );
        assert_eq!(
            breaches("// sync: publish, pairs with pop\na.store(1, Ordering::Release);\n"),
            0
        );
    }

    #[test]
    fn relaxed_and_imports_need_none() {
        assert_eq!(
            breaches("use Ordering::{Acquire, Release};\na.load(Relaxed);\n"),
            0
        );
    }

    #[test]
    fn a_longer_word_is_not_an_ordering() {
        assert_eq!(breaches("ReleaseGuard::new();\n"), 0);
    }
}
