//! Simulates a disk that fails on request, with a small library that is preloaded into the daemon (see faults.c).

use super::Setup;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The fault rules of one daemon's disk.
pub struct Faults {
    rules: PathBuf,
    _folder: tempfile::TempDir,
}

impl Faults {
    /// Creates a disk without faults for the daemon with this `setup`.
    pub fn none(setup: &mut Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("rules");
        std::fs::write(&rules, "").unwrap();
        setup.env("FAULTS", rules.to_str().unwrap()).env("LD_PRELOAD", library().to_str().unwrap());
        Self { rules, _folder: folder }
    }

    /// Makes these system calls fail with the error `code` on files whose path contains `part`, after `skip` calls that
    /// succeed. `calls` are letters: `w` write, `s` sync, `t` truncate, `e` read. With `r`, the file system reports
    /// that it is read-only although every call succeeds.
    pub fn fail_calls(&self, calls: &str, code: i32, skip: usize, part: &str) {
        self.write(&format!("{calls} {code} {skip} {part}\n"));
    }

    /// Makes name resolution block, as without a name server.
    pub fn block_name_resolution(&self) {
        self.write("n\n");
    }

    /// Removes all faults.
    pub fn end(&self) {
        self.write("");
    }

    /// Writes the rules atomically, because the daemon may read the file at any time.
    fn write(&self, text: &str) {
        let fresh = self.rules.with_extension("new");
        std::fs::write(&fresh, text).unwrap();
        std::fs::rename(fresh, &self.rules).unwrap();
    }
}

/// Compiles the library, once for each test run.
fn library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("faults-{}.so", std::process::id()));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/faults.c");
        let built =
            Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&target).arg(source).arg("-ldl").output();
        let built = built.expect("a C compiler");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        target
    })
}

/// No space left on the device.
pub const ENOSPC: i32 = 28;
/// Input/output error.
pub const EIO: i32 = 5;
/// Read-only file system, as after an error of the disk.
pub const EROFS: i32 = 30;
