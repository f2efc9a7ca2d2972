//! The events of a simulation, in order.

use serde::Serialize;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The simulator that recorded an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The fake WhatsApp bridge.
    Bridge,
    /// The simulated caller: what the person on the phone does.
    Caller,
    /// The fake Deepgram: transcription.
    Deepgram,
    /// The fake ElevenLabs: transcription and speech.
    ElevenLabs,
    /// The fake Google: tokens, transcription and speech.
    Google,
    /// The fake AI provider with OpenAI's interfaces.
    OpenAi,
    /// The fake Soniox: transcription and speech.
    Soniox,
    /// Twilio: its webhooks, its REST interface, its media streams.
    Twilio,
}

/// An event of a simulation.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Milliseconds since the log was created.
    pub at_ms: u64,
    /// The simulator that recorded the event.
    pub who: Party,
    /// Whether the event is a fault of the daemon, such as a violation of the vendor's documentation.
    pub violation: bool,
    /// The event, as a sentence.
    pub text: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match self.who {
            Party::Bridge => "bridge",
            Party::Caller => "caller",
            Party::Deepgram => "deepgram",
            Party::ElevenLabs => "elevenlabs",
            Party::Google => "google",
            Party::OpenAi => "openai",
            Party::Soniox => "soniox",
            Party::Twilio => "twilio",
        };
        let mark = if self.violation { "VIOLATION: " } else { "" };
        write!(f, "{:>4}.{:03}  {who:<10} {mark}{}", self.at_ms / 1000, self.at_ms % 1000, self.text)
    }
}

/// The shared log of a simulation. Cheap to clone; all clones share one log. The log keeps the newest entries and the
/// first violations, at most `MAX_ENTRIES` of each.
#[derive(Clone)]
pub struct EventLog {
    shared: Arc<Shared>,
}

struct Shared {
    began: Instant,
    entries: Mutex<Entries>,
    echo: Option<Echo>,
}

/// Receives each entry when it is recorded.
type Echo = Box<dyn Fn(&Entry) + Send + Sync>;

#[derive(Default)]
struct Entries {
    newest: VecDeque<Entry>,
    violations: Vec<Entry>,
}

impl Default for EventLog {
    fn default() -> Self {
        Self::new()
    }
}

impl EventLog {
    /// Creates a log without an echo.
    pub fn new() -> Self {
        Self::with_echo(None)
    }

    /// Creates a log that also passes each entry to `echo`, for example to print it.
    pub fn echoing(echo: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        Self::with_echo(Some(Box::new(echo)))
    }

    fn with_echo(echo: Option<Echo>) -> Self {
        let shared = Shared { began: crate::clock::instant(), entries: Mutex::default(), echo };
        Self { shared: Arc::new(shared) }
    }

    /// Records an event that is not a fault of the daemon.
    pub fn note(&self, who: Party, text: impl Into<String>) {
        self.add(who, false, text.into());
    }

    /// Records a fault of the daemon, such as a violation of the vendor's documentation.
    pub fn violation(&self, who: Party, text: impl Into<String>) {
        self.add(who, true, text.into());
    }

    /// Returns the milliseconds since the log was created.
    pub fn now_ms(&self) -> u64 {
        let since = crate::clock::instant().saturating_duration_since(self.shared.began);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// Returns the newest entries, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().newest.iter().cloned().collect()
    }

    /// Returns the first violations, oldest first.
    pub fn violations(&self) -> Vec<Entry> {
        self.lock().violations.clone()
    }

    fn add(&self, who: Party, violation: bool, text: String) {
        let entry = Entry { at_ms: self.now_ms(), who, violation, text };
        {
            let mut entries = self.lock();
            if violation && entries.violations.len() < MAX_ENTRIES {
                entries.violations.push(entry.clone());
            }
            if entries.newest.len() == MAX_ENTRIES {
                entries.newest.pop_front();
            }
            entries.newest.push_back(entry.clone());
        }
        if let Some(echo) = &self.shared.echo {
            echo(&entry);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.shared.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries()).finish()
    }
}

/// The maximum number of kept entries, and of kept violations. A simulation may run for days, so the log must be
/// bounded.
const MAX_ENTRIES: usize = 10_000;
