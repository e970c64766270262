//! A SCIM base URL as somebody typed it.

use url::{Host, Url};

/// Longest URL that is taken.
const LONGEST: usize = 2_000;

/// Why a text is no base URL. It never shows what may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlProblem {
    /// It cannot be read as a URL.
    #[error("is not a URL ({0}); write the SCIM base URL, such as https://scim.example.org/v2")]
    NotAUrl(String),
    /// It holds credentials.
    #[error("holds a user name or password; credentials do not belong in a URL")]
    Credentials,
    /// It holds more than a base.
    #[error("holds a query or fragment; give the base URL alone, as /Users stands behind it")]
    MoreThanABase,
    /// It is a URL of something else.
    #[error("is not the https URL of a SCIM endpoint")]
    NoEndpoint,
    /// It leads where a typed URL must not (rule 11).
    #[error("is refused: {0}")]
    Refused(String),
}

/// Reads a base URL and takes a trailing slash off. Whether the addresses behind its name may be reached is judged when it
/// is connected to; `refusal` judges what is written in it, and `local_names` says whether a name that means this machine
/// may stand there.
///
/// # Errors
///
/// [`BaseUrlProblem`].
pub fn base_url(
    typed: &str,
    refusal: impl FnOnce(&Url) -> Option<String>,
    local_names: bool,
) -> Result<Url, BaseUrlProblem> {
    let typed = typed.trim();
    if typed.len() > LONGEST {
        return Err(BaseUrlProblem::NotAUrl(format!("it is longer than {LONGEST} characters")));
    }
    let mut url: Url =
        typed.parse().map_err(|error: url::ParseError| BaseUrlProblem::NotAUrl(error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BaseUrlProblem::Credentials);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(BaseUrlProblem::MoreThanABase);
    }
    if url.cannot_be_a_base() || url.host().is_none() || !matches!(url.scheme(), "https" | "http") {
        return Err(BaseUrlProblem::NoEndpoint);
    }
    let names_this_machine = matches!(url.host(), Some(Host::Domain(name)) if is_local_name(name));
    let refused = refusal(&url)
        .or_else(|| (names_this_machine && !local_names).then(|| "the name means this machine".to_owned()));
    if let Some(refused) = refused {
        return Err(BaseUrlProblem::Refused(refused));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Result<String, BaseUrlProblem> {
        base_url(typed, |_| None, false).map(|url| url.to_string())
    }

    #[test]
    fn a_trailing_slash_and_blanks_around_it_are_nothing() {
        assert_eq!(read(" https://scim.example.org/v2/ ").expect("read"), "https://scim.example.org/v2");
    }

    #[test]
    fn what_is_no_base_url_is_told_without_showing_a_secret() {
        assert!(matches!(read("example"), Err(BaseUrlProblem::NotAUrl(_))));
        let told = read("https://ada:hunter2@scim.example.org").expect_err("refused").to_string();
        assert!(!told.contains("hunter2"));
        assert_eq!(read("https://scim.example.org/v2?x=1"), Err(BaseUrlProblem::MoreThanABase));
        assert_eq!(read("ftp://scim.example.org"), Err(BaseUrlProblem::NoEndpoint));
        assert!(matches!(read("https://localhost./v2"), Err(BaseUrlProblem::Refused(_))));
        assert!(matches!(read(&format!("https://x/{}", "a".repeat(3_000))), Err(BaseUrlProblem::NotAUrl(_))));
    }
}
