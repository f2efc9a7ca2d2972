//! Kills a start, or makes the disk fail, at each point of adopting or archiving a file. The next start must complete
//! the adoption and notify the owner about the archived file.

use crate::config::StoreConfig;
use crate::store::fault_injection::{self, Fault, Killed};
use crate::store::folder::{Folder, with_suffix};
use crate::store::run_state::Record;
use crate::store::{StartEvent, Store, copy, open, startup};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Situation {
    /// An older backup has replaced the published file.
    Backup,
    /// The folder is a copy of another store's folder.
    CopiedFolder,
    LiveDamaged,
    LiveChanged,
    Foreign,
}

/// A stopped store. The `color` is "new" in the live database and "old" in the backup.
struct StoppedStore {
    config: StoreConfig,
    folder: Folder,
    _dir: TempDir,
}

impl StoppedStore {
    async fn with(situation: Situation) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database_url = Some(dir.path().join("agentlocator.db").display().to_string());
        let config = StoreConfig { database_url, ..StoreConfig::default() };
        let (store, _) = Store::open(&config).unwrap();
        let folder = store.inner.folder.clone();
        store.write(|tx| tx.set_meta("color", "old")).await.unwrap();
        let backup = std::fs::read(&folder.published).unwrap();
        store.write(|tx| tx.set_meta("color", "new")).await.unwrap();
        store.close();
        match situation {
            Situation::Backup => std::fs::write(&folder.published, backup).unwrap(),
            Situation::CopiedFolder => {
                let (state, record) = folder.open_run_state().unwrap();
                let live = Some("1 1 1".parse().unwrap());
                state.replace(&Record { closed: None, live, ..record.unwrap() }).unwrap();
            }
            Situation::LiveDamaged => std::fs::write(folder.database(), "no database any more").unwrap(),
            Situation::LiveChanged => {
                let conn = Connection::open(folder.database()).unwrap();
                conn.execute("UPDATE meta SET value = 'edited' WHERE key = 'color'", []).unwrap();
            }
            Situation::Foreign => std::fs::write(&folder.published, GARBAGE).unwrap(),
        }
        Self { config, folder, _dir: dir }
    }

    /// The part of a start that decides which files are used.
    fn decides(&self) {
        let (state, record) = self.folder.open_run_state().unwrap();
        let _ = startup::open(&self.folder, &state, record, false);
    }

    async fn starts(&self, situation: Situation, case: &str) {
        let (store, _) = Store::open(&self.config).unwrap();
        let (color, event, kept) = match situation {
            Situation::Backup => ("old", StartEvent::Restored, Some("new")),
            Situation::CopiedFolder => ("new", StartEvent::FolderCopied, Some("new")),
            Situation::LiveDamaged => ("new", StartEvent::LiveDamaged, None),
            Situation::LiveChanged => ("edited", StartEvent::LiveChanged, Some("new")),
            Situation::Foreign => ("new", StartEvent::FoundForeign, None),
        };
        assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some(color), "{case}");
        let notice = store.read(|tx| tx.start_notice()).await.unwrap().expect(case);
        assert_eq!((notice.event, notice.quiet), (event, false), "{case}");
        let archived = notice.archived.expect(case);
        match kept {
            Some(kept) => assert_eq!(color_in(&archived), kept, "{case}"),
            None => assert!(!std::fs::read(&archived).unwrap().is_empty(), "{case}"),
        }
        store.close();
        assert_eq!(self.archived(), [archived], "{case}: what else was left");
        assert!(!self.folder.notice().exists() && !self.folder.unfinished("db.sqlite").exists(), "{case}");
        assert_eq!(color_in(&self.folder.published), color, "{case}");
    }

    fn archived(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.root()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("agentlocator-")).collect()
    }
}

fn color_in(file: &Path) -> String {
    let conn = if with_suffix(file, "-wal").exists() { open::reader(file) } else { open::lone_file(file) };
    let conn = conn.unwrap();
    assert_eq!(copy::findings(&conn).unwrap(), None);
    conn.query_row("SELECT value FROM meta WHERE key = 'color'", [], |row| row.get(0)).unwrap()
}

async fn survives(situation: Situation, fault: Fault) {
    for point in 0.. {
        let case = format!("{situation:?}, {fault:?} at point {point}");
        let stopped_store = StoppedStore::with(situation).await;
        fault_injection::plan(point, fault);
        if let Err(ended) = catch_unwind(AssertUnwindSafe(|| stopped_store.decides()))
            && !ended.is::<Killed>()
        {
            resume_unwind(ended);
        }
        let is_over = fault_injection::clear();
        stopped_store.starts(situation, &case).await;
        if is_over {
            assert!(point >= 2, "{case}: no point was reached");
            return;
        }
    }
}

#[tokio::test]
async fn a_kill_in_mid_adoption_loses_neither_the_archive_nor_its_name() {
    for situation in
        [Situation::Backup, Situation::CopiedFolder, Situation::LiveDamaged, Situation::LiveChanged, Situation::Foreign]
    {
        survives(situation, Fault::Kill).await;
    }
}

#[tokio::test]
async fn a_disk_error_in_mid_adoption_loses_neither_the_archive_nor_its_name() {
    for situation in [Situation::Backup, Situation::CopiedFolder, Situation::LiveDamaged] {
        survives(situation, Fault::Errno(ENOSPC)).await;
    }
}

const GARBAGE: &str = "no database, but a file that its owner wants to keep";
const ENOSPC: i32 = 28;
