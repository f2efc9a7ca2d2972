//! `agentlocator snapshots`: manages the snapshots of the database.

use super::as_data_owner::load_with_stored;
use super::backup::describe;
use super::output::{Table, format_time, print, print_json, print_status};
use super::settings::Settings;
use crate::app;
use crate::backup::{Error, Kind, Snapshots, Verified};
use crate::host::disk::format_bytes;
use crate::providers::http_client;
use anyhow::{Context, bail};
use clap::Subcommand;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the snapshots, newest first.
    List {
        /// List the snapshots in the bucket.
        #[arg(long)]
        bucket: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Create a snapshot now, and verify it.
    Create {
        /// Mark the snapshot as made before an upgrade. Such snapshots are kept separately: the last
        /// store.keep_snapshots.
        #[arg(long)]
        before_upgrade: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Read snapshots completely, and report whether they are valid.
    ///
    /// An encrypted snapshot without a stored checksum, such as one that was fetched from the bucket, is verified only with the key.
    /// The command fails if a snapshot is not valid or was not verified.
    Verify {
        /// The names of the snapshots; by default all.
        names: Vec<String>,
        /// The key file (age) that decrypts encrypted snapshots; without it only their checksum is verified.
        #[arg(long, value_name = "KEYFILE")]
        identity: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Delete the snapshots that the retention settings do not keep, if the newest one is valid.
    Prune {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetch a snapshot from the bucket into the snapshot folder, to restore it from there.
    Fetch {
        /// The name of the snapshot.
        name: String,
    },
}

impl Command {
    pub(super) fn has_identity(&self) -> bool {
        matches!(self, Self::Verify { identity: Some(_), .. })
    }
}

pub(super) fn run(command: &Command, settings: &Settings) -> anyhow::Result<()> {
    let config = match command {
        Command::Create { .. } | Command::Prune { .. } => load_with_stored(settings)?,
        // These commands also work with a damaged database, because they help to restore it.
        Command::List { .. } | Command::Verify { .. } | Command::Fetch { .. } => {
            load_with_stored(settings).or_else(|error| {
                print_status(&format!("{error:#}; the settings of the file are used."));
                settings.load()
            })?
        }
    };
    crate::store::ignore_file_size_signal();
    let client = http_client::build().context("cannot create an HTTP client")?;
    let mut snapshots = Snapshots::new(&config, client);
    match command {
        Command::List { bucket: true, json } => list_bucket(&snapshots, *json),
        Command::List { bucket: false, json } => list(&snapshots, *json),
        Command::Create { before_upgrade, json } => {
            if matches!(config.backup.bucket(), Some(Err(_))) {
                print_status(
                    "This command cannot read the keys of the bucket; the daemon uploads the snapshot tonight.",
                );
                snapshots = snapshots.local_only();
            }
            create(&snapshots, if *before_upgrade { Kind::Upgrade } else { Kind::Manual }, *json)
        }
        Command::Verify { names, identity, json } => verify(&snapshots, names, identity.as_deref(), *json),
        Command::Prune { json } => prune(&snapshots, *json),
        Command::Fetch { name } => {
            let file = app::runtime()?.block_on(snapshots.fetch(name))?;
            let inside = match snapshots.verify(name, None) {
                Ok(Verified { copy, .. }) => copy.map_or_else(|| "encrypted".to_owned(), |copy| describe(&copy)),
                // The bucket stores no checksums, so a restore with the key is the first to read the content.
                Err(Error::NotVerified(_)) => {
                    "encrypted, and not verified (use snapshots verify --identity)".to_owned()
                }
                Err(error) => return Err(error.into()),
            };
            print_status(&format!("Fetched {}: {inside}.", file.display()));
            Ok(())
        }
    }
}

fn list(snapshots: &Snapshots, json: bool) -> anyhow::Result<()> {
    snapshots.check_parent()?;
    let found = snapshots.list()?;
    if !snapshots.folder().exists() {
        let folder = snapshots.folder().display();
        print_status(&format!(
            "The folder {folder} does not exist: no snapshot was created there, or its disk is not mounted."
        ));
    }
    if json {
        return print_json(&found);
    }
    let mut table = Table::new(["NAME", "KIND", "CREATED", "SIZE", "ENCRYPTED"]);
    for one in found {
        let encrypted = if one.encrypted { "yes" } else { "no" };
        let (kind, made) = (one.kind.to_string(), format_time(Some(one.created_at)));
        table.row([one.name, kind, made, format_bytes(one.bytes), encrypted.to_owned()]);
    }
    print(&table.to_string())
}

fn list_bucket(snapshots: &Snapshots, json: bool) -> anyhow::Result<()> {
    let found = app::runtime()?.block_on(snapshots.list_bucket())?;
    if json {
        let found: Vec<_> =
            found.iter().map(|(name, bytes)| serde_json::json!({ "name": name, "bytes": bytes })).collect();
        return print_json(&found);
    }
    let mut table = Table::new(["NAME", "SIZE"]);
    for (name, bytes) in found {
        table.row([name, format_bytes(bytes)]);
    }
    print(&table.to_string())
}

fn create(snapshots: &Snapshots, kind: Kind, json: bool) -> anyhow::Result<()> {
    let made = app::runtime()?.block_on(snapshots.create(kind))?;
    if json {
        print_json(&made)?;
    } else {
        print_status(&format!("Created and verified {}: {}.", made.file.display(), describe(&made.copy)));
        for name in &made.dropped {
            print_status(&format!("Deleted {name}."));
        }
    }
    match made.bucket_error {
        Some(error) => bail!("the snapshot was created here, but not uploaded to the bucket: {error}"),
        None => Ok(()),
    }
}

fn verify(snapshots: &Snapshots, names: &[String], identity: Option<&Path>, json: bool) -> anyhow::Result<()> {
    let names = match names {
        [] => snapshots.list()?.into_iter().map(|found| found.name).collect(),
        names => names.to_vec(),
    };
    let (mut bad, mut unverified, mut report) = (0, 0, Vec::new());
    for name in names {
        match snapshots.verify(&name, identity) {
            Ok(verified) => {
                if !json {
                    let what = match &verified.copy {
                        Some(copy) => describe(copy),
                        None => "encrypted; the checksum is valid, but the content was not verified (use --identity)"
                            .to_owned(),
                    };
                    print(&format!("good  {name}  {what}\n"))?;
                }
                report.push(serde_json::json!({ "name": name, "good": true, "found": verified }));
            }
            Err(error) => {
                let (count, word) = match error {
                    Error::NotVerified(_) => (&mut unverified, "not verified"),
                    _ => (&mut bad, "BAD "),
                };
                *count += 1;
                let text = format!("{:#}", anyhow::Error::from(error));
                if !json {
                    print(&format!("{word}  {name}  {text}\n"))?;
                }
                report.push(serde_json::json!({ "name": name, "good": false, "error": text }));
            }
        }
    }
    if json {
        print_json(&report)?;
    }
    let all = report.len();
    match (bad, unverified) {
        (0, 0) => Ok(()),
        (0, _) => bail!("{unverified} of {all} snapshots were not verified"),
        (_, 0) => bail!("{bad} of {all} snapshots are not valid"),
        _ => bail!("{bad} of {all} snapshots are not valid, and {unverified} were not verified"),
    }
}

fn prune(snapshots: &Snapshots, json: bool) -> anyhow::Result<()> {
    let dropped = snapshots.prune().context("nothing was deleted")?;
    if json {
        return print_json(&dropped);
    }
    if dropped.is_empty() {
        print_status("There is nothing to delete: the retention settings keep all snapshots.");
    }
    for name in dropped {
        print_status(&format!("Deleted {name}."));
    }
    Ok(())
}
