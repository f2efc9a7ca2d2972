//! Output of commands: results on stdout, all other messages on stderr.

use serde::Serialize;
use std::io::{ErrorKind, Write};

/// Prints the result on stdout. Ignores a broken pipe, because the reader (such as `head`) may close it early.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints the result as JSON on stdout.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// Prints a status message on stderr.
#[expect(clippy::print_stderr, reason = "what is for people belongs on stderr")]
pub(super) fn print_status(text: &str) {
    eprintln!("{text}");
}
