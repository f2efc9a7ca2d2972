//! Other programs that are asked: systemd's.

use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// What a program prints on stdout; none if there is no such program, it fails or it takes too long.
pub async fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    // Words for programs, in whatever language this machine is.
    command.args(arguments).env("LC_ALL", "C").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, command.output()).await.ok()?.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The value of `Name=value` in a block of such lines.
pub(super) fn value<'a>(block: &'a str, name: &str) -> &'a str {
    let values = block.lines().filter_map(|line| line.split_once('=')).find(|(key, _)| *key == name);
    values.map_or("", |(_, value)| value)
}

const LIMIT: Duration = Duration::from_secs(15);
