//! The publisher's start: no caller is answered before the published file is current, or is verified to be what the
//! last run left, with everything that run had acknowledged.

use super::books::Books;
use super::compare::Comparison;
use super::file_state::{FileState, Lacks};
use super::image::Image;
use super::publisher::{Naming, Pace, Phase, Publisher};
use super::queue::{Late, Queue, Standing};
use super::source::Source;
use super::trouble::Trouble;
use super::wal::{Header, Position, WalFiles};
use crate::clock;
use crate::store::Result;
use crate::store::folder::Folder;
use crate::store::health::Reports;
use crate::store::run_state::{PublishedRecord, Record, RunState};
use crate::store::stamp::Stamp;
use crate::store::sys::LeaseAnswer;
use std::sync::Arc;
use std::time::Duration;

/// The publisher's inputs at the start.
pub(super) struct Ground {
    pub folder: Folder,
    pub queue: Arc<Queue>,
    pub wal: WalFiles,
    pub state: Arc<RunState>,
    pub reports: Arc<Reports>,
    pub longest_pause: Duration,
}

impl Publisher {
    /// A publisher for the published file as the start has found it. No file that opens as a database is written before
    /// the live database has been verified.
    pub(super) fn prepare(ground: &Ground, found: &FileState, from: Header) -> Result<Self> {
        let mut publisher = Self::bare(ground, from, Phase::Building(Naming::Free))?;
        publisher.keep_strange_spares();
        let (image, lacks) = match found {
            FileState::Missing => {
                publisher.note(|record| *record = record.of_a_new_run());
                return Ok(publisher);
            }
            FileState::Foreign { found, examine_again } => {
                publisher.meet(Trouble::Foreign(found.clone()));
                if *examine_again {
                    publisher.note(|record| record.foreign = None);
                }
                return Ok(publisher);
            }
            FileState::Ours(lacks) | FileState::Torn(lacks) => match Image::open(&ground.folder.published) {
                Ok(image) => (image, *lacks),
                Err(error) => {
                    publisher.meet(Trouble::Foreign(format!("cannot be opened ({error})")));
                    return Ok(publisher);
                }
            },
        };
        let is_torn = matches!(found, FileState::Torn(_));
        publisher.take_in(image, lacks, is_torn, &ground.wal);
        Ok(publisher)
    }

    /// Replaces a publisher that panicked. What the panicked publisher wrote last is unknown, so a new file is created.
    pub(super) fn replacement(ground: &Ground) -> Result<Self> {
        let header = ground.wal.header().map_err(super::log_unreadable)?;
        let naming = if ground.state.record().published.is_some() { Naming::Replace } else { Naming::Free };
        Self::bare(ground, header, Phase::Building(naming))
    }

    /// Works until the file is current or locked, or it is clear that it cannot become current.
    pub(super) fn settle(&mut self) {
        let deadline = clock::instant() + LONGEST_START;
        loop {
            let work = self.queue.take_now();
            self.books.absorb(work, &mut self.images);
            match self.phase {
                Phase::Verifying(_) | Phase::Frozen | Phase::Foreign => return,
                Phase::Exact | Phase::Renaming if self.is_whole() => return,
                Phase::Exact | Phase::Renaming | Phase::Building(_) => self.advance(),
            }
            let now = clock::instant();
            if now <= deadline {
                continue;
            }
            if matches!(self.queue.standing(), Standing::Late { .. }) {
                return;
            }
            // The phone must not stay silent because another process keeps a file open and there is no space for
            // another one.
            if self.busy_since.is_some_and(|since| now.saturating_duration_since(since) > LONGEST_START) {
                self.loosen(
                    "another process has the published file open, and there is no disk space for another one",
                    Late::Behind,
                    now,
                );
                return;
            }
        }
    }

    fn bare(ground: &Ground, from: Header, phase: Phase) -> Result<Self> {
        let source = Source::open(&ground.folder.database(), ground.wal.clone())?;
        let page_count = source.glance()?.page_count();
        let now = clock::instant();
        Ok(Self {
            folder: ground.folder.clone(),
            queue: ground.queue.clone(),
            source,
            state: ground.state.clone(),
            reports: ground.reports.clone(),
            books: Books::new(from, page_count),
            images: Vec::new(),
            phase,
            pace: Pace::new(ground.longest_pause),
            busy_since: None,
            chores_at: now,
            spare_used_at: now,
        })
    }

    fn take_in(&mut self, image: Image, lacks: Lacks, is_torn: bool, wal: &WalFiles) {
        let stamp = image.stamp;
        self.images.push(image);
        let pages = match lacks {
            Lacks::Nothing => Some(Vec::new()),
            // If the log has not been restarted since.
            Lacks::Since(position) => wal.pages_since(position, self.source.page_size()).unwrap_or_default(),
            Lacks::Any => None,
        };
        self.phase = if let Some(pages) = pages {
            for page in pages {
                self.images[0].stale.insert(page);
            }
            if is_torn {
                // For its header.
                self.images[0].stale.insert(1);
            }
            // A torn file is not a valid copy, so overwriting it loses nothing.
            let at_once = is_torn || self.reports.is_live_verified();
            if at_once { Phase::Exact } else { Phase::Verifying(Comparison::of_nothing()) }
        } else {
            // After a power cut the file may be torn although its header is valid.
            let may_be_torn = lacks == Lacks::Any && !is_torn && !self.reports.is_live_verified();
            let leased = may_be_torn && self.images[0].hold() == LeaseAnswer::Granted;
            Phase::Verifying(Comparison::of_all_pages(leased))
        };
        let position = match lacks {
            Lacks::Nothing => self.books.position,
            Lacks::Since(position) => position,
            Lacks::Any => Position::NOWHERE,
        };
        let published = Some(PublishedRecord { stamp, position, writing: None });
        self.note(|record| *record = Record { published, ..record.of_a_new_run() });
        let takes_long = stamp.length >= LARGE && matches!(self.phase, Phase::Verifying(_));
        if takes_long {
            self.loosen(IS_VERIFIED, Late::Behind, clock::instant());
        }
    }

    /// Deletes the spares of the last run. A spare without the service's mark may hold another program's data and is
    /// kept.
    fn keep_strange_spares(&self) {
        for number in 1..=2 {
            let path = self.folder.spare(number);
            let Ok(metadata) = std::fs::symlink_metadata(&path) else { continue };
            let strange = !super::image::bears_our_mark(&Stamp::of(&metadata)) && metadata.len() > 0;
            let outcome = if strange {
                let kept = self.folder.kept(&format!("{}-{number}", clock::now().as_secs()));
                tracing::warn!(event = "STORE_SPARE_KEPT", file = %kept.display(), "Kept a spare file that another program wrote to");
                std::fs::rename(&path, kept)
            } else {
                std::fs::remove_file(&path)
            };
            if let Err(error) = outcome {
                tracing::warn!(event = "STORE_SPARE_STUCK", %error, file = %path.display(), "Cannot remove a spare copy");
            }
        }
    }
}

const IS_VERIFIED: &str =
    "the database is verified after an unclean stop; until then the file stays as the last run left it";

/// A database of this many bytes cannot be verified while a caller waits.
const LARGE: u64 = 256 << 20;
/// How long a start may take to make the published file current, once it is clear that there is a problem.
const LONGEST_START: Duration = Duration::from_secs(3);
