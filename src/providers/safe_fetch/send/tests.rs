//! Tests with servers on this machine that redirect to one another.

use super::*;
use crate::providers::safe_fetch::{Forbidden, Trusted};
use axum::Router;
use axum::http::{HeaderMap as Headers, Method as AxumMethod, StatusCode};
use axum::response::Redirect;
use axum::routing::any;
use serde_json::json;

/// Starts a server. `/show` returns what it received; the other paths redirect to `/show` of the server `to`.
async fn server(to: Option<&str>) -> String {
    let show = |method: AxumMethod, headers: Headers, body: String| async move {
        let key = headers.get("x-key").map_or("none", |key| key.to_str().unwrap());
        (StatusCode::ACCEPTED, format!("{method} {key} {body}"))
    };
    let target = format!("{}/show", to.unwrap_or_default());
    let (found, moved) = (target.clone(), target.clone());
    let routes = Router::new()
        .route("/show", any(show))
        .route("/found", any(|| async move { (StatusCode::FOUND, [("location", found)]) }))
        .route("/same-method", any(|| async move { Redirect::temporary(&moved) }))
        .route("/inside", any(|| async { Redirect::temporary("https://10.0.0.1/") }))
        .route("/large", any(|| async { "x".repeat(1001) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    origin
}

fn request(address: String) -> OwnRequest {
    let headers = [("x-key".parse().unwrap(), "secret".parse().unwrap())].into_iter().collect();
    OwnRequest { method: Method::POST, address, headers, body: json!({"a": 1}) }
}

#[tokio::test]
async fn a_redirect_keeps_the_secret_only_on_the_same_server() {
    let fetcher = SafeFetcher::new(Trusted::Loopback, 1000).unwrap();
    let other = server(None).await;
    let (same, away) = (server(None).await, server(Some(&other)).await);
    for (address, expected) in [
        (format!("{same}/show"), r#"POST secret {"a":1}"#),
        (format!("{same}/found"), "GET secret "),
        (format!("{same}/same-method"), r#"POST secret {"a":1}"#),
        (format!("{away}/found"), "GET none "),
        (format!("{away}/same-method"), "POST none "),
    ] {
        let response = fetcher.send(&request(address.clone())).await.unwrap();
        assert_eq!(
            (response.status, String::from_utf8(response.body.unwrap()).unwrap().as_str()),
            (202, expected),
            "{address}"
        );
    }
}

#[tokio::test]
async fn redirects_into_private_networks_and_large_responses_are_errors() {
    let fetcher = SafeFetcher::new(Trusted::Loopback, 1000).unwrap();
    let origin = server(None).await;
    let inside = fetcher.send(&request(format!("{origin}/inside"))).await.unwrap_err();
    assert!(matches!(inside.error, FetchError::Forbidden(Forbidden::NotPublic)), "{inside:?}");
    assert!(inside.may_be_received, "the first server has received it");
    let private = fetcher.send(&request("https://10.0.0.1/".to_owned())).await.unwrap_err();
    assert!(!private.may_be_received, "{private:?}");
    let large = fetcher.send(&request(format!("{origin}/large"))).await.unwrap();
    assert!(matches!(large.body, Err(FetchError::TooLarge(1000))), "{large:?}");
}
