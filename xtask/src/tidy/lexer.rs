//! Splits Rust source into code and comments, line by line.
//!
//! Promise: what stands in a string or character literal appears in neither half; a block
//! comment may nest and span lines; lifetimes are not taken for characters.

/// One line of source, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The code, literals emptied.
    pub(super) code: String,
    /// The comment with its slashes (`//! text`, `/// text`, `// text`).
    pub(super) comment: String,
}

impl Line {
    /// Whether anything but blanks and comment stands here.
    pub(super) fn has_code(&self) -> bool {
        !self.code.trim().is_empty()
    }
}

enum State {
    Code,
    LineComment,
    /// How deep block comments nest here.
    BlockComment(usize),
    Text,
    /// Number of `#` that close the raw string.
    RawText(usize),
}

/// Takes a whole file apart.
pub(super) fn split(source: &str) -> Vec<Line> {
    let characters: Vec<char> = source.chars().collect();
    let mut lines = vec![Line::default()];
    let mut state = State::Code;
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let rest = &characters[at..];
        if character == '\n' {
            if matches!(state, State::LineComment) {
                state = State::Code;
            }
            lines.push(Line::default());
            at += 1;
            continue;
        }
        let last = lines.len() - 1;
        at += step(
            rest,
            at.checked_sub(1).map(|i| characters[i]),
            &mut state,
            &mut lines[last],
        );
    }
    lines
}

/// Handles what stands at the head of `rest`; returns how many characters that was.
fn step(rest: &[char], before: Option<char>, state: &mut State, line: &mut Line) -> usize {
    match state {
        State::Code => return step_code(rest, before, state, line),
        State::LineComment => line.comment.push(rest[0]),
        State::BlockComment(depth) => return step_block(rest, depth, line).apply(state),
        State::Text => match rest[0] {
            // An escaped line end is left for `split`, which counts lines.
            '\\' if rest.get(1).is_some_and(|next| *next != '\n') => return 2,
            '"' => *state = State::Code,
            _ => {}
        },
        State::RawText(hashes) => {
            if rest[0] == '"' && count(&rest[1..], '#') >= *hashes {
                let length = 1 + *hashes;
                *state = State::Code;
                return length;
            }
        }
    }
    1
}

/// The end of a block comment ends the state; everything else stays in it.
enum Block {
    Stay(usize),
    End(usize),
}

impl Block {
    fn apply(self, state: &mut State) -> usize {
        match self {
            Self::Stay(length) => length,
            Self::End(length) => {
                *state = State::Code;
                length
            }
        }
    }
}

fn step_block(rest: &[char], depth: &mut usize, line: &mut Line) -> Block {
    if starts(rest, "/*") {
        *depth += 1;
        return Block::Stay(2);
    }
    if starts(rest, "*/") {
        *depth -= 1;
        return if *depth == 0 {
            Block::End(2)
        } else {
            Block::Stay(2)
        };
    }
    line.comment.push(rest[0]);
    Block::Stay(1)
}

fn step_code(rest: &[char], before: Option<char>, state: &mut State, line: &mut Line) -> usize {
    if starts(rest, "//") {
        *state = State::LineComment;
        line.comment.push_str("//");
        return 2;
    }
    if starts(rest, "/*") {
        *state = State::BlockComment(1);
        return 2;
    }
    if rest[0] == '"' {
        *state = State::Text;
        line.code.push_str("\"\"");
        return 1;
    }
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if let (false, Some((length, hashes))) = (in_word, raw_start(rest)) {
        *state = State::RawText(hashes);
        line.code.push_str("\"\"");
        return length;
    }
    if rest[0] == '\''
        && let Some(length) = character_literal(rest)
    {
        line.code.push_str("' '");
        return length;
    }
    line.code.push(rest[0]);
    1
}

/// `r"`, `r#"`, `br##"` and so on: length of the opening and number of `#`.
fn raw_start(rest: &[char]) -> Option<(usize, usize)> {
    let prefix = [("br", 2), ("cr", 2), ("r", 1)]
        .into_iter()
        .find(|(p, _)| starts(rest, p))?
        .1;
    let hashes = count(&rest[prefix..], '#');
    (rest.get(prefix + hashes) == Some(&'"')).then_some((prefix + hashes + 1, hashes))
}

/// Length of the character literal at the head of `rest`; `None` for a lifetime.
fn character_literal(rest: &[char]) -> Option<usize> {
    if rest.get(1) == Some(&'\\') {
        let end = rest.iter().skip(3).position(|c| *c == '\'')?;
        return Some(end + 4);
    }
    (rest.get(2) == Some(&'\'')).then_some(3)
}

fn starts(rest: &[char], prefix: &str) -> bool {
    prefix
        .chars()
        .enumerate()
        .all(|(i, c)| rest.get(i) == Some(&c))
}

fn count(rest: &[char], wanted: char) -> usize {
    rest.iter().take_while(|c| **c == wanted).count()
}

/// The words of a line of code: names, keywords and numbers.
pub(super) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
}

#[cfg(test)]
mod tests {
    use super::split;

    fn code(source: &str) -> Vec<String> {
        split(source)
            .into_iter()
            .map(|line| line.code.trim().to_owned())
            .collect()
    }

    #[test]
    fn a_comment_is_not_code() {
        let lines = split("let a = 1; // unsafe { }\n/* libc:: */ b();");
        assert_eq!(lines[0].code.trim(), "let a = 1;");
        assert_eq!(lines[0].comment, "// unsafe { }");
        assert_eq!(lines[1].code.trim(), "b();");
    }

    #[test]
    fn a_literal_is_emptied() {
        assert_eq!(
            code(r#"f("libc::x // no \" end", 'x', '\n', '"');"#),
            [r#"f("", ' ', ' ', ' ');"#]
        );
        assert_eq!(code(r##"let t = r#"unsafe " {"#;"##), [r#"let t = "";"#]);
    }

    #[test]
    fn a_lifetime_is_not_a_character() {
        assert_eq!(code("fn f<'a>(x: &'a str) {}"), ["fn f<'a>(x: &'a str) {}"]);
    }

    #[test]
    fn a_string_over_several_lines_keeps_the_line_count() {
        assert_eq!(
            code("a(\"one\ntwo \\\n three\");\nb();"),
            ["a(\"\"", "", ");", "b();"]
        );
    }

    #[test]
    fn block_comments_nest() {
        assert_eq!(code("/* a /* b\n */ c */ d"), ["", "d"]);
    }
}
