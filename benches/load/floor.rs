//! Floors: minimal servers as a baseline for the daemon's costs. Each floor runs as a separate process.

mod commit;
mod relay;
mod webhook;

pub use commit::{CommitFloor, measure as commit};

pub fn run(arguments: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["relay", port, ai] => runtime.block_on(relay::serve(port.parse().expect("a port"), ai)),
        ["webhook", port, folder, token] => {
            runtime.block_on(webhook::serve(port.parse().expect("a port"), folder, token));
        }
        ["commit", producers, seconds, folder] => {
            let producers = producers.parse().expect("a number");
            let outcome = runtime.block_on(commit::run(producers, seconds.parse().expect("seconds"), folder));
            crate::report::say(&serde_json::to_string(&outcome).expect("JSON"));
        }
        _ => panic!("no such floor: {words:?}"),
    }
}
