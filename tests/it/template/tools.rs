//! AWS's own judges of the template.

use std::path::Path;
use std::process::Command;

use super::document::path;
use crate::tools::tool;

fn passes(tool: &Path, arguments: &[&str]) {
    let template = path();
    let output = Command::new(tool)
        .args(arguments)
        .arg(&template)
        .env("AWS_DEFAULT_REGION", "eu-central-1")
        .env("SAM_CLI_TELEMETRY", "0")
        .output()
        .expect("it runs");
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{said}");
}

#[test]
fn sam_takes_the_template_for_valid() {
    if let Some(sam) = tool("sam", "sam") {
        passes(&sam, &["validate", "--template-file"]);
    }
}

#[test]
fn sam_finds_nothing_to_lint() {
    if let Some(sam) = tool("sam", "sam") {
        passes(&sam, &["validate", "--lint", "--template-file"]);
    }
}

#[test]
fn cfn_lint_finds_nothing() {
    if let Some(lint) = tool("sam", "cfn-lint") {
        passes(&lint, &["--template"]);
    }
}
