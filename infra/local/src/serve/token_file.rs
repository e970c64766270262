//! The file that holds the local administrator's token.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};

use crate::ending::CommandError;

/// Bytes of randomness in a token that is made here.
const RANDOM_BYTES: usize = 32;
/// Fewest characters of a token: shorter ones can be guessed.
const SHORTEST: usize = 16;
/// Most characters of a token.
const LONGEST: usize = 1024;

/// A token, and where it comes from.
#[derive(Debug)]
pub(super) struct TokenFile {
    token: SecretString,
    new: bool,
}

impl TokenFile {
    /// Reads the token from `path`, or makes one there for its owner alone.
    ///
    /// # Errors
    ///
    /// The file cannot be read or made, others may read it, or what it holds is no token.
    pub(super) fn take(path: &Path) -> Result<Self, CommandError> {
        let unusable =
            |why: String| CommandError::Unusable(format!("the token file {} {why}", path.display()));
        match fs::metadata(path) {
            Ok(found) => read(path, &found).map(|token| Self { token, new: false }).map_err(unusable),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make(path).map(|token| Self { token, new: true }).map_err(unusable)
            }
            Err(error) => Err(unusable(format!("cannot be read: {error}"))),
        }
    }

    /// Whether it was made just now.
    pub(super) fn is_new(&self) -> bool {
        self.new
    }

    pub(super) fn into_token(self) -> SecretString {
        self.token
    }
}

/// A token that nobody can guess.
///
/// # Errors
///
/// The system gives no randomness.
pub fn new_token() -> io::Result<SecretString> {
    let mut random = [0; RANDOM_BYTES];
    getrandom::fill(&mut random)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random).into())
}

fn read(path: &Path, found: &fs::Metadata) -> Result<SecretString, String> {
    if !found.is_file() {
        return Err("is no file; name a file, or one that is not there yet and will be made".into());
    }
    if found.mode() & 0o077 != 0 {
        let mode = found.mode() & 0o777;
        return Err(format!(
            "is open to others (mode {mode:03o}), who may have read it; remove it to have a new one made, or close it: chmod 600"
        ));
    }
    let mut text = String::new();
    let file = File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    let read = file.take(LONGEST as u64 + 2).read_to_string(&mut text);
    let text = SecretString::from(text);
    let token = text.expose_secret().trim_end_matches(['\r', '\n']);
    if read.is_err() || !is_token(token) {
        return Err(format!(
            "does not hold a token: {SHORTEST} to {LONGEST} letters, digits or any of -._~+/= on one line; remove it to have one made"
        ));
    }
    Ok(token.to_owned().into())
}

/// What a bearer token may be made of (RFC 6750 section 2.1, `b64token`), and long enough.
fn is_token(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    (SHORTEST..=LONGEST).contains(&text.len()) && text.bytes().all(plain)
}

/// Makes the file whole or not at all, also where the process is killed in the middle of it.
fn make(path: &Path) -> Result<SecretString, String> {
    let token = new_token().map_err(|error| format!("cannot be made: {error}"))?;
    let written = || -> io::Result<()> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // It is made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{}", token.expose_secret())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path)?;
        File::open(folder)?.sync_all()
    };
    written().map_err(|error| format!("cannot be made: {error}"))?;
    Ok(token)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn write(path: &Path, text: impl AsRef<[u8]>, mode: u32) {
        fs::write(path, text).expect("written");
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    }

    fn refusal(path: &Path) -> String {
        let error = TokenFile::take(path).expect_err("refused");
        assert_eq!(error.code(), 2);
        error.to_string()
    }

    #[test]
    fn a_file_that_is_not_there_is_made_for_its_owner_alone_and_used_from_then_on() {
        let outer = tempfile::tempdir().expect("a folder");
        let path = outer.path().join("data").join("token");
        let made = TokenFile::take(&path).expect("made");
        assert!(made.is_new());
        assert_eq!(path.metadata().expect("a file").mode() & 0o777, 0o600);
        let again = TokenFile::take(&path).expect("read");
        assert!(!again.is_new());
        assert_eq!(made.token.expose_secret(), again.token.expose_secret());
        assert_eq!(made.token.expose_secret().len(), 43, "32 bytes in base64url");
        assert_eq!(fs::read_dir(path.parent().expect("a folder")).expect("its files").count(), 1);
    }

    #[test]
    fn no_two_tokens_are_the_same() {
        let token = || new_token().expect("randomness").expose_secret().to_owned();
        assert_ne!(token(), token());
    }

    #[test]
    fn a_file_open_to_others_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        for mode in [0o604, 0o640, 0o644, 0o666, 0o602, 0o601] {
            write(&path, "a-token-of-some-length", mode);
            assert!(refusal(&path).contains("chmod 600"), "{mode:o}");
        }
        for mode in [0o600, 0o400] {
            write(&path, "a-token-of-some-length", mode);
            TokenFile::take(&path).expect("accepted");
            fs::remove_file(&path).expect("removed");
        }
    }

    #[test]
    fn what_is_no_token_is_refused_and_not_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        let long = "x".repeat(LONGEST + 1);
        for text in [
            "",
            "\n",
            "short",
            "with a space in it",
            "two\nlines-of-some-length",
            "ümläutümläutümläut",
            &long,
        ] {
            write(&path, text, 0o600);
            let told = refusal(&path);
            assert!(told.contains("does not hold a token"), "{told}");
            assert!(text.len() < 4 || !told.contains(text), "{told}");
        }
        write(&path, [0xff; 20], 0o600);
        assert!(refusal(&path).contains("does not hold a token"));
        assert!(refusal(folder.path()).contains("is no file"));
    }

    #[test]
    fn a_line_feed_at_the_end_is_no_part_of_the_token() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        write(&path, "a-token-of-some-length\n", 0o600);
        let token = TokenFile::take(&path).expect("read").into_token();
        assert_eq!(token.expose_secret(), "a-token-of-some-length");
    }
}
