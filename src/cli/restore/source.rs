//! What is restored: a file, or a snapshot by its name; decrypted on the way where it is encrypted.

use crate::config::Config;
use crate::ops::snapshots::seal;
use crate::store;
use anyhow::{Context, bail};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Opens it for reading, with the rights of whoever gave the command.
pub(super) fn open(from: &Path, identity: Option<&Path>, config: &Config) -> anyhow::Result<Box<dyn Read>> {
    let path = find(from, config)?;
    let file = File::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
    if !file.metadata()?.is_file() {
        bail!("{} is no plain file", path.display());
    }
    store::refuse_a_log_beside(&path)?;
    let mut file = BufReader::with_capacity(PIECE, file);
    let sealed = seal::is_sealed(file.fill_buf().with_context(|| format!("cannot read {}", path.display()))?);
    match (sealed, identity) {
        (false, _) => Ok(Box::new(file)),
        (true, Some(identity)) => Ok(Box::new(seal::open(file, identity)?)),
        (true, None) => bail!("{} is encrypted; name the key file with --identity", path.display()),
    }
}

fn find(from: &Path, config: &Config) -> anyhow::Result<PathBuf> {
    if from.exists() {
        return Ok(from.to_owned());
    }
    let home = config.store.published_file().with_file_name("snapshots");
    let snapshot = config.backup.folder.as_ref().unwrap_or(&home).join(from);
    if from.components().count() == 1 && snapshot.exists() {
        return Ok(snapshot);
    }
    bail!("there is no file and no snapshot {}; `agentlocator snapshots list` shows the snapshots", from.display())
}

const PIECE: usize = 1 << 20;
