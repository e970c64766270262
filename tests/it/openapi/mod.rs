//! The API against its own document: the document is valid, and the program does as it says, attacked with data that fits
//! and data that does not.

mod seed;

use std::path::Path;
use std::process::Command;

use crate::api::Served;
use crate::tools::{root, tool};
use seed::Seed;

/// The Python environment that holds both programs.
const ENVIRONMENT: &str = "schemathesis";
/// Says how many cases each operation is called with at most, in each phase.
const EXAMPLES: &str = "ROLLCALL_SCHEMATHESIS_EXAMPLES";
/// Cases an operation where nothing is said: a minute or so.
const FEW: &str = "40";
/// The same cases each time, unless another number is given.
const RANDOM_SEED: &str = "ROLLCALL_SCHEMATHESIS_SEED";

fn checked(program: &mut Command) {
    let output = program.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    #[expect(clippy::print_stdout, reason = "what was called, and how often, is of interest in a long run")]
    {
        println!("{told}");
    }
}

#[test]
fn the_document_is_a_valid_openapi_document() {
    let Some(validator) = tool(ENVIRONMENT, "openapi-spec-validator") else { return };
    checked(Command::new(validator).arg("--errors=all").arg(root().join("docs/openapi.json")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_does_what_the_document_says_whatever_it_is_sent() {
    let Some(schemathesis) = tool(ENVIRONMENT, "schemathesis") else { return };
    let served = Served::start();
    let seed = Seed::plant(&served).await;
    let setting = |name, default: &str| std::env::var_os(name).unwrap_or_else(|| default.into());
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/openapi");
    let folder = tempfile::tempdir().unwrap();
    checked(
        Command::new(schemathesis)
            .current_dir(folder.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONHASHSEED", "0")
            .env("ROLLCALL_HOOKS", here.join("hooks.py"))
            .env("ROLLCALL_SERVER", served.origin())
            .env("ROLLCALL_TOKEN", served.token())
            .env("ROLLCALL_SEED", seed.told().to_string())
            .arg("--config-file")
            .arg(here.join("schemathesis.toml"))
            .args(["run", &format!("{}/v1/openapi.json", served.origin()), "--no-color", "--warnings", "off"])
            .arg("--max-examples")
            .arg(setting(EXAMPLES, FEW))
            .arg("--seed")
            .arg(setting(RANDOM_SEED, "1")),
    );
}
