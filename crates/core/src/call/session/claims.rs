//! Checks the text of the agent's responses, and stops a response with a false claim: that something was done, or that
//! a time is free. Only engines that do not check their words themselves need this.
//!
//! Such an engine sends the text of a response beside its audio, and both several times faster than the audio is
//! played. A false claim is therefore usually found before the caller hears it. Audio does not wait for its text,
//! because each response would be delayed.

use super::CallSession;
use crate::audio::BYTES_PER_MS;
use crate::call::{CallEvent, EngineCommand, ItemId, ResponseId, ResponseRequest};
use crate::promise::{CheckResult, ClaimCheck, FalseClaim, Words, is_sentence_end};
use std::time::Instant;

/// The shortest duration of a character of speech, in milliseconds. With it, the estimated start of a clause in the
/// audio is rather too early than too late, so that a claim that was heard never counts as unheard.
const MIN_MS_PER_CHAR: u64 = 40;

/// The text of the agent's newest utterance, and what the session has done about false claims.
#[derive(Debug, Default)]
pub(super) struct AgentText {
    newest: Option<Utterance>,
    state: Correction,
}

#[derive(Debug)]
struct Utterance {
    response: ResponseId,
    item: ItemId,
    text: String,
    is_final: bool,
    /// The length of the beginning that contains no false claim, in bytes.
    checked: usize,
}

/// What the session has done about false claims since the caller's last turn.
#[derive(Debug, Default, PartialEq, Eq)]
enum Correction {
    #[default]
    None,
    /// The model was asked again, with the reason.
    Requested,
    /// The model was asked to say only a built-in sentence, with these instructions.
    Replaced(String),
}

impl AgentText {
    /// Records that the caller has finished a turn: the reply to it may be corrected once.
    pub(super) fn turn_began(&mut self) {
        self.state = Correction::None;
    }

    /// Returns the request that follows a response with a false claim. The first one contains the instructions of that
    /// response, which the model has not carried out yet.
    fn next_request(
        &mut self,
        (claim, said): (FalseClaim, &str),
        check: &ClaimCheck,
        was_heard: bool,
        instructions: Option<String>,
    ) -> ResponseRequest {
        let text = if self.state == Correction::None {
            self.state = Correction::Requested;
            let correction = claim.correction(was_heard);
            instructions.map_or_else(|| correction.clone(), |before| format!("{before}\n\n{correction}"))
        } else {
            let replacement = check.instructions(claim, said);
            self.state = Correction::Replaced(replacement.clone());
            replacement
        };
        ResponseRequest::Instructed(text)
    }
}

impl Utterance {
    fn new(response: &ResponseId, item: &ItemId) -> Self {
        let (response, item) = (response.clone(), item.clone());
        Self { response, item, text: String::new(), is_final: false, checked: 0 }
    }

    fn add(&mut self, text: &str, is_final: bool) {
        if self.is_final {
            return;
        }
        if is_final {
            // The full text may differ from its parts.
            let same = self.text.char_indices().zip(text.chars()).find(|((_, c), other)| c != other);
            let same = same.map_or(self.text.len().min(text.len()), |((at, _), _)| at);
            self.checked = self.checked.min(same);
            text.clone_into(&mut self.text);
        } else {
            self.text.push_str(text);
        }
        self.is_final = is_final;
    }

    /// Returns the words that are complete and were not checked yet, if any.
    fn next_words(&self, is_end: bool) -> Option<Words<'_>> {
        let end = if is_end { self.text.len() } else { complete_words(&self.text) };
        (end > self.checked).then(|| Words {
            before: &self.text[..self.checked],
            text: &self.text[self.checked..end],
            is_end,
        })
    }

    /// Returns the number of characters before the clause in which a false claim was found. A claim can begin before
    /// the words that make it false.
    fn clause_start(&self) -> u64 {
        let is_start = |at: &usize| {
            let (before, after) = self.text.split_at(*at);
            before.ends_with(is_clause_end) && after.starts_with(char::is_whitespace)
        };
        let places = self.text.char_indices().map(|(at, _)| at).take_while(|at| *at <= self.checked);
        let start = places.filter(is_start).last().unwrap_or(0);
        self.text[..start].chars().count() as u64
    }
}

impl CallSession {
    pub(super) fn check_text(
        &mut self,
        response: &ResponseId,
        item: &ItemId,
        text: &str,
        is_final: bool,
        now: Instant,
    ) {
        if self.policy.claims.is_none() || self.engine.capabilities().checks_claims || self.is_replacement(response) {
            return;
        }
        let utterance = self.agent_text.newest.get_or_insert_with(|| Utterance::new(response, item));
        utterance.add(text, is_final);
        self.check_claims(is_final, now);
    }

    /// Checks the rest of the newest utterance, because text of another one arrives.
    pub(super) fn end_other_text(&mut self, item: &ItemId, now: Instant) {
        if self.agent_text.newest.as_ref().is_some_and(|utterance| utterance.item != *item) {
            self.end_text(now);
        }
    }

    /// Checks the rest of the newest utterance, because no more text of it follows.
    pub(super) fn end_text(&mut self, now: Instant) {
        self.check_claims(true, now);
        self.agent_text.newest = None;
    }

    /// Returns true for the response that consists of a built-in sentence. It is not checked, so that the model is not
    /// asked again and again.
    fn is_replacement(&self, response: &ResponseId) -> bool {
        let Correction::Replaced(replacement) = &self.agent_text.state else { return false };
        self.responses.instructions(response).is_some_and(|instructions| instructions.contains(replacement))
    }

