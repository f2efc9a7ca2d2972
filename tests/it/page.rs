//! The page, both listeners, and files.

use super::support::{Client, Daemon, client::send};
use reqwest::Method;

#[tokio::test]
async fn the_page_has_one_file_for_all_of_its_paths() {
    let daemon = Daemon::start(|_| {});
    let client = daemon.client();
    let index = client.get("/app/").await;
    assert!(index.text().starts_with("<!doctype html>"));
    for path in ["/login", "/forgot", "/reset", "/setup", "/calendar", "/app", "/app/threads/7", "/app/a/b/c?d=e"] {
        let reply = client.get(path).await;
        assert_eq!((reply.status, &reply.body), (200, &index.body), "{path}");
        assert!(reply.header("content-type").starts_with("text/html"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(client.head(path).await.status, 200, "{path}");
    }
    assert!(!index.text().contains("<script>") && !index.text().contains(" onclick="), "no script in the page itself");
    for (path, kind) in [
        ("/app/assets/page.js", "text/javascript"),
        ("/app/assets/alerts.js", "text/javascript"),
        ("/app/assets/whatsapp.js", "text/javascript"),
        ("/app/assets/account.js", "text/javascript"),
        ("/app/assets/suggestions.js", "text/javascript"),
        ("/app/assets/page.css", "text/css"),
    ] {
        let reply = client.get(path).await;
        assert!(reply.status == 200 && reply.header("content-type").starts_with(kind), "{path}");
        assert!(index.text().contains(path));
        let known = send(client.request(Method::GET, path).header("if-none-match", reply.header("etag"))).await;
        assert_eq!((known.status, known.body.len()), (304, 0));
    }
}

#[tokio::test]
async fn what_is_no_page_never_shows_it() {
    let daemon = Daemon::start(|_| {});
    let client = daemon.client().with_header("accept", "text/html");
    for path in [
        "/api/x",
        "/webhook/x",
        "/ws/x",
        "/static/x",
        "/version/x",
        "/readyz/x",
        "/livez/x",
        "/healthz/x",
        "/metrics/x",
        "/anything",
        "/login/x",
        "/index.html",
        "/favicon.ico",
        "/app.js",
        "//app/",
        "/webhook",
        "/static/tts/",
    ] {
        let reply = client.get(path).await;
        let wanted = if path.starts_with("/api") { 401 } else { 404 };
        assert!(reply.status == wanted && !reply.text().contains("<html"), "{path}: {} {}", reply.status, reply.text());
    }
}

#[tokio::test]
async fn a_second_listener_is_the_only_one_for_page_and_api() {
    let daemon = Daemon::start(|setup| {
        setup.crm_listener();
    });
    let (public, crm) = (daemon.client(), Client::new(daemon.crm_url()));
    for path in ["/app/", "/login", "/api/openapi.json", "/api/setup"] {
        assert_eq!((public.get(path).await.status, crm.get(path).await.status), (404, 200), "{path}");
    }
    let token = daemon.token("owner");
    assert_eq!(public.clone().with_token(&token).get("/api/threads").await.status, 404);
    assert_eq!(crm.with_token(&token).get("/api/threads").await.status, 200);
    let crm = Client::new(daemon.crm_url());
    for path in ["/healthz", "/livez", "/readyz", "/version", "/metrics"] {
        assert_eq!((public.get(path).await.status, crm.get(path).await.status), (200, 200), "{path}");
    }
    assert_eq!(public.get("/static/tts/greeting_he.mp3").await.status, 200);
    assert_eq!(crm.get("/static/tts/greeting_he.mp3").await.status, 404);
    let browser = |client: &Client| client.clone().with_header("accept", "text/html");
    assert_eq!((browser(&public).get("/").await.status, browser(&crm).get("/").await.status), (200, 303));
    let url = daemon.logs().wait_for_event("SETUP_CODE")["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with(&daemon.crm_url()), "{url}");
}

#[tokio::test]
async fn what_twilio_plays_is_there_in_parts_too() {
    let daemon = Daemon::start(|_| {});
    let client = daemon.client();
    for path in ["/static/tts/greeting_he.mp3", "/static/tts/fallback_he.mp3"] {
        let whole = client.get(path).await;
        assert_eq!((whole.status, whole.header("content-type")), (200, "audio/mpeg"), "{path}");
        assert_eq!(whole.header("content-length"), whole.body.len().to_string(), "{path}");
        let head = client.head(path).await;
        assert_eq!((head.status, head.header("content-length")), (200, whole.header("content-length")), "{path}");
        assert_eq!((head.header("etag"), head.body.len()), (whole.header("etag"), 0), "{path}");
        let part = send(client.request(Method::GET, path).header("range", "bytes=100-199")).await;
        assert_eq!((part.status, &part.body[..]), (206, &whole.body[100..200]), "{path}");
        let known = send(client.request(Method::GET, path).header("if-none-match", whole.header("etag"))).await;
        assert_eq!(known.status, 304, "{path}");
    }
}
