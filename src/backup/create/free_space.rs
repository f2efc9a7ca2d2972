//! Frees disk space for snapshots: older ones are deleted before a new one is created.

use super::Snapshots;
use super::space::{budget_bytes, check_space, device, known_space, needed_for, no_space};
use crate::backup::Error;
use crate::backup::folder::{self, Snapshot};
use crate::backup::name::SnapshotName;
use crate::backup::retention::{SpaceNeeds, select_to_free_space};
use crate::store;
use std::path::Path;
use tokio_util::sync::CancellationToken;

impl Snapshots {
    /// Deletes older snapshots for the next one, see [`select_to_free_space`]. Returns the deleted names.
    pub(super) fn free_up_space(&self) -> Result<Vec<String>, Error> {
        self.delete_for_space(self.database_bytes(), self.next_needs())
    }

    /// How many bytes must be free in the folder to create the next snapshot.
    fn next_needs(&self) -> u64 {
        let copy = self.database_bytes();
        // If the copy is encrypted or moved to another folder, the copy and the snapshot exist at the same time.
        let twice = !self.settings.age_recipients.is_empty() || self.folder() != self.work_folder;
        let copies = if twice && device(self.folder()) == device(&self.work_folder) { 2 } else { 1 };
        needed_for(copy.saturating_mul(copies))
    }

    /// Fails if the next snapshot would lack space even after all deletable snapshots were deleted.
    pub(super) fn check_free_space(&self) -> Result<(), Error> {
        let deletable = self.list()?.iter().skip(COPIES_KEPT).fold(0_u64, |sum, one| sum.saturating_add(one.bytes));
        let free = known_space(self.folder()).map_or(u64::MAX, |space| space.free_bytes).saturating_add(deletable);
        let needed = self.next_needs();
        if free < needed {
            return Err(no_space(self.folder(), needed, free));
        }
        if device(self.folder()) == device(&self.work_folder) {
            return Ok(());
        }
        check_space(&self.work_folder, self.database_bytes())
    }

    /// Returns the deleted names.
    pub(super) fn enforce_budget(&self) -> Result<Vec<String>, Error> {
        self.delete_for_space(0, 0)
    }

    /// The expected size of the next copy in bytes: the length of the published or of the live database file, whichever
    /// is longer.
    pub(super) fn database_bytes(&self) -> u64 {
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
        length(&self.published).max(length(&self.published.with_file_name("live/db.sqlite")))
    }

    /// Deletes none if fewer than [`COPIES_KEPT`] snapshots are intact. Returns the deleted names.
    fn delete_for_space(&self, copy: u64, required_free: u64) -> Result<Vec<String>, Error> {
        let listed = self.list()?;
        let found: Vec<(SnapshotName, u64)> =
            listed.iter().filter_map(|one| Some((one.name.parse().ok()?, one.bytes))).collect();
        let space = known_space(self.folder());
        let needs = SpaceNeeds {
            copy,
            required_free,
            free: space.map_or(u64::MAX, |space| space.free_bytes),
            budget: budget_bytes(self.settings.budget, space),
        };
        let newest: Vec<_> = found.iter().take(COPIES_KEPT).map(|(name, _)| name.clone()).collect();
        if select_to_free_space(&found, &newest, needs).is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.newest_intact(&listed)?;
        if kept.len() < COPIES_KEPT {
            let lacks_space = needs.free < needs.required_free;
            let remedy = if lacks_space { "; free disk space, because the next snapshot may fail" } else { "" };
            tracing::warn!(
                event = "SNAPSHOT_SPACE_KEPT",
                sound = kept.len(),
                "No snapshot is deleted to free disk space or to stay within backup.budget, because only {} could be verified and {COPIES_KEPT} valid ones are always kept{remedy}",
                kept.len()
            );
            return Ok(Vec::new());
        }
        let mut dropped = Vec::new();
        for name in select_to_free_space(&found, &kept, needs) {
            folder::remove(self.folder(), &name.to_string())?;
            dropped.push(name.to_string());
        }
        if !dropped.is_empty() {
            tracing::info!(
                event = "SNAPSHOT_SPACE_FREED",
                names = dropped.join(" "),
                "Older snapshots were deleted to free disk space or to stay within backup.budget: {}",
                dropped.join(", ")
            );
        }
        Ok(dropped)
    }

    /// At most [`COPIES_KEPT`] snapshots.
    fn newest_intact(&self, newest_first: &[Snapshot]) -> Result<Vec<SnapshotName>, Error> {
        let mut intact = Vec::new();
        for one in newest_first {
            if intact.len() == COPIES_KEPT {
                break;
            }
            let Ok(name) = one.name.parse() else { continue };
            match fault(&self.folder().join(&one.name), one, &self.cancel_token)? {
                None => intact.push(name),
                Some(reason) => tracing::warn!(
                    event = "SNAPSHOT_DAMAGED",
                    name = one.name,
                    "Snapshot {} does not count as one of the valid snapshots that are always kept, because {reason}",
                    one.name
                ),
            }
        }
        Ok(intact)
    }
}

/// Returns why a snapshot cannot be relied on; `None` if it is intact. Each snapshot was verified when it was created,
/// so an equal checksum is sufficient.
fn fault(path: &Path, snapshot: &Snapshot, cancel_token: &CancellationToken) -> Result<Option<String>, Error> {
    let Some(expected) = &snapshot.sha256 else {
        return Ok(if snapshot.encrypted {
            Some("it is encrypted and its checksum was not stored".to_owned())
        } else {
            store::verify_copy(path).err().map(|error| error.to_string())
        });
    };
    match folder::checksum(path, cancel_token) {
        Ok((_, sum)) => Ok((sum != *expected).then(|| "it is damaged: its checksum differs".to_owned())),
        Err(Error::Stopped) => Err(Error::Stopped),
        Err(error) => Ok(Some(format!("it cannot be read: {error}"))),
    }
}

/// Number of intact snapshots that are never deleted to free space.
const COPIES_KEPT: usize = 2;
