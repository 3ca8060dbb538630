//! A commit's subject reads `area: what` and has at most 72 characters; work in progress is not
//! for others.
//!
//! Promise: commits after the one that `tidy.toml` names are looked at, those before are left as they
//! are. Where there is no history (an unpacked archive, a shallow copy), there is nothing to look at.

use super::breach::Breach;
use std::path::Path;
use std::process::Command;

/// What git's own lists and most mail programs show of a subject.
const MAX_CHARACTERS: usize = 72;

/// Words that say that a commit is not done.
const UNDONE: [&str; 3] = ["wip", "fixup!", "squash!"];

/// Subjects that break the custom, with the commit's number in place of a path.
pub(super) fn check(root: &Path) -> Result<Vec<Breach>, String> {
    let path = root.join("tidy.toml");
    let Ok(text) = std::fs::read_to_string(path) else {
        return Ok(Vec::new());
    };
    let Some(first) = first_left_alone(&text)? else {
        return Ok(Vec::new());
    };
    let subjects = subjects_after(root, &first).unwrap_or_default();
    let breach = |line: &str| {
        let (number, subject) = line.split_once('\t')?;
        fault(subject).map(|what| Breach::new("commit", number, 1, format!("{what}: {subject}")))
    };
    Ok(subjects.lines().filter_map(breach).collect())
}

/// The commit that `[commits] after` names.
fn first_left_alone(text: &str) -> Result<Option<String>, String> {
    let table: toml::Table = text
        .parse()
        .map_err(|error| format!("tidy.toml: {error}"))?;
    let after = table
        .get("commits")
        .and_then(|commits| commits.get("after"));
    Ok(after.and_then(toml::Value::as_str).map(str::to_owned))
}

/// Number and subject of each commit after that one; `None` when git does not know it.
fn subjects_after(root: &Path, first: &str) -> Option<String> {
    let range = format!("{first}..HEAD");
    let output = Command::new("git")
        .args(["log", "--no-merges", "--format=%h%x09%s", &range])
        .current_dir(root)
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn fault(subject: &str) -> Option<String> {
    let characters = subject.chars().count();
    if characters > MAX_CHARACTERS {
        return Some(format!(
            "{characters} characters, more than {MAX_CHARACTERS}"
        ));
    }
    let mut words = subject.split_whitespace();
    if words.any(|word| UNDONE.contains(&word.trim_end_matches(':').to_lowercase().as_str())) {
        return Some("work in progress".to_owned());
    }
    let told = subject
        .split_once(": ")
        .is_some_and(|(area, what)| is_area(area) && what.trim().len() > 1);
    (!told).then(|| "not of the form `area: what`".to_owned())
}

/// Small words, several of them with commas between.
fn is_area(area: &str) -> bool {
    let of_a_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-./".contains(c);
    let names = area.split(", ");
    names
        .into_iter()
        .all(|name| !name.is_empty() && name.chars().all(of_a_word))
}

#[cfg(test)]
mod tests {
    use super::{fault, first_left_alone};

    #[test]
    fn a_subject_names_its_area_and_what_was_done() {
        for good in [
            "queue: transitions of the state are its methods",
            "threading, queue: odd arguments are taken as they come",
            "py-asyncio: a handle has its lock in its own memory",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "transitions of the state",
            "queue:",
            "Queue is faster: really",
            ": nothing",
            "wip",
            "queue: wip",
            "x",
            "queue: x",
            "fixup! queue: a state",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_subject_has_72_characters_at_most() {
        let subject = |length: usize| format!("queue: {}", "a".repeat(length - 7));
        assert_eq!(fault(&subject(72)), None);
        assert!(fault(&subject(73)).is_some());
    }

    #[test]
    fn what_came_before_is_left_as_it_is() {
        let named = first_left_alone("[commits]\nafter = \"abc\"\n");
        assert_eq!(named, Ok(Some("abc".to_owned())));
        assert_eq!(first_left_alone("[[allow]]\n"), Ok(None));
    }
}
