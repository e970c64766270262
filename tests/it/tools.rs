//! Programs that `tests/run` installs below `target/tools`. Where one is missing, a test says so and passes.

use std::path::{Path, PathBuf};

/// The workspace's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// A program of a Python environment, or `None`, said aloud. With `ROLLCALL_REQUIRE_SERVERS=1` it must be there.
pub fn tool(environment: &str, program: &str) -> Option<PathBuf> {
    let tool = root().join("target/tools").join(environment).join("bin").join(program);
    if tool.exists() {
        return Some(tool);
    }
    let required = std::env::var_os("ROLLCALL_REQUIRE_SERVERS").is_some_and(|value| value == "1");
    assert!(!required, "{program} is not installed");
    #[expect(clippy::print_stderr, reason = "what is skipped is said aloud")]
    {
        eprintln!("SKIPPED: {program} is not installed; tests/run installs it");
    }
    None
}
