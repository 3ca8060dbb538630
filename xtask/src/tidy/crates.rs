//! The workspace as `cargo metadata` tells it: members, folders, what each ships with.
//!
//! Promise: dependencies for tests and benches are left out; they may cross layers.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One workspace member.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    /// Names of the crates that it ships with, from this workspace or not.
    pub(super) dependencies: Vec<String>,
}

/// Asks cargo for the members of the workspace in `root`.
pub(super) fn read(root: &Path) -> Result<Vec<Member>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot run cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metadata = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    members(&metadata).ok_or_else(|| "cargo metadata has an unknown form".to_owned())
}

fn members(metadata: &Value) -> Option<Vec<Member>> {
    let mut members: Vec<Member> = metadata["packages"]
        .as_array()?
        .iter()
        .map(member)
        .collect::<Option<_>>()?;
    members.sort_by(|a, b| a.name.cmp(&b.name));
    Some(members)
}

fn member(package: &Value) -> Option<Member> {
    let manifest = Path::new(package["manifest_path"].as_str()?);
    // Kind null is an ordinary dependency; "dev" and "build" are not shipped.
    let shipped = package["dependencies"]
        .as_array()?
        .iter()
        .filter(|d| d["kind"].is_null());
    Some(Member {
        name: package["name"].as_str()?.to_owned(),
        folder: manifest.parent()?.to_path_buf(),
        dependencies: shipped
            .filter_map(|d| d["name"].as_str().map(str::to_owned))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::members;
    use serde_json::json;

    #[test]
    fn only_shipped_dependencies_count() {
        let metadata = json!({"packages": [{
            "name": "a", "manifest_path": "/w/crates/a/Cargo.toml", "dependencies": [
                {"name": "b", "kind": null}, {"name": "c", "kind": "dev"}]}]});
        let members = members(&metadata).expect("a known form");
        assert_eq!(members[0].dependencies, ["b"]);
        assert!(members[0].folder.ends_with("crates/a"));
    }
}
