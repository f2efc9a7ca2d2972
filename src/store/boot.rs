//! The id of this boot of the machine, and the state file that contains it.

use super::Result;
use super::folder::Folder;
use crate::config;
use sqlite_mirror::run_state::{self, Record, RunState};

/// Returns the kernel's id of this boot, without dashes; empty if the process cannot read it. The systemd unit passes
/// the id in an environment variable, because `ProcSubset=pid` hides `/proc/sys` from the service.
pub fn boot_id() -> String {
    let passed = config::process_env("AGENTLOCATOR_BOOT_ID").filter(|id| !id.trim().is_empty());
    passed.map_or_else(run_state::boot_id, |id| id.trim().replace('-', ""))
}

/// Opens the state file, and reads the record of the last run.
pub(in crate::store) fn open_run_state(folder: &Folder) -> Result<(RunState, Option<Record>)> {
    Ok(RunState::open(&folder.run_state(), super::PROGRAM, &boot_id())?)
}
