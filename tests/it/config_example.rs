//! The lines of `config.toml.example` show the defaults, or say in their comment that they are examples ("Not set").

use super::config::Shop;
use serde_json::{Map, Value};

const EXAMPLE: &str = include_str!("../../config.toml.example");

/// Returns the example file with the keys active that are said to show the defaults.
fn with_shown_defaults() -> String {
    let (mut lines, mut comment, mut is_after_key) = (Vec::new(), String::new(), false);
    for line in EXAMPLE.lines() {
        let is_key = is_key(line);
        if !is_key && (is_after_key || !line.starts_with('#')) {
            comment.clear();
        }
        if !is_key {
            comment.push_str(line);
        }
        is_after_key = is_key;
        let shows_default = is_key && !comment.contains("Not set");
        lines.push(if shows_default { &line[1..] } else { line });
    }
    lines.join("\n")
}

/// The comment of several keys stands before the first of them.
fn is_key(line: &str) -> bool {
    let name = line.strip_prefix('#').and_then(|line| line.split_once(" = ")).map(|(name, _)| name);
    name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'))
}

/// Returns the values of all settings by key.
fn values(shop: &Shop, file: &str) -> Map<String, Value> {
    let output = shop.run(&["config", "show", "--json", "--config", file]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let settings = shown.as_array().unwrap().iter();
    settings.map(|setting| (setting["key"].as_str().unwrap().to_owned(), setting["value"].clone())).collect()
}

#[test]
fn the_example_shows_the_defaults_except_where_it_says_that_nothing_is_set() {
    let shop = Shop::new(&[]);
    let defaults = values(&shop, &shop.write("empty.toml", ""));
    let shown = values(&shop, &shop.write("shown.toml", &with_shown_defaults()));
    assert!(defaults.len() > 100, "{}", defaults.len());
    for (key, default) in defaults {
        assert_eq!(shown[&key], default, "{key}: correct the line, or add \"Not set.\" to its comment");
    }
}
