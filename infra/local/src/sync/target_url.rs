//! The target's address as it was typed.

use provisioning::application::BaseUrlProblem;
use scim_client::AddressPolicy;
use url::Url;

use crate::ending::CommandError;

/// The base URL, without a trailing slash. Whether the addresses behind its name may be reached is judged when it is
/// connected to.
///
/// # Errors
///
/// What was typed is no base URL, or leads where only `--allow-local-target` may.
pub fn base_url(typed: &str, policy: AddressPolicy) -> Result<Url, CommandError> {
    policy.base_url(typed).map_err(|problem| {
        let hint = match problem {
            BaseUrlProblem::Refused(_) => {
                ". A URL that somebody typed must not reach into this machine or network, nor send a token in the clear; if that is what you want, add --allow-local-target"
            }
            BaseUrlProblem::Credentials => " (--token-env names the variable that holds the token)",
            _ => "",
        };
        CommandError::Unusable(format!("--target {problem}{hint}"))
    })
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
