//! The outcome of a call, as lists of calls show it.

use super::{Call, CallState, EndReason, EngineKind, Timestamp, text_enum};

text_enum! {
    /// The outcome of a call.
    CallOutcome {
        /// The call is in progress.
        Live = "live",
        /// The agent talked with the caller.
        Answered = "answered",
        /// The caller left a message.
        Message = "message",
        /// The caller got no answer and left no message. For example, the service was off, the caller hung up before
        /// the agent answered, or the AI failed during the call.
        Missed = "missed",
        /// A human agent accepted the call.
        Transferred = "transferred",
        /// The call led to an appointment.
        Booked = "booked",
        /// The connection to the caller was lost, or the daemon stopped, and there is no message.
        Failed = "failed",
        /// The call was rejected, because its caller is blocked.
        Blocked = "blocked",
        /// The caller was a machine, so the agent hung up.
        Robot = "robot",
        /// The caller never said a word, so the agent hung up.
        Silent = "silent",
    }
}

/// A call as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallItem {
    /// The stored call.
    pub call: Call,
    /// The name of the contact; may be empty.
    pub contact_name: String,
    /// The outcome, derived from [`CallFacts`] and the appointments of the call.
    pub outcome: CallOutcome,
    /// One line that describes the call: from the summary, the message, or the caller's first utterance.
    pub summary_line: Option<String>,
    /// Whether there is a recording to listen to.
    pub has_audio: bool,
}

/// The properties of a call that determine its outcome.
#[derive(Clone, Copy, Debug)]
pub struct CallFacts {
    /// The state; the outcome is final only for an ended call.
    pub state: CallState,
    /// Why the call, or the agent's part of it, ended.
    pub end_reason: Option<EndReason>,
    /// Whether the service was off or unreachable during the call, and found the call in Twilio's list afterwards.
    pub missed: bool,
    /// Whether the AI talked with the caller.
    pub answered: bool,
    /// Whether the caller left a message.
    pub has_message: bool,
}

impl CallFacts {
    /// Creates the properties of a call. The pair contains the start of the media stream and the engine.
    pub fn new(
        state: CallState,
        end_reason: Option<EndReason>,
        missed: bool,
        (answered_at, engine): (Option<Timestamp>, Option<EngineKind>),
        has_message: bool,
    ) -> Self {
        // A call without a media stream uses Twilio's recorder. If the agent hung up, it had talked with the caller.
        let talked = answered_at.is_some() || end_reason == Some(EndReason::AgentHungUp);
        let answered = talked && engine != Some(EngineKind::Voicemail);
        Self { state, end_reason, missed, answered, has_message }
    }
}

impl Call {
    /// Returns true if the voicemail engine, which only takes a message, was in use.
    pub fn is_voicemail(&self) -> bool {
        self.engine == Some(EngineKind::Voicemail)
    }
}

impl From<&Call> for CallFacts {
    fn from(call: &Call) -> Self {
        let answered = (call.answered_at, call.engine);
        Self::new(call.state, call.end_reason, call.missed, answered, call.message_text.is_some())
    }
}

impl CallFacts {
    /// Returns the outcome; `has_booked` is true if the call led to an appointment.
    pub fn outcome_with(&self, has_booked: bool) -> CallOutcome {
        match self.outcome() {
            CallOutcome::Live => CallOutcome::Live,
            _ if has_booked => CallOutcome::Booked,
            outcome => outcome,
        }
    }

    /// Returns the outcome without regard to appointments.
    pub fn outcome(&self) -> CallOutcome {
        use EndReason as E;
        if self.state != CallState::Ended {
            return CallOutcome::Live;
        }
        match self.end_reason {
            Some(E::Blocked) => CallOutcome::Blocked,
            Some(E::Robot) => CallOutcome::Robot,
            Some(E::Silent) => CallOutcome::Silent,
            Some(E::Transferred) => CallOutcome::Transferred,
            Some(E::MessageTaken) => CallOutcome::Message,
            _ if self.has_message => CallOutcome::Message,
            Some(E::Dropped | E::Shutdown | E::Interrupted) => CallOutcome::Failed,
            Some(E::CallerHungUp | E::AgentHungUp | E::EmployeeHungUp | E::Idle | E::TooLong)
                if self.answered && !self.missed =>
            {
                CallOutcome::Answered
            }
            _ => CallOutcome::Missed,
        }
    }
}

impl CallOutcome {
    /// Returns true if the caller waits for an answer after a call with this outcome.
    pub fn needs_answer(self) -> bool {
        matches!(self, Self::Message | Self::Missed | Self::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_follows_from_the_end() {
        let ended =
            CallFacts { state: CallState::Ended, end_reason: None, missed: false, answered: true, has_message: false };
        let by = |end_reason| CallFacts { end_reason: Some(end_reason), ..ended };
        for (facts, outcome) in [
            (CallFacts { state: CallState::Live, ..ended }, CallOutcome::Live),
            (by(EndReason::CallerHungUp), CallOutcome::Answered),
            (by(EndReason::AgentHungUp), CallOutcome::Answered),
            (by(EndReason::EmployeeHungUp), CallOutcome::Answered),
            (by(EndReason::Transferred), CallOutcome::Transferred),
            (CallFacts { has_message: true, ..by(EndReason::Robot) }, CallOutcome::Robot),
            (by(EndReason::Silent), CallOutcome::Silent),
            (CallFacts { has_message: true, ..by(EndReason::AgentHungUp) }, CallOutcome::Message),
            (CallFacts { has_message: true, ..by(EndReason::Dropped) }, CallOutcome::Message),
            (by(EndReason::Dropped), CallOutcome::Failed),
            (by(EndReason::NotConnected), CallOutcome::Missed),
            (CallFacts { answered: false, ..by(EndReason::CallerHungUp) }, CallOutcome::Missed),
            (by(EndReason::Unanswered), CallOutcome::Missed),
            (CallFacts { has_message: true, ..by(EndReason::Unanswered) }, CallOutcome::Message),
            (CallFacts { missed: true, ..by(EndReason::NotConnected) }, CallOutcome::Missed),
            (CallFacts { missed: true, ..by(EndReason::Blocked) }, CallOutcome::Blocked),
        ] {
            assert_eq!(facts.outcome(), outcome, "{facts:?}");
        }
    }
}
