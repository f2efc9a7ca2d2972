use super::*;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use tower::ServiceExt;

fn limits(time: Duration) -> Limits {
    Limits { time, body_bytes: 1024 }
}

/// Returns the response of a handler on this path that panics, or that never returns.
async fn answer(path: &str, panics: bool) -> (StatusCode, String, String) {
    let handler = move || async move {
        assert!(!panics, "as if something unforeseen had happened");
        std::future::pending::<()>().await;
    };
    let limits = || limits(Duration::from_millis(20));
    let router =
        Router::new().fallback(any(handler)).layer(from_fn_with_state(MiddlewareState::new(limits), handle_request));
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert!(response.headers().contains_key("x-request-id"));
    let kind = response.headers().get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    (status, kind, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_caller_always_hears_something() {
    for panics in [true, false] {
        for (path, says) in [
            ("/webhook/incoming_call", "<Redirect method=\"POST\">/webhook/handle_recording</Redirect>"),
            ("/webhook/handle_recording", "<Say voice=\"Google.he-IL-Wavenet-A\" language=\"he-IL\">"),
            ("/webhook/stream_ended", "<Redirect method=\"POST\">/webhook/handle_recording</Redirect>"),
            ("/webhook/ring_ended", "<Redirect method=\"POST\">/webhook/handle_recording</Redirect>"),
            ("/webhook/transfer", "<Hangup/>"),
        ] {
            let (status, kind, body) = answer(path, panics).await;
            assert_eq!((status, kind.as_str()), (StatusCode::OK, "text/xml; charset=utf-8"), "{path}");
            assert!(body.contains(says), "{path}: {body}");
        }
    }
}

#[tokio::test]
async fn no_webhook_answers_500() {
    for panics in [true, false] {
        for (path, wanted) in [
            ("/webhook/whatsapp/twilio", 503),
            ("/webhook/whatsapp/baileys", 503),
            ("/webhook/stream_status", 204),
            ("/webhook/recording_status", 204),
            ("/webhook/call_status", 204),
        ] {
            assert_eq!(answer(path, panics).await.0, wanted, "{path}");
        }
    }
}

#[tokio::test]
async fn the_api_says_no_in_json() {
    let (status, kind, body) = answer("/api/threads", true).await;
    assert_eq!((status.as_u16(), kind.as_str()), (500, "application/json"));
    assert!(body.contains("\"internal\"") && !body.contains("unforeseen"), "{body}");
    let (status, _, body) = answer("/api/threads", false).await;
    assert_eq!(status.as_u16(), 503);
    assert!(body.contains("\"timeout\""), "{body}");
    assert_eq!(answer("/app/", true).await.0.as_u16(), 500);
}

#[tokio::test]
async fn an_upload_from_a_slow_line_may_take_longer_than_other_requests() {
    let hour = Duration::from_hours(1);
    for (method, path, takes, wanted) in [
        ("POST", "/api/media", Duration::from_millis(100), 200),
        ("GET", "/api/media", hour, 503),
        ("POST", "/api/tags", hour, 503),
    ] {
        let handler = move || async move { tokio::time::sleep(takes).await };
        let state = MiddlewareState::new(|| limits(Duration::from_millis(20)));
        let router = Router::new().fallback(any(handler)).layer(from_fn_with_state(state, handle_request));
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), wanted, "{method} {path}");
    }
    let of_settings = Limits::of(&HttpConfig::default());
    assert!(of_settings.time_of(&Method::POST, UPLOAD_PATH) > of_settings.time, "{of_settings:?}");
}
