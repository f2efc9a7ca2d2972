//! The setup: its one-time codes, of which only the hashes are stored, and its progress on the web page, which is
//! stored in the table `meta`.

use crate::domain::{BusinessId, CallId, ChangeKind, ForwardedCall, SetupProgress, SetupStep, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};

impl ReadTx<'_> {
    /// False if the code was used or has expired.
    pub fn is_setup_code(&self, hash: &str, now: Timestamp) -> Result<bool> {
        let sql = "SELECT 1 FROM setup_codes WHERE code_hash = ?1 AND used_at IS NULL AND expires_at > ?2";
        Ok(self.conn.prepare_cached(sql)?.exists((hash, now))?)
    }

    pub fn setup_progress(&self) -> Result<SetupProgress> {
        let words = self.meta(SKIPPED)?.unwrap_or_default();
        // Steps that this release does not support are left out.
        let is_skipped = |step: &SetupStep| words.split(' ').any(|word| word == step.as_str());
        Ok(SetupProgress {
            skipped: SetupStep::ALL.iter().copied().filter(is_skipped).collect(),
            agent_answered_at: self.meta(AGENT_ANSWERED)?.and_then(|text| text.parse().ok()),
            forwarded_call: self.meta(FORWARDED_CALL)?.and_then(|text| {
                let (call, from) = text.split_once(' ')?;
                Some(ForwardedCall { call: CallId(call.parse().ok()?), from: from.to_owned() })
            }),
        })
    }

    /// Whether a call has come in, which shows that the telephone network sends the business's calls here.
    pub fn has_incoming_call(&self, business: BusinessId) -> Result<bool> {
        let sql = "SELECT 1 FROM calls WHERE business_id = ?1 AND direction = 'in'";
        Ok(self.conn.prepare_cached(sql)?.exists([business])?)
    }

    /// Whether the agent or the voicemail has answered a call that came in.
    pub fn has_answered_call(&self, business: BusinessId) -> Result<bool> {
        let sql = "SELECT 1 FROM calls
            WHERE business_id = ?1 AND direction = 'in' AND answered_at IS NOT NULL AND engine IS NOT NULL";
        Ok(self.conn.prepare_cached(sql)?.exists([business])?)
    }
}

impl WriteTx<'_> {
    /// Also deletes expired codes.
    pub fn insert_setup_code(&self, hash: &str, now: Timestamp, expires_at: Timestamp) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM setup_codes WHERE expires_at <= ?1")?.execute([now])?;
        let sql = "INSERT INTO setup_codes(code_hash, created_at, expires_at) VALUES (?1, ?2, ?3)";
        self.conn.prepare_cached(sql)?.execute((hash, now, expires_at))?;
        Ok(())
    }

    /// A code can be used only once. Returns true if the code was valid.
    pub fn use_setup_code(&self, hash: &str, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE setup_codes SET used_at = ?2 WHERE code_hash = ?1 AND used_at IS NULL AND expires_at > ?2";
        Ok(self.conn.prepare_cached(sql)?.execute((hash, now))? == 1)
    }

    /// Deletes unused codes. Called when an owner exists.
    pub fn delete_setup_codes(&self) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM setup_codes WHERE used_at IS NULL")?.execute([])?;
        Ok(())
    }

    pub fn set_skipped_steps(&self, steps: &[SetupStep]) -> Result<()> {
        let words: Vec<_> = steps.iter().map(|step| step.as_str()).collect();
        self.set_meta(SKIPPED, &words.join(" "))?;
        self.record_in(ChangeKind::SetupUpdated, None, None)
    }

    /// When the agent first answered in a test call.
    pub fn set_agent_answered(&self, at: Timestamp) -> Result<()> {
        self.set_meta(AGENT_ANSWERED, &at.to_string())?;
        self.record_in(ChangeKind::SetupUpdated, None, None)
    }

    /// A call that another number has forwarded to the business's number. The event of the call notifies followers.
    pub fn set_forwarded_call(&self, ForwardedCall { call, from }: &ForwardedCall) -> Result<()> {
        self.set_meta(FORWARDED_CALL, &format!("{call} {from}"))
    }
}

const SKIPPED: &str = "setup.skipped";
const AGENT_ANSWERED: &str = "setup.agent_answered_at";
const FORWARDED_CALL: &str = "setup.forwarded_call";
