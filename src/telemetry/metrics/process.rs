//! Resource usage of the daemon, from `/proc/self`. If a file cannot be read, its gauges are not set.

use std::fs;

pub(super) fn measure() {
    let set = |name: &'static str, value: Option<u64>| {
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        if let Some(value) = value {
            metrics::gauge!(name).set(value as f64);
        }
    };
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    set("process_resident_memory_bytes", field(&status, "VmRSS:").map(|kilobytes| kilobytes * 1024));
    set("process_threads", field(&status, "Threads:"));
    set("process_open_fds", fs::read_dir("/proc/self/fd").ok().map(|files| files.count() as u64));
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    set("process_max_fds", field(&limits, "Max open files"));
    if let Some(ticks) = fs::read_to_string("/proc/self/stat").ok().and_then(|stat| cpu_ticks(&stat)) {
        metrics::counter!("process_cpu_seconds_total").absolute(ticks / TICKS);
    }
}

/// The first number after `word`, in the first line that begins with `word`.
fn field(text: &str, word: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(word))?;
    line.split_whitespace().next()?.parse().ok()
}

/// In user and kernel mode. Parsing starts after the process name, which may contain spaces and parentheses.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut words = rest.split_whitespace().skip(11);
    let (user, kernel): (u64, u64) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(user + kernel)
}

/// Per second; the same for every program on Linux (time(7), USER_HZ).
const TICKS: u64 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found() {
        assert_eq!(field("Name:\tx\nVmRSS:\t   12345 kB\n", "VmRSS:"), Some(12345));
        assert_eq!(
            field("Max open files            1024                 4096   files\n", "Max open files"),
            Some(1024)
        );
        assert_eq!(field("", "VmRSS:"), None);
        assert_eq!(cpu_ticks("7 (any ) name) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 9 0 1"), Some(300));
    }
}
