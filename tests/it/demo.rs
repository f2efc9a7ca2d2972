//! The complete demo: it checks the daemon and reports whether every check passed.

use rustix::process::{Pid, Signal};
use std::io::{BufRead, BufReader, Lines};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn the_demo_finds_everything_as_it_must_be() {
    let output = Command::new(env!("CARGO_BIN_EXE_agentlocator")).args(["demo", "--exit"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains(" checks passed"), "{text}");
    for part in ["THREAD", "CALL", "+972501234567", "[voice note]"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
}

#[test]
fn a_demo_that_is_broken_off_leaves_nothing_behind() {
    let demo = Demo::start();
    let pid = Pid::from_raw(demo.process.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    let output = demo.process.wait_with_output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && printed.contains("interrupted"), "{printed}");
    assert!(TcpStream::connect(&demo.address).is_err() && !Path::new(&demo.folder).exists(), "{}", demo.folder);
    assert!(demo.node.iter().all(|pid| !runs(*pid)), "{:?}", demo.node);
}

#[test]
fn a_demo_that_is_killed_leaves_no_process_behind() {
    let mut demo = Demo::start();
    demo.process.kill().unwrap();
    demo.process.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while demo.node.iter().any(|pid| runs(*pid)) || TcpStream::connect(&demo.address).is_ok() {
        assert!(Instant::now() < deadline, "{:?} or the daemon still run", demo.node);
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::remove_dir_all(&demo.folder).unwrap();
}

#[test]
fn a_demo_without_the_bridge_says_how_to_get_it() {
    let elsewhere = tempfile::tempdir().unwrap();
    let program = elsewhere.path().join("agentlocator");
    std::fs::copy(env!("CARGO_BIN_EXE_agentlocator"), &program).unwrap();
    let output = Command::new(&program).args(["demo", "--exit"]).current_dir(elsewhere.path()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && printed.contains("in the project's folder"), "{printed}");
}

/// A running demo whose servers are all ready.
struct Demo {
    process: Child,
    address: String,
    folder: String,
    node: Vec<u32>,
    // The pipe is kept open until the end, because the demo also exits when its output is closed.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Demo {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_agentlocator"))
            .args(["demo", "--exit"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut line = |part: &str| lines.by_ref().map_while(Result::ok).find(|line| line.contains(part)).unwrap();
        let bridge = line("(processes ");
        let node = bridge.trim().trim_end_matches(')').split_once("(processes ").unwrap().1;
        let node: Vec<u32> = node.split(", ").map(|pid| pid.parse().unwrap()).collect();
        let stage = line("(data in ");
        let (address, folder) = stage.trim().trim_end_matches(')').split_once(" (data in ").unwrap();
        let (address, folder) = (address.rsplit_once("//").unwrap().1.to_owned(), folder.to_owned());
        assert!(TcpStream::connect(&address).is_ok() && Path::new(&folder).exists(), "{stage}");
        assert!(node.len() == 2 && node.iter().all(|pid| runs(*pid)), "{bridge}");
        Self { process, address, folder, node, _output: lines }
    }
}

/// Returns true while the process runs. A zombie, which its parent has not reaped, does not count.
fn runs(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
