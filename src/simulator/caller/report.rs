//! What became of a call.

use super::scripted_caller::Speech;
use super::speech_monitor::Utterance;
use serde::Serialize;

/// What became of a call.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallReport {
    /// Twilio's id of the call.
    pub call_sid: String,
    /// Everything that Twilio asked the box for, in order.
    pub webhooks: Vec<Webhook>,
    /// The media streams, in order.
    pub streams: Vec<StreamReport>,
    /// What was played by `<Play>` and `<Say>`, in order.
    pub prompts: Vec<Prompt>,
    /// The numbers that `<Dial>` has rung, in order.
    pub dialled: Vec<String>,
    /// What the person at such a number was asked before the two were connected, in order.
    pub asked_person: Vec<String>,
    /// The recordings that `<Record>` made.
    pub recordings: Vec<String>,
    /// How the call ended.
    pub ended: EndedBy,
    /// From the first webhook to the end.
    pub duration_ms: u64,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The caller hung up.
    Caller,
    /// The last document had nothing more to do.
    EndOfDocument,
    /// The box gave nothing that Twilio could go on with; a caller hears "an application error has occurred".
    #[default]
    Error,
    /// `<Hangup>`
    Hangup,
    /// `<Reject>`
    Reject,
    /// Twilio's REST interface was told to end it.
    Rest,
    /// It went on for longer than the simulation allows.
    TimeLimit,
}

/// A request of Twilio to the box.
#[derive(Clone, Debug, Serialize)]
pub struct Webhook {
    /// Milliseconds since the call began.
    pub at_ms: u64,
    /// Milliseconds until the answer.
    pub took_ms: u64,
    /// The path.
    pub path: String,
    /// The form.
    pub fields: Vec<(String, String)>,
    /// The HTTP status; none if there was no answer.
    pub status: Option<u16>,
    /// The body of the answer.
    pub body: String,
}

/// Something that was played to the caller outside of a stream.
#[derive(Clone, Debug, Serialize)]
pub struct Prompt {
    /// Milliseconds since the call began.
    pub at_ms: u64,
    /// The address of the sound, or what was said.
    pub what: String,
    /// How long it lasts.
    pub length_ms: u64,
}

/// What became of a media stream. Times are milliseconds since `start` was sent.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StreamReport {
    /// Twilio's id of it.
    pub stream_sid: String,
    /// How it ended.
    pub ended: StreamEnd,
    /// When it ended.
    pub ended_ms: u64,
    /// All that the caller heard, to the sample, in mu-law.
    #[serde(skip)]
    pub heard: Vec<u8>,
    /// All that was sent of the caller's side, in mu-law.
    #[serde(skip)]
    pub said: Vec<u8>,
    /// When the caller spoke.
    pub speeches: Vec<Speech>,
    /// When somebody spoke to the caller.
    pub utterances: Vec<Utterance>,
    /// What followed each time that the caller had spoken.
    pub answers: Vec<Answer>,
    /// When the caller spoke while spoken to.
    pub interruptions: Vec<Interruption>,
    /// When `clear` came.
    pub clears_ms: Vec<u64>,
    /// How many `media` messages came.
    pub media_messages: u64,
    /// How many `mark` messages came.
    pub marks: u64,
    /// Sound that was still waiting to be played at the end.
    pub unheard_ms: u64,
    /// What became of a second socket for the same call.
    pub second_socket: Option<StreamEnd>,
}

/// How a stream ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum StreamEnd {
    /// The caller hung up.
    CallerHungUp,
    /// Our end dropped it without a word.
    Dropped,
    /// It never began.
    #[default]
    NeverOpened,
    /// The call went on with other TwiML, by Twilio's REST interface.
    Redirected,
    /// The box refused it.
    Refused {
        /// The HTTP status, if the box answered.
        status: Option<u16>,
    },
    /// The box closed it.
    ServerClosed {
        /// The WebSocket close code; none if the connection just broke off.
        code: Option<u16>,
        /// What the box said about it.
        reason: String,
    },
    /// It was still open when the simulation was over.
    StillOpen,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// When the caller had finished speaking.
    pub asked_ms: u64,
    /// When the answer was first heard.
    pub heard_ms: u64,
}

impl Answer {
    /// How long the caller waited: voice to voice.
    pub fn latency_ms(&self) -> u64 {
        self.heard_ms.saturating_sub(self.asked_ms)
    }
}

/// The caller spoke while spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Interruption {
    /// When the caller began to speak.
    pub spoke_ms: u64,
    /// When `clear` came.
    pub cleared_ms: Option<u64>,
}

impl StreamReport {
    /// Pairs what the caller said with what was heard after it.
    pub(super) fn find_answers(&mut self) {
        let mut answers = Vec::new();
        for (place, speech) in self.speeches.iter().enumerate() {
            let Some(asked_ms) = speech.ended_ms else { continue };
            let next_ms = self.speeches.get(place + 1).map_or(u64::MAX, |next| next.began_ms);
            let after = self.utterances.iter().find(|heard| heard.began_ms >= asked_ms && heard.began_ms < next_ms);
            answers.extend(after.map(|heard| Answer { asked_ms, heard_ms: heard.began_ms }));
        }
        self.answers = answers;
    }

    /// How much of `sound` the caller heard from its beginning on without a break, in milliseconds. The first 20 ms are
    /// what it is found by.
    pub fn heard_of(&self, sound: &[u8]) -> u64 {
        let Some(head) = sound.get(..160) else { return 0 };
        let Some(at) = memchr::memmem::find(&self.heard, head) else { return 0 };
        let same = self.heard[at..].iter().zip(sound).take_while(|(heard, sent)| heard == sent).count();
        (same / 8) as u64
    }
}
