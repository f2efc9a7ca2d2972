//! How much the AI was used on the phone.

use super::{ReadTx, Result};
use crate::domain::{BusinessId, CallSid, Timestamp};
use rusqlite::{OptionalExtension, params};

/// How much the AI was used on the phone since some moment. Calls that are on count up to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AiUsage {
    /// Calls from the number of one call, without that one. None come from a number that is withheld.
    pub calls_of_number: u32,
    /// Time with the AI.
    pub seconds: u64,
    /// What that cost, in millionths of a US dollar.
    pub cost_micros: u64,
}

impl ReadTx<'_> {
    /// How much the AI was used since `since`, beside and before this call.
    pub fn ai_usage(&self, call: Option<&CallSid>, since: Timestamp, now: Timestamp) -> Result<AiUsage> {
        let mut number =
            self.conn.prepare_cached("SELECT peer_number FROM calls WHERE call_sid = ?1 AND peer_number LIKE '+%'")?;
        let number: Option<String> = number.query_row([call], |row| row.get(0)).optional()?;
        let mut query = self.conn.prepare_cached(
            "SELECT count(*) FILTER (WHERE peer_number = ?4 AND call_sid IS NOT ?5),
                    CAST(total(iif(engine IS NULL, 0, coalesce(duration_ms / 1000.0,
                        (julianday(?3) - julianday(coalesce(answered_at, started_at))) * 86400))) AS INTEGER),
                    coalesce(sum(cost_micros), 0)
             FROM calls WHERE business_id = ?1 AND started_at >= ?2 AND (engine IS NULL OR engine = 'realtime')",
        )?;
        Ok(query.query_row(params![BusinessId::FIRST, since, now, number, call], |row| {
            let count = |column| row.get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or(0));
            Ok(AiUsage { calls_of_number: row.get(0)?, seconds: count(1)?, cost_micros: count(2)? })
        })?)
    }
}
