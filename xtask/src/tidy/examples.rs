//! Counts public items and those whose doc has no runnable example. Counted, never refused.

use super::lexer::Line;
use super::tree::RustFile;

const ITEMS: [&str; 7] = [
    "fn",
    "struct",
    "enum",
    "trait",
    "const fn",
    "unsafe fn",
    "async fn",
];

/// Public items of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) public: usize,
    pub(super) without: usize,
}

/// Counts `pub` items; restricted visibility (`pub(crate)`) is not public.
pub(super) fn count(source: &RustFile) -> Count {
    let mut count = Count::default();
    for (index, line) in source.lines.iter().enumerate() {
        if is_public_item(&line.code) {
            count.public += 1;
            count.without += usize::from(!has_example(&source.lines[..index]));
        }
    }
    count
}

fn is_public_item(code: &str) -> bool {
    let Some(rest) = code.trim_start().strip_prefix("pub ") else {
        return false;
    };
    ITEMS.iter().any(|item| {
        rest.strip_prefix(item)
            .is_some_and(|after| after.starts_with(' '))
    })
}

/// Looks through the doc comment and attributes that end just before the item.
fn has_example(above: &[Line]) -> bool {
    above
        .iter()
        .rev()
        .take_while(|line| {
            line.comment.starts_with("///") || line.code.trim_start().starts_with("#[")
        })
        .any(|line| line.comment.contains("```"))
}

#[cfg(test)]
mod tests {
    use super::{Count, count};
    use crate::tidy::tree::RustFile;

    #[test]
    fn items_with_and_without_example() {
        let source = "/// ```\n/// f();\n/// ```\n#[must_use]\npub fn f() {}\n\n/// Bare.\npub struct S;\npub(crate) fn g() {}\n";
        let counted = count(&RustFile::new("c/src/a.rs", source));
        assert_eq!(
            counted,
            Count {
                public: 2,
                without: 1
            }
        );
    }
}
