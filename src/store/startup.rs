//! What a start finds in its folder, and which of the two databases it goes on with. The published file is adopted or archived
//! here; nothing else is written before the live database is open. The diagram is in ARCHITECTURE.md.

use super::adopt::{self, Adopted};
use super::archive::{self, Form};
use super::copy;
use super::folder::Folder;
use super::notice::{StartEvent, StartNotice};
use super::publish::{FileState, Lacks, Observed, Position, classify, holds_write};
use super::run_state::{Boot, Record, RunState};
use super::stamp::{ExactStamp, FileId, Stamp};
use super::{Error, Result, open, proof};
use crate::clock;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt};

/// What a start goes on with.
#[derive(Debug)]
pub(in crate::store) struct Startup {
    /// What the state file says.
    pub record: Option<Record>,
    /// The live database was closed cleanly and has not changed since, or has been read whole and is sound.
    pub verified: bool,
    /// The published file.
    pub published: FileState,
}

/// Looks at the folder, and adopts or archives the published file where it is not ours.
pub(in crate::store) fn inspect(folder: &Folder, state: &RunState, record: Option<Record>) -> Result<Startup> {
    let published = std::fs::symlink_metadata(&folder.published).ok();
    let Ok(live) = std::fs::metadata(folder.database()) else {
        return without_live(folder, state, record.is_none(), published.as_ref());
    };
    let at_rest = record.as_ref().is_some_and(|record| was_at_rest(record, &live, folder));
    let clean = at_rest && record.as_ref().and_then(|record| record.closed) == Some(Stamp::of(&live));
    let was_changed = !at_rest && record.as_ref().is_some_and(|record| record.closed.is_some());
    let found = Inspection { folder, state, record, clean };
    if let Some(published) = published.as_ref().filter(|_| !at_rest && found.is_copied_folder(&live)) {
        return found.in_a_copied_folder(published);
    }
    match found.classify(published.as_ref()) {
        FileState::Foreign { found: reason } => found.with_a_foreign_file(published.as_ref(), reason),
        published if was_changed && published != FileState::Missing => found.with_a_changed_live(published),
        published => Ok(found.keeps_live(published)),
    }
}

/// The live database cannot be opened: adopts the published file, if that is sound.
pub(in crate::store) fn rescue(folder: &Folder, state: &RunState, damage: &Error) -> Result<Startup> {
    let reason = explain(damage);
    let notice = StartNotice::new(StartEvent::LiveDamaged, &reason, clock::now());
    match adopt::published_file(folder, state, Form::AsItIs, notice) {
        Ok(adopted) => {
            let file = folder.published.display();
            tracing::error!(
                event = "STORE_LIVE_UNREADABLE",
                reason,
                file = %file,
                "The live database cannot be opened; the published file has taken its place"
            );
            Ok(after_adoption(adopted))
        }
        Err(error) => Err(Error::Damaged {
            path: folder.database(),
            findings: format!(
                "{reason}; and {} cannot take its place: {}. Restore a snapshot: `agentlocator snapshots list`, then \
                 `agentlocator restore NAME`",
                folder.published.display(),
                explain(&error)
            ),
        }),
    }
}

/// Both databases were closed, or copied while they were.
fn was_at_rest(record: &Record, live: &Metadata, folder: &Folder) -> bool {
    let now = Stamp::of(live);
    let is_as_it_was = record.closed.is_some_and(|closed| closed == now || closed.is_moved_to(now));
    is_as_it_was && std::fs::metadata(folder.wal()).map_or(true, |log| log.len() == 0)
}

fn without_live(folder: &Folder, state: &RunState, is_first: bool, published: Option<&Metadata>) -> Result<Startup> {
    if published.is_none_or(|found| found.len() == 0) {
        let published = FileState::Missing;
        return Ok(Startup { record: None, verified: true, published });
    }
    // `agentlocator restore` has told the owner already; and on a new machine there is nothing to tell.
    let notice = StartNotice { quiet: is_first, ..StartNotice::new(StartEvent::Restored, "", clock::now()) };
    Ok(after_adoption(adopt::published_file(folder, state, Form::OneFile, notice)?))
}

fn after_adoption(adopted: Adopted) -> Startup {
    Startup { record: Some(adopted.record), verified: true, published: FileState::Ours(Lacks::Any) }
}

struct Inspection<'f> {
    folder: &'f Folder,
    state: &'f RunState,
    record: Option<Record>,
    clean: bool,
}

