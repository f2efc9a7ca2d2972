//! Runs the real Litestream, with a folder or an S3 bucket for the replica.

use super::log::Log;
use super::s3::{BUCKET, KEY_ID, REGION, S3, SECRET};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Litestream and its replica. Dropping it ends the process.
pub struct Litestream {
    program: PathBuf,
    folder: TempDir,
    database: PathBuf,
    child: Option<Child>,
    pub log: Log,
}

impl Litestream {
    /// Configures Litestream for the live database in the folder `data`, with the intervals of
    /// `packaging/litestream/litestream.yml` and a replica in another folder. Returns `None` if Litestream is not
    /// installed.
    pub fn of(data: &Path) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let replica = format!("type: file\n      path: {}", folder.path().join("bucket").display());
        Self::with_replica(data, folder, &replica)
    }

    /// Configures Litestream as `of` does, but with the replica in an S3 bucket.
    pub fn in_bucket(data: &Path, s3: &S3) -> Option<Self> {
        let lines = [
            "type: s3",
            &format!("bucket: {BUCKET}"),
            "path: box-1/litestream",
            &format!("region: {REGION}"),
            &format!("endpoint: {}", s3.origin),
            "force-path-style: true",
            &format!("access-key-id: {KEY_ID}"),
            &format!("secret-access-key: {SECRET}"),
        ];
        Self::with_replica(data, tempfile::tempdir().unwrap(), &lines.join("\n      "))
    }

    /// Configures Litestream with these settings of the replica.
    fn with_replica(data: &Path, folder: TempDir, replica: &str) -> Option<Self> {
        let program = program()?;
        let database = data.join("live/db.sqlite");
        let text = format!(
            "dbs:\n  - path: {}\n    truncate-page-n: 12000\n    monitor-interval: 500ms\n    replica:\n      {replica}\n      \
             sync-interval: 500ms\n",
            database.display()
        );
        std::fs::write(folder.path().join("litestream.yml"), text).unwrap();
        Some(Self { program, folder, database, child: None, log: Log::default() })
    }

    /// Returns the path of Litestream's settings.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("litestream.yml")
    }

    /// Returns the path of the replica of [`Litestream::of`].
    pub fn bucket(&self) -> PathBuf {
        self.folder.path().join("bucket")
    }

    /// Returns the arguments that `standby` and `promote` need.
    pub fn options(&self) -> Vec<String> {
        let text = |path: &Path| path.display().to_string();
        vec![
            "--litestream".into(),
            text(&self.program),
            "--litestream-config".into(),
            text(&self.config()),
            "--database".into(),
            text(&self.database),
        ]
    }

    pub fn start(&mut self) {
        let mut command = Command::new(&self.program);
        command.args(["replicate", "-config"]).arg(self.config()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // If this variable is set, the S3 client in Litestream rejects Litestream's settings.
        command.env_remove("AWS_CA_BUNDLE");
        let mut child = command.spawn().unwrap();
        self.log.follow(child.stdout.take().unwrap());
        self.log.follow(child.stderr.take().unwrap());
        self.child = Some(child);
    }

    /// Sends SIGTERM, and waits until Litestream has replicated all changes and exited.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let pid = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
            assert!(child.wait().unwrap().success());
        }
    }

    pub fn kill9(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Returns how many times Litestream uploaded the complete database.
    pub fn snapshots(&self) -> usize {
        let output = self.run(&["ltx", "-level", "9", "-json"], &[]);
        serde_json::from_slice::<Value>(&output).unwrap().as_array().map_or(0, Vec::len)
    }

    /// Restores the replica to a database; `None` while the replica is empty.
    pub fn restored(&self) -> Option<PathBuf> {
        let file = self.folder.path().join("restored.db");
        let _ = std::fs::remove_file(&file);
        self.run(&["restore"], &["-if-replica-exists", "-o", file.to_str().unwrap()]);
        file.exists().then_some(file)
    }

    fn run(&self, command: &[&str], options: &[&str]) -> Vec<u8> {
        let mut litestream = Command::new(&self.program);
        litestream.args(command).arg("-config").arg(self.config()).args(options).arg(&self.database);
        litestream.env_remove("AWS_CA_BUNDLE");
        let output = litestream.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }
}

impl Drop for Litestream {
    fn drop(&mut self) {
        self.kill9();
        if std::thread::panicking() {
            eprintln!("--- Litestream's log ---\n{}", self.log.lines().join("\n"));
        }
    }
}

/// Finds the program: in `target/tools`, where `make test` installs it, or on the `PATH`.
fn program() -> Option<PathBuf> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/litestream/bin/litestream");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::iter::once(ours)
        .chain(std::env::split_paths(&path).map(|folder| folder.join("litestream")))
        .find(|program| program.is_file());
    if found.is_none() {
        super::skipped("Litestream is not installed");
    }
    found
}
