//! The transcript of the current utterance, built from the results of `StreamingRecognize`.

use super::wire::{Duration, SPEECH_ACTIVITY_END, StreamingRecognizeResponse, WordInfo};
use crate::domain::WordTime;
use crate::providers::transcription::{TimedPiece, Transcribed, TranscriptionError, word_times};
use bytes::Bytes;
use prost::Message;

#[derive(Debug, Default)]
pub struct Transcript {
    /// The words of the final results of this utterance.
    words: String,
    /// The words of `words` with their times, if the model reports times.
    pieces: Vec<TimedPiece>,
    /// Whether words of this utterance were reported.
    is_open: bool,
    /// The number of ended utterances.
    ended: u64,
}

/// Where a response belongs in the caller's audio.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamPosition {
    /// The position in the caller's audio at which the stream began, in milliseconds. Negative if the stream began with
    /// silence that is no part of that audio.
    pub from_ms: i64,
    /// The end of the voice that the local detector has found, in milliseconds. Words end no later.
    pub voiced_until_ms: u64,
    /// Whether the client has ended the stream. Then only the end of the stream ends the utterance, because several final
    /// results may precede it.
    pub is_ending: bool,
}

impl StreamPosition {
    fn at(self, offset: Duration) -> u64 {
        u64::try_from(self.from_ms.saturating_add(offset.as_millis())).unwrap_or(0)
    }

    fn timed(self, word: &WordInfo) -> Option<TimedPiece> {
        // The offset 0 is the default value, which a message omits.
        let start_ms = self.at(word.start_offset.unwrap_or_default());
        let time = WordTime { start_ms, end_ms: self.at(word.end_offset?).max(start_ms) };
        Some(TimedPiece { text: word.word.clone(), time })
    }
}

impl Transcript {
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    pub fn read(&mut self, message: Bytes, place: StreamPosition) -> Result<Vec<Transcribed>, TranscriptionError> {
        let response = StreamingRecognizeResponse::decode(message).map_err(|_| TranscriptionError::Malformed)?;
        let (mut read, mut tentative, mut until_ms) = (Vec::new(), String::new(), None);
        for result in &response.results {
            let text = result.alternatives.first().map_or("", |best| best.transcript.trim());
            until_ms = result.result_end_offset.map(|offset| place.at(offset)).or(until_ms);
            if !result.is_final {
                tentative = joined(&tentative, text);
                continue;
            }
            self.words = joined(&self.words, text);
            let words = result.alternatives.first().into_iter().flat_map(|best| &best.words);
            self.pieces.extend(words.filter_map(|word| place.timed(word)));
            read.extend(self.words("", until_ms, place));
            let times = word_times(&self.words, &self.pieces);
            read.extend((!times.is_empty()).then_some(Transcribed::WordTimes { utterance: self.ended, times }));
            if self.is_open && !place.is_ending {
                read.push(self.end());
            }
        }
        if !tentative.is_empty() {
            read.extend(self.words(&tentative, until_ms, place));
        }
        let event =
            (response.speech_event_type == SPEECH_ACTIVITY_END).then_some(response.speech_event_offset).flatten();
        let position = event.map(|offset| place.at(offset)).max(until_ms);
        read.extend(position.map(Transcribed::Progress));
        Ok(read)
    }

    pub fn end(&mut self) -> Transcribed {
        *self = Self { ended: self.ended + 1, ..Self::default() };
        Transcribed::End
    }

    fn words(&mut self, tentative: &str, until_ms: Option<u64>, place: StreamPosition) -> Option<Transcribed> {
        let text = joined(&self.words, tentative);
        if text.is_empty() {
            return None;
        }
        self.is_open = true;
        let until_ms = until_ms.map(|until| until.min(place.voiced_until_ms)).filter(|until| *until > 0);
        Some(Transcribed::Words { text, from_ms: None, until_ms })
    }
}