impl Inspection<'_> {
    fn classify(&self, published: Option<&Metadata>) -> FileState {
        let Some(found) = published else { return FileState::Missing };
        if !found.is_file() {
            return FileState::Foreign { found: "is no plain file".into() };
        }
        let mut header = [0; 16];
        let file = match File::open(&self.folder.published) {
            Ok(file) => file,
            Err(error) => return FileState::Foreign { found: cannot_be_opened(&error) },
        };
        let read = (&file).take(16).read(&mut header).unwrap_or_default();
        let observed = Observed {
            stamp: Stamp::of(found),
            changed_at: found.ctime(),
            has_header: read < header.len() || header != [0; 16],
            clean: self.clean,
            record: self.record.as_ref(),
        };
        classify(&observed, |place: Position| holds_write(&self.folder.wal(), &file, place).unwrap_or(false))
    }

    /// Another file has the name of the live database than the one that was open, or nothing is known of it.
    fn is_copied_folder(&self, live: &Metadata) -> bool {
        let Some(record) = &self.record else { return true };
        record.live.is_some_and(|id| !id.is_same_file(FileId::of(live)))
    }

    /// The live database and its log were copied at two moments, so that they need not fit, and no check would find all of
    /// that. The published file cannot be torn by copying it, and has all that was acknowledged before.
    fn in_a_copied_folder(self, published: &Metadata) -> Result<Startup> {
        // Without a record nothing tells which of the two is newer: the live one stays, if it is sound.
        let is_ours = self.record.as_ref().is_some_and(|record| {
            record.foreign.is_none() && record.published.is_some_and(|ours| ours.position != Position::NOWHERE)
        });
        let adopt = |found: &Self| -> Result<Startup> {
            let notice = StartNotice::new(StartEvent::FolderCopied, "", clock::now());
            let adopted = adopt::published_file(found.folder, found.state, Form::AsItIs, notice)?;
            tracing::warn!(
                event = "STORE_FOLDER_COPIED",
                file = %found.folder.published.display(),
                "This folder is a copy that was made while the service ran: the published file is used, and the live database archived"
            );
            Ok(after_adoption(adopted))
        };
        let not_adopted = if is_ours && published.len() > 0 { adopt(&self).map(Some) } else { Ok(None) };
        let reason = match not_adopted {
            Ok(Some(startup)) => return Ok(startup),
            Ok(None) => "is not the file that this service left there".to_owned(),
            Err(error) if tells_of_the_file(&error) => explain(&error),
            Err(error) => return Err(error),
        };
        if let Some(findings) = self.live_findings()? {
            let damage = Error::Damaged { path: self.folder.database(), findings };
            return if is_ours { Err(damage) } else { adopt(&self).map_err(|_| damage) };
        }
        let published = self.archive_foreign(&reason)?;
        Ok(Startup { record: None, verified: true, published })
    }

    /// Another program wrote into the live database, or replaced it, after the service had closed it. It may be an edit or an
    /// older backup, so the published file, which holds what the service left, is archived and not overwritten.
    fn with_a_changed_live(self, published: FileState) -> Result<Startup> {
        if self.is_equal_to_live().unwrap_or(false) {
            return Ok(self.keeps_live(FileState::Ours(Lacks::Any)));
        }
        if let Some(findings) = self.live_findings()? {
            return rescue(self.folder, self.state, &Error::Damaged { path: self.folder.database(), findings });
        }
        if matches!(published, FileState::Torn(_)) {
            return Ok(self.keeps_live(published));
        }
        let kept = archive::published_file(self.folder, "before-change", "")?;
        tracing::warn!(
            event = "STORE_LIVE_CHANGED",
            archived = %kept.display(),
            "Another program changed the live database while the service was off; the published file of before is archived"
        );
        let notice = StartNotice::new(StartEvent::LiveChanged, "", clock::now());
        StartNotice { archived: Some(kept), ..notice }.leave(self.folder)?;
        Ok(Startup { verified: true, ..self.keeps_live(FileState::Missing) })
    }

    /// A file was put in place of the published one while the service did not run.
    fn with_a_foreign_file(self, published: Option<&Metadata>, reason: String) -> Result<Startup> {
        let stamp = published.map(ExactStamp::of);
        let (known, wanted) = self.record.as_ref().map_or((None, false), |record| (record.foreign, record.adopt));
        if known.is_some() && known == stamp && !wanted {
            // The owner was told of it while the service ran, and has not decided.
            return Ok(self.keeps_live(FileState::Foreign { found: reason }));
        }
        if !published.is_some_and(Metadata::is_file) || File::open(&self.folder.published).is_err() {
            return Ok(self.keeps_live(FileState::Foreign { found: reason }));
        }
        if self.is_equal_to_live().unwrap_or(false) {
            return Ok(self.keeps_live(FileState::Ours(Lacks::Any)));
        }
        if let Err(error) = proof::prove_copy(&self.folder.published) {
            let reason = explain(&error);
            if !tells_of_the_file(&error) {
                return Ok(self.keeps_live(FileState::Foreign { found: reason }));
            }
            let published = self.archive_foreign(&reason)?;
            return Ok(self.keeps_live(published));
        }
        let boot = self.record.as_ref().map_or(Boot::Unknown, Record::boot_since);
        if !self.clean && boot != Boot::Same {
            // After a power cut nothing proves that this is a backup that the owner wants, and not our own file.
            if let Some(findings) = self.live_findings()? {
                return rescue(self.folder, self.state, &Error::Damaged { path: self.folder.database(), findings });
            }
            let published = self.archive_foreign("")?;
            return Ok(Startup { verified: true, ..self.keeps_live(published) });
        }
        let notice = StartNotice::new(StartEvent::Restored, "", clock::now());
        match adopt::published_file(self.folder, self.state, Form::OneFile, notice) {
            Ok(adopted) => {
                tracing::warn!(
                    event = "STORE_RESTORED",
                    file = %self.folder.published.display(),
                    archived = %adopted.archived.as_deref().unwrap_or(&self.folder.published).display(),
                    "The database that was put here is in use now; the one before is archived"
                );
                Ok(after_adoption(adopted))
            }
            Err(error) if self.folder.database().exists() => {
                Ok(self.keeps_live(FileState::Foreign { found: explain(&error) }))
            }
            Err(error) => Err(error),
        }
    }

    fn archive_foreign(&self, reason: &str) -> Result<FileState> {
        let kept = archive::published_file(self.folder, "found", "")?;
        tracing::warn!(
            event = "STORE_FOREIGN_ARCHIVED",
            file = %self.folder.published.display(),
            archived = %kept.display(),
            reason,
            "A file that this service did not write had the published name; it is archived, and the data of the service goes on"
        );
        let notice = StartNotice::new(StartEvent::FoundForeign, reason, clock::now());
        StartNotice { archived: Some(kept), ..notice }.leave(self.folder)?;
        Ok(FileState::Missing)
    }

    fn keeps_live(self, published: FileState) -> Startup {
        Startup { record: self.record, verified: self.clean, published }
    }

    fn live_findings(&self) -> Result<Option<String>> {
        let live = self.folder.database();
        // A journal that has to be rolled back first takes a connection that may write.
        let findings = open::reader(&live)
            .and_then(|conn| copy::findings(&conn))
            .or_else(|_| open::writer(&live).and_then(|conn| copy::findings(&conn)));
        match findings {
            Err(error) if is_damage(&error) => Ok(Some(explain(&error))),
            // SQLite takes an empty file for a sound database.
            Ok(None) if self.has_no_tables()? => Ok(Some("it is empty".into())),
            outcome => outcome,
        }
    }

    fn has_no_tables(&self) -> Result<bool> {
        let conn = open::writer(&self.folder.database())?;
        let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok(tables == 0)
    }

    /// A file that was only touched, or a copy of what is live: all pages are the same.
    fn is_equal_to_live(&self) -> Result<bool> {
        let file =
            File::open(&self.folder.published).map_err(archive::failed("cannot open", &self.folder.published))?;
        let conn = open::reader(&self.folder.database())?;
        let length = file.metadata().map_or(0, |found| found.len());
        let page_size = open::page_size(&conn)?;
        if length != open::page_count(&conn)? * page_size as u64 {
            return Ok(false);
        }
        let mut equal = true;
        let mut theirs = vec![0; page_size];
        let mut offset = 0;
        let mut statement = conn.prepare("SELECT data FROM sqlite_dbpage ORDER BY pgno")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()?
            && equal
        {
            let mut ours: Vec<u8> = row.get::<_, Option<Vec<u8>>>(0)?.unwrap_or_default();
            // The page of SQLite's locks reads as nothing.
            if ours.len() == page_size {
                equal = file.read_exact_at(&mut theirs, offset).is_ok();
                if offset == 0 {
                    forget_history(&mut ours);
                    forget_history(&mut theirs);
                }
                equal &= ours == theirs;
            }
            offset += page_size as u64;
        }
        Ok(equal)
    }
}

/// True if the error says that a file is no sound database.
pub(in crate::store) fn is_damage(error: &Error) -> bool {
    matches!(error, Error::Sql(error) if copy::is_damage(error))
}

/// An error with its cause, in one sentence.
fn explain(error: &Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

/// What the header of a database says of its log and of how often it was written, beside its content: format versions, change
/// counters, and the version of SQLite that wrote last.
fn forget_history(first_page: &mut [u8]) {
    for range in [18..20, 24..28, 92..100] {
        first_page[range].fill(0);
    }
}

/// The file itself is why it cannot be used, and not the machine.
fn tells_of_the_file(error: &Error) -> bool {
    matches!(error, Error::Damaged { .. } | Error::Newer(_) | Error::Migration(_))
}

fn cannot_be_opened(error: &std::io::Error) -> String {
    let remedy = if error.kind() == std::io::ErrorKind::PermissionDenied {
        "; give it to the service's user with `chown`, and restart the service"
    } else {
        ""
    };
    format!("cannot be opened ({error}){remedy}")
}
