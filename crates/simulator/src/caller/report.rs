//! The report on a simulated call.

use super::scripted_caller::Speech;
use super::speech_monitor::Utterance;
use serde::Serialize;

/// The report on a simulated call.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallReport {
    /// Twilio's id of the call.
    pub call_sid: String,
    /// All requests from Twilio to the daemon, in order.
    pub webhooks: Vec<Webhook>,
    /// The media streams, in order.
    pub streams: Vec<StreamReport>,
    /// The prompts that `<Play>` and `<Say>` played, in order.
    pub prompts: Vec<Prompt>,
    /// The numbers that `<Dial>` called, in order.
    pub dialled: Vec<String>,
    /// The prompts that the dialled party heard before the caller was connected, in order.
    pub asked_person: Vec<String>,
    /// The SIDs of the recordings that `<Record>` made.
    pub recordings: Vec<String>,
    /// Why the call ended.
    pub ended: EndedBy,
    /// The time from the first webhook to the end of the call.
    pub duration_ms: u64,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The caller hung up.
    Caller,
    /// Twilio reached the end of the last document.
    EndOfDocument,
    /// The daemon's response was an error or invalid TwiML. The caller hears "an application error has occurred".
    #[default]
    Error,
    /// The TwiML has `<Hangup>`.
    Hangup,
    /// The TwiML has `<Reject>`.
    Reject,
    /// The daemon ended the call by Twilio's REST interface.
    Rest,
    /// The call reached the time limit of the simulation.
    TimeLimit,
}

/// A request from Twilio to the daemon.
#[derive(Clone, Debug, Serialize)]
pub struct Webhook {
    /// Milliseconds since the call started.
    pub at_ms: u64,
    /// Milliseconds until the response.
    pub took_ms: u64,
    /// The path of the requested URL, such as `/webhook/incoming_call`.
    pub path: String,
    /// The form fields.
    pub fields: Vec<(String, String)>,
    /// The HTTP status; `None` if the daemon did not respond.
    pub status: Option<u16>,
    /// The body of the response.
    pub body: String,
}

/// A prompt that was played to the caller outside of a stream.
#[derive(Clone, Debug, Serialize)]
pub struct Prompt {
    /// Milliseconds since the call started.
    pub at_ms: u64,
    /// The URL of the audio, or the spoken text.
    pub what: String,
    /// The length of the prompt in milliseconds.
    pub length_ms: u64,
}

/// The report on a media stream. Times are milliseconds since `start` was sent.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StreamReport {
    /// Twilio's id of the stream.
    pub stream_sid: String,
    /// Why the stream ended.
    pub ended: StreamEnd,
    /// The time at which the stream ended.
    pub ended_ms: u64,
    /// All audio that the caller heard, exact to the sample, in mu-law.
    #[serde(skip)]
    pub heard: Vec<u8>,
    /// All audio that the caller's side sent, in mu-law.
    #[serde(skip)]
    pub said: Vec<u8>,
    /// The caller's utterances.
    pub speeches: Vec<Speech>,
    /// The utterances of the agent, as the caller heard them.
    pub utterances: Vec<Utterance>,
    /// The agent's answers to the caller's utterances.
    pub answers: Vec<Answer>,
    /// The caller's interruptions of the agent.
    pub interruptions: Vec<Interruption>,
    /// The times at which `clear` messages arrived.
    pub clears_ms: Vec<u64>,
    /// The number of `media` messages received.
    pub media_messages: u64,
    /// The number of `mark` messages received.
    pub marks: u64,
    /// The length of the audio that had not been played at the end.
    pub unheard_ms: u64,
    /// Why a second socket for the same call ended.
    pub second_socket: Option<StreamEnd>,
}

/// Why a stream ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum StreamEnd {
    /// The caller hung up.
    CallerHungUp,
    /// The caller's side dropped the socket without a WebSocket close.
    Dropped,
    /// The stream was not opened.
    #[default]
    NeverOpened,
    /// The daemon redirected the call to other TwiML by Twilio's REST interface.
    Redirected,
    /// The daemon rejected the WebSocket upgrade.
    Refused {
        /// The HTTP status, if the daemon responded.
        status: Option<u16>,
    },
    /// The daemon closed the stream, or the connection was dropped.
    ServerClosed {
        /// The WebSocket close code; `None` if the connection was dropped.
        code: Option<u16>,
        /// The daemon's close reason.
        reason: String,
    },
    /// The stream was still open at the end of the simulation.
    StillOpen,
}

/// An answer of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The time at which the caller finished speaking.
    pub asked_ms: u64,
    /// The time at which the caller first heard the answer.
    pub heard_ms: u64,
}

impl Answer {
    /// Returns the voice-to-voice latency: from the end of the caller's speech to the first audio of the answer.
    pub fn latency_ms(&self) -> u64 {
        self.heard_ms.saturating_sub(self.asked_ms)
    }
}

/// An interruption: the caller spoke during an utterance of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Interruption {
    /// The time at which the caller started to speak.
    pub spoke_ms: u64,
    /// The time at which the daemon's `clear` arrived; `None` if none arrived.
    pub cleared_ms: Option<u64>,
}

impl StreamReport {
    /// Pairs each utterance of the caller with the audio that the caller heard after it.
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

    /// Returns how many milliseconds of `sound` the caller heard from its start without a gap. The first 20 ms of
    /// `sound` are used to find it in the audio.
    pub fn heard_of(&self, sound: &[u8]) -> u64 {
        let Some(head) = sound.get(..160) else { return 0 };
        let Some(at) = memchr::memmem::find(&self.heard, head) else { return 0 };
        let same = self.heard[at..].iter().zip(sound).take_while(|(heard, sent)| heard == sent).count();
        (same / 8) as u64
    }
}
