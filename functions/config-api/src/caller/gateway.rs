//! What API Gateway has verified: an OIDC token's claims (docs/adr/0005).

use aws::lambda::http::verified_claims;
use axum::http::request::Parts;

use super::{Authenticator, Caller, Denial, Role};

/// Most characters of a name; more says nothing more.
const NAME: usize = 256;

/// Reads the claims that the JWT authorizer of an HTTP API has verified. It reads no header, so that nobody who reaches the
/// function by another way than the authorizer is let in.
#[derive(Debug, Clone)]
pub struct GatewayClaims {
    role_claim: String,
}

impl GatewayClaims {
    /// `role_claim` is the claim that holds `administrator` or `read-only`.
    pub fn new(role_claim: impl Into<String>) -> Self {
        Self { role_claim: role_claim.into() }
    }
}

impl Authenticator for GatewayClaims {
    fn caller(&self, request: &Parts) -> Result<Caller, Denial> {
        let claims = verified_claims(&request.extensions).ok_or(Denial::Unauthenticated)?;
        // An address that the issuer has not verified may be somebody else's.
        let email =
            claims.get("email").filter(|_| claims.get("email_verified").is_none_or(|is| is == "true"));
        let name = email.or(claims.get("sub")).ok_or(Denial::Unauthenticated)?;
        let role = match claims.get(&self.role_claim).map(String::as_str) {
            Some("administrator") => Role::Administrator,
            Some("read-only") => Role::ReadOnly,
            _ => return Err(Denial::NoRole),
        };
        Ok(Caller { name: name.chars().filter(|c| !c.is_control()).take(NAME).collect(), role })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aws::lambda::http::request_of_event;
    use serde_json::{Value, json};

    use super::*;

    /// The sample event with these claims.
    fn caller(claims: &[(&str, &str)]) -> Result<Caller, Denial> {
        let sample = include_str!("../../../../events/config-api.json");
        let mut event: Value = serde_json::from_str(sample).unwrap();
        let claims: BTreeMap<_, _> = claims.iter().copied().collect();
        event["requestContext"]["authorizer"]["jwt"]["claims"] = json!(claims);
        let (parts, _) = request_of_event(&event.to_string()).unwrap().into_parts();
        GatewayClaims::new("rollcall_role").caller(&parts)
    }

    #[test]
    fn a_role_is_what_its_claim_says() {
        let read_only = caller(&[("email", "ada@example.org"), ("rollcall_role", "read-only")]).unwrap();
        assert_eq!(read_only, Caller { name: "ada@example.org".into(), role: Role::ReadOnly });
        let administrator = caller(&[("sub", "4711"), ("rollcall_role", "administrator")]).unwrap();
        assert_eq!(administrator, Caller { name: "4711".into(), role: Role::Administrator });
    }

    #[test]
    fn any_other_role_and_none_is_denied() {
        for role in ["", "admin", "Administrator", "[administrator]", "administrator read-only"] {
            assert_eq!(caller(&[("sub", "4711"), ("rollcall_role", role)]), Err(Denial::NoRole), "{role}");
        }
        assert_eq!(caller(&[("sub", "4711"), ("role", "administrator")]), Err(Denial::NoRole));
    }

    #[test]
    fn an_address_that_is_not_verified_names_nobody() {
        let claims = [("email", "boss@example.org"), ("email_verified", "false"), ("sub", "4711")];
        let caller = caller(&[&claims[..], &[("rollcall_role", "administrator")]].concat()).unwrap();
        assert_eq!(caller.name, "4711");
    }

    #[test]
    fn a_request_that_no_authorizer_saw_is_nobodys() {
        let request = http::Request::builder().header("authorization", "Bearer x").body(()).unwrap();
        let (parts, ()) = request.into_parts();
        assert_eq!(GatewayClaims::new("rollcall_role").caller(&parts), Err(Denial::Unauthenticated));
    }
}
