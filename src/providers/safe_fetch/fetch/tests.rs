//! Tests with a fake trusted origin, whose redirects lead to addresses that a test chooses.

use super::*;
use crate::providers::safe_fetch::Trusted;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use futures_util::stream;
use std::convert::Infallible;

/// Serves an endless file without a `Content-Length` header.
async fn endless() -> Body {
    Body::from_stream(stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 100]))))
}

async fn server() -> String {
    let echo = |headers: HeaderMap| async move {
        let token = headers.get("x-token").map_or("none", |token| token.to_str().unwrap()).to_owned();
        ([("content-type", "image/jpeg")], token)
    };
    let routes = Router::new()
        .route("/file", get(echo))
        .route("/there", get(|| async { Redirect::temporary("/file") }))
        .route("/round", get(|| async { Redirect::temporary("/round") }))
        .route("/inside", get(|| async { Redirect::temporary("https://169.254.169.254/latest/meta-data") }))
        .route("/plain", get(|| async { Redirect::temporary("http://93.184.216.34/") }))
        .route("/large", get(|| async { "x".repeat(1001) }))
        .route("/endless", get(endless))
        .route("/gone", get(|| async { axum::http::StatusCode::NOT_FOUND.into_response() }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    origin
}

#[tokio::test]
async fn a_file_is_fetched_with_the_token_through_redirects() {
    let origin = server().await;
    let files = SafeFetcher::new(Trusted::Origin { origin: origin.clone(), socket: None }, 1000).unwrap();
    for path in ["/file", "/there"] {
        let file = files.fetch(&format!("{origin}{path}"), Some(("x-token", "secret"))).await.unwrap();
        assert_eq!((file.content.as_slice(), file.mime.as_deref()), (&b"secret"[..], Some("image/jpeg")));
    }
}

#[tokio::test]
async fn redirects_are_checked_and_sizes_are_capped() {
    let origin = server().await;
    let files = SafeFetcher::new(Trusted::Origin { origin: origin.clone(), socket: None }, 1000).unwrap();
    let fetch = async |path: &str| files.fetch(&format!("{origin}{path}"), None).await.unwrap_err();
    assert!(matches!(fetch("/inside").await, FetchError::Forbidden(Forbidden::NotPublic)));
    assert!(matches!(fetch("/plain").await, FetchError::Forbidden(Forbidden::NotHttps)));
    assert!(matches!(fetch("/round").await, FetchError::TooManyRedirects));
    assert!(matches!(fetch("/large").await, FetchError::TooLarge(1000)));
    assert!(matches!(fetch("/endless").await, FetchError::TooLarge(1000)));
    assert!(matches!(fetch("/gone").await, FetchError::Status(404)));

    let inspect = async |path: &str| files.inspect(&format!("{origin}{path}")).await;
    assert!(matches!(inspect("/inside").await, Err(FetchError::Forbidden(Forbidden::NotPublic))));
    assert!(matches!(inspect("/large").await, Err(FetchError::TooLarge(1000))));
    assert!(inspect("/gone").await.is_ok());
    assert!(inspect("/there").await.is_ok());
}

#[test]
fn a_post_that_google_apps_script_has_done_is_answered_by_another_host() {
    let redirected = |to: &str| {
        let from = "https://script.google.com/macros/s/AK/exec".parse().unwrap();
        redirected(Method::POST, StatusCode::FOUND, &from, &to.parse().unwrap())
    };
    let response = redirected("https://script.googleusercontent.com/macros/echo?user_content_key=x");
    assert_eq!(response.unwrap(), Method::GET);
    let login = redirected("https://accounts.google.com/ServiceLogin?continue=x").unwrap_err();
    assert_eq!(login.to_string(), "the server redirects to https://accounts.google.com/ServiceLogin");
}

#[tokio::test]
async fn no_server_on_this_machine_is_asked_except_the_trusted_one() {
    let (origin, other) = (server().await, server().await);
    let files = SafeFetcher::new(Trusted::Origin { origin, socket: None }, 1000).unwrap();
    let refused = files.fetch(&format!("{other}/file"), None).await.unwrap_err();
    assert!(matches!(refused, FetchError::Forbidden(Forbidden::NotHttps)));
    // This name resolves to this machine, as a name on an attacker's DNS server could.
    let named = files.fetch("https://ip6-localhost/file", None).await.unwrap_err();
    assert!(matches!(named, FetchError::Forbidden(Forbidden::NotPublic) | FetchError::Unreachable), "{named:?}");
    let fake = SafeFetcher::new(Trusted::Loopback, 1000).unwrap();
    assert!(fake.fetch(&format!("{other}/file"), None).await.is_ok());
}
