//! Whose turn it is in a conversation: whether a contact waits for an answer, and what the agent did that no user has seen.
//!
//! Each event of a thread changes its [`TurnState`], which is stored with the thread, so that lists need not read messages.

use super::{ThreadTurn, Timestamp};

/// What is stored of a thread's turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TurnState {
    /// Since when the contact waits for an answer; none if there is nothing to answer.
    pub waiting_since: Option<Timestamp>,
    /// Since when there is something of the agent that no user has looked at.
    pub agent_since: Option<Timestamp>,
}

/// The author of an outgoing message, as far as turns depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboundAuthor {
    /// A user or a token, through this service.
    User,
    /// A user, on the business's own phone.
    Phone,
    /// The agent.
    Agent,
    /// The service itself: an alert. It answers nothing.
    Daemon,
}

impl OutboundAuthor {
    /// The author by the text that is stored with messages: `user:3`, `token:2`, `agent`, `phone`.
    pub fn of(author: &str) -> Self {
        match author.split(':').next().unwrap_or_default() {
            "agent" => Self::Agent,
            "phone" => Self::Phone,
            "user" | "token" => Self::User,
            _ => Self::Daemon,
        }
    }
}

/// What happened in a conversation. The time is that of the event in the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnEvent {
    /// The contact wrote, left a message, or called without an answer.
    ContactWaits(Timestamp),
    /// A user answered, by the page or on the phone.
    UserAnswered,
    /// The agent answered a message, or talked with the contact on the phone.
    AgentAnswered(Timestamp),
    /// A message of the business has failed permanently.
    AnswerFailed(Timestamp),
    /// A user looked at the conversation.
    UserLooked,
    /// A user declared that there is nothing to answer.
    Done,
}

impl TurnState {
    /// The state after an event.
    #[must_use]
    pub fn after(self, event: TurnEvent) -> Self {
        let earliest = |known: Option<Timestamp>, at: Timestamp| Some(known.map_or(at, |known| known.min(at)));
        match event {
            TurnEvent::ContactWaits(at) | TurnEvent::AnswerFailed(at) => {
                Self { waiting_since: earliest(self.waiting_since, at), ..self }
            }
            TurnEvent::AgentAnswered(at) => Self { waiting_since: None, agent_since: earliest(self.agent_since, at) },
            TurnEvent::UserLooked => Self { agent_since: None, ..self },
            TurnEvent::UserAnswered | TurnEvent::Done => Self::default(),
        }
    }

    /// Both states of a contact with several threads as one.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        let earliest = |a: Option<Timestamp>, b: Option<Timestamp>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self {
            waiting_since: earliest(self.waiting_since, other.waiting_since),
            agent_since: earliest(self.agent_since, other.agent_since),
        }
    }

    /// Whose turn it is. A contact who waits comes before what the agent did.
    pub fn turn(self) -> ThreadTurn {
        match (self.waiting_since, self.agent_since) {
            (Some(_), _) => ThreadTurn::Us,
            (None, Some(_)) => ThreadTurn::Agent,
            (None, None) => ThreadTurn::Done,
        }
    }
}

impl TurnEvent {
    /// Returns true if the event ends the archive: something new happened.
    pub fn is_news(self) -> bool {
        !matches!(self, Self::UserLooked | Self::Done)
    }

    /// Returns true if an answer in one thread also answers the contact's other threads: a message answers a missed call.
    pub fn concerns_all_threads(self) -> bool {
        !matches!(self, Self::ContactWaits(_) | Self::AnswerFailed(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn after(events: &[TurnEvent]) -> TurnState {
        events.iter().fold(TurnState::default(), |state, event| state.after(*event))
    }

    #[test]
    fn whose_turn_it_is_follows_from_the_events() {
        use TurnEvent::{AgentAnswered, AnswerFailed, ContactWaits, Done, UserAnswered, UserLooked};
        for (events, turn, since) in [
            (&[][..], ThreadTurn::Done, None),
            (&[ContactWaits(at(5))], ThreadTurn::Us, Some(at(5))),
            (&[ContactWaits(at(5)), ContactWaits(at(7))], ThreadTurn::Us, Some(at(5))),
            (&[ContactWaits(at(5)), ContactWaits(at(3))], ThreadTurn::Us, Some(at(3))),
            (&[ContactWaits(at(5)), UserAnswered], ThreadTurn::Done, None),
            (&[ContactWaits(at(5)), UserLooked], ThreadTurn::Us, Some(at(5))),
            (&[ContactWaits(at(5)), Done], ThreadTurn::Done, None),
            (&[ContactWaits(at(5)), AgentAnswered(at(6))], ThreadTurn::Agent, None),
            (&[ContactWaits(at(5)), AgentAnswered(at(6)), UserLooked], ThreadTurn::Done, None),
            (&[ContactWaits(at(5)), AgentAnswered(at(6)), ContactWaits(at(7))], ThreadTurn::Us, Some(at(7))),
            (&[AgentAnswered(at(6)), ContactWaits(at(7)), UserAnswered], ThreadTurn::Done, None),
            (&[UserAnswered, AnswerFailed(at(9))], ThreadTurn::Us, Some(at(9))),
        ] {
            let state = after(events);
            assert_eq!((state.turn(), state.waiting_since), (turn, since), "{events:?}");
        }
    }

    #[test]
    fn a_contact_waits_if_one_of_the_threads_waits() {
        let waits = TurnState { waiting_since: Some(at(4)), agent_since: None };
        let answered = TurnState { waiting_since: None, agent_since: Some(at(1)) };
        assert_eq!(waits.join(answered).turn(), ThreadTurn::Us);
        assert_eq!(waits.join(TurnState { waiting_since: Some(at(2)), ..answered }).waiting_since, Some(at(2)));
        assert_eq!(TurnState::default().join(answered).turn(), ThreadTurn::Agent);
    }

    proptest! {
        #[test]
        fn nothing_waits_after_done(kinds in proptest::collection::vec((0_u8..5, 0_i64..100), 0..12)) {
            let events: Vec<TurnEvent> = kinds.into_iter().map(|(kind, ms)| match kind {
                0 => TurnEvent::ContactWaits(at(ms)),
                1 => TurnEvent::UserAnswered,
                2 => TurnEvent::AgentAnswered(at(ms)),
                3 => TurnEvent::AnswerFailed(at(ms)),
                _ => TurnEvent::UserLooked,
            }).collect();
            prop_assert_eq!(after(&events).after(TurnEvent::Done), TurnState::default());
            let waits = after(&events).after(TurnEvent::ContactWaits(at(50)));
            prop_assert_eq!(waits.turn(), ThreadTurn::Us);
            prop_assert!(waits.waiting_since <= Some(at(50)));
        }
    }
}
