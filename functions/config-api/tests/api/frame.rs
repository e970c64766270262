//! What holds for every route.

use axum::body::Body;
use axum::http::{Request, header};

use crate::client::{Client, request};

#[tokio::test]
async fn nobody_is_let_in_without_a_valid_token() {
    let client = Client::new().await;
    for authorization in [None, Some("Bearer wrong"), Some("Basic dTpw"), Some("Bearer ")] {
        let request = Request::builder().uri("/v1/catalog");
        let request = match authorization {
            Some(value) => request.header(header::AUTHORIZATION, value),
            None => request,
        };
        let answer = client.send(request.body(Body::empty()).unwrap()).await;
        answer.problem(401, "unauthenticated");
        assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
    }
}

#[tokio::test]
async fn a_token_without_a_role_is_forbidden() {
    let client = Client::new().await;
    let request = Request::builder().uri("/v1/catalog").header(header::AUTHORIZATION, "Bearer no-role");
    client.send(request.body(Body::empty()).unwrap()).await.problem(403, "forbidden");
}

#[tokio::test]
async fn who_only_reads_is_let_read() {
    let client = Client::new().await;
    let request = Request::builder().uri("/v1/catalog").header(header::AUTHORIZATION, "Bearer read-only");
    client.send(request.body(Body::empty()).unwrap()).await.expect(200);
}

#[tokio::test]
async fn whatever_writes_is_closed_to_who_only_reads() {
    let client = Client::new().await;
    let document = client.get("/v1/openapi.json").await.expect(200);
    let mut closed = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        // Whatever stands for an id: nobody is asked whether it is there.
        let path: String = path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        for method in
            ["post", "put", "patch", "delete"].iter().filter(|method| operations.get(**method).is_some())
        {
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(&path);
            let request = request.header(header::AUTHORIZATION, "Bearer read-only");
            client.send(request.body(Body::empty()).unwrap()).await.problem(403, "forbidden");
            closed += 1;
        }
    }
    assert!(closed > 30, "only {closed} operations write");
}

#[tokio::test]
async fn what_is_no_route_is_a_problem() {
    let client = Client::new().await;
    for path in
        ["/", "/v1", "/v1/usres", "/v1/catalog/", "/v2/catalog", "/v1/catalog/a/b", "//", "/v1/%2e%2e"]
    {
        client.get(path).await.problem(404, "unknown-route");
    }
}

#[tokio::test]
async fn a_method_the_route_does_not_have_is_a_problem_that_lists_what_it_has() {
    let client = Client::new().await;
    for method in ["DELETE", "PUT", "POST", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        let answer = client.send(request(method, "/v1/catalog").body(Body::empty()).unwrap()).await;
        answer.problem(405, "method-not-allowed");
        assert_eq!(answer.header(header::ALLOW), "GET,HEAD");
    }
}

#[tokio::test]
async fn an_unknown_query_parameter_is_named() {
    let client = Client::new().await;
    let problem = client.get("/v1/catalog?provisoning=true").await.problem(400, "invalid-query");
    assert_eq!(problem["errors"][0]["field"], "provisoning");
    assert_eq!(problem["errors"][0]["allowed"], "cursor, limit, provisioning, q");
    // Also where a route has none at all.
    let problem = client.get("/v1/catalog/generic-saml?x=1").await.problem(400, "invalid-query");
    assert_eq!(problem["errors"][0]["field"], "x");
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_named() {
    let client = Client::new().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("limit=1&limit=2", "limit"),
        ("provisioning=maybe", "provisioning"),
        ("cursor=forged", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=bnVsbA", "cursor"),
        ("cursor=", "cursor"),
    ] {
        let problem = client.get(&format!("/v1/catalog?{query}")).await.problem(400, "invalid-query");
        assert_eq!(problem["errors"][0]["field"], field, "{query}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_on_any_route() {
    let client = Client::new().await;
    let body = Body::from(vec![b' '; 4_000_001]);
    client.send(request("GET", "/v1/catalog").body(body).unwrap()).await.problem(413, "too-large");
    let body = Body::from(vec![b' '; 4_000_000]);
    client.send(request("GET", "/v1/catalog").body(body).unwrap()).await.expect(200);
}

#[tokio::test]
async fn every_answer_forbids_caching_and_guessing() {
    let client = Client::new().await;
    for path in ["/v1/catalog", "/v1/openapi.json", "/nowhere", "/v1/catalog?x"] {
        let answer = client.get(path).await;
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{path}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert!(answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).is_none(), "{path}");
    }
}
