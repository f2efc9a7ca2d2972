//! The turn of a conversation: whether the contact waits for an answer, and whether the agent has given an answer that
//! no user has seen.
//!
//! Each event of a thread updates its [`TurnState`], which is stored with the thread. Lists can therefore show the turn
//! without reading messages.

use super::{ThreadTurn, Timestamp};

/// The stored turn of a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TurnState {
    /// Since when the contact waits for an answer; none if no answer is needed.
    pub waiting_since: Option<Timestamp>,
    /// The time of the agent's first answer that no user has seen; none if users have seen all answers.
    pub agent_since: Option<Timestamp>,
}

/// The category of an outgoing message's author. It decides how the message changes the turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboundAuthor {
    /// A user or an API token, through this service.
    User,
    /// A user, on the business's own phone.
    Phone,
    /// The agent.
    Agent,
    /// The service itself, which sends messages to the owner, such as alerts. They do not count as answers.
    Daemon,
}

impl OutboundAuthor {
    /// Parses the author that is stored with a message: `user:3`, `token:2`, `agent` or `phone`. Any other author
    /// counts as the service itself.
    pub fn of(author: &str) -> Self {
        match author.split(':').next().unwrap_or_default() {
            "agent" => Self::Agent,
            "phone" => Self::Phone,
            "user" | "token" => Self::User,
            _ => Self::Daemon,
        }
    }
}

/// An event in a conversation that can change the turn. The timestamp is the time of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnEvent {
    /// The contact wrote a message, left a voice message, or called and got no answer or was disconnected.
    ContactWaits(Timestamp),
    /// A user or an API token answered through this service, a user answered on the business's own phone, or a human
    /// agent took a transferred call.
    UserAnswered,
    /// The agent answered a message, or talked with the contact on the phone.
    AgentAnswered(Timestamp),
    /// A message of the business has failed permanently, or a scheduled message could not be sent.
    AnswerFailed(Timestamp),
    /// A user viewed the conversation.
    UserLooked,
    /// No answer is needed: a user marked the conversation as done or blocked the contact, or the daemon answers the
    /// message itself.
    Done,
}

impl TurnState {
    /// Returns the state after an event.
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

    /// Combines the states of two threads of a contact: each time is the earlier of the two.
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

    /// Returns the side that must act next. A waiting contact takes precedence over an unseen answer of the agent.
    pub fn turn(self) -> ThreadTurn {
        match (self.waiting_since, self.agent_since) {
            (Some(_), _) => ThreadTurn::Us,
            (None, Some(_)) => ThreadTurn::Agent,
            (None, None) => ThreadTurn::Done,
        }
    }
}

impl TurnEvent {
    /// Returns true if the event moves an archived conversation back to the inbox.
    pub fn returns_to_inbox(self) -> bool {
        !matches!(self, Self::UserLooked | Self::Done)
    }

    /// Returns true if the event applies to all threads of the contact: for example, a message answers a missed call.
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
    fn the_turn_follows_from_the_events() {
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
        fn no_thread_waits_after_done(kinds in proptest::collection::vec((0_u8..5, 0_i64..100), 0..12)) {
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
