//! The directory file and the token: what a run is fed with.

use std::path::Path;

use provisioning::directory::file::{DirectoryFile, Format, parse};
use secrecy::SecretString;

use crate::ending::CommandError;
use crate::output::{Console, counted};

/// Most problems printed; all of them are counted.
const PRINTED: usize = 100;

/// Reads the file. One with any problem is not the whole truth, and nothing is done with it.
///
/// # Errors
///
/// It cannot be read, or has problems, which were printed.
pub fn read(path: &Path, console: &Console) -> Result<DirectoryFile, CommandError> {
    let unusable =
        |error| CommandError::Unusable(format!("--directory {} cannot be read: {error}", path.display()));
    let bytes = std::fs::read(path).map_err(unusable)?;
    let file = parse(&bytes, Format::detect(path, &bytes));
    if file.problems.is_empty() {
        return Ok(file);
    }
    for problem in file.problems.kept.iter().take(PRINTED) {
        console.warn(&format_args!("{}: {problem}", path.display()));
    }
    let count = file.problems.count;
    let more = count.saturating_sub(PRINTED as u64);
    let more = if more > 0 { format!(" ({more} more are not shown)") } else { String::new() };
    let problems = counted(count, "problem");
    Err(CommandError::Unusable(format!(
        "{} has {problems}{more}; a file that is the whole truth must be sound, so nothing was touched",
        path.display()
    )))
}

/// The token from the environment variable of this name.
///
/// # Errors
///
/// There is none.
pub fn token(variable: &str) -> Result<SecretString, CommandError> {
    let missing = |what: &str| {
        CommandError::Unusable(format!(
            "the environment variable {variable} {what}; put the target's bearer token there, or name another variable with --token-env"
        ))
    };
    #[expect(clippy::disallowed_methods, reason = "this is where the command reads its configuration")]
    let token = std::env::var(variable).map_err(|_| missing("is not set"))?;
    let token = token.trim();
    if token.is_empty() {
        return Err(missing("is empty"));
    }
    if !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(missing("holds what no token has (blanks or special characters)"));
    }
    Ok(SecretString::from(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_file_is_sound() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/people.csv"));
        let file = read(path, &Console::plain()).expect("no problems");
        assert_eq!((file.users.len(), file.groups.len()), (3, 3));
    }
}
