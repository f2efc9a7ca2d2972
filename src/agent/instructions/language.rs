//! Parts of the instructions that name a language, a pronunciation or a time.

use crate::config::AgentConfig;
use crate::domain::Timestamp;
use jiff::tz::TimeZone;

pub fn language_name(code: &str) -> &str {
    match code {
        "he" => "Hebrew",
        "en" => "English",
        "ar" => "Arabic",
        "ru" => "Russian",
        "fr" => "French",
        other => other,
    }
}

/// Returns the pronunciation instructions for a speech-to-speech model; empty if there are none.
pub fn pronunciation(config: &AgentConfig) -> String {
    let lines = config.pronunciation.lines().map(str::trim);
    let pairs = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    let pairs: Vec<_> = pairs.map(|(written, said)| format!("- {}: {}\n", written.trim(), said.trim())).collect();
    if pairs.is_empty() {
        String::new()
    } else {
        format!("Pronounce these words as it stands after the colon:\n{}", pairs.concat())
    }
}

/// Formats a time as in "Friday, 20 November 2026, 10:56".
pub(super) fn local_time(now: Timestamp, zone: &TimeZone) -> String {
    now.to_zoned(zone).strftime("%A, %-d %B %Y, %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_pronounced_as_the_owner_says() {
        let pronunciation_of =
            |lines: &str| pronunciation(&AgentConfig { pronunciation: lines.into(), ..AgentConfig::default() });
        assert_eq!(pronunciation_of("# names\n\n"), "");
        let text = pronunciation_of("Ron = רון\n# no\n  SMS=אס אם אס");
        assert!(text.ends_with("colon:\n- Ron: רון\n- SMS: אס אם אס\n"), "{text}");
    }
}
