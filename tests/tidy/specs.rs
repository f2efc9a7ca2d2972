//! The schemas that are built into the binary are what the script makes of the vendors' documents.

use super::tree;
use std::process::Command;

#[test]
fn made_schemas_are_current() {
    let script = tree::root().join("tests/fixtures/specs/trim.py");
    // Only whoever changes the documents needs Python.
    let Ok(output) = Command::new("python3").arg(script).arg("--check").output() else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
