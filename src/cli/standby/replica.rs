//! Litestream's replica of the other machine's database, and the Litestream program that reads it.

use crate::config::StoreConfig;
use crate::domain::hex;
use anyhow::{Context, bail};
use clap::Args;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Location of the replica.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ReplicaArguments {
    /// Litestream's settings file, the same as on the other machine.
    #[arg(long, value_name = "FILE", default_value = "/etc/agentlocator/litestream.yml")]
    litestream_config: PathBuf,
    /// The Litestream program, version 0.5.15 or newer.
    #[arg(long, value_name = "PROGRAM", default_value = "litestream")]
    litestream: PathBuf,
    /// The path of the other machine's live database in Litestream's settings; by default the path of the live database
    /// here.
    #[arg(long, value_name = "PATH")]
    database: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub(in crate::cli) struct Replica {
    program: PathBuf,
    config: PathBuf,
    database: PathBuf,
    /// User and group ids under which Litestream runs; `None` for those of this process.
    run_as: Option<(u32, u32)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) struct Newest {
    /// The number of the change, in hex with leading zeros, so a later change compares greater as text.
    pub transaction: String,
    /// The time of the replication by the other machine's clock (RFC 3339).
    pub at: String,
}

impl Replica {
    pub(in crate::cli) fn of(arguments: &ReplicaArguments, store: &StoreConfig) -> Self {
        Self {
            program: arguments.litestream.clone(),
            config: arguments.litestream_config.clone(),
            database: arguments.database.clone().unwrap_or_else(|| store.live_file()),
            run_as: None,
        }
    }

    #[must_use]
    pub(in crate::cli) fn read_as(self, run_as: Option<(u32, u32)>) -> Self {
        Self { run_as, ..self }
    }

    /// The options are placed between `verb` and the database's path.
    pub(super) fn command(&self, verb: &str, options: &[&OsStr]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(verb).arg("-config").arg(&self.config).args(options).arg(&self.database).kill_on_drop(true);
        if let Some((user, group)) = self.run_as {
            command.uid(user).gid(group);
        }
        command
    }

    pub(super) fn not_started(&self) -> String {
        format!("cannot start {}; is Litestream installed? (https://litestream.io/install)", self.program.display())
    }

    /// Returns a hash that identifies this replica. The changes of another replica must not be applied to a copy of
    /// this replica.
    pub(super) fn identity(&self) -> anyhow::Result<String> {
        let settings = std::fs::read(&self.config)
            .with_context(|| format!("cannot read Litestream's settings {}", self.config.display()))?;
        let hash = Sha256::new().chain_update(settings).chain_update(self.database.as_os_str().as_bytes()).finalize();
        Ok(hex(&hash))
    }

    /// Fails if the replica is empty.
    pub(in crate::cli) async fn newest(&self) -> anyhow::Result<Newest> {
        let newest = self.list("all").await?.into_iter().max_by(|a, b| a.max_txid.cmp(&b.max_txid));
        newest
            .map(|file| Newest { transaction: file.max_txid, at: file.timestamp })
            .context("the replica is empty: has the other machine replicated anything yet?")
    }

    /// Queries the number of the last change in the newest full snapshot; `None` if the replica has no snapshot.
    pub(super) async fn newest_snapshot(&self) -> anyhow::Result<Option<String>> {
        Ok(self.list(SNAPSHOTS).await?.into_iter().map(|file| file.max_txid).max())
    }

    /// Lists the replica's files at a Litestream compaction level, or at all levels for `all`.
    async fn list(&self, level: &str) -> anyhow::Result<Vec<ReplicaFile>> {
        let options = ["-level", level, "-json"].map(OsStr::new);
        let output = self.command("ltx", &options).stdin(Stdio::null()).output();
        let output = tokio::time::timeout(RESPONSE_TIMEOUT, output)
            .await
            .ok()
            .with_context(|| format!("the replica has not answered for {} s", RESPONSE_TIMEOUT.as_secs()))?
            .with_context(|| self.not_started())?;
        if !output.status.success() {
            bail!("the replica cannot be read: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let files: Option<Vec<ReplicaFile>> =
            serde_json::from_slice(&output.stdout).context("Litestream lists the replica in an unknown format")?;
        Ok(files.unwrap_or_default())
    }
}

/// A file of the replica in the output of `litestream ltx -json`.
#[derive(Deserialize)]
struct ReplicaFile {
    max_txid: String,
    timestamp: String,
}

/// The compaction level at which Litestream stores full snapshots.
const SNAPSHOTS: &str = "9";
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);
