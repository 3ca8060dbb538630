//! Runs every rule over every file and puts measurements and breaches into one report.
//!
//! Promise: a rule sees code and comments apart (`lexer`, `python`), so that a word in a
//! string or in prose never counts as code.

mod allow;
mod breach;
mod commits;
mod crates;
mod examples;
mod head;
mod homes;
mod layers;
mod lexer;
mod loom_tests;
mod measure;
mod orderings;
mod python;
mod readmes;
mod safety;
mod tree;
mod wakes;

use breach::Breach;
use measure::Row;
use std::fmt::Write as _;
use std::path::Path;

/// What a run says, and whether no rule is broken.
pub(crate) struct Outcome {
    pub(crate) text: String,
    pub(crate) clean: bool,
}

/// Folders with Python files; each becomes one row of the report.
const PYTHON_FOLDERS: [&str; 6] = ["python", "tests", "scripts", "benches", "examples", ".ci"];

/// Measures the tree below `root`.
pub(crate) fn run(root: &Path) -> Result<Outcome, String> {
    let workspace = crates::read(root)?;
    let mut breaches = layers::check(&workspace);
    let mut rows = Vec::new();
    for member in &workspace {
        let sources = tree::rust_files(root, &member.folder)?;
        rows.push(Row::of_rust(&member.name, &sources));
        for source in &sources {
            breaches.extend(measure::check_size(&source.path, source.code_lines()));
            breaches.extend(head::check_rust(source));
            breaches.extend(safety::check(source));
            breaches.extend(orderings::check(source));
            breaches.extend(homes::check(&member.name, source));
            breaches.extend(wakes::check(&member.name, source));
        }
        breaches.extend(loom_tests::check(&member.name, &sources));
        breaches.extend(readmes::check(root, member));
    }
    for folder in PYTHON_FOLDERS {
        let sources = tree::python_files(root, folder)?;
        if sources.is_empty() {
            continue;
        }
        rows.push(Row::of_python(&format!("{folder}/*.py"), &sources));
        for source in &sources {
            breaches.extend(measure::check_size(&source.path, source.code_lines()));
            breaches.extend(head::check_python(source));
        }
    }
    breaches.extend(commits::check(root)?);
    let allowed = allow::read(&root.join("tidy.toml"))?;
    let verdict = allow::sort(breaches, &allowed);
    Ok(report(&rows, &verdict))
}

fn report(rows: &[Row], verdict: &allow::Verdict) -> Outcome {
    let mut text = measure::table(rows);
    if verdict.excused > 0 {
        let _ = writeln!(text, "\n{} excused in tidy.toml", verdict.excused);
    }
    for Breach {
        rule,
        path,
        line,
        what,
    } in &verdict.broken
    {
        let _ = writeln!(text, "{rule}: {path}:{line}: {what}");
    }
    let clean = verdict.broken.is_empty();
    let ending = if clean {
        "tidy: every rule holds\n".to_owned()
    } else {
        format!(
            "tidy: {} to mend (or list in tidy.toml, with a reason)\n",
            verdict.broken.len()
        )
    };
    text.push_str(&ending);
    Outcome { text, clean }
}
