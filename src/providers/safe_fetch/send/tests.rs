//! Tests with servers on this machine that redirect to one another.

use super::*;
use crate::providers::safe_fetch::{Forbidden, Trusted};
use axum::Router;
use axum::http::{HeaderMap as Headers, Method as AxumMethod, StatusCode};
use axum::response::Redirect;
use axum::routing::any;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::Write;

/// Starts a server. `/show` returns what it received; the other paths redirect to `/show` of the server `to`.
async fn server(to: Option<&str>) -> String {
    let show = |method: AxumMethod, headers: Headers, body: String| async move {
        let key = headers.get("x-key").map_or("none", |key| key.to_str().unwrap());
        (StatusCode::ACCEPTED, format!("{method} {key} {body}"))
    };
    let target = format!("{}/show?key=secret", to.unwrap_or_default());
    let (found, moved) = (target.clone(), target.clone());
    let routes = Router::new()
        .route("/show", any(show))
        .route("/found", any(|| async move { (StatusCode::FOUND, [("location", found)]) }))
        .route("/same-method", any(|| async move { Redirect::temporary(&moved) }))
        .route("/inside", any(|| async { Redirect::temporary("https://10.0.0.1/") }))
        .route("/large", any(|| async { "x".repeat(1001) }))
        .route(
            "/hebrew",
            any(|| async { ([("content-type", "text/plain; charset=Windows-1255")], vec![0xF9, 0xEC, 0xE5, 0xED]) }),
        )
        .route("/zipped", any(|| async { zipped(b"{\"ok\":true}") }))
        .route("/bomb", any(|| async { zipped(&[b'x'; 1001]) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    origin
}

fn zipped(content: &[u8]) -> Vec<u8> {
    let mut file = GzEncoder::new(Vec::new(), Compression::fast());
    file.write_all(content).unwrap();
    file.finish().unwrap()
}

fn request(address: String) -> OwnRequest {
    let headers = [("x-key".parse().unwrap(), "secret".parse().unwrap())].into_iter().collect();
    OwnRequest { method: Method::POST, address, headers, body: json!({"a": 1}) }
}

#[tokio::test]
async fn a_post_is_repeated_only_on_the_same_server() {
    let fetcher = SafeFetcher::new(Trusted::Loopback, 1000).unwrap();
    let other = server(None).await;
    let (same, away) = (server(None).await, server(Some(&other)).await);
    for path in ["/show", "/same-method"] {
        let response = fetcher.send(&request(format!("{same}{path}"))).await.unwrap();
        assert_eq!((response.status, response.body.unwrap().as_str()), (202, r#"POST secret {"a":1}"#), "{path}");
    }
    for (address, target) in
        [(format!("{same}/found"), &same), (format!("{away}/found"), &other), (format!("{away}/same-method"), &other)]
    {
        let stopped = fetcher.send(&request(address.clone())).await.unwrap_err();
        let FetchError::PostRedirected(shown) = &stopped.error else { panic!("{address}: {stopped:?}") };
        assert_eq!(*shown, format!("{target}/show"), "{address}: the query is not shown");
        assert!(stopped.may_be_received, "{address}");
    }
}

#[tokio::test]
async fn a_redirected_get_keeps_the_secret_only_on_the_same_server() {
    let fetcher = SafeFetcher::new(Trusted::Loopback, 1000).unwrap();
    let other = server(None).await;
    let (same, away) = (server(None).await, server(Some(&other)).await);
    for (address, expected) in [
        (format!("{same}/found"), "GET secret "),
        (format!("{same}/same-method"), "GET secret "),
        (format!("{away}/found"), "GET none "),
        (format!("{away}/same-method"), "GET none "),
    ] {
        let read = OwnRequest { method: Method::GET, body: Value::Null, ..request(address.clone()) };
        let response = fetcher.send(&read).await.unwrap();
        assert_eq!((response.status, response.body.unwrap().as_str()), (202, expected), "{address}");
    }
}

#[tokio::test]
async fn a_response_is_decoded() {
    let fetcher = SafeFetcher::new(Trusted::Loopback, 1000).unwrap();
    let origin = server(None).await;
    for (path, expected) in [("/hebrew", "שלום"), ("/zipped", "{\"ok\":true}")] {
        let response = fetcher.send(&request(format!("{origin}{path}"))).await.unwrap();
        assert_eq!(response.body.unwrap(), expected, "{path}");
    }
    let bomb = fetcher.send(&request(format!("{origin}/bomb"))).await.unwrap();
    assert!(matches!(bomb.body, Err(FetchError::TooLarge(1000))), "{bomb:?}");
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
