//! Counts a Python file's code lines and finds its docstring.
//!
//! Promise: blank lines, comments and strings that stand as statements of their own (the
//! docstrings) are prose; everything else is code.

/// What the rules need to know of a Python file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) code_lines: usize,
    /// Whether the first statement is a string.
    pub(super) has_head: bool,
}

/// Reads a file; it need not be valid Python.
pub(super) fn read(text: &str) -> Source {
    let mut source = Source::default();
    let mut seen_statement = false;
    let mut closing: Option<(&str, bool)> = None;
    for line in text.lines().map(str::trim) {
        if let Some((quote, prose)) = closing {
            source.code_lines += usize::from(!prose);
            closing = (!line.contains(quote)).then_some((quote, prose));
            continue;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let prose = opens_with_string(line);
        source.has_head |= prose && !seen_statement;
        seen_statement = true;
        source.code_lines += usize::from(!prose);
        closing = still_open(line).map(|quote| (quote, prose));
    }
    source
}

/// Whether the statement is a string on its own.
fn opens_with_string(line: &str) -> bool {
    let bare = line.trim_start_matches(['r', 'R']);
    bare.starts_with("\"\"\"")
        || bare.starts_with("'''")
        || (bare.starts_with('"') && bare.ends_with('"'))
}

/// The triple quote that this line leaves open.
fn still_open(line: &str) -> Option<&'static str> {
    ["\"\"\"", "'''"]
        .into_iter()
        .find(|quote| line.matches(quote).count() % 2 == 1)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn docstrings_and_comments_are_prose() {
        let source = read(
            "\"\"\"Head.\n\nMore.\n\"\"\"\n\n# note\ndef f():\n    \"\"\"One line.\"\"\"\n    return 1\n",
        );
        assert_eq!((source.code_lines, source.has_head), (2, true));
    }

    #[test]
    fn a_long_string_that_is_a_value_is_code() {
        let source = read("import a\nTEXT = \"\"\"\none\n\"\"\"\n");
        assert_eq!((source.code_lines, source.has_head), (4, false));
    }
}
