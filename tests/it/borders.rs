//! The borders of docs/ARCHITECTURE.md: which crate may name which. `deny.toml` says the same for cargo-deny, which is not on
//! every machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Crates of the workspace that each crate may depend on, beside those it tests with.
const MAY_USE: &[(&str, &[&str])] = &[
    ("scim", &[]),
    ("catalog", &["scim"]),
    ("provisioning", &["scim", "catalog"]),
    ("scim-client", &["scim", "catalog", "provisioning"]),
    ("aws", &["provisioning", "scim"]),
    ("testkit", &["scim", "provisioning"]),
    ("change-detection", &["provisioning", "aws"]),
    ("user-sync", &["provisioning", "aws", "scim-client"]),
    ("group-sync", &["provisioning", "aws", "scim-client"]),
    ("jobs", &["provisioning", "aws", "scim-client"]),
    ("log-writer", &["provisioning", "aws"]),
    ("config-api", &["provisioning", "catalog", "aws", "scim-client"]),
];

/// Outside crates that only some may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("aws-config", &["aws"]),
    ("aws-sdk-", &["aws"]),
    ("aws-smithy-", &["aws"]),
    ("aws_lambda_events", &["aws"]),
    ("lambda_http", &["aws"]),
    ("lambda_runtime", &["aws"]),
    ("dynoxide-rs", &["rollcall"]),
    ("reqwest", &["scim-client", "testkit"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names in a manifest's `[dependencies]`, by package, of every crate of the workspace.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let folders = ["shared", "functions", "infra"].map(|folder| root().join(folder));
    let manifests = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder of crates"));
    let manifests = manifests
        .map(|entry| entry.expect("an entry").path().join("Cargo.toml"))
        .filter(|path| path.is_file());
    manifests.map(|path| read_manifest(&path)).collect()
}

fn read_manifest(path: &Path) -> (String, Vec<String>) {
    let text = std::fs::read_to_string(path).expect("a manifest");
    let mut section = String::new();
    let (mut name, mut dependencies) = (String::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').to_owned();
        } else if let Some((key, value)) = line.split_once('=') {
            match section.as_str() {
                "package" if key.trim() == "name" => name = value.trim().trim_matches('"').to_owned(),
                "dependencies" => {
                    let key = key.trim();
                    dependencies.push(key.split('.').next().unwrap_or(key).to_owned());
                }
                _ => {}
            }
        }
    }
    (name, dependencies)
}

#[test]
fn crates_use_only_whom_they_may() {
    let all = dependencies();
    for (name, dependencies) in &all {
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| known == name) else {
            assert_eq!(
                name, "rollcall",
                "{name} has no line in MAY_USE; the local runner alone may use everything"
            );
            continue;
        };
        for dependency in dependencies.iter().filter(|dependency| all.contains_key(*dependency)) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
    assert!(MAY_USE.iter().all(|(name, _)| all.contains_key(*name)), "a crate of MAY_USE is gone");
}

#[test]
fn outside_crates_are_named_only_where_they_belong() {
    for (name, dependencies) in dependencies() {
        for dependency in dependencies {
            let border = ONLY_IN.iter().find(|(prefix, _)| dependency.starts_with(prefix));
            if let Some((_, allowed)) = border {
                assert!(allowed.contains(&name.as_str()), "{name} must not name {dependency}");
            }
        }
    }
}

/// Every file and folder that docs/ARCHITECTURE.md names in backticks, from the root or from a place it has just described.
#[test]
fn the_map_names_only_places_that_are_there() {
    let map = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("the map");
    let names = map.split('`').skip(1).step_by(2);
    let places: Vec<_> = names.filter(|name| name.ends_with(".rs") || name.ends_with('/')).collect();
    assert!(places.len() > 30, "the map names {} places: is it still written in backticks?", places.len());
    for place in places {
        let bases = ["", "shared/provisioning/src", "shared/scim-client/src", "infra/local/src"];
        let beside = ["plan", "sync", "detect", "sweep", "application", "directory"]
            .map(|folder| format!("shared/provisioning/src/{folder}"));
        let mut bases = bases.into_iter().map(str::to_owned).chain(beside);
        assert!(
            bases.any(|base| root().join(base).join(place).exists()),
            "docs/ARCHITECTURE.md names {place}"
        );
    }
}
