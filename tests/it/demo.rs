//! The demo, whole: it checks the daemon and says whether everything was as it must be.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn the_demo_finds_everything_as_it_must_be() {
    let output = Command::new(env!("CARGO_BIN_EXE_agentlocator")).args(["demo", "--exit"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("Everything is as it must be"), "{text}");
    for part in ["THREAD", "CALL", "+972501234567"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
}

#[test]
fn a_demo_that_is_broken_off_leaves_nothing_behind() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_agentlocator"))
        .args(["demo", "--exit"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Held to the end: nobody listens any more would be another reason to end.
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains("(data in ")).unwrap();
    let (address, folder) = line.trim().trim_end_matches(')').split_once(" (data in ").unwrap();
    let address = address.rsplit_once("//").unwrap().1;
    assert!(TcpStream::connect(address).is_ok() && Path::new(folder).exists(), "{line}");
    let pid = rustix::process::Pid::from_raw(demo.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let output = demo.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && told.contains("broken off"), "{told}");
    assert!(TcpStream::connect(address).is_err() && !Path::new(folder).exists(), "{line}");
}
