//! AWS's own judges of the template. `tests/run` installs them; where they are missing these tests say so and pass.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::document::path;

/// A program that `tests/run` installs below `target/tools`, or `None`, said aloud.
fn tool(name: &str) -> Option<PathBuf> {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/sam/bin").join(name);
    if tool.exists() {
        return Some(tool);
    }
    #[expect(clippy::print_stderr, reason = "what is skipped is said aloud")]
    {
        eprintln!("SKIPPED: {name} is not installed; tests/run installs it");
    }
    None
}

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
    if let Some(sam) = tool("sam") {
        passes(&sam, &["validate", "--template-file"]);
    }
}

#[test]
fn sam_finds_nothing_to_lint() {
    if let Some(sam) = tool("sam") {
        passes(&sam, &["validate", "--lint", "--template-file"]);
    }
}

#[test]
fn cfn_lint_finds_nothing() {
    if let Some(lint) = tool("cfn-lint") {
        passes(&lint, &["--template"]);
    }
}
