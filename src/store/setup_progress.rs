//! How far the set-up on the page is: the skipped steps and the proof of the trial call, in the table `meta`.

use super::{ReadTx, Result, WriteTx};
use crate::domain::{ChangeKind, SetupProgress, SetupStep, Timestamp};

impl ReadTx<'_> {
    /// How far the set-up is.
    pub fn setup_progress(&self) -> Result<SetupProgress> {
        let words = self.meta(SKIPPED)?.unwrap_or_default();
        // A step that this release does not know is left out.
        let is_skipped = |step: &SetupStep| words.split(' ').any(|word| word == step.as_str());
        Ok(SetupProgress {
            skipped: SetupStep::ALL.iter().copied().filter(is_skipped).collect(),
            agent_answered_at: self.meta(AGENT_ANSWERED)?.and_then(|text| text.parse().ok()),
        })
    }
}

impl WriteTx<'_> {
    /// Sets which steps are skipped.
    pub fn set_skipped_steps(&self, steps: &[SetupStep]) -> Result<()> {
        let words: Vec<_> = steps.iter().map(|step| step.as_str()).collect();
        self.set_meta(SKIPPED, &words.join(" "))?;
        self.record_in(ChangeKind::SetupUpdated, None, None)
    }

    /// Records when the agent first answered in a trial call.
    pub fn set_agent_answered(&self, at: Timestamp) -> Result<()> {
        self.set_meta(AGENT_ANSWERED, &at.to_string())?;
        self.record_in(ChangeKind::SetupUpdated, None, None)
    }
}

const SKIPPED: &str = "setup.skipped";
const AGENT_ANSWERED: &str = "setup.agent_answered_at";
