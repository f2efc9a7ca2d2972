//! The cores and priorities of the processes.

use std::process::{Command, Stdio};

#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// The server's core; `None` if the server is not pinned to a core.
    pub server_core: Option<usize>,
    /// Whether the processes have real-time priority.
    pub real_time: bool,
    /// Whether the server must be reset to all cores and the normal priority, because it inherits the core and the
    /// priority of this process.
    is_released: bool,
}

impl Machine {
    /// If `pin` is set, pins this process, the generator, to core 1, and requests real-time priority.
    pub fn take(pin: bool) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let pinned = pin && cores > 1 && run("taskset", &["-cp", "1", &own_pid()]);
        let real_time = pin && run("chrt", &["-f", "-p", "40", &own_pid()]);
        Self { server_core: pinned.then_some(0), real_time, is_released: false }
    }

    /// Returns the same machine with a server that the system schedules like any other program, on all cores.
    pub fn with_normal_server(self) -> Self {
        Self { server_core: None, real_time: false, is_released: self.server_core.is_some() || self.real_time }
    }

    pub fn server(self, program: &str) -> Command {
        let mut words: Vec<String> = Vec::new();
        if self.is_released {
            // The affinity mask has a bit for each core.
            words.extend(["chrt", "-o", "0", "taskset", "0xffffffff"].map(str::to_owned));
        }
        if self.real_time {
            words.extend(["chrt", "-f", "40"].map(str::to_owned));
        }
        if let Some(core) = self.server_core {
            words.extend(["taskset".to_owned(), "-c".to_owned(), core.to_string()]);
        }
        words.push(program.to_owned());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command
    }

    pub fn describe(self) -> String {
        let core =
            self.server_core.map_or("not pinned".into(), |core| format!("server on core {core}, load on core 1"));
        format!("{core}; {}", if self.real_time { "real-time priority" } else { "no real-time priority" })
    }
}

/// Shows the load by other processes.
pub fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

fn own_pid() -> String {
    std::process::id().to_string()
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let quiet = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}
