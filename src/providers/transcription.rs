//! The common interface of the vendors' real-time transcription over a WebSocket. Each vendor's file implements
//! [`TranscriptionProtocol`] without I/O.

use super::websocket::KeyHeader;
use crate::audio::EncodedAudio;
use crate::domain::WordTime;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAddress {
    pub url: String,
    pub key_header: KeyHeader,
    /// The maximum time without a sent message. `keep_alive` is sent before this time has passed.
    pub keep_alive_every: Duration,
    pub keep_alive: Message,
}

/// A report of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transcribed {
    /// The session is ready for audio.
    Ready,
    /// The words of the current utterance so far. The last words can still change.
    Words {
        text: String,
        /// The start of the utterance, in milliseconds of the sent audio.
        from_ms: Option<u64>,
        /// The end of the last word, in milliseconds of the sent audio.
        until_ms: Option<u64>,
    },
    /// When the words of an utterance were spoken. `utterance` is the number of `End` reports before the one of this
    /// utterance; the report may arrive before or after that `End`.
    WordTimes { utterance: u64, times: Vec<WordTime> },
    /// The utterance has ended.
    End,
    /// The server reports that it has processed the audio up to this position, in milliseconds.
    Progress(u64),
    /// The server has usually processed the audio up to this position, in milliseconds, by now; it does not report it.
    ExpectedProgress(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TranscriptionError {
    /// The message is malformed. The session continues.
    Malformed,
    /// The session has ended.
    Failed {
        /// Whether a new session may succeed. A new session with a wrong key or wrong parameters cannot succeed.
        retry: bool,
        /// The reason that the server gave, for the log.
        reason: String,
    },
}

/// The message to send, if any, and the event that results, if any.
pub type Step = (Option<Message>, Option<Transcribed>);

pub trait TranscriptionProtocol: Send {
    const VENDOR: &'static str;

    fn address(&self) -> SessionAddress;

    fn opened(&mut self) -> Step;

    fn audio(&mut self, audio: &EncodedAudio) -> Step;

    /// Ends the current utterance with the audio sent so far.
    fn end_utterance(&mut self) -> Step;

    /// Returns the message that answers the message that was read last, if any.
    fn take_reply(&mut self) -> Option<Message> {
        None
    }

    /// Fails if the message is malformed, or ends the session.
    fn read(&mut self, message: &str) -> Result<Vec<Transcribed>, TranscriptionError>;
}

pub fn whole_ms(ms: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from float saturates")]
    let whole = ms.round() as u64;
    whole
}

/// A word or a piece of a word, with its time in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedPiece {
    pub text: String,
    pub time: WordTime,
}

/// Returns the time of each word of `text` from the times of its pieces; empty if the pieces are not those of the text.
/// Vendors divide and punctuate words differently, so only letters and digits are compared.
pub fn word_times(text: &str, pieces: &[TimedPiece]) -> Vec<WordTime> {
    let letters = |text: &str| -> Vec<char> {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let mut spoken =
        pieces.iter().flat_map(|piece| letters(&piece.text).into_iter().map(|letter| (letter, piece.time)));
    let mut times: Vec<WordTime> = Vec::new();
    for word in text.split_whitespace() {
        let mut found: Option<WordTime> = None;
        for letter in letters(word) {
            let Some((_, time)) = spoken.next().filter(|(next, _)| *next == letter) else { return Vec::new() };
            let start_ms = found.map_or(time.start_ms, |found| found.start_ms);
            found = Some(WordTime { start_ms, end_ms: time.end_ms });
        }
        // A word of punctuation alone has no time of its own.
        let at_ms = times.last().map_or(0, |last| last.end_ms);
        times.push(found.unwrap_or(WordTime { start_ms: at_ms, end_ms: at_ms }));
    }
    if spoken.next().is_some() { Vec::new() } else { times }
}

/// Returns the languages of callers, for transcribers that recognise several: the expected language first, then the
/// common languages of callers in Israel, in which a contact may speak without notice.
pub fn languages_of_callers(expected: &str) -> impl Iterator<Item = &str> {
    let others = ["he", "en", "ar", "ru"].into_iter().filter(move |other| *other != expected);
    [expected].into_iter().chain(others)
}

/// Returns the first terms that have at most this many bytes in total.
pub fn terms_within(max_bytes: usize, terms: &[String]) -> impl Iterator<Item = &str> {
    let mut bytes = 0;
    terms.iter().map(String::as_str).take_while(move |term| {
        bytes += term.len();
        bytes <= max_bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(pieces: &[(&str, u64, u64)]) -> Vec<TimedPiece> {
        let piece = |(text, start_ms, end_ms): &(&str, u64, u64)| TimedPiece {
            text: (*text).to_owned(),
            time: WordTime { start_ms: *start_ms, end_ms: *end_ms },
        };
        pieces.iter().map(piece).collect()
    }

    fn times(text: &str, spoken: &[(&str, u64, u64)]) -> Vec<(u64, u64)> {
        word_times(text, &pieces(spoken)).into_iter().map(|time| (time.start_ms, time.end_ms)).collect()
    }

    #[test]
    fn words_get_the_times_of_their_pieces() {
        let tokens = [("Beau", 300, 420), ("ti", 420, 540), ("ful", 540, 780), (" day", 900, 1100), (".", 1100, 1100)];
        assert_eq!(times("Beautiful day.", &tokens), [(300, 780), (900, 1100)]);
        let words = [("שלום", 100, 400), ("אתם", 500, 700)];
        assert_eq!(times("שלום – אתם?", &words), [(100, 400), (400, 400), (500, 700)]);
        assert_eq!(times("well-known", &[("Well", 0, 10), ("-known", 10, 20)]), [(0, 20)]);
    }

    #[test]
    fn times_of_other_words_are_none() {
        for (text, spoken) in [
            ("שלום", &[("שלומי", 0, 10)][..]),
            ("שלום לך", &[("שלום", 0, 10)]),
            ("שלום", &[("שלום", 0, 10), ("לך", 10, 20)]),
            ("שלום", &[]),
        ] {
            assert_eq!(times(text, spoken), [], "{text}");
        }
        assert_eq!(times("", &[]), []);
    }
}
