//! The web page, on both listeners, and its files.

use super::support::{Client, Daemon, client::send, skipped};
use reqwest::Method;
use rustix::net::{AddressFamily, SocketType};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

#[tokio::test]
async fn the_page_has_one_file_for_all_of_its_paths() {
    let daemon = Daemon::start(|_| {});
    let client = daemon.client();
    let index = client.get("/app/").await;
    let mut nonces = Vec::new();
    for path in
        ["/login", "/forgot", "/reset", "/setup", "/calendar", "/app", "/app/", "/app/threads/7", "/app/a/b/c?d=e"]
    {
        let reply = client.get(path).await;
        let nonce = nonce_of(&reply.text());
        assert_eq!((reply.status, in_common(&reply.text())), (200, in_common(&index.text())), "{path}");
        assert!(reply.text().starts_with("<!doctype html>"), "{path}");
        assert!(reply.header("content-type").starts_with("text/html"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        // There is no ETag: a cached page that is revalidated would keep its old nonce, but the policy of the new
        // response contains another one.
        assert_eq!((reply.header("cache-control"), reply.header("etag")), ("private, no-cache", ""), "{path}");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains(&format!("style-src 'self' 'nonce-{nonce}';")), "{path}: {policy}");
        assert!(policy.contains("worker-src 'self'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        let head = client.head(path).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("x-page-version"), index.header("x-page-version"), "{path}");
        nonces.push(nonce);
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 9, "each answer has a nonce of its own");
    let text = index.text();
    assert!(!text.contains("<script>") && !text.contains(" onclick="), "no script in the page itself");
    assert!(text.contains(index.header("x-page-version")) && !text.contains("__"), "{text}");
}

#[tokio::test]
async fn the_files_of_the_page_come_compressed_and_are_kept() {
    let daemon = Daemon::start(|_| {});
    let client = daemon.client();
    let index = client.get("/app/").await.text();
    let unknown = client.get("/app/assets/index-00000000.js").await;
    assert!(unknown.status == 404 && !unknown.text().contains('<'), "an old page must not load the page as a script");
    if index.contains("not in this build") {
        skipped("web/dist is not built");
        assert_eq!(client.get("/app/assets/").await.status, 404);
        return;
    }
    let files: Vec<_> = index.split('"').filter(|text| text.starts_with("/app/")).collect();
    let has = |ending: &str| files.iter().any(|file| Path::new(file).extension().is_some_and(|found| found == ending));
    assert!(has("js") && has("css") && has("webmanifest") && has("svg"), "{files:?}");
    for path in files.iter().copied().chain(["/app/sw.js"]) {
        let plain = client.get(path).await;
        assert_eq!((plain.status, plain.header("content-encoding")), (200, ""), "{path}");
        let is_asset = path.starts_with("/app/assets/");
        assert_eq!(plain.header("cache-control").contains("immutable"), is_asset, "{path}");
        assert_eq!(plain.header("vary"), "Accept-Encoding", "{path}");
        let mut gunzipped = Vec::new();
        for (accepted, encoding) in [("gzip, deflate", "gzip"), ("gzip, deflate, br", "br")] {
            let request = || client.request(Method::GET, path).header("accept-encoding", accepted);
            let small = send(request()).await;
            assert_eq!((small.status, small.header("content-encoding")), (200, encoding), "{path}");
            assert!(small.header("etag") != plain.header("etag"), "{path}: another representation has another tag");
            assert_eq!(small.header("content-length"), small.body.len().to_string(), "{path}");
            if encoding == "gzip" {
                flate2::read::GzDecoder::new(&small.body[..]).read_to_end(&mut gunzipped).unwrap();
            } else {
                assert!(small.body.len() <= plain.body.len() + 16, "{path}");
            }
            let known = send(request().header("if-none-match", small.header("etag"))).await;
            assert_eq!((known.status, known.body.len()), (304, 0), "{path}");
        }
        assert!(gunzipped == plain.body, "{path}");
        let head = client.head(path).await;
        assert_eq!((head.header("content-length"), head.body.len()), (plain.header("content-length"), 0), "{path}");
    }
    let worker = client.get("/app/sw.js").await;
    assert_eq!(worker.header("service-worker-allowed"), "/");
    assert!(worker.header("content-type").starts_with("text/javascript"));
    let manifest = client.get("/app/manifest.webmanifest").await;
    assert_eq!(manifest.header("content-type"), "application/manifest+json");
    assert_eq!(manifest.json()["scope"], "/");
}

/// Returns the uncompressed length of a file of the page.
async fn plain_length(client: &Client, path: &str) -> usize {
    client.head(path).await.header("content-length").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_do_not_read_a_file_share_it() {
    const CLIENTS: usize = 150;
    let daemon = Daemon::start(|_| {});
    daemon.limit_send_buffers(4096);
    let client = daemon.client();
    let index = client.get("/app/").await.text();
    if index.contains("not in this build") {
        skipped("web/dist is not built");
        return;
    }
    let mut longest = (0, "");
    for path in index.split('"').filter(|text| text.starts_with("/app/assets/")) {
        longest = longest.max((plain_length(&client, path).await, path));
    }
    let (length, path) = longest;
    assert!(length > 200_000, "{path} has only {length} bytes");
    let whole = client.get(path).await;
    assert_eq!((whole.header("content-encoding"), whole.body.len()), ("", length));
    let part = send(client.request(Method::GET, path).header("range", "bytes=1000-1999")).await;
    assert_eq!((part.status, &part.body[..]), (206, &whole.body[1000..2000]));
    let known = send(client.request(Method::GET, path).header("if-none-match", whole.header("etag"))).await;
    assert_eq!((known.status, known.body.len()), (304, 0));

    let before = daemon.memory_kb("VmRSS");
    let streams: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
            rustix::net::sockopt::set_socket_recv_buffer_size(&socket, 4096).unwrap();
            rustix::net::connect(&socket, &daemon.address()).unwrap();
            let mut stream = TcpStream::from(socket);
            stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
            stream
        })
        .collect();
    for mut stream in &streams {
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
    }
    let grown = daemon.memory_kb("VmRSS").saturating_sub(before);
    assert!(grown < 12 << 10, "{CLIENTS} clients that do not read {length} bytes hold {grown} KB");
}

/// Returns the nonce in the page's head.
fn nonce_of(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"csp-nonce\" content=\"").expect("the page names its nonce");
    let nonce = rest.split('"').next().unwrap().to_owned();
    assert_eq!(nonce.len(), 32, "{nonce}");
    nonce
}

/// Returns the page without its nonce and without the parts that depend on the path.
fn in_common(html: &str) -> String {
    let html = html.replace(&nonce_of(html), "");
    html.split_inclusive('>')
        .filter(|part| !part.contains("<link rel=\"modulepreload") && !part.contains("<link rel=\"preload"))
        .collect()
}

/// Returns the API responses that are embedded in the HTML file.
fn start_of(html: &str) -> Value {
    let (_, rest) = html.split_once("<script type=\"application/json\" id=\"start\">").expect("the page has its start");
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[tokio::test]
async fn the_page_comes_with_its_session_or_with_the_state_of_the_set_up() {
    let daemon = Daemon::start(|setup| {
        setup.toml("[business]\nname = \"</script><b>__START__ & \\\"Sons\\\"\"\n");
    });
    let client = daemon.client();
    if client.get("/app/").await.text().contains("not in this build") {
        skipped("web/dist is not built");
        return;
    }
    let without_login = start_of(&client.get("/login").await.text());
    assert_eq!(without_login, json!({"/api/session": null, "/api/setup": {"needed": true}}));
    let owner = daemon.logged_in("dana", "owner").await;
    let staff = daemon.logged_in("gal", "staff").await;
    for (user, path, is_reminded) in
        [(&owner, "/app/", true), (&owner, "/app/inbox/7", false), (&owner, "/login", false), (&staff, "/app/", false)]
    {
        let page = user.get(path).await;
        assert!(!page.text().contains("<b>"), "{path}: a text of the business is no element");
        let session = user.get("/api/session").await.json();
        let start = start_of(&page.text());
        let position = start["/api/events"].as_i64().unwrap();
        // With a position in the event stream beyond the newest change, the page would miss changes.
        let newest = daemon.query_value::<i64>("SELECT max(seq) FROM changes");
        assert!(position > 0 && position <= newest, "{path}: {position} of {newest}");
        let mut expected = json!({"/api/session": session, "/api/events": position});
        if is_reminded {
            expected["/api/setup/progress"] = user.get("/api/setup/progress").await.json();
        }
        assert_eq!(start, expected, "{path}");
    }
    let expired = client.with_header("cookie", "agentlocator_session=unknown").get("/app/").await;
    assert_eq!(start_of(&expired.text()), json!({"/api/session": null, "/api/setup": {"needed": false}}));
}

#[tokio::test]
async fn the_page_names_the_files_of_its_path_and_language() {
    let daemon = Daemon::start(|_| {});
    let client = daemon.client();
    if client.get("/app/").await.text().contains("not in this build") {
        skipped("web/dist is not built");
        return;
    }
    let named = async |path: &str, header: (&'static str, &str)| -> Vec<String> {
        let html = client.clone().with_header(header.0, header.1).get(path).await.text();
        html.split('"').filter(|text| text.starts_with("/app/assets/")).map(str::to_owned).collect()
    };
    let language = |value| ("accept-language", value);
    let inbox = named("/app/inbox", language("he-IL")).await;
    assert!(inbox.iter().any(|file| file.contains("InboxPage-")), "{inbox:?}");
    // A list names the code of its detail only for later.
    let conversation = named("/app/inbox/7", language("he")).await;
    assert!(inbox.iter().all(|file| conversation.contains(file)), "{inbox:?} {conversation:?}");
    let is_detail = |file: &str| file.contains("assets/Conversation-");
    assert!(conversation.iter().any(|file| is_detail(file)), "{conversation:?}");
    assert!(!inbox.iter().any(|file| is_detail(file)), "{inbox:?}");
    let html = client.get("/app/inbox").await.text();
    let later = html.split("<meta name=\"later-files\" content=\"").nth(1).and_then(|rest| rest.split('"').next());
    assert!(later.is_some_and(is_detail), "{later:?}");
    assert_eq!(named("/app/inbox", ("cookie", "a=b; agentlocator_language=he")).await, inbox);
    let english = named("/app/inbox", language("en-US,en;q=0.9")).await;
    assert_ne!(english, inbox);
    assert_eq!(named("/app/inbox", ("cookie", "agentlocator_language=en")).await, english);
    let login = named("/login", language("he")).await;
    assert!(login.iter().any(|file| file.contains("LoginPage-")), "{login:?}");
    assert!(!login.iter().any(|file| file.contains("InboxPage-") || file.contains("Shell-")), "{login:?}");
    for file in conversation.iter().chain(&english).chain(&login) {
        assert_eq!(client.get(file).await.status, 200, "{file}");
    }
}

#[tokio::test]
async fn a_path_that_is_no_page_never_shows_the_page() {
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
async fn an_audio_file_for_twilio_is_served_in_parts_too() {
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
