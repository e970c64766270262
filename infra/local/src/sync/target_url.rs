//! The target's address as it was typed.

use scim_client::AddressPolicy;
use url::{Host, Url};

use crate::ending::CommandError;

/// The base URL, without a trailing slash. Whether the addresses behind its name may be reached is judged when it is
/// connected to.
///
/// # Errors
///
/// What was typed is no base URL, or leads where only `--allow-local-target` may.
pub fn base_url(typed: &str, policy: AddressPolicy) -> Result<Url, CommandError> {
    let unusable = |problem: String| CommandError::Unusable(format!("--target {problem}"));
    let mut url: Url = typed.trim().parse().map_err(|error| {
        unusable(format!(
            "is not a URL ({error}); write the SCIM base URL, such as https://scim.example.org/v2"
        ))
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        // Not shown: what stands there may be a secret.
        return Err(unusable(
            "holds a user name or password; the token belongs in the environment (--token-env)".into(),
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(unusable(
            "holds a query or fragment; give the base URL alone, as /Users stands behind it".into(),
        ));
    }
    if url.cannot_be_a_base() || url.host().is_none() || !matches!(url.scheme(), "https" | "http") {
        return Err(unusable(format!("{typed} is not the https URL of a SCIM endpoint")));
    }
    let local_name = matches!(url.host(), Some(Host::Domain(name)) if is_local_name(name));
    let refusal = policy.refusal(&url).or_else(|| {
        (local_name && policy == AddressPolicy::PublicOnly).then(|| "the name means this machine".to_owned())
    });
    if let Some(refusal) = refusal {
        return Err(unusable(format!(
            "{typed} is refused: {refusal}. A URL that somebody typed must not reach into this machine or network, nor send a token in the clear; if that is what you want, add --allow-local-target"
        )));
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

    fn refused(typed: &str) -> String {
        base_url(typed, AddressPolicy::PublicOnly).expect_err(typed).to_string()
    }

    #[test]
    fn what_is_no_base_url_is_refused() {
        assert!(refused("scim example").contains("is not a URL"));
        assert!(refused("example.org/scim").contains("is not a URL"));
        assert!(refused("mailto:x@example.org").contains("is not the https URL"));
        assert!(refused("https://example.org/scim?x=1").contains("query or fragment"));
        assert!(refused("https://example.org/scim#x").contains("query or fragment"));
        let told = refused("https://ada:hunter2@example.org/scim");
        assert!(told.contains("user name or password") && !told.contains("hunter2"));
    }

    #[test]
    fn local_targets_and_plain_http_need_the_flag() {
        for typed in [
            "http://scim.example.org",
            "https://127.0.0.1/scim",
            "https://[::1]/scim",
            "https://10.0.0.1",
            "https://localhost:8443/scim",
            "https://scim.LOCALHOST./",
            "https://169.254.169.254/",
        ] {
            assert!(refused(typed).contains("--allow-local-target"), "{typed}");
        }
        let allowed = base_url("http://127.0.0.1:8080/scim/v2/", AddressPolicy::AllowLocal).expect("allowed");
        assert_eq!(allowed.as_str(), "http://127.0.0.1:8080/scim/v2");
    }

    #[test]
    fn trailing_slashes_do_not_make_another_application() {
        let url = |typed: &str| base_url(typed, AddressPolicy::PublicOnly).expect(typed);
        assert_eq!(url("https://SCIM.example.org/v2//"), url("https://scim.example.org/v2"));
    }
}
