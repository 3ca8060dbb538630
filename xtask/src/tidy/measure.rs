//! Sizes and counts, one row per crate and per Python folder.
//!
//! Promise: only shipped files (below `src/`) are measured for a crate; prose and unit tests
//! are not counted.

use super::breach::Breach;
use super::tree::{Kind, PythonFile, RustFile};
use super::{examples, orderings, safety};
use std::fmt::Write as _;

/// STYLE: prose may double a file, code may not pass this.
const MAX_CODE_LINES: usize = 400;

/// One line of the table.
#[derive(Debug, Default)]
pub(super) struct Row {
    name: String,
    /// Code lines of each file, ascending.
    sizes: Vec<usize>,
    unsafe_blocks: usize,
    safety_comments: usize,
    orderings: usize,
    orderings_unnamed: usize,
    public: usize,
    public_without_example: usize,
}

impl Row {
    pub(super) fn of_rust(name: &str, sources: &[RustFile]) -> Self {
        let mut row = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        for source in sources.iter().filter(|source| source.kind == Kind::Library) {
            row.sizes.push(source.code_lines());
            let safety = safety::count(source);
            row.unsafe_blocks += safety.blocks;
            row.safety_comments += safety.comments;
            row.orderings += orderings::count(source);
            row.orderings_unnamed += orderings::check(source).len();
            let examples = examples::count(source);
            row.public += examples.public;
            row.public_without_example += examples.without;
        }
        row.sizes.sort_unstable();
        row
    }

    pub(super) fn of_python(name: &str, sources: &[PythonFile]) -> Self {
        let mut sizes: Vec<usize> = sources.iter().map(PythonFile::code_lines).collect();
        sizes.sort_unstable();
        Self {
            name: name.to_owned(),
            sizes,
            ..Self::default()
        }
    }
}

/// The size that `percent` of the files do not pass.
fn percentile(ascending: &[usize], percent: usize) -> usize {
    let rank = (ascending.len() * percent).div_ceil(100);
    ascending.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// A file may have so much code and no more.
pub(super) fn check_size(path: &str, code_lines: usize) -> Option<Breach> {
    let what = format!("{code_lines} code lines, more than {MAX_CODE_LINES}: split it");
    (code_lines > MAX_CODE_LINES).then(|| Breach::new("size", path, 1, what))
}

/// The whole table, with its heading.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<20}{:>6}{:>8}{:>5}{:>5}{:>15}{:>16}{:>19}\n",
        "code lines per file",
        "files",
        "median",
        "p90",
        "max",
        "unsafe/SAFETY",
        "sync: missing",
        "public no example"
    );
    for row in rows {
        let [median, p90, max] = [50, 90, 100].map(|percent| percentile(&row.sizes, percent));
        let [safety, sync, public] = [
            (row.unsafe_blocks, row.safety_comments),
            (row.orderings_unnamed, row.orderings),
            (row.public_without_example, row.public),
        ]
        .map(|(part, whole)| {
            if part + whole == 0 {
                "-".to_owned()
            } else {
                format!("{part}/{whole}")
            }
        });
        let (name, files) = (&row.name, row.sizes.len());
        let _ = writeln!(
            text,
            "{name:<20}{files:>6}{median:>8}{p90:>5}{max:>5}{safety:>15}{sync:>16}{public:>19}"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{check_size, percentile};

    #[test]
    fn percentiles_of_a_known_row() {
        let sizes = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
        assert_eq!([50, 90, 100].map(|p| percentile(&sizes, p)), [50, 90, 100]);
        assert_eq!(percentile(&[], 50), 0);
    }

    #[test]
    fn only_a_file_above_the_bound_is_too_long() {
        assert!(check_size("a.rs", 400).is_none());
        assert!(check_size("a.rs", 401).is_some());
    }
}