    fn check_claims(&mut self, is_end: bool, now: Instant) {
        let (Some(check), Some(utterance)) = (&self.policy.claims, &mut self.agent_text.newest) else { return };
        if self.responses.is_cancelled(&utterance.response) {
            return;
        }
        let Some(words) = utterance.next_words(is_end) else { return };
        let end = words.before.len() + words.text.len();
        match check.known.check(words, || self.transcript.conduct(&check.known, &utterance.item)) {
            CheckResult::Clean => utterance.checked = end,
            CheckResult::Undecided => {}
            CheckResult::False(claim) => self.stop_claim(claim, now),
        }
    }

    /// Stops the response with a false claim, and requests another one. The tools of the stopped response do not run,
    /// unlike in the pipeline: the tool call would follow the text, and the cancelled response usually does not reach
    /// it. The model learns that nothing was done, and calls the tool in the next response.
    fn stop_claim(&mut self, claim: FalseClaim, now: Instant) {
        let Some(utterance) = self.agent_text.newest.take() else { return };
        let was_heard = self.was_claim_heard(&utterance, now);
        let Utterance { response, item, text, .. } = utterance;
        let instructions = self.responses.instructions(&response).map(str::to_owned);
        if self.playback.has_sent_of(&response) || self.transcript.was_heard(&item) {
            if !self.playback.has(&item) && !self.transcript.was_heard(&item) {
                self.forget_unheard(&response, item);
            }
            self.stop_speaking(false, now);
        } else {
            self.drop_unsent(&response, item, now);
        }
        self.responses.cancel(&response);
        self.event(CallEvent::ClaimStopped { promise: claim.promise, was_heard });
        // In a call that ends or is transferred, the agent says nothing more.
        if self.is_live()
            && let Some(check) = &self.policy.claims
        {
            let request = self.agent_text.next_request((claim, &text), check, was_heard, instructions);
            if matches!(self.agent_text.state, Correction::Replaced(_)) {
                self.responses.drop_request();
            }
            self.responses.request(request);
        }
    }

    /// Drops a response of which nothing was sent to the caller. What the caller still hears of earlier responses is not
    /// interrupted, and a held reply remains held.
    fn drop_unsent(&mut self, response: &ResponseId, item: ItemId, now: Instant) {
        if self.responses.active().as_ref() == Some(response) {
            self.command(EngineCommand::Cancel { response: response.clone() });
        }
        let mut items = self.playback.discard(response);
        if !items.contains(&item) {
            items.push(item);
        }
        for item in items {
            self.forget_unheard(response, item);
        }
        self.reply_watch.dropped(now + self.playback.remaining(now));
    }

    /// Returns true if the caller may have heard a part of the claim.
    fn was_claim_heard(&self, utterance: &Utterance, now: Instant) -> bool {
        let start = utterance.clause_start() * MIN_MS_PER_CHAR * BYTES_PER_MS;
        match self.playback.heard_at_most(&utterance.item, now) {
            Some(heard) => heard > start,
            None => self.transcript.was_heard(&utterance.item),
        }
    }
}

/// Returns the length of the text without a last word that may continue, in bytes. A point after a digit may be followed
/// by more digits.
fn complete_words(text: &str) -> usize {
    let is_complete = match text.strip_suffix('.') {
        Some(rest) => !rest.ends_with(|c: char| c.is_ascii_digit()),
        None => text.ends_with(is_sentence_end),
    };
    if is_complete { text.len() } else { text.rfind(char::is_whitespace).unwrap_or(0) }
}

fn is_clause_end(c: char) -> bool {
    is_sentence_end(c) || matches!(c, ',' | ';' | ':' | '\u{60C}' | '\u{61B}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_complete_when_another_follows() {
        for (text, complete) in [
            ("", ""),
            ("קבעתי", ""),
            ("קבעתי לך", "קבעתי"),
            ("קבעתי לך ", "קבעתי לך"),
            ("קבעתי לך.", "קבעתי לך."),
            ("קבעתי לך?", "קבעתי לך?"),
            ("ב-10.", ""),
            ("מחר ב-10.30.", "מחר"),
            ("ב-10. נתראה", "ב-10."),
        ] {
            assert_eq!(&text[..complete_words(text)], complete, "{text}");
        }
    }

    #[test]
    fn a_claim_begins_with_its_clause() {
        for (before, rest, start) in [
            ("", "קבעתי לך תור.", ""),
            ("שלום.", " קבעתי לך תור.", "שלום."),
            ("שלום. בשמחה,", " קבעתי לך תור.", "שלום. בשמחה,"),
            ("שלום. אני", " קבעתי לך תור.", "שלום."),
            ("מחר ב-10:30 קבעתי", " לך תור.", ""),
        ] {
            let utterance = Utterance {
                text: format!("{before}{rest}"),
                checked: before.len(),
                ..Utterance::new(&"r".into(), &"i".into())
            };
            assert_eq!(utterance.clause_start(), start.chars().count() as u64, "{before}{rest}");
        }
    }

    #[test]
    fn a_full_text_that_differs_from_its_parts_is_checked_again() {
        let mut utterance = Utterance::new(&"r".into(), &"i".into());
        utterance.add("שלום לך, מה", false);
        utterance.checked = utterance.text.len();
        utterance.add("שלום לך, קבעתי", true);
        assert_eq!(utterance.next_words(true).map(|words| words.text), Some("קבעתי"));
        utterance.add("עוד", false);
        assert_eq!(utterance.text, "שלום לך, קבעתי");
    }
}
