//! A temporary folder of a command.

use crate::entropy;
use anyhow::Context;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A temporary folder that only this user can read, removed on drop.
pub(super) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    pub(super) fn create(command: &str) -> anyhow::Result<Self> {
        Self::within(&std::env::temp_dir(), &format!("agentlocator-{command}-{}", entropy::random_hex::<4>()))
    }

    /// Creates the folder `name` in an existing folder. Fails if `name` already exists there.
    pub(super) fn within(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let path = folder.join(name);
        DirBuilder::new().mode(0o700).create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
