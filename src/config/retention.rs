//! `[retention]`: the retention periods of stored data.

use super::parser::integer;
use super::setting::{Section, Setting};
use serde::Serialize;

/// The retention periods in days; 0 means forever. Messages, calls and contacts are kept forever.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RetentionConfig {
    pub media_days: u32,
    pub recordings_days: u32,
    /// Transcripts of calls. The calls themselves, and messages that callers left, are kept.
    pub transcripts_days: u32,
    /// Raw webhooks.
    pub journal_days: u32,
    pub audit_days: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { media_days: 0, recordings_days: 180, transcripts_days: 0, journal_days: 90, audit_days: 731 }
    }
}

pub(super) fn settings() -> Vec<Setting<RetentionConfig>> {
    let retention = Section::<RetentionConfig>::new();
    vec![
        retention.setting("retention.media_days", |c| &mut c.media_days, integer(0..=36_500)),
        retention.setting("retention.recordings_days", |c| &mut c.recordings_days, integer(0..=36_500)),
        retention.setting("retention.transcripts_days", |c| &mut c.transcripts_days, integer(0..=36_500)),
        retention.setting("retention.journal_days", |c| &mut c.journal_days, integer(0..=36_500)),
        retention.setting("retention.audit_days", |c| &mut c.audit_days, integer(0..=36_500)),
    ]
}
