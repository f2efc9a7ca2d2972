//! The report on a simulated call and its media streams.

use super::scripted_caller::Speech;
use super::speech_monitor::Utterance;
use serde::Serialize;

/// The report on a simulated call.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallReport {
    /// Twilio's id of the call.
    pub call_sid: String,
    /// The webhooks about this call and about its dialled and forwarded calls, in the order in which they were sent.
    /// The callback of the answering machine detection is not included.
    pub webhooks: Vec<Webhook>,
    /// The media streams, in order.
    pub streams: Vec<StreamReport>,
    /// The prompts that `<Play>` and `<Say>` played, in order.
    pub prompts: Vec<Prompt>,
    /// The numbers that `<Dial>` called, in order.
    pub dialled: Vec<String>,
    /// The prompts of the `<Gather>`s that the dialled party heard, in order.
    pub asked_person: Vec<String>,
    /// The SIDs of the recordings that `<Record>` made.
    pub recordings: Vec<String>,
    /// Why the call ended.
    pub ended: EndedBy,
    /// Milliseconds from the start of the call until its last webhook was answered.
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
    /// A request for TwiML failed, a URL or a document was invalid, or the documents formed a loop. Twilio then plays
    /// "an application error has occurred". Also the value for a call of the daemon that was not answered.
    #[default]
    Error,
    /// Twilio executed `<Hangup>`.
    Hangup,
    /// Twilio executed `<Reject>`.
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
    /// The form fields of the request.
    pub fields: Vec<(String, String)>,
    /// The HTTP status; `None` if the daemon did not respond.
    pub status: Option<u16>,
    /// The body of the response; empty without a response.
    pub body: String,
}

/// A prompt that was played to the caller outside of a stream.
#[derive(Clone, Debug, Serialize)]
pub struct Prompt {
    /// Milliseconds since the call started.
    pub at_ms: u64,
    /// The URL of the audio, or the spoken text.
    pub what: String,
    /// The length in milliseconds; for `<Play>`, with its repetitions.
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
    /// Why the second socket for the same call ended; `None` if none was opened.
    pub second_socket: Option<StreamEnd>,
}

/// Why a stream ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum StreamEnd {
    /// The caller hung up, or sent `stop` without closing the socket.
    CallerHungUp,
    /// The caller's side dropped the socket without a WebSocket close.
    Dropped,
    /// The stream was not opened.
    #[default]
    NeverOpened,
    /// The call was interrupted: by an update by Twilio's REST interface, by the planned hangup, or by the time limit.
    Redirected,
    /// Twilio could not open the WebSocket: the daemon rejected the upgrade, did not respond or could not be reached.
    Refused {
        /// The HTTP status, if the daemon responded.
        status: Option<u16>,
    },
    /// The daemon closed the stream, or the connection was dropped.
    ServerClosed {
        /// The WebSocket close code; `None` if the daemon sent none.
        code: Option<u16>,
        /// The daemon's close reason, or the error of the connection.
        reason: String,
    },
    /// The second socket of a call was still open when the simulation closed it.
    StillOpen,
}

/// An answer of the agent to an utterance of the caller.
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

/// An interruption: the caller started to speak while audio of the agent was still to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Interruption {
    /// The time at which the caller started to speak.
    pub spoke_ms: u64,
    /// The time at which the daemon's `clear` arrived; `None` if none arrived.
    pub cleared_ms: Option<u64>,
}

impl StreamReport {
    /// Pairs each utterance of the caller with the first utterance of the agent after it and before the caller's next
    /// one.
    pub(super) fn find_answers(&mut self) {
        let first = |(asked_ms, heard): (u64, Vec<&Utterance>)| {
            heard.first().map(|heard| Answer { asked_ms, heard_ms: heard.began_ms })
        };
        self.answers = self.turns().filter_map(first).collect();
    }

    /// Returns the end of each utterance of the caller, with the utterances of the agent after it and before the caller's
    /// next one.
    pub fn turns(&self) -> impl Iterator<Item = (u64, Vec<&Utterance>)> {
        self.speeches.iter().enumerate().filter_map(|(place, speech)| {
            let asked_ms = speech.ended_ms?;
            let next_ms = self.speeches.get(place + 1).map_or(u64::MAX, |next| next.began_ms);
            let after = self.utterances.iter().filter(|heard| (asked_ms..next_ms).contains(&heard.began_ms));
            Some((asked_ms, after.collect()))
        })
    }

    /// Returns how many milliseconds of `sound` the caller heard from its start without a gap; 0 if the first 20 ms do
    /// not occur in the audio.
    pub fn heard_of(&self, sound: &[u8]) -> u64 {
        let Some(head) = sound.get(..160) else { return 0 };
        let Some(at) = memchr::memmem::find(&self.heard, head) else { return 0 };
        let same = self.heard[at..].iter().zip(sound).take_while(|(heard, sent)| heard == sent).count();
        (same / 8) as u64
    }
}
