//! Every metric is described and documented, and is exported from the start, except the answer times of phone calls.
//! The dashboard and the alerting rules use no other metrics, and each metric is used by the dashboard or a rule.

use crate::support::skipped;
use crate::support::whatsapp::{Shop, until};
use agentlocator::telemetry::metrics::{METRICS, MetricKind};
use std::collections::BTreeSet;
use std::process::Command;

fn shipped(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Returns the names of the daemon's metrics and of the process metrics in a text.
fn asked_for(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("agentlocator_") || word.starts_with("process_"));
    ours.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_exists_from_the_start_and_is_described() {
    let shop = Shop::open().await;
    until("a health request to the bridge", async || (shop.bridge.health_checks() > 0).then_some(())).await;
    // A request is counted when it ends, so the second answer includes the first request.
    shop.daemon.client().get("/metrics").await;
    let text = shop.daemon.client().get("/metrics").await.text();
    let exported: BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split(['{', ' ']).next().unwrap())
        .collect();
    for (name, kind, meaning) in METRICS {
        if name.starts_with("agentlocator_call_answer_") {
            continue; // Exported only after the first phone call.
        }
        let shown = if *kind == MetricKind::Histogram { format!("{name}_bucket") } else { (*name).to_owned() };
        assert!(exported.contains(shown.as_str()), "{shown} is not in\n{text}");
        assert!(text.contains(&format!("# HELP {name} {meaning}")), "{name} has no HELP");
        assert!(text.contains(&format!("# TYPE {name} ")), "{name} has no TYPE");
    }
    let known: BTreeSet<&str> = METRICS.iter().map(|(name, ..)| *name).collect();
    for name in exported {
        let bare = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(known.contains(name) || known.contains(bare), "{name} is not in the catalog");
    }
    assert!(text.lines().count() < 600, "labels have few values: {} lines", text.lines().count());
}

#[test]
fn dashboard_and_rules_use_existing_metrics() {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for (name, kind, _) in METRICS {
        known.insert((*name).to_owned());
        if *kind == MetricKind::Histogram {
            known.insert(format!("{name}_bucket"));
        }
    }
    let (dashboard, rules) =
        (shipped("packaging/monitoring/grafana-dashboard.json"), shipped("packaging/monitoring/prometheus-rules.yml"));
    for (file, text) in [("dashboard", &dashboard), ("rules", &rules)] {
        let unknown: Vec<_> = asked_for(text).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "the {file} uses the unknown metrics {unknown:?}");
    }
    // Each metric must be used by the dashboard or a rule.
    let unseen: Vec<_> =
        METRICS.iter().filter(|(name, ..)| !(dashboard.contains(name) || rules.contains(name))).collect();
    assert!(unseen.is_empty(), "no dashboard or rule uses {unseen:?}");
}

#[test]
fn the_dashboard_works_for_several_installations() {
    let dashboard: serde_json::Value =
        serde_json::from_str(&shipped("packaging/monitoring/grafana-dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "every panel has an id of its own");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        for target in panel["targets"].as_array().unwrap() {
            assert!(target["expr"].as_str().unwrap().contains("instance=~\"$instance\""), "{}", panel["title"]);
        }
        let place = &panel["gridPos"];
        assert!(place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24, "{}", panel["title"]);
    }
    let variables: Vec<_> =
        dashboard["templating"]["list"].as_array().unwrap().iter().map(|v| v["name"].as_str().unwrap()).collect();
    assert_eq!(variables, ["datasource", "instance"]);
}

#[test]
fn every_metric_is_in_the_guide() {
    let guide = shipped("docs/admin/monitoring.md");
    let missing: Vec<_> =
        METRICS.iter().map(|(name, ..)| name).filter(|name| !guide.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/admin/monitoring.md does not document {missing:?}");
}

#[test]
fn prometheus_accepts_the_rules() {
    let rules = format!("{}/packaging/monitoring/prometheus-rules.yml", env!("CARGO_MANIFEST_DIR"));
    let Ok(output) = Command::new("promtool").args(["check", "rules", &rules]).output() else {
        return skipped("promtool is not installed (package prometheus)");
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
