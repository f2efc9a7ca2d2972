//! Limits on the use of the AI: concurrent calls, calls of one number, and minutes and cost per day. The limits on
//! calls also apply to calls that ring at the human agent's phone. Calls over a limit go to voicemail, which causes no
//! AI cost.
//!
//! The limits are checked when a call begins. Daily limits are also checked between the turns of a recorded call,
//! before a recording is transcribed or a call is summarized, and before the agent makes a call. A limit never ends a
//! call that has a stream.
//!
//! No alert warns before a limit per number is reached, because a caller who reaches that limit does not affect other
//! callers. Each call over a limit is logged.

use crate::config::VoiceConfig;
use crate::domain::Notice;
use crate::store::AiUsage;

/// The number of calls that the AI currently answers, or that ring at the human agent's phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ConcurrentCalls {
    pub all: usize,
    pub of_number: usize,
}

/// Returns the setting with the limit that another call with the AI would exceed.
pub(super) fn exceeded(limits: &VoiceConfig, now: ConcurrentCalls, today: AiUsage) -> Option<&'static str> {
    reached(of_calls(limits, now, today).into_iter().chain(of_day(limits, today)))
}

/// A ringing call at the human agent's phone uses no AI, but Twilio charges for dialling the phone.
pub(super) fn exceeded_by_ringing(limits: &VoiceConfig, now: ConcurrentCalls, today: AiUsage) -> Option<&'static str> {
    reached(of_calls(limits, now, today))
}

fn reached(limits: impl IntoIterator<Item = (&'static str, u64, u32)>) -> Option<&'static str> {
    let mut limits = limits.into_iter();
    limits.find(|(_, used, limit)| *limit > 0 && *used >= u64::from(*limit)).map(|(name, ..)| name)
}

fn of_calls(limits: &VoiceConfig, now: ConcurrentCalls, today: AiUsage) -> [(&'static str, u64, u32); 3] {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let of_number = |limit: u32| if today.is_withheld { limit.saturating_mul(WITHHELD_CALLERS) } else { limit };
    [
        ("voice.ai_calls_at_once", count(now.all), limits.ai_calls_at_once),
        ("voice.ai_calls_per_number_at_once", count(now.of_number), of_number(limits.ai_calls_per_number_at_once)),
        (
            "voice.ai_calls_per_number_per_day",
            today.calls_of_number.into(),
            of_number(limits.ai_calls_per_number_per_day),
        ),
    ]
}

pub(super) fn is_within_daily_limits(limits: &VoiceConfig, today: AiUsage) -> bool {
    exceeded(limits, ConcurrentCalls::default(), today).is_none()
}

/// The alert is raised once four fifths of a limit are used.
pub fn warning(limits: &VoiceConfig, ai_calls: usize, today: AiUsage) -> Option<Notice> {
    let at_once = ("voice.ai_calls_at_once", u64::try_from(ai_calls).unwrap_or(u64::MAX), limits.ai_calls_at_once);
    let mut all = of_day(limits, today).into_iter().chain([at_once]);
    let (setting, used, limit) = all.find(|(_, used, limit)| *limit > 0 && used * 5 >= u64::from(*limit) * 4)?;
    Some(Notice::AiLimitNear { setting: setting.to_owned(), used, limit: limit.into() })
}

fn of_day(limits: &VoiceConfig, today: AiUsage) -> [(&'static str, u64, u32); 2] {
    [
        ("voice.ai_minutes_per_day", today.seconds / 60, limits.ai_minutes_per_day),
        ("voice.ai_usd_per_day", today.cost_micros / 1_000_000, limits.ai_usd_per_day),
    ]
}

/// Callers who withhold their number cannot be distinguished. Their calls share one limit, which is this many times the
/// limit of one number.
const WITHHELD_CALLERS: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_counts_alone_and_zero_is_none() {
        let limits = VoiceConfig {
            ai_calls_at_once: 10,
            ai_calls_per_number_at_once: 2,
            ai_calls_per_number_per_day: 5,
            ai_minutes_per_day: 60,
            ai_usd_per_day: 20,
            ..VoiceConfig::default()
        };
        let none = (ConcurrentCalls::default(), AiUsage::default());
        let cases = [
            (
                ConcurrentCalls { all: 9, of_number: 1 },
                AiUsage { calls_of_number: 4, seconds: 3599, cost_micros: 19_999_999, is_withheld: false },
                None,
            ),
            (ConcurrentCalls { all: 10, ..none.0 }, none.1, Some("voice.ai_calls_at_once")),
            (ConcurrentCalls { of_number: 2, ..none.0 }, none.1, Some("voice.ai_calls_per_number_at_once")),
            (none.0, AiUsage { calls_of_number: 5, ..none.1 }, Some("voice.ai_calls_per_number_per_day")),
            (none.0, AiUsage { seconds: 3600, ..none.1 }, Some("voice.ai_minutes_per_day")),
            (none.0, AiUsage { cost_micros: 20_000_000, ..none.1 }, Some("voice.ai_usd_per_day")),
        ];
        let unlimited = VoiceConfig {
            ai_calls_at_once: 0,
            ai_calls_per_number_at_once: 0,
            ai_calls_per_number_per_day: 0,
            ai_minutes_per_day: 0,
            ai_usd_per_day: 0,
            ..limits.clone()
        };
        let withheld = |calls_of_number| AiUsage { calls_of_number, is_withheld: true, ..none.1 };
        assert_eq!(exceeded(&limits, ConcurrentCalls { of_number: 9, ..none.0 }, withheld(24)), None);
        let reached = |now, today| (exceeded(&limits, now, today), exceeded_by_ringing(&limits, now, today));
        let per_number = Some("voice.ai_calls_per_number_at_once");
        assert_eq!(reached(ConcurrentCalls { of_number: 10, ..none.0 }, withheld(0)), (per_number, per_number));
        let per_day = Some("voice.ai_calls_per_number_per_day");
        assert_eq!(reached(none.0, withheld(25)), (per_day, per_day));
        let minutes = AiUsage { seconds: 3600, ..none.1 };
        assert_eq!(reached(none.0, minutes), (Some("voice.ai_minutes_per_day"), None), "a ringing phone uses no AI");
        for (now, today, expected) in cases {
            assert_eq!(exceeded(&limits, now, today), expected);
            assert_eq!(exceeded(&unlimited, now, today), None);
        }
        let used = |seconds| AiUsage { seconds, ..none.1 };
        assert_eq!(warning(&limits, 0, used(47 * 60)), None);
        let near = |setting: &str, used, limit| Some(Notice::AiLimitNear { setting: setting.to_owned(), used, limit });
        assert_eq!(warning(&limits, 0, used(48 * 60)), near("voice.ai_minutes_per_day", 48, 60));
        assert_eq!(warning(&limits, 8, none.1), near("voice.ai_calls_at_once", 8, 10));
        assert_eq!(warning(&unlimited, 1000, used(u64::MAX)), None);
    }
}
