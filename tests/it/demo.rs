//! The demo, whole: it checks the daemon and says whether everything was as it must be.

use std::process::Command;

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
