//! Limits on the use of the AI. Calls over a limit go to voicemail, which costs nothing.

use crate::config::VoiceConfig;
use crate::domain::Notice;
use crate::store::AiUsage;

/// The calls that the AI answers at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ConcurrentCalls {
    /// All of them.
    pub all: usize,
    /// Those from one number.
    pub of_number: usize,
}

/// Returns the setting whose limit a further call would exceed.
pub(super) fn exceeded(limits: &VoiceConfig, now: ConcurrentCalls, today: AiUsage) -> Option<&'static str> {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let of_number = [
        ("voice.ai_calls_at_once", count(now.all), limits.ai_calls_at_once),
        ("voice.ai_calls_per_number_at_once", count(now.of_number), limits.ai_calls_per_number_at_once),
        ("voice.ai_calls_per_number_per_day", today.calls_of_number.into(), limits.ai_calls_per_number_per_day),
    ];
    let mut all = of_number.into_iter().chain(of_day(limits, today));
    all.find(|(_, used, limit)| *limit > 0 && *used >= u64::from(*limit)).map(|(name, ..)| name)
}

/// Returns true while the daily limits are not reached.
pub(super) fn is_within_daily_limits(limits: &VoiceConfig, today: AiUsage) -> bool {
    exceeded(limits, ConcurrentCalls::default(), today).is_none()
}

/// The alert detail once four fifths of a limit are used.
pub fn warning(limits: &VoiceConfig, ai_calls: usize, today: AiUsage) -> Option<Notice> {
    let at_once = ("voice.ai_calls_at_once", u64::try_from(ai_calls).unwrap_or(u64::MAX), limits.ai_calls_at_once);
    let mut all = of_day(limits, today).into_iter().chain([at_once]);
    let (setting, used, limit) = all.find(|(_, used, limit)| *limit > 0 && used * 5 >= u64::from(*limit) * 4)?;
    Some(Notice::AiLimitNear { setting: setting.to_owned(), used, limit: limit.into() })
}

/// Name, usage and limit of the settings that count all calls of a day.
fn of_day(limits: &VoiceConfig, today: AiUsage) -> [(&'static str, u64, u32); 2] {
    [
        ("voice.ai_minutes_per_day", today.seconds / 60, limits.ai_minutes_per_day),
        ("voice.ai_usd_per_day", today.cost_micros / 1_000_000, limits.ai_usd_per_day),
    ]
}

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
                AiUsage { calls_of_number: 4, seconds: 3599, cost_micros: 19_999_999 },
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
