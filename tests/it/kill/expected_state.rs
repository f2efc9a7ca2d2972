//! A record of the inbound messages, and of the outbound messages and calls that the daemon confirmed. The tests
//! compare the record with the database, and with the messages that the providers received.

use super::load::KillHarness;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(super) struct ExpectedState {
    is_over: AtomicBool,
    received: Mutex<Received>,
}

#[derive(Default)]
struct Received {
    /// The providers' ids of the inbound messages, and whether the daemon has acknowledged each message.
    messages_in: BTreeMap<String, bool>,
    /// The texts of outbound messages that the API has accepted.
    messages_out: Vec<String>,
    /// The sids of the calls whose webhook the daemon answered.
    calls: Vec<String>,
}

impl ExpectedState {
    pub(super) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    pub(super) fn message_in(&self, id: &str, is_acknowledged: bool) {
        *self.received().messages_in.entry(id.to_owned()).or_default() |= is_acknowledged;
    }

    pub(super) fn message_out(&self, text: String) {
        self.received().messages_out.push(text);
    }

    pub(super) fn call(&self, sid: String) {
        self.received().calls.push(sid);
    }

    pub(super) fn assert_matches(&self, harness: &KillHarness) {
        let received = self.received();
        let stored = count(harness.daemon.query_column("SELECT provider_msg_id FROM messages WHERE direction = 'in'"));
        for (id, is_acknowledged) in &received.messages_in {
            let found = stored.get(id).copied().unwrap_or(0);
            assert!(found <= 1, "{id} is there {found} times");
            assert!(found == 1 || !is_acknowledged, "{id} was acknowledged and is lost");
        }
        let sent = count(harness.sent_texts());
        let kept = count(harness.daemon.query_column("SELECT content_text FROM messages WHERE direction = 'out'"));
        for text in &received.messages_out {
            assert_eq!(kept.get(text), Some(&1), "{text} in the database");
            assert_eq!(sent.get(text), Some(&1), "{text} with the providers");
        }
        let failed: Vec<String> = harness
            .daemon
            .query_column("SELECT content_text || ': ' || coalesce(error, '') FROM messages WHERE status = 'failed'");
        assert!(failed.is_empty(), "{failed:?}");
        let calls = count(harness.daemon.query_column("SELECT call_sid FROM calls"));
        for sid in &received.calls {
            assert_eq!(calls.get(sid), Some(&1), "call {sid}");
        }
        let doubled: i64 = harness.daemon.query_value(
            "SELECT count(*) FROM (SELECT 1 FROM call_turns GROUP BY call_id, item_id HAVING count(*) > 1)",
        );
        assert_eq!(doubled, 0);
        let headers: Vec<Vec<u8>> = harness.daemon.query_column(
            "SELECT content FROM recording_chunks c JOIN recordings r ON r.id = c.recording_id WHERE seq = 0 AND state = 'complete' AND mime = 'audio/wav'",
        );
        assert!(headers.iter().all(|header| header[4..8] != [0xff; 4]), "a recording without its length");
        let integrity: String = harness.daemon.query_value("PRAGMA integrity_check");
        assert_eq!(integrity, "ok");
        eprintln!(
            "{} messages in, {} out, {} calls, {} turns",
            stored.len(),
            received.messages_out.len(),
            received.calls.len(),
            harness.daemon.query_value::<i64>("SELECT count(*) FROM call_turns")
        );
        assert!(
            stored.len() > 20 && received.messages_out.len() > 5 && !received.calls.is_empty(),
            "there was no load"
        );
    }

    fn received(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(texts: Vec<String>) -> BTreeMap<String, usize> {
    texts.into_iter().fold(BTreeMap::new(), |mut counts, text| {
        *counts.entry(text).or_default() += 1;
        counts
    })
}
