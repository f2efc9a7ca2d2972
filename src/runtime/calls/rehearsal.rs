//! Rehearsals by phone: calls on a database of their own, whose caller is scripted. Their stream is a pipe within this
//! process, and Twilio does not know them.

use crate::agent::tool::{CallerTextSender, OwnToolSender, ToolContext};
use crate::call::EngineKind;
use crate::clock;
use crate::domain::{EndReason, Timestamp};
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;

/// What the call of a rehearsal does differently.
#[derive(Clone)]
pub struct Rehearsal {
    /// How far the time of the call is ahead of the clock, in milliseconds.
    ahead_ms: i64,
    texts: Arc<dyn CallerTextSender>,
    own_tools: Arc<dyn OwnToolSender>,
    progress: watch::Sender<RehearsalProgress>,
}

/// What the scripted caller learns about the call, in addition to what it hears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RehearsalProgress {
    /// Whether the engine has answered the call.
    pub is_connected: bool,
    /// Whether the agent waits for the caller.
    pub is_listening: bool,
    /// How many words of the agent the caller has heard so far.
    pub heard_words: usize,
    /// The engines that failed, with the reasons.
    pub failures: Vec<(EngineKind, String)>,
    /// `None` while the call continues.
    pub end: Option<EndReason>,
}

impl Rehearsal {
    /// `now` is the time of the call, from which it advances with the clock.
    pub fn new(now: Timestamp, texts: Arc<dyn CallerTextSender>, own_tools: Arc<dyn OwnToolSender>) -> Self {
        let ahead_ms = now.as_millis() - clock::now().as_millis();
        Self { ahead_ms, texts, own_tools, progress: watch::Sender::default() }
    }

    pub(in crate::runtime) fn now(&self) -> Timestamp {
        Timestamp::from_millis(clock::now().as_millis() + self.ahead_ms)
    }

    /// Sets the time of the call, and replaces what would reach other people.
    pub(in crate::runtime) fn equip(&self, context: ToolContext) -> ToolContext {
        context.at(self.now()).with_texts(self.texts.clone()).with_own_tools(self.own_tools.clone())
    }

    pub(in crate::runtime) fn report(&self, progress: &RehearsalProgress) {
        self.progress.send_if_modified(|known| {
            let is_new = known != progress;
            if is_new {
                known.clone_from(progress);
            }
            is_new
        });
    }

    pub(in crate::runtime) fn progress(&self) -> watch::Receiver<RehearsalProgress> {
        self.progress.subscribe()
    }
}

impl fmt::Debug for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rehearsal").finish_non_exhaustive()
    }
}
