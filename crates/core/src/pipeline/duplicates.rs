//! Requests that are sent twice, so that the faster response is used. The response times of hosted services vary a lot,
//! and the faster of two responses is rarely late.

/// The silence after the caller's words, in milliseconds, from which a request to the model is sent twice. The caller
/// then waits longer than usual, because the transcriber was slow or the sentence might have continued.
const LATE_REQUEST_MS: u64 = 150;
/// The silence after the caller's words, in milliseconds, from which the first clause of an answer is synthesised twice.
const LATE_CLAUSE_MS: u64 = 300;
/// The maximum share of the call's requests to the model that are discarded, in percent. A duplicate is sent only if the
/// share does not exceed it.
const MAX_DISCARDED_PERCENT: u64 = 40;

#[derive(Debug, Default)]
pub(super) struct Duplicates {
    is_on: bool,
    /// The number of requests to the model in this call.
    requests: u64,
    /// How many of them were discarded, or will be because they are duplicates.
    discarded: u64,
    /// The number of discarded requests since the usage of an answer was reported.
    unreported: u64,
}

impl Duplicates {
    pub(super) fn new(is_on: bool) -> Self {
        Self { is_on, ..Self::default() }
    }

    /// Counts a request to the model, and returns true if it is sent twice. `waited_ms` is the silence after the
    /// caller's words; none if the caller waits for no answer.
    pub(super) fn asks_twice(&mut self, waited_ms: Option<u64>) -> bool {
        let has_room = (self.discarded + 1) * 100 <= (self.requests + 2) * MAX_DISCARDED_PERCENT;
        let is_twice = self.is_late(waited_ms, LATE_REQUEST_MS) && has_room;
        self.requests += if is_twice { 2 } else { 1 };
        if is_twice {
            self.discarded();
        }
        is_twice
    }

    /// Counts a request whose answer is not used.
    pub(super) fn discarded(&mut self) {
        self.discarded += 1;
        self.unreported += 1;
    }

    /// Returns true if the first clause of an answer is synthesised twice.
    pub(super) fn speaks_twice(&self, waited_ms: Option<u64>) -> bool {
        self.is_late(waited_ms, LATE_CLAUSE_MS)
    }

    /// Returns the input tokens of an answer, with those of the discarded requests before it. Servers do not report the
    /// usage of a cancelled request, but its input was about the same.
    pub(super) fn tokens_in(&mut self, answer: i64) -> i64 {
        if answer == 0 {
            return 0;
        }
        let requests = std::mem::take(&mut self.unreported).saturating_add(1);
        answer.saturating_mul(i64::try_from(requests).unwrap_or(i64::MAX))
    }

    fn is_late(&self, waited_ms: Option<u64>, late_ms: u64) -> bool {
        self.is_on && waited_ms.is_some_and(|waited| waited >= late_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_late_requests_are_sent_twice_and_few_are_discarded() {
        let mut duplicates = Duplicates::new(true);
        assert!(!duplicates.asks_twice(None) && !duplicates.asks_twice(Some(LATE_REQUEST_MS - 1)));
        let mut twice = 0;
        for _ in 0..300 {
            twice += u64::from(duplicates.asks_twice(Some(LATE_REQUEST_MS)));
            assert!(duplicates.discarded * 100 <= duplicates.requests * MAX_DISCARDED_PERCENT, "{duplicates:?}");
        }
        assert!((195..=202).contains(&twice), "two of three requests: {twice}");
        // Discarded answers in advance leave less room.
        for _ in 0..100 {
            duplicates.discarded();
        }
        assert!(!duplicates.asks_twice(Some(LATE_REQUEST_MS)));
        assert!(!Duplicates::new(false).asks_twice(Some(10_000)));
    }

    #[test]
    fn the_usage_includes_discarded_requests_once() {
        let mut duplicates = Duplicates::new(true);
        duplicates.discarded();
        duplicates.discarded();
        assert_eq!((duplicates.tokens_in(0), duplicates.tokens_in(100), duplicates.tokens_in(100)), (0, 300, 100));
    }
}
