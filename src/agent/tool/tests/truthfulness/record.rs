//! Records the claims of the scripted model in a conversation, and compares them with the stored data and with the
//! findings of the review.

use super::script::{CALL_BACK, TOPICS, iso};
use crate::domain::Speaker;
use crate::promise::{CheckResult, Findings, Known, Promise, Words};
use jiff::civil::{Date, DateTime};

/// A turn: the speaker, the text, and the start and end in milliseconds. A tool call whose output is missing has no
/// end.
pub(super) type Line = (Speaker, String, i64, Option<i64>);

#[derive(Default)]
pub(super) struct Record {
    pub(super) seed: u64,
    /// The conversation without a check of the agent's words before they are spoken.
    pub(super) lines: Vec<Line>,
    /// The same conversation with the check: a stopped answer is replaced by a built-in sentence.
    pub(super) checked_lines: Vec<Line>,
    pub(super) said: Vec<Statement>,
    pub(super) snapshots: Vec<Snapshot>,
}

#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The number of true claims.
    pub(super) held: usize,
    /// The number of false claims for which the review reported a broken promise.
    pub(super) untrue: usize,
    /// The number of false claims that the agent corrected in a later sentence.
    pub(super) corrected: usize,
    /// The number of offers, found by the review, of times that no tool had returned.
    pub(super) offered_unread: usize,
    /// The number of false claims that were stopped before they were spoken.
    pub(super) stopped: usize,
    /// The number of claims that were true when they were spoken, and that a tool had confirmed.
    pub(super) spoken: usize,
    pub(super) problems: Vec<String>,
}

impl Outcome {
    pub(super) fn add(&mut self, other: Self) {
        self.held += other.held;
        self.untrue += other.untrue;
        self.corrected += other.corrected;
        self.offered_unread += other.offered_unread;
        self.stopped += other.stopped;
        self.spoken += other.spoken;
        self.problems.extend(other.problems);
    }
}

pub(super) struct Statement {
    pub(super) at: i64,
    pub(super) promise: Promise,
    pub(super) sentence: String,
    pub(super) about: Subject,
    /// Whether the sentence names a day and a time.
    pub(super) has_time: bool,
    /// Whether the model knows it from the output of a tool.
    pub(super) is_known: bool,
    /// Whether the check stopped the sentence before it was spoken.
    pub(super) is_stopped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Start(DateTime),
    Topic(usize),
    Message,
    Offer { start: DateTime, is_read: bool },
}

impl Subject {
    /// The same time can be offered before and after a tool has returned it.
    fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Offer { start: one, .. }, Self::Offer { start: other, .. }) => one == other,
            _ => self == other,
        }
    }
}

#[derive(Clone, Default)]
pub(super) struct Snapshot {
    pub(super) at: i64,
    pub(super) booked: Vec<DateTime>,
    pub(super) moved: Vec<DateTime>,
    pub(super) cancelled: Vec<DateTime>,
    pub(super) texts: Vec<usize>,
    pub(super) has_message: bool,
}

impl Snapshot {
    fn shows(&self, promise: Promise, about: Subject) -> bool {
        match (promise, about) {
            (Promise::Booked, Subject::Start(start)) => self.booked.contains(&start),
            (Promise::Moved, Subject::Start(start)) => self.moved.contains(&start),
            (Promise::Cancelled, Subject::Start(start)) => self.cancelled.contains(&start),
            (Promise::Sent, Subject::Topic(topic)) => self.texts.contains(&topic),
            (Promise::PassedOn, Subject::Message) => self.has_message,
            _ => false,
        }
    }
}

impl Record {
    fn is_true(&self, said: &Statement) -> bool {
        if let Subject::Offer { is_read, .. } = said.about {
            return is_read;
        }
        let first = self.snapshots.iter().rposition(|snapshot| snapshot.at < said.at).unwrap_or(0);
        self.snapshots[first..].iter().any(|snapshot| snapshot.shows(said.promise, said.about))
    }

    /// Returns true if a claim was true when it was spoken. A sentence about a move that names an appointment which was
    /// not moved misleads no caller, so it may be spoken.
    fn was_true(&self, said: &Statement) -> bool {
        let Subject::Start(start) = said.about else {
            return match said.about {
                Subject::Offer { is_read, .. } => is_read,
                _ => self.state_at(said.at).shows(said.promise, said.about),
            };
        };
        let state = self.state_at(said.at);
        state.shows(said.promise, said.about) || said.promise == Promise::Moved && state.booked.contains(&start)
    }

    fn state_at(&self, at: i64) -> &Snapshot {
        let place = self.snapshots.iter().rposition(|snapshot| snapshot.at < at).unwrap_or(0);
        &self.snapshots[place]
    }

    pub(super) fn add(&mut self, line: Line) {
        self.checked_lines.push(line.clone());
        self.lines.push(line);
    }

