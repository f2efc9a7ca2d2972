//! The input steps of the property tests.

use crate::call::Operator;
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub(super) enum Step {
    Pass(u16),
    /// The line delivers silence.
    Quiet(u16),
    /// The caller speaks, with or without a detection by the engine.
    Talk(u16),
    Activity,
    PassWithoutMarks(u16),
    Stall(u16),
    Stream,
    Ready,
    Frames {
        count: u8,
        gap: u16,
    },
    Speech(bool),
    Respond,
    Say(u16),
    Text(bool),
    /// Text with a false claim.
    Claim(bool),
    AudioDone,
    Done,
    CallerText {
        words: &'static str,
        is_final: bool,
    },
    /// The times of this many words.
    WordTimes(u8),
    Noise(u8),
    NoText,
    /// The end of the sound.
    NoWords(u16),
    Tool {
        id: u8,
        kind: u8,
    },
    ToolFinished(u8),
    Key(char),
    StaleMark(u8),
    Warning,
    MessageStarted,
    Finished(bool),
    Failed(bool),
    Operator(Operator),
    Hint,
    TakeOver,
    PageAnswering,
    PageUnanswered,
    Employee(u8),
    /// The employee's audio arrives in a burst.
    EmployeeBurst(u8),
    HandBack,
    EmployeeLost,
    Redirected,
    Shutdown(u16),
    Stop,
    StreamLost,
    Transferred(bool),
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0u16..3000).prop_map(Step::Pass),
        5 => (0u16..3000).prop_map(Step::Quiet),
        3 => prop_oneof![0u16..600, 600u16..3000].prop_map(Step::Talk),
        2 => Just(Step::Activity),
        1 => (0u16..3000).prop_map(Step::PassWithoutMarks),
        1 => (800u16..1300).prop_map(Step::Stall),
        2 => Just(Step::Stream),
        4 => Just(Step::Ready),
        4 => (1u8..20, prop_oneof![8 => Just(0u16), 1 => 1u16..12_000]).prop_map(|(count, gap)| Step::Frames { count, gap }),
        4 => any::<bool>().prop_map(Step::Speech),
        4 => Just(Step::Respond),
        8 => prop_oneof![Just(800u16), 1u16..9000].prop_map(Step::Say),
        4 => any::<bool>().prop_map(Step::Text),
        2 => any::<bool>().prop_map(Step::Claim),
        2 => Just(Step::AudioDone),
        3 => Just(Step::Done),
        3 => (prop::sample::select(vec!["כן", "", "אני רוצה תור", "מחר בשעה חמש", "אני רוצה ל"]), any::<bool>())
            .prop_map(|(words, is_final)| Step::CallerText { words, is_final }),
        1 => (0u8..4).prop_map(Step::WordTimes),
        1 => (1u8..40).prop_map(Step::Noise),
        1 => Just(Step::NoText),
        2 => (0u8..4, 0u8..6).prop_map(|(id, kind)| Step::Tool { id, kind }),
        2 => (0u8..4).prop_map(Step::ToolFinished),
        1 => prop::sample::select(vec!['1', '#', '*']).prop_map(Step::Key),
        1 => any::<u8>().prop_map(Step::StaleMark),
        1 => Just(Step::Warning),
        1 => Just(Step::MessageStarted),
        1 => any::<bool>().prop_map(Step::Finished),
        1 => any::<bool>().prop_map(Step::Failed),
        1 => prop::sample::select(vec![Operator::HangUp, Operator::Transfer, Operator::End]).prop_map(Step::Operator),
        1 => Just(Step::Hint),
        1 => Just(Step::TakeOver),
        1 => Just(Step::PageAnswering),
        1 => Just(Step::PageUnanswered),
        3 => (1u8..100).prop_map(Step::Employee),
        1 => (1u8..100).prop_map(Step::EmployeeBurst),
        1 => Just(Step::HandBack),
        1 => Just(Step::EmployeeLost),
        1 => Just(Step::Redirected),
        1 => (0u16..9000).prop_map(Step::Shutdown),
        1 => Just(Step::Stop),
        1 => Just(Step::StreamLost),
        2 => prop::bool::weighted(0.2).prop_map(Step::Transferred),
    ]
}

/// Returns true if an engine causes the step, so that the step is skipped while no engine is open. The steps within a
/// response are not listed, because they are skipped without an active response in any case.
pub(super) fn is_of_engine(step: &Step) -> bool {
    use Step as S;
    matches!(
        step,
        S::Activity
            | S::Ready
            | S::Speech(_)
            | S::Respond
            | S::CallerText { .. }
            | S::WordTimes(_)
            | S::NoText
            | S::NoWords(_)
            | S::Warning
            | S::MessageStarted
            | S::Finished(_)
            | S::Failed(_)
    )
}
