//! Who calls, and what he may.

mod gateway;
mod static_token;

pub use gateway::GatewayClaims;
pub use static_token::StaticToken;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::Api;
use crate::problem::{Problem, ProblemKind};

/// Who calls. A handler takes it as an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// As the activity log names him.
    pub name: String,
    /// What he may.
    pub role: Role,
}

/// What a caller may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Administrator,
    /// Read everything, change nothing.
    ReadOnly,
}

/// Why nobody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// No credentials, or none that are valid.
    Unauthenticated,
    /// It is known who calls, and he has no role here.
    NoRole,
}

/// Tells who calls from a request's head.
pub trait Authenticator: Send + Sync {
    /// Who calls.
    ///
    /// # Errors
    ///
    /// [`Denial`]; it says nothing of the credentials.
    fn caller(&self, request: &Parts) -> Result<Caller, Denial>;
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Unauthenticated => {
                Self::new(ProblemKind::Unauthenticated, ProblemKind::Unauthenticated.example())
                    .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            Denial::NoRole => Self::new(
                ProblemKind::Forbidden,
                "the token names no role that is known here: 'administrator' or 'read-only'",
            ),
        }
    }
}

/// Lets in who may: everybody with a role to read, administrators to change.
pub async fn authenticate(State(api): State<Api>, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = api.authenticator.caller(&parts)?;
    if !parts.method.is_safe() && caller.role == Role::ReadOnly {
        return Err(Problem::new(ProblemKind::Forbidden, ProblemKind::Forbidden.example()));
    }
    parts.extensions.insert(caller.clone());
    let mut response = next.run(Request::from_parts(parts, body)).await;
    // For an access log, which stands further out.
    response.extensions_mut().insert(caller);
    Ok(response)
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // `authenticate` stands before every route that has a handler which asks.
        parts.extensions.get::<Self>().cloned().ok_or(Denial::Unauthenticated.into())
    }
}