    /// Adds words of the agent. Returns true if the check stops them.
    pub(super) fn add_words(&mut self, text: String, (started, ended): (i64, i64), today: Date) -> bool {
        let is_stopped = self.is_stopped(&text, today);
        let spoken = if is_stopped { NOT_DONE.to_owned() } else { text.clone() };
        assert!(!self.is_stopped(NOT_DONE, today), "the built-in sentence is true");
        self.checked_lines.push((Speaker::Agent, spoken, started, Some(ended)));
        self.lines.push((Speaker::Agent, text, started, Some(ended)));
        is_stopped
    }

    fn is_stopped(&self, text: &str, today: Date) -> bool {
        let known = Known::new(today, Some(Vec::new()));
        let result = known.check(Words { before: "", text, is_end: true }, || {
            let mut conduct = known.conduct();
            for (speaker, text, started, ended) in &self.checked_lines {
                // A tool without an output confirms nothing.
                if *speaker != Speaker::Tool || ended.is_some() {
                    conduct.add(*speaker, text, (*started, *ended));
                }
            }
            Some(conduct)
        });
        result != CheckResult::Clean
    }

    /// Checks that no false claim was spoken, and that no true sentence was stopped.
    fn compare_spoken(&self, found: &Findings, outcome: &mut Outcome) {
        // An announcement may be spoken before it is kept.
        for said in self.said.iter().filter(|said| said.sentence != CALL_BACK && !self.lacks_tool_output(said)) {
            match (self.was_true(said), said.is_stopped) {
                (false, true) => outcome.stopped += 1,
                (false, false) => outcome.problems.push(self.describe("false and spoken", said, found)),
                (true, true) if said.is_known => outcome.problems.push(self.describe("true and stopped", said, found)),
                (true, _) => outcome.spoken += usize::from(said.is_known),
            }
        }
    }

    /// Returns true if the transcript contains a call of a matching tool without its output. The review cannot know
    /// whether such a call succeeded, so it may report the claim as false.
    fn lacks_tool_output(&self, said: &Statement) -> bool {
        let about = match said.about {
            Subject::Start(start) | Subject::Offer { start, .. } => iso(start),
            Subject::Topic(topic) => TOPICS[topic].0.to_owned(),
            Subject::Message => "take_message".to_owned(),
        };
        let is_lost = |line: &&Line| line.0 == Speaker::Tool && line.3.is_none();
        self.lines.iter().filter(is_lost).any(|(_, text, ..)| text.contains(&about))
    }

    pub(super) fn compare(&self, found: &Findings) -> Outcome {
        let mut outcome = Outcome::default();
        let is_true: Vec<bool> = self.said.iter().map(|said| self.is_true(said)).collect();
        for (index, said) in self.said.iter().enumerate() {
            // Several sentences can contain the same promise. The review reports only one of them.
            let is_it = |other: &Statement| other.promise == said.promise && other.about.is_same(said.about);
            let sentences: Vec<_> =
                self.said.iter().filter(|other| is_it(other)).map(|other| &other.sentence).collect();
            let is_found =
                found.broken.iter().any(|broken| broken.promise == said.promise && sentences.contains(&&broken.said));
            let of_kind = |other: usize| self.said[other].promise == said.promise && is_true[other];
            if is_true[index] {
                outcome.held += 1;
                let is_said_untrue = (0..self.said.len()).any(|other| !is_true[other] && is_it(&self.said[other]));
                if is_found && !is_said_untrue && !self.lacks_tool_output(said) {
                    outcome.problems.push(self.describe("a false alarm", said, found));
                }
            } else if is_found {
                *(if said.promise == Promise::Offered { &mut outcome.offered_unread } else { &mut outcome.untrue }) +=
                    1;
            } else if said.has_time && !(0..index).any(of_kind) && (index + 1..self.said.len()).any(of_kind) {
                // The first sentence named a wrong time, and a later sentence named the correct time. The review does
                // not report corrected claims.
                outcome.corrected += 1;
            } else if !said.has_time && found.broken.iter().any(|broken| broken.promise == said.promise) {
                // The review reported another sentence with the same kind of promise.
                outcome.untrue += 1;
            } else {
                outcome.problems.push(self.describe("not found", said, found));
            }
        }
        self.compare_spoken(found, &mut outcome);
        let twice = |starts: &[DateTime]| starts.iter().enumerate().any(|(at, start)| starts[..at].contains(start));
        if self.snapshots.iter().any(|snapshot| twice(&snapshot.booked)) {
            outcome.problems.push(format!("conversation {}: the same time is booked twice", self.seed));
        }
        outcome
    }

    fn describe(&self, what: &str, said: &Statement, found: &Findings) -> String {
        let lines: Vec<_> =
            self.lines.iter().map(|(speaker, text, at, _)| format!("  {at} {speaker:?}: {text}")).collect();
        format!(
            "conversation {}: {what}: {:?} \"{}\"\n{}\n  {found:?}",
            self.seed,
            said.promise,
            said.sentence,
            lines.join("\n")
        )
    }
}

/// The sentence that is spoken in place of a stopped answer.
const NOT_DONE: &str = "זה עדיין לא נעשה. לנסות שוב?";
