//! The header values of the agent's tools, which the database does not contain, survive a restore and its reversal.

use super::{public, restore};
use crate::support::Daemon;
use crate::support::access::PASSWORD;
use crate::support::whatsapp::until;
use serde_json::{Value, json};
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_restore_loses_no_header_values_of_tools() {
    let mut daemon = Daemon::start(public);
    let owner = daemon.logged_in("roni", "owner").await;
    let copy = daemon.folder().join("copy.db");
    assert!(daemon.cli(&["backup", copy.to_str().unwrap()]).status.success());
    let tool = json!({
        "name": "check_stock", "description": "whether a part is in stock", "url": "https://shop.example/",
        "headers": [{"name": "Authorization", "value": "Bearer x"}],
    });
    let added = owner.post_json("/api/agent-tools", &tool).await;
    assert_eq!(added.status, 201, "{}", added.text());

    let file = daemon.folder().join("page-secrets.toml");
    let secrets = || std::fs::read_to_string(&file).unwrap();
    let kept = tokio::task::block_in_place(|| {
        assert!(daemon.stop().success());
        let done = restore(&daemon, &copy);
        daemon.launch();
        done["kept"]["database"].as_str().unwrap().to_owned()
    });
    until("the purge", async || secrets().contains("agent_tools_unused").then_some(())).await;
    assert!(secrets().contains("Bearer x"), "{}", secrets());
    let owner = daemon.log_in("roni", PASSWORD).await;
    assert_eq!(owner.get("/api/agent-tools").await.json()["items"], json!([]));

    tokio::task::block_in_place(|| {
        assert!(daemon.stop().success());
        restore(&daemon, Path::new(&kept));
        daemon.launch();
    });
    until("the purge", async || (!secrets().contains("agent_tools_unused")).then_some(())).await;
    let owner = daemon.log_in("roni", PASSWORD).await;
    let tools: Value = owner.get("/api/agent-tools").await.json();
    assert_eq!(tools["items"][0]["headers"][0]["value_set"], true, "{tools:#}");
}
