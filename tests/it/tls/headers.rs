//! The requirements of Mozilla's HTTP Observatory for its best grade, A+, checked on the page as a browser receives it
//! over TLS. `make conformance` runs the Observatory itself.

use crate::support::Daemon;
use crate::support::access::PASSWORD;
use crate::support::tls::{Authority, own_files};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_headers_follow_mozillas_observatory() {
    let authority = Authority::new();
    let mut daemon = Daemon::prepare(|setup| {
        setup.web_listeners();
    });
    let settings = own_files(daemon.folder());
    daemon.reconfigure(|setup| {
        setup.toml(&settings);
    });
    authority.equip(daemon.folder());
    tokio::task::block_in_place(|| daemon.launch());
    let _ = daemon.logged_in("dana", "owner").await;
    let client = daemon.https_client(authority.trusted());
    for path in ["/app/", "/login"] {
        let page = client.get(path).await;
        assert_eq!(page.status, 200);
        let policy = page.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http:"), "{path}: {policy}");
        for (name, value) in [
            ("strict-transport-security", "max-age=31536000"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("access-control-allow-origin", ""),
        ] {
            assert_eq!(page.header(name), value, "{path}: {name}");
        }
        assert!(!page.text().contains("://"), "{path} loads something from elsewhere");
    }
    for path in ["/app/assets/page.js", "/api/setup", "/livez"] {
        assert_eq!(client.get(path).await.header("cross-origin-resource-policy"), "same-origin", "{path}");
    }
    let login = client.post_json("/api/login", &json!({"name": "dana", "password": PASSWORD})).await;
    assert_eq!(login.status, 200, "{}", login.text());
    let cookie = login.header("set-cookie");
    assert!(cookie.starts_with("__Host-"), "{cookie}");
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{attribute}: {cookie}");
    }
}
