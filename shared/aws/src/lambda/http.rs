//! HTTP requests that API Gateway hands to a function (HTTP API, payload format 2.0).

use std::collections::HashMap;

use http::Extensions;
use lambda_http::request::RequestContext;
pub use lambda_http::request::from_str as request_of_event;
pub use lambda_http::run as serve;

/// The claims of the caller's token that the gateway's JWT authorizer has verified. `None` where no authorizer did: the
/// request came another way, or the route asks for none.
pub fn verified_claims(request: &Extensions) -> Option<&HashMap<String, String>> {
    match request.get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => Some(&context.authorizer.as_ref()?.jwt.as_ref()?.claims),
        _ => None,
    }
}
