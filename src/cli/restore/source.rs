//! The source of a restore: a file, or the name of a snapshot. Encrypted sources are decrypted while they are read.
//!
//! The service's user owns the data folder and the snapshot folder, and could create symbolic links there. Root
//! therefore follows no links in these folders.

use crate::backup::encryption;
use crate::config::Config;
use crate::secure_open;
use crate::store;
use anyhow::{Context, bail};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

pub(super) fn open(from: &Path, identity: Option<&Path>, config: &Config) -> anyhow::Result<Box<dyn Read>> {
    let (data, snapshots) = (config.store.data_folder(), snapshot_folder(config));
    let path = find(from, &snapshots)?;
    let opened = secure_open::open_file(&path, &[&data, &snapshots]);
    let file = opened.with_context(|| format!("cannot open {}", path.display()))?;
    if !file.metadata()?.is_file() {
        bail!("{} is not a regular file", path.display());
    }
    store::refuse_leftover_log(&path)?;
    let mut file = BufReader::with_capacity(PIECE, file);
    let sealed = encryption::is_encrypted(file.fill_buf().with_context(|| format!("cannot read {}", path.display()))?);
    match (sealed, identity) {
        (false, _) => Ok(Box::new(file)),
        (true, Some(identity)) => Ok(Box::new(encryption::decrypt(file, identity)?)),
        (true, None) => bail!("{} is encrypted; name the key file with --identity", path.display()),
    }
}

fn snapshot_folder(config: &Config) -> PathBuf {
    let home = || config.store.published_file().with_file_name("snapshots");
    config.backup.folder.clone().unwrap_or_else(home)
}

fn find(from: &Path, snapshots: &Path) -> anyhow::Result<PathBuf> {
    let is_there = |path: &Path| std::fs::symlink_metadata(path).is_ok();
    if is_there(from) {
        return Ok(from.to_owned());
    }
    let snapshot = snapshots.join(from);
    if from.components().count() == 1 && is_there(&snapshot) {
        return Ok(snapshot);
    }
    bail!("there is no file and no snapshot {}; `agentlocator snapshots list` shows the snapshots", from.display())
}

const PIECE: usize = 1 << 20;
