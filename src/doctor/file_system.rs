//! Checks that the file system under the data folder has the features that the database needs.

use super::{DoctorContext, Finding};
use crate::entropy;
use crate::store::FsSupport;
use std::path::Path;

const CHECK: &str = "folder";

pub(super) fn evaluate(context: &DoctorContext, published: &Path, folder: &Path) -> Vec<Finding> {
    let name = format!(".doctor-{}", entropy::random_hex::<8>());
    match (context.file_system)(published, &name) {
        Ok(abilities) => findings(folder, &abilities),
        Err(error) => {
            let found = format!("nothing can be written to {} ({error})", folder.display());
            let remedy = "check that the disk is neither full nor mounted read-only, and who owns the folder";
            vec![Finding::error(CHECK, found, remedy)]
        }
    }
}

fn findings(folder: &Path, abilities: &FsSupport) -> Vec<Finding> {
    let shown = folder.display();
    if let Err(reason) = &abilities.database {
        let found = format!("the file system under {shown} cannot hold a live database ({reason})");
        return vec![Finding::error(
            CHECK,
            found,
            "keep the data on a local disk (ext4, xfs, btrfs), not on a network file system",
        )];
    }
    let lacks: Vec<_> =
        [("locks", abilities.locks), ("reliable leases", abilities.leases), ("exchange", abilities.exchange)]
            .into_iter()
            .filter(|(_, has)| !has)
            .map(|(name, _)| name)
            .collect();
    if lacks.is_empty() {
        return vec![Finding::ok(CHECK, format!("{shown} is on a file system with all required features"))];
    }
    let found = format!(
        "the file system under {shown} lacks {}: the published copy is replaced as a whole at each change, which is slow",
        lacks.join(", ")
    );
    vec![Finding::warning(CHECK, found, "keep the data on a local disk with ext4, xfs or btrfs")]
}
