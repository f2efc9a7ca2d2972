//! Compression of long JSON responses.

use super::with_data;
use crate::support::Daemon;
use crate::support::client::{Reply, send};
use reqwest::Method;
use std::io::Read as _;

#[tokio::test]
async fn a_long_list_is_compressed_for_clients_that_accept_it() {
    let (_daemon, api) = with_data();
    let get = async |path: &str, accepted: &'static str| -> Reply {
        send(api.request(Method::GET, path).header("accept-encoding", accepted)).await
    };
    let path = "/api/threads/1/messages?limit=50";
    let plain = get(path, "identity").await;
    assert_eq!((plain.status, plain.header("content-encoding")), (200, ""));
    assert!(plain.body.len() > 1_024, "{}", plain.body.len());
    for accepted in ["gzip, deflate", "br, gzip"] {
        let small = get(path, accepted).await;
        assert_eq!((small.status, small.header("content-encoding")), (200, "gzip"), "{accepted}");
        assert_eq!((small.header("vary"), small.header("content-type")), ("Accept-Encoding", "application/json"));
        assert_eq!(small.header("content-length"), small.body.len().to_string());
        assert!(small.body.len() < plain.body.len(), "{} of {}", small.body.len(), plain.body.len());
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&small.body[..]).read_to_end(&mut text).unwrap();
        assert!(text == plain.body);
    }
    assert_eq!(get(path, "gzip;q=0, br").await.header("content-encoding"), "");
    // The ETag, which is the version of the item, does not depend on the compression of the response.
    let item = "/api/contacts/1";
    assert_ne!(get(item, "identity").await.header("etag"), "");
    assert_eq!(get(item, "gzip").await.header("etag"), get(item, "identity").await.header("etag"));
}

#[tokio::test]
async fn short_responses_and_those_with_a_token_are_not_compressed() {
    let mut daemon = Daemon::prepare(|setup| {
        // The longest name, of characters with four bytes, makes the session long enough for compression.
        setup.toml(&format!("[business]\nname = \"{}\"\n", "\u{1f642}".repeat(200)));
    });
    daemon.seed(include_str!("data.sql"));
    daemon.launch();
    let (owner, api) = (daemon.logged_in("dana", "owner").await, daemon.api());
    for (client, path, is_long) in
        [(&owner, "/api/session", true), (&api, "/api/threads/counts", false), (&api, "/api/tags", false)]
    {
        let reply = send(client.request(Method::GET, path).header("accept-encoding", "gzip")).await;
        assert_eq!((reply.status, reply.header("content-encoding")), (200, ""), "{path}");
        assert_eq!(reply.body.len() > 1_024, is_long, "{path}: {}", reply.body.len());
    }
}
