//! The form in which the column `word_times` contains the times of words: `[[start,end],...]`.

use crate::domain::WordTime;

/// `None` if there are no times.
pub(super) fn to_text(times: &[WordTime]) -> Option<String> {
    let pairs: Vec<(u64, u64)> = times.iter().map(|time| (time.start_ms, time.end_ms)).collect();
    if pairs.is_empty() { None } else { serde_json::to_string(&pairs).ok() }
}

/// Empty if the stored text is missing or cannot be read.
pub(super) fn from_text(text: Option<&str>) -> Vec<WordTime> {
    let pairs: Vec<(u64, u64)> = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    pairs.into_iter().map(|(start_ms, end_ms)| WordTime { start_ms, end_ms }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_were_written() {
        let times = [WordTime { start_ms: 0, end_ms: 300 }, WordTime { start_ms: 400, end_ms: 900 }];
        let text = to_text(&times).unwrap();
        assert_eq!(text, "[[0,300],[400,900]]");
        assert_eq!(from_text(Some(&text)), times);
        assert_eq!(to_text(&[]), None);
        for wrong in [None, Some(""), Some("[[1]]"), Some("[[-1,2]]"), Some("{}")] {
            assert_eq!(from_text(wrong), [], "{wrong:?}");
        }
    }
}
