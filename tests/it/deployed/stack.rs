//! The deployed form: our `template.yaml` and our own binaries, deployed as a stack.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::ministack::Ministack;
use crate::tools::{root, tool};

/// The stack's name, with which the names of its resources begin.
pub const STACK: &str = "rollcall";

/// The functions that open targets; the feature lets them reach the stand-in on this machine.
const OPEN_TARGETS: [&str; 3] = ["user-sync", "group-sync", "jobs"];
const OTHERS: [&str; 3] = ["change-detection", "log-writer", "config-api"];

/// Builds the functions and deploys the stack. `false` where what it takes is not installed, said aloud.
pub fn deploy(ministack: &Ministack) -> bool {
    let Some(sam) = tool("sam", "sam") else { return false };
    let folder = root().join("target/deployed").join(ministack.endpoint.rsplit(':').next().expect("a port"));
    prepare(&folder);
    let mut deploy = Command::new(sam);
    deploy
        .args(["deploy", "--stack-name", STACK, "--resolve-s3", "--capabilities", "CAPABILITY_IAM"])
        .args(["--no-confirm-changeset", "--no-progressbar", "--template-file", "template.yaml"])
        .args(["--parameter-overrides", "OidcIssuer=https://id.example.org", "OidcAudience=rollcall"])
        .envs(ministack.environment())
        .current_dir(&folder);
    run(&mut deploy);
    // The zips lie in the bucket by now, and the binaries are large.
    let _ = fs::remove_dir_all(&folder);
    true
}

/// The template beside the folders it takes code from, each with its binary named `bootstrap`: what `sam build` would leave.
fn prepare(folder: &Path) {
    let mut build = Command::new(env!("CARGO"));
    build.arg("build").current_dir(root());
    for function in OPEN_TARGETS {
        build.args(["-p", function, "--features", &format!("{function}/loopback-targets")]);
    }
    build.args(OTHERS.iter().flat_map(|function| ["-p", function]));
    run(&mut build);
    for function in OPEN_TARGETS.iter().chain(&OTHERS) {
        let code = folder.join("functions").join(function);
        fs::create_dir_all(&code).expect("a folder");
        let built = root().join("target/debug").join(function);
        let bootstrap = code.join("bootstrap");
        // Debug information is four fifths of a binary; without `strip` it goes along.
        let stripped = Command::new("strip").arg("-o").arg(&bootstrap).arg(&built).status();
        if !stripped.is_ok_and(|status| status.success()) {
            fs::copy(&built, &bootstrap).expect("a binary");
        }
    }
    fs::copy(root().join("template.yaml"), folder.join("template.yaml")).expect("the template");
}

fn run(command: &mut Command) {
    let output = command.output().expect("it runs");
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{command:?}: {said}");
}
