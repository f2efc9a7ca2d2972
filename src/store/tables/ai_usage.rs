//! The use of the AI in phone calls, to which the daily limits apply.

use crate::domain::{BusinessId, CallSid, Timestamp};
use crate::store::{ReadTx, Result};
use rusqlite::{OptionalExtension, params};

/// Active calls count up to the current time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AiUsage {
    /// Number of other incoming calls from the caller's number that the AI handled or may still answer. Withheld
    /// numbers count as one number. 0 for an outbound call.
    pub calls_of_number: u32,
    pub is_withheld: bool,
    /// Seconds of calls that the AI handled.
    pub seconds: u64,
    /// Cost in millionths of a US dollar.
    pub cost_micros: u64,
}

impl ReadTx<'_> {
    /// The use since `since`; without a call, `calls_of_number` is 0.
    pub fn ai_usage(&self, call: Option<&CallSid>, since: Timestamp, now: Timestamp) -> Result<AiUsage> {
        let mut caller = self.conn.prepare_cached(
            "SELECT iif(peer_number GLOB '[+0-9]*', peer_number, NULL) FROM calls
             WHERE call_sid = ?1 AND peer_number <> '' AND direction = 'in'",
        )?;
        let caller: Option<Option<String>> = caller.query_row([call], |row| row.get(0)).optional()?;
        let is_withheld = caller == Some(None);
        let number = caller.flatten();
        let mut query = self.conn.prepare_cached(
            // A call without an engine may still be answered by the AI, so it counts unless a human agent has accepted
            // it or its caller was blocked. The time with the human agent after a transfer does not count.
            "SELECT count(*) FILTER (WHERE call_sid IS NOT ?5 AND direction = 'in'
                        AND iif(?6, peer_number <> '' AND peer_number NOT GLOB '[+0-9]*', peer_number = ?4)
                        AND iif(engine IS NULL, end_reason IS NOT 'transferred' AND NOT blocked, engine IN ('realtime', 'pipeline'))),
                    CAST(total(coalesce(
                        (SELECT min((julianday(at) - julianday(coalesce(calls.answered_at, calls.started_at))) * 86400)
                            FROM call_events WHERE call_id = calls.id AND kind = 'transfer_accepted'),
                        duration_ms / 1000.0,
                        (julianday(?3) - julianday(coalesce(answered_at, started_at))) * 86400))
                        FILTER (WHERE engine IN ('realtime', 'pipeline')) AS INTEGER),
                    coalesce(sum(cost_micros), 0)
             FROM calls WHERE business_id = ?1 AND started_at >= ?2",
        )?;
        Ok(query.query_row(params![BusinessId::FIRST, since, now, number, call, is_withheld], |row| {
            let count = |column| row.get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or(0));
            Ok(AiUsage { calls_of_number: row.get(0)?, is_withheld, seconds: count(1)?, cost_micros: count(2)? })
        })?)
    }
}