fn joined(one: &str, other: &str) -> String {
    format!("{one} {other}").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::wire::{SpeechRecognitionAlternative, StreamingRecognitionResult};
    use super::*;

    const POSITION: StreamPosition = StreamPosition { from_ms: 10_000, voiced_until_ms: 11_200, is_ending: false };

    fn response(results: &[(&str, bool)]) -> Bytes {
        let results = results.iter().map(|(text, is_final)| StreamingRecognitionResult {
            alternatives: vec![SpeechRecognitionAlternative {
                transcript: (*text).to_owned(),
                ..SpeechRecognitionAlternative::default()
            }],
            is_final: *is_final,
            result_end_offset: Some(Duration { seconds: 1, nanos: 500_000_000 }),
        });
        StreamingRecognizeResponse { results: results.collect(), ..Default::default() }.encode_to_vec().into()
    }

    fn words(text: &str) -> Transcribed {
        Transcribed::Words { text: text.into(), from_ms: None, until_ms: Some(11_200) }
    }

    #[test]
    fn tentative_results_are_replaced_and_a_final_one_ends_the_utterance() {
        let mut transcript = Transcript::default();
        let mut read = |results: &[(&str, bool)]| transcript.read(response(results), POSITION).unwrap();
        let progress = Transcribed::Progress(11_500);
        assert_eq!(read(&[("שלום", false)]), [words("שלום"), progress.clone()]);
        assert_eq!(read(&[("שלום אתם", false), (" פתוחים", false)]), [words("שלום אתם פתוחים"), progress.clone()]);
        let last = read(&[("שלום, אתם פתוחים?", true), ("ועוד", false)]);
        assert_eq!(last, [words("שלום, אתם פתוחים?"), Transcribed::End, words("ועוד"), progress.clone()]);
        let noise = Transcript::default().read(response(&[("", true)]), POSITION).unwrap();
        assert_eq!(noise, [progress], "a result without words ends no utterance");
    }

    #[test]
    fn all_final_results_of_an_ended_stream_are_one_utterance() {
        let mut transcript = Transcript::default();
        let ending = StreamPosition { is_ending: true, ..POSITION };
        let mut read = |text| transcript.read(response(&[(text, true)]), ending).unwrap();
        let progress = Transcribed::Progress(11_500);
        assert_eq!(read("שלום."), [words("שלום."), progress.clone()]);
        assert_eq!(read("מה שלומך?"), [words("שלום. מה שלומך?"), progress]);
        assert!(transcript.is_open());
        assert_eq!(transcript.end(), Transcribed::End);
        assert!(!transcript.is_open());
    }

    #[test]
    fn words_have_times_on_the_clock_of_the_call_if_the_model_reports_them() {
        let word = |word: &str, start: Option<i32>, end: i32| WordInfo {
            start_offset: start.map(|ms| Duration { seconds: 0, nanos: ms * 1_000_000 }),
            end_offset: Some(Duration { seconds: 0, nanos: end * 1_000_000 }),
            word: word.to_owned(),
        };
        let response = |text: &str, words| {
            let best = SpeechRecognitionAlternative { transcript: text.to_owned(), words };
            let result =
                StreamingRecognitionResult { alternatives: vec![best], is_final: true, result_end_offset: None };
            Bytes::from(StreamingRecognizeResponse { results: vec![result], ..Default::default() }.encode_to_vec())
        };
        let mut transcript = Transcript::default();
        let first = response("שלום, אתם", vec![word("שלום", None, 300), word("אתם", Some(400), 600)]);
        let read = transcript.read(first, POSITION).unwrap();
        let time = |start_ms, end_ms| WordTime { start_ms, end_ms };
        let times = vec![time(10_000, 10_300), time(10_400, 10_600)];
        assert_eq!(read[1..], [Transcribed::WordTimes { utterance: 0, times }, Transcribed::End]);
        let place = StreamPosition { from_ms: 20_000, ..POSITION };
        let next = transcript.read(response("כן", vec![word("כן", Some(100), 200)]), place).unwrap();
        assert_eq!(next[1], Transcribed::WordTimes { utterance: 1, times: vec![time(20_100, 20_200)] });
    }

    #[test]
    fn the_end_of_a_voice_is_progress_and_garbage_is_reported() {
        let event = StreamingRecognizeResponse {
            speech_event_type: SPEECH_ACTIVITY_END,
            speech_event_offset: Some(Duration { seconds: 2, nanos: 0 }),
            ..Default::default()
        };
        let read = Transcript::default().read(event.encode_to_vec().into(), POSITION);
        assert_eq!(read, Ok(vec![Transcribed::Progress(12_000)]));
        let garbage = Transcript::default().read(Bytes::from_static(b"\xff\xff\xff"), POSITION);
        assert_eq!(garbage, Err(TranscriptionError::Malformed));
        assert_eq!(StreamPosition { from_ms: -200, ..POSITION }.at(Duration { seconds: 0, nanos: 100_000_000 }), 0);
    }
}
