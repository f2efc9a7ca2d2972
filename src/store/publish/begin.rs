//! The start: no caller is answered before the published file is current, or locked against openers while it is made so.

use super::books::Books;
use super::image::Image;
use super::publisher::{Naming, Pace, Phase, Publisher};
use super::queue::{Queue, Standing};
use super::repair::Repair;
use super::source::Source;
use super::trouble::Trouble;
use super::verdict::{Found, Verdict, judge};
use super::wal::{Header, Position, WalFiles};
use crate::clock;
use crate::store::Result;
use crate::store::folder::Folder;
use crate::store::run_state::{Record, RunState, untouched_since_boot};
use crate::store::stamp::Stamp;
use crate::store::sys::LeaseAnswer;
use std::sync::Arc;
use std::time::Duration;

/// What the publisher is given at the start.
pub(super) struct Ground {
    pub folder: Folder,
    pub queue: Arc<Queue>,
    pub wal: WalFiles,
    pub state: Arc<RunState>,
    pub longest_pause: Duration,
}

/// What the last run left.
pub(in crate::store) struct Heritage<'h> {
    /// Its record.
    pub record: Option<&'h Record>,
    /// It ended cleanly, and nobody has changed the live database since.
    pub clean: bool,
}

impl Publisher {
    /// A publisher that has looked at what is there.
    pub(super) fn prepare(ground: &Ground, heritage: &Heritage<'_>, from: Header) -> Result<Self> {
        let mut publisher = Self::bare(ground, from, Phase::Building(Naming::Free))?;
        publisher.keep_strange_spares();
        let path = &ground.folder.published;
        let metadata = std::fs::symlink_metadata(path).ok();
        let image = match metadata.as_ref().map(|_| Image::open(path)) {
            Some(Err(error)) => {
                publisher.meet(Trouble::Foreign(format!("cannot be opened ({error})")));
                return Ok(publisher);
            }
            Some(Ok(image)) => Some(image),
            None => None,
        };
        let found = Found {
            stamp: metadata.as_ref().map(Stamp::of),
            has_header: image.as_ref().is_some_and(Image::has_header),
            untouched_since_boot: metadata.as_ref().is_some_and(untouched_since_boot),
            clean: heritage.clean,
            record: heritage.record,
        };
        let verdict = judge(&found);
        tracing::debug!(event = "STORE_PUBLISHED_FOUND", ?verdict, "Looked at the published file");
        match (verdict, image) {
            (Verdict::Missing, _) => {}
            (Verdict::Foreign, _) | (_, None) => {
                publisher.meet(Trouble::Foreign(NOT_OURS.into()));
            }
            (Verdict::Exact, Some(image)) => publisher.take_in(image, from.position),
            (Verdict::UpTo(position), Some(image)) => publisher.take_in_from(image, position, &ground.wal),
            (Verdict::OursIfWritten { from, to }, Some(image)) => {
                // Of a write that only had its room reserved there is nothing yet.
                let holds = |place| ground.wal.was_written_into(&image, place, publisher.source.page_size());
                if holds(to).unwrap_or(false) || holds(from).unwrap_or(false) {
                    publisher.take_in_from(image, from, &ground.wal);
                } else {
                    publisher.meet(Trouble::Foreign(NOT_OURS.into()));
                }
            }
            (Verdict::Unsure, Some(image)) => {
                publisher.take_in(image, Position::NOWHERE);
                publisher.trust_nothing();
            }
        }
        Ok(publisher)
    }

    /// A publisher that takes the place of one that died or hangs. What that one last wrote is not known, and it may
    /// yet wake up: so there will be a new file.
    pub(super) fn replacement(ground: &Ground, record: Record) -> Result<Self> {
        let header = ground.wal.header().map_err(super::log_unreadable)?;
        let naming = if record.published.is_some() { Naming::Replace } else { Naming::Free };
        let mut publisher = Self::bare(ground, header, Phase::Building(naming))?;
        publisher.record = record;
        publisher.generation = ground.queue.next_generation(clock::instant());
        Ok(publisher)
    }

    /// Works until the file is current or locked, or it is clear that it cannot be.
    pub(super) fn settle(&mut self) {
        let deadline = clock::instant() + LONGEST_START;
        loop {
            let Some(work) = self.queue.take_now(self.generation, clock::instant()) else { return };
            self.books.absorb(work, &mut self.images);
            match self.phase {
                Phase::Repairing(_) | Phase::Foreign => return,
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
            // A phone must not stay silent because somebody has a file open, and there is no room for another one.
            if self.busy_since.is_some_and(|since| now.saturating_duration_since(since) > LONGEST_START) {
                self.queue.loosen(
                    "somebody has the published file open, and there is no room for another one",
                    false,
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
            generation: 0,
            source,
            state: ground.state.clone(),
            record: Record::of_this_boot(),
            books: Books::new(from, page_count),
            images: Vec::new(),
            phase,
            pace: Pace::new(ground.longest_pause),
            busy_since: None,
            chores_at: now,
            spare_used_at: now,
        })
    }

    fn take_in(&mut self, image: Image, position: Position) {
        self.note_whole(image.stamp, position);
        self.images.push(image);
        self.phase = Phase::Exact;
    }

    fn take_in_from(&mut self, image: Image, position: Position, wal: &WalFiles) {
        self.take_in(image, position);
        self.lacks_since(position, wal);
    }

    /// After a kill: the log has all that the file may lack, if it has not begun anew since.
    fn lacks_since(&mut self, position: Position, wal: &WalFiles) {
        match wal.pages_since(position, self.source.page_size()) {
            Ok(Some(pages)) => {
                for page in pages {
                    self.images[0].stale.insert(page);
                }
                // A file that was cut off must get its header back in any case.
                self.images[0].stale.insert(1);
            }
            _ => self.trust_nothing(),
        }
    }

    /// Everything is compared; openers wait meanwhile. If somebody has it open already, all of it counts as wrong.
    fn trust_nothing(&mut self) {
        self.note_writing(Position::NOWHERE, Position::NOWHERE);
        if self.images[0].hold() == LeaseAnswer::Granted {
            self.phase = Phase::Repairing(Repair::new(clock::instant()));
        } else {
            self.images[0].stale.insert_up_to(self.books.page_count.max(1));
        }
    }

    /// Spares of the last run are of no use. But one that does not bear our mark has somebody's bytes in it.
    fn keep_strange_spares(&self) {
        for number in 1..=2 {
            let path = self.folder.spare(number);
            let Ok(metadata) = std::fs::symlink_metadata(&path) else { continue };
            let strange = !super::image::bears_our_mark(&Stamp::of(&metadata)) && metadata.len() > 0;
            let outcome = if strange {
                let kept = self.folder.kept(&format!("{}-{number}", clock::now().as_secs()));
                tracing::warn!(event = "STORE_SPARE_KEPT", file = %kept.display(), "Kept a file that another program wrote to");
                std::fs::rename(&path, kept)
            } else {
                std::fs::remove_file(&path)
            };
            if let Err(error) = outcome {
                tracing::warn!(event = "STORE_SPARE_STUCK", %error, file = %path.display(), "Cannot clear away a spare copy");
            }
        }
    }
}

const NOT_OURS: &str = "is not the file that this service left there";

/// How long a start may take to make the published file current, once it is clear that it is in trouble.
const LONGEST_START: Duration = Duration::from_secs(3);
