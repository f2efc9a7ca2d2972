//! Runs system programs such as `systemctl`, and parses their output.

use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Returns the stdout of a program; `None` if the program is missing, fails, or runs longer than 15 s.
pub async fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    // Prevent translated output, which could not be parsed.
    command.args(arguments).env("LC_ALL", "C").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, command.output()).await.ok()?.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Empty if the name is missing.
pub fn value<'a>(block: &'a str, name: &str) -> &'a str {
    let values = block.lines().filter_map(|line| line.split_once('=')).find(|(key, _)| *key == name);
    values.map_or("", |(_, value)| value)
}

const LIMIT: Duration = Duration::from_secs(15);
