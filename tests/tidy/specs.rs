//! The schemas with which the simulator checks requests equal the output of `trim.py` for the vendors' documents.

use super::tree;
use std::process::Command;

#[test]
fn made_schemas_are_current() {
    let script = tree::root().join("tests/fixtures/specs/trim.py");
    // The check is skipped without Python, so that the other rules are checked on a machine without it.
    let Ok(output) = Command::new("python3").arg(script).arg("--check").output() else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
