//! Putting a copied file back by putting it in its place: where there is no live database yet, the published file that
//! is found becomes the live one.

use super::folder::{Folder, sync_folder};
use super::{Error, Result, copy, migrate, open};
use std::fs::File;
use std::path::Path;

/// Makes the live database from the published file if there is none. True if it did.
pub(in crate::store) fn adopt_published(folder: &Folder) -> Result<bool> {
    let live = folder.database();
    let length = std::fs::metadata(&folder.published).map_or(0, |found| found.len());
    if live.exists() || length == 0 {
        return Ok(false);
    }
    // Before anything is made: is it whole, ours, and not from a later version?
    copy::prove(&folder.published)?;
    migrate::plan(&open::lone_file(&folder.published)?)?;

    let failed = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { doing, path, source }
    };
    for left_over in [folder.wal(), folder.wal_index()] {
        match std::fs::remove_file(&left_over) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed("cannot remove what is left of another database,", &left_over)(error));
            }
            _ => {}
        }
    }
    let unfinished = folder.unfinished("db.sqlite");
    // Page for page, so that the published file goes on being the copy of it.
    std::fs::copy(&folder.published, &unfinished)
        .and_then(|_| File::open(&unfinished)?.sync_all())
        .and_then(|()| std::fs::rename(&unfinished, &live))
        .and_then(|()| sync_folder(live.parent().unwrap_or(folder.root())))
        .map_err(failed("cannot take over the database", &folder.published))?;
    tracing::info!(event = "STORE_TAKEN_OVER", file = %folder.published.display(), "Took over the database that was put here");
    Ok(true)
}
