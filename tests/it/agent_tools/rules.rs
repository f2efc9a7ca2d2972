//! What the API accepts as a tool.

use super::{add, patch, simple};
use crate::support::Daemon;
use crate::support::client::send;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn invalid_tools_are_refused_with_the_field() {
    let daemon = Daemon::start(|_| {});
    let owner = daemon.logged_in("roni", "owner").await;
    let public = "https://93.184.216.34/";
    let valid = simple("check_stock", "GET", public);
    let with = |field: &str, value: Value| {
        let mut tool = valid.clone();
        tool[field] = value;
        tool
    };
    let parameter = |name: &str| json!({"name": name, "type": "string", "description": "x"});
    let url = |url: &str| with("url", json!(url));
    let mut choices = parameter("a");
    choices["type"] = json!("integer");
    choices["choices"] = json!(["1"]);
    for (field, tool) in [
        ("name", with("name", json!("ab"))),
        ("name", with("name", json!("Check"))),
        ("name", with("name", json!("check stock"))),
        ("name", with("name", json!("1check"))),
        ("name", with("name", json!("a".repeat(42)))),
        ("name", with("name", json!("take_message"))),
        ("description", with("description", json!(" "))),
        ("method", with("method", json!("DELETE"))),
        ("url", url("")),
        ("url", url("http://shop.example/")),
        ("url", url("https://user:password@shop.example/")),
        ("url", url("https://localhost/")),
        ("url", url("https://10.0.0.1/")),
        ("url", url("https://169.254.169.254/")),
        ("url", url("https://[::1]/")),
        ("url", url("https://{server}/")),
        ("url", url("https://93.184.216.34/{part}")),
        ("url", url("https://93.184.216.34/../x")),
        ("url", url("https://93.184.216.34/ x")),
        ("parameters", with("parameters", json!([parameter("Part")]))),
        ("parameters", with("parameters", json!([parameter("a"), parameter("a")]))),
        ("parameters", with("parameters", json!([choices]))),
        ("parameters", with("parameters", json!(vec![parameter("a"); 21]))),
        ("headers", with("headers", json!([{"name": "Host", "value": "x"}]))),
        ("headers", with("headers", json!([{"name": "X Key", "value": "x"}]))),
        ("headers", with("headers", json!([{"name": "X-Key", "value": ""}]))),
        ("headers", with("headers", json!([{"name": "X-Key", "value": "a\nb"}]))),
        ("headers", with("headers", json!([{"name": "X-Key"}]))),
        ("headers", with("headers", json!([{"name": "X-Key", "value": "a"}, {"name": "x-key", "value": "b"}]))),
        ("time_limit_s", with("time_limit_s", json!(0))),
        ("time_limit_s", with("time_limit_s", json!(16))),
    ] {
        let refused = owner.post_json("/api/agent-tools", &tool).await;
        let error = refused.json()["error"].clone();
        assert!(matches!(refused.status, 400 | 422), "{tool:#}: {error:#}");
        assert!(error["field"].as_str().is_some_and(|at| at.starts_with(field)), "{tool:#}: {error:#}");
    }
    assert_eq!(owner.get("/api/agent-tools").await.json()["items"], json!([]));
    let plain = owner.post_json("/api/agent-tools", &url("http://shop.example/")).await;
    assert_eq!(
        (plain.status, &plain.json()["error"]["message"]),
        (422, &json!("url: the address must begin with https://"))
    );
    // An optional parameter cannot be part of the address.
    let mut optional = url("https://93.184.216.34/{part}");
    optional["parameters"] = json!([{"name": "part", "type": "string", "description": "x", "required": false}]);
    assert_eq!(owner.post_json("/api/agent-tools", &optional).await.json()["error"]["field"], "url");
}

#[tokio::test]
async fn names_are_unique_and_the_number_of_tools_is_limited() {
    let daemon = Daemon::start(|_| {});
    let owner = daemon.logged_in("roni", "owner").await;
    let public = "https://93.184.216.34/";
    let valid = simple("check_stock", "GET", public);
    let added = add(&owner, &valid).await;
    assert_eq!(owner.post_json("/api/agent-tools", &valid).await.status, 409, "the name is in use");
    let staff = daemon.logged_in("dana", "staff").await;
    assert_eq!(staff.get("/api/agent-tools").await.status, 403);
    // A deleted tool does not occupy its name, but cannot be restored beside another tool with that name.
    let path = format!("/api/agent-tools/{}", added["id"]);
    assert_eq!(send(owner.request(Method::DELETE, &path)).await.status, 200);
    let second = add(&owner, &valid).await;
    assert_eq!(patch(&owner, &added["id"], &json!({"archived": false})).await.status, 409);
    assert_ne!(second["id"], added["id"]);
    for number in 1..20 {
        add(&owner, &simple(&format!("tool_{number}"), "GET", public)).await;
    }
    assert_eq!(owner.post_json("/api/agent-tools", &simple("one_more", "GET", public)).await.status, 409);
}
