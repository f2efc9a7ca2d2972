//! The calls of a shop, with the times of their turns.

use super::random::Random;
use agentlocator_core::domain::TurnLatency;

/// A phone call to the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopCall {
    /// The index in [`super::ShopYear::contacts`].
    pub contact: usize,
    /// Twilio's id of the call.
    pub sid: String,
    /// How the call ended.
    pub outcome: ShopCallOutcome,
    /// The start, in milliseconds since 1970.
    pub at_ms: i64,
    /// The duration of the call, including the time before the first turn.
    pub duration_ms: i64,
    /// The summary of the call; empty for a missed call and for one in which the caller left a message.
    pub summary: String,
    /// The turns of the call.
    pub turns: Vec<ShopTurn>,
}

/// What the agent or the caller said. Times are in milliseconds since the call started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopTurn {
    /// Whether the agent spoke, instead of the caller.
    pub is_agent: bool,
    /// The text.
    pub text: String,
    /// The start.
    pub started_ms: i64,
    /// The end.
    pub ended_ms: i64,
    /// The latency of an answer of the agent; empty for the greeting and for the caller.
    pub latency: TurnLatency,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShopCallOutcome {
    /// The agent answered.
    Answered,
    /// The caller was transferred to a person.
    Transferred,
    /// The caller left a message.
    Message,
    /// The caller hung up before the agent answered.
    Missed,
}

impl ShopCall {
    /// Adds a turn at the end of the call, after the speaker's response time.
    pub(super) fn speak(&mut self, is_agent: bool, text: String, random: &mut Random) {
        let is_answer = is_agent && !self.turns.is_empty();
        let latency = if is_answer { latency(random) } else { TurnLatency::default() };
        let pause_ms = latency.first_played_ms.unwrap_or_else(|| 300 + random.below(700).cast_signed());
        let started_ms = self.duration_ms + pause_ms;
        let letters = i64::try_from(text.chars().count()).unwrap_or_default();
        let ended_ms = started_ms + 400 + letters * SPOKEN_LETTER_MS;
        self.duration_ms = ended_ms;
        self.turns.push(ShopTurn { is_agent, text, started_ms, ended_ms, latency });
    }
}

/// Returns the latency of an answer of the Realtime engine.
fn latency(random: &mut Random) -> TurnLatency {
    let mut after = |from_ms: i64, least: i64, more: u64| from_ms + least + random.below(more).cast_signed();
    let created = after(0, 480, 60);
    let token = after(created, 140, 260);
    let delta = after(token, 60, 120);
    let sent = after(delta, 1, 20);
    let played = after(sent, 30, 60);
    TurnLatency {
        transcript_partial_ms: None,
        transcript_final_ms: Some(after(created, 100, 500)),
        first_token_ms: Some(token),
        response_created_ms: Some(created),
        first_delta_ms: Some(delta),
        first_sent_ms: Some(sent),
        first_played_ms: Some(played),
    }
}

/// The duration of a spoken letter, in milliseconds.
const SPOKEN_LETTER_MS: i64 = 70;
