//! Each crate has a README of one screen, which also says what is deliberately absent.
//!
//! Promise: crates below `crates/` are held to it; benches and this one explain themselves.

use super::breach::Breach;
use super::crates::Member;
use std::fs;
use std::path::Path;

/// Lines on one screen: what a browser shows of a README with little scrolling.
const MAX_LINES: usize = 80;

/// What stands in front of what was left out, in one of these words.
const ABSENT: [&str; 2] = ["deliberately absent", "deliberately missing"];

/// A README that is not there, too long, or silent about what is absent.
pub(super) fn check(root: &Path, member: &Member) -> Option<Breach> {
    let folder = member.folder.strip_prefix(root).unwrap_or(&member.folder);
    if !folder.starts_with("crates") {
        return None;
    }
    let path = format!("{}/README.md", folder.to_string_lossy().replace('\\', "/"));
    let text = fs::read_to_string(member.folder.join("README.md")).ok();
    fault(text.as_deref()).map(|what| Breach::new("readme", &path, 1, what))
}

fn fault(text: Option<&str>) -> Option<String> {
    let Some(text) = text else {
        return Some("the crate has no README".to_owned());
    };
    let lines = text.lines().count();
    if lines > MAX_LINES {
        return Some(format!(
            "{lines} lines, more than the {MAX_LINES} of one screen"
        ));
    }
    let lower = text.to_lowercase();
    let told = ABSENT.iter().any(|words| lower.contains(words));
    (!told).then(|| "does not say what is deliberately absent".to_owned())
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn a_readme_says_what_is_absent() {
        assert_eq!(
            fault(Some("# a\n\n## What is deliberately absent\n\nAll.\n")),
            None
        );
        assert_eq!(fault(Some("# a\n\n**Deliberately missing.** All.\n")), None);
        assert!(fault(Some("# a\n\nIt does all.\n")).is_some());
    }

    #[test]
    fn a_readme_is_there_and_has_one_screen() {
        assert!(fault(None).is_some());
        let long = "Deliberately absent: brevity.\n".repeat(81);
        assert!(fault(Some(&long)).is_some());
    }
}
