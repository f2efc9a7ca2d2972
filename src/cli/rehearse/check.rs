//! Compares a conversation with what its scenario expects.

use super::scenario::{ExpectedAppointment, Scenario};
use crate::domain::AppointmentState;
use crate::runtime::rehearsal::{HeldConversation, RehearsedTurn};
use crate::search::fold;
use jiff::civil::DateTime;
use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub(super) struct Check {
    pub(super) failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
pub(super) struct Failure {
    pub(super) expected: String,
    pub(super) found: String,
}

type Appointment = (String, DateTime, AppointmentState);

impl Check {
    pub(super) fn of(scenario: &Scenario, held: &HeldConversation) -> Self {
        let (expect, left) = (&scenario.expect, &held.left);
        let mut check = Self::default();
        if let Some(expected) = &expect.appointments {
            check.appointments(expected, &left.appointments);
        }
        if let Some(parts) = &expect.message {
            let found = left.message.as_deref();
            let is_met = if parts.is_empty() {
                found.is_none()
            } else {
                found.is_some_and(|found| parts.iter().all(|part| contains(found, part)))
            };
            let expected = if parts.is_empty() { "no message".to_owned() } else { format!("a message with {parts:?}") };
            check.add(is_met, expected, found.unwrap_or("no message"));
        }
        let lists = [
            ("WhatsApp messages", &expect.texts, &left.texts),
            ("unanswered questions", &expect.questions, &left.questions),
            ("tasks", &expect.tasks, &left.tasks),
            ("waiting list", &expect.waiting, &left.waiting),
        ];
        for (what, expected, found) in lists {
            if let Some(expected) = expected {
                let is_met = is_matching(expected, found, |part, text| contains(text, part));
                check.add(is_met, format!("{what}: {expected:?}"), format!("{found:?}"));
            }
        }
        check.tools(&expect.tools, &expect.no_tools, held);
        check.words(&expect.says, &expect.never_says, held);
        check.silence(held);
        if let Some(end) = expect.end {
            check.add(end.is(held.end), format!("the call ends by {end:?}"), format!("by {:?}", held.end));
        }
        if !expect.may_break_promises {
            for broken in &left.broken {
                let expected =
                    format!("the agent says that something was done ({}) only if it was", broken.promise.as_str());
                check.add(false, expected, format!("{:?}", broken.said));
            }
        }
        check
    }

    fn add(&mut self, is_met: bool, expected: impl Into<String>, found: impl Into<String>) {
        if !is_met {
            self.failures.push(Failure { expected: expected.into(), found: found.into() });
        }
    }

    fn appointments(&mut self, expected: &[ExpectedAppointment], found: &[Appointment]) {
        let is_it = |expected: &ExpectedAppointment, (service, start, state): &Appointment| {
            expected.service.as_ref().is_none_or(|name| name == service)
                && expected.start == *start
                && expected.state.unwrap_or(AppointmentState::Booked) == *state
        };
        let is_met = is_matching(expected, found, is_it);
        let wanted = expected.iter().map(|ExpectedAppointment { service, start, state }| {
            let state = state.unwrap_or(AppointmentState::Booked);
            format!("{} {} {state}", service.as_deref().unwrap_or("(any service)"), minute(*start))
        });
        let found = found.iter().map(|(service, start, state)| format!("{service} {} {state}", minute(*start)));
        self.add(is_met, format!("appointments: {}", list(wanted)), list(found));
    }

    fn tools(&mut self, used: &[String], unused: &[String], held: &HeldConversation) {
        let called: Vec<&str> = held.turns.iter().flat_map(|turn| &turn.tools).map(|tool| tool.name.as_str()).collect();
        let found = list(called.iter().map(|name| (*name).to_owned()));
        for name in used {
            self.add(called.contains(&name.as_str()), format!("the tool {name} is used"), found.clone());
        }
        for name in unused {
            self.add(!called.contains(&name.as_str()), format!("the tool {name} is not used"), found.clone());
        }
    }

    /// In a conversation by phone, the caller must get an answer to each line.
    fn silence(&mut self, held: &HeldConversation) {
        let is_unanswered = |turn: &&RehearsedTurn| turn.spoken.as_ref().is_some_and(|spoken| spoken.unanswered);
        for turn in held.turns.iter().filter(is_unanswered) {
            self.add(false, format!("the agent answers {:?}", turn.caller), "the caller heard nothing for 15 s");
        }
    }

    fn words(&mut self, says: &[String], never: &[String], held: &HeldConversation) {
        let said: String = held.turns.iter().flat_map(|turn| [turn.agent.as_str(), "\n"]).collect();
        for words in says {
            let is_met = words.split('|').any(|words| contains(&said, words));
            self.add(is_met, format!("the agent says {words:?}"), "it does not");
        }
        for words in never {
            if let Some(turn) =
                held.turns.iter().find(|turn| words.split('|').any(|words| contains(&turn.agent, words)))
            {
                self.add(false, format!("the agent never says {words:?}"), format!("{:?}", turn.agent));
            }
        }
    }
}

/// Returns true if each expected item can be assigned a different found item that matches it, and no found item is left
/// over. Finds a perfect bipartite matching with augmenting paths (Kuhn's algorithm).
fn is_matching<E, F>(expected: &[E], found: &[F], is_it: impl Fn(&E, &F) -> bool) -> bool {
    // Assigns a found item to an expected one. Expected items that were assigned earlier may get other found items.
    fn assign(expected: usize, fits: &[Vec<bool>], assigned: &mut [Option<usize>], visited: &mut [bool]) -> bool {
        (0..assigned.len()).any(|found| {
            if visited[found] || !fits[expected][found] {
                return false;
            }
            visited[found] = true;
            let is_free = assigned[found].is_none_or(|other| assign(other, fits, assigned, visited));
            if is_free {
                assigned[found] = Some(expected);
            }
            is_free
        })
    }
    let fits: Vec<Vec<bool>> =
        expected.iter().map(|item| found.iter().map(|other| is_it(item, other)).collect()).collect();
    // The expected item to which each found item is assigned.
    let mut assigned: Vec<Option<usize>> = vec![None; found.len()];
    expected.len() == found.len()
        && (0..expected.len()).all(|item| assign(item, &fits, &mut assigned, &mut vec![false; found.len()]))
}

/// Returns true if a text contains the words. Ignores letter case and the other differences that `fold` removes.
fn contains(text: &str, words: &str) -> bool {
    fold(text).text.contains(fold(words.trim()).text.trim())
}

fn minute(time: DateTime) -> String {
    time.strftime("%Y-%m-%dT%H:%M").to_string()
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::is_matching;

    #[test]
    fn an_item_that_fits_twice_leaves_the_other_one_to_the_rest() {
        let fits = |part: &&str, text: &&str| text.contains(part);
        assert!(is_matching(&["cut", "cut at five"], &["cut at five", "cut at six"], fits));
        assert!(!is_matching(&["cut", "cut at four"], &["cut at five", "cut at six"], fits));
        assert!(!is_matching(&["cut"], &["cut at five", "cut at six"], fits), "one is left over");
        assert!(!is_matching(&["cut", "shave"], &["cut"], fits));
    }

    #[test]
    fn many_equal_items_are_compared_quickly() {
        let fits = |part: &&str, text: &&str| text.contains(part);
        let mut expected = ["cut"; 21];
        expected[20] = "shave";
        let mut found = ["cut at five"; 21];
        assert!(!is_matching(&expected, &found, fits), "one does not fit");
        found[0] = "shave at six";
        assert!(is_matching(&expected, &found, fits));
    }
}
