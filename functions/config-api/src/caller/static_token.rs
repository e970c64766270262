//! One token for one administrator: the local server.

use axum::http::header;
use axum::http::request::Parts;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use super::{Authenticator, Caller, Denial, Role};

/// Lets in who sends this token as a bearer (RFC 6750), as an administrator.
#[derive(Debug)]
pub struct StaticToken {
    name: String,
    token: SecretString,
}

impl StaticToken {
    /// `name` is what the activity log calls the caller.
    pub fn new(name: impl Into<String>, token: SecretString) -> Self {
        Self { name: name.into(), token }
    }
}

impl Authenticator for StaticToken {
    fn caller(&self, request: &Parts) -> Result<Caller, Denial> {
        let given = bearer(request).ok_or(Denial::Unauthenticated)?;
        let token = self.token.expose_secret().as_bytes();
        // How long it takes tells the token's length at most.
        let same = !token.is_empty() && bool::from(given.as_bytes().ct_eq(token));
        let caller = Caller { name: self.name.clone(), role: Role::Administrator };
        same.then_some(caller).ok_or(Denial::Unauthenticated)
    }
}

fn bearer(request: &Parts) -> Option<&str> {
    let given = request.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn caller(header: Option<&str>) -> Result<Caller, Denial> {
        let request = Request::builder();
        let request = match header {
            Some(header) => request.header(header::AUTHORIZATION, header),
            None => request,
        };
        let (parts, ()) = request.body(()).unwrap().into_parts();
        StaticToken::new("local", "s3cret".to_owned().into()).caller(&parts)
    }

    #[test]
    fn the_token_lets_in_an_administrator() {
        let expected = Caller { name: "local".into(), role: Role::Administrator };
        assert_eq!(caller(Some("Bearer s3cret")), Ok(expected.clone()));
        assert_eq!(caller(Some("bearer s3cret")), Ok(expected));
    }

    #[test]
    fn nothing_else_does() {
        for header in ["", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crett", "Basic s3cret", "s3cret"] {
            assert_eq!(caller(Some(header)), Err(Denial::Unauthenticated), "{header}");
        }
        assert_eq!(caller(None), Err(Denial::Unauthenticated));
    }

    #[test]
    fn an_empty_token_lets_nobody_in() {
        let (parts, ()) =
            Request::builder().header(header::AUTHORIZATION, "Bearer ").body(()).unwrap().into_parts();
        assert!(StaticToken::new("local", String::new().into()).caller(&parts).is_err());
    }

    #[test]
    fn the_token_is_not_shown() {
        assert!(!format!("{:?}", StaticToken::new("local", "s3cret".to_owned().into())).contains("s3cret"));
    }
}
