//! `tidy.toml`: exceptions, each with a rule, a path and a reason.
//!
//! Promise: an entry that excuses nothing is itself a breach, so the list never goes stale.

use super::breach::Breach;
use std::fs;
use std::path::Path;

/// One exception.
#[derive(Debug)]
pub(super) struct Allowed {
    rule: String,
    path: String,
}

/// Breaches after the exceptions were taken off.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) broken: Vec<Breach>,
    pub(super) excused: usize,
}

/// Reads the list; no file means no exceptions.
pub(super) fn read(path: &Path) -> Result<Vec<Allowed>, String> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    parse(&fs::read_to_string(path).map_err(|error| format!("cannot read tidy.toml: {error}"))?)
}

fn parse(text: &str) -> Result<Vec<Allowed>, String> {
    let table: toml::Table = text
        .parse()
        .map_err(|error| format!("tidy.toml: {error}"))?;
    let entries = match table.get("allow") {
        None => return Ok(Vec::new()),
        Some(entries) => entries
            .as_array()
            .ok_or("tidy.toml: `allow` is a list of tables")?,
    };
    entries.iter().map(entry).collect()
}

fn entry(entry: &toml::Value) -> Result<Allowed, String> {
    let field = |name: &str| {
        let text = entry
            .get(name)
            .and_then(toml::Value::as_str)
            .unwrap_or("")
            .trim();
        if text.is_empty() {
            return Err(format!("tidy.toml: an entry has no `{name}`: {entry:?}"));
        }
        Ok(text.to_owned())
    };
    field("reason")?;
    Ok(Allowed {
        rule: field("rule")?,
        path: field("path")?,
    })
}

/// Takes the excused breaches off and adds one for each entry that excuses nothing.
pub(super) fn sort(breaches: Vec<Breach>, allowed: &[Allowed]) -> Verdict {
    let covers =
        |entry: &Allowed, breach: &Breach| entry.rule == breach.rule && entry.path == breach.path;
    let (excused, mut broken): (Vec<_>, Vec<_>) = breaches
        .into_iter()
        .partition(|breach| allowed.iter().any(|entry| covers(entry, breach)));
    for entry in allowed
        .iter()
        .filter(|entry| !excused.iter().any(|breach| covers(entry, breach)))
    {
        let what = format!(
            "excuses nothing any more: rule {} of {}",
            entry.rule, entry.path
        );
        broken.push(Breach::new("allow", "tidy.toml", 1, what));
    }
    Verdict {
        broken,
        excused: excused.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Breach, parse, sort};

    const ENTRY: &str =
        "[[allow]]\nrule = \"size\"\npath = \"a.rs\"\nreason = \"a state machine\"\n";

    #[test]
    fn an_entry_excuses_its_breach_only() {
        let allowed = parse(ENTRY).expect("valid");
        let verdict = sort(
            vec![
                Breach::new("size", "a.rs", 1, ""),
                Breach::new("head", "a.rs", 1, ""),
            ],
            &allowed,
        );
        assert_eq!((verdict.excused, verdict.broken.len()), (1, 1));
        assert_eq!(verdict.broken[0].rule, "head");
    }

    #[test]
    fn a_stale_entry_is_a_breach() {
        assert_eq!(
            sort(Vec::new(), &parse(ENTRY).expect("valid")).broken.len(),
            1
        );
    }

    #[test]
    fn a_reason_is_required() {
        assert!(parse("[[allow]]\nrule = \"size\"\npath = \"a.rs\"\n").is_err());
    }
}
