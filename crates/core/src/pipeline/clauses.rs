//! Divides the text of an answer into clauses for the synthesiser. The first clause is short, so that the caller hears
//! the answer soon. A later clause ends with a sentence, because the intonation depends on the whole sentence. Only
//! long sentences are divided.

/// The minimum number of letters before a comma that ends the first clause.
const FIRST_AT_COMMA: usize = 8;
/// The minimum number of letters before a comma that ends a later clause.
const LATER_AT_COMMA: usize = 90;
/// The minimum number of letters in a sentence. A shorter sentence is spoken together with the next sentence.
const MIN_SENTENCE: usize = 3;
/// The number of letters after which a clause without punctuation ends at a space: `FIRST_MAX` for the first clause,
/// `LATER_MAX` for later clauses.
const FIRST_MAX: usize = 60;
const LATER_MAX: usize = 180;

#[derive(Debug, Default)]
pub(super) struct ClauseSplitter {
    rest: String,
    has_first: bool,
}

impl ClauseSplitter {
    /// Returns the clauses that are complete. Together with the result of [`ClauseSplitter::finish`], the clauses
    /// contain the whole text.
    pub(super) fn push(&mut self, text: &str) -> Vec<String> {
        self.rest.push_str(text);
        let mut clauses = Vec::new();
        while let Some(end) = self.end() {
            let after = self.rest.split_off(end);
            clauses.push(std::mem::replace(&mut self.rest, after));
            self.has_first = true;
        }
        clauses
    }

    pub(super) fn finish(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.rest);
        (!rest.is_empty()).then_some(rest)
    }

    fn end(&self) -> Option<usize> {
        let (at_comma, longest) =
            if self.has_first { (LATER_AT_COMMA, LATER_MAX) } else { (FIRST_AT_COMMA, FIRST_MAX) };
        let mut letters = 0;
        let mut chars = self.rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let end = at + c.len_utf8();
            let next = chars.peek().map(|(_, next)| *next);
            letters += usize::from(c.is_alphanumeric());
            let is_end = match c {
                // A mark before a letter is a part of an address: "/book?day=1".
                '?' | '!' | '…' | '\u{61f}' => {
                    letters >= MIN_SENTENCE
                        && !next.is_some_and(|next| is_closing(next) || next.is_ascii_alphanumeric())
                }
                '\n' => letters >= MIN_SENTENCE,
                // A dot or a comma within a number or an abbreviation is not followed by a space.
                '.' => {
                    letters >= MIN_SENTENCE
                        && next.is_some_and(char::is_whitespace)
                        && !is_item_number(&self.rest[..at])
                }
                // A comma after a word is not in a number or an address, so the first clause does not wait for the next
                // word.
                ',' | '\u{60c}' if !self.has_first && next.is_none() => {
                    letters >= at_comma && ends_with_word(&self.rest[..at])
                }
                ',' | ';' | ':' | '–' | '—' | '\u{60c}' => {
                    letters >= at_comma && next.is_some_and(char::is_whitespace)
                }
                // The word after a number decides how the number is read: "3 branches".
                ' ' => letters >= longest && !self.rest[..at].ends_with(|c: char| c.is_ascii_digit()),
                _ => false,
            };
            if is_end {
                return Some(end);
            }
        }
        None
    }
}

/// Returns true if a clause with this text is the last of its sentence.
pub(super) fn ends_sentence(clause: &str) -> bool {
    let text =
        clause.trim_end_matches(|c: char| matches!(c, '"' | '”' | ')' | '*' | '_') || c.is_whitespace() && c != '\n');
    text.ends_with(['.', '?', '!', '…', '\u{61f}', '\n'])
}

/// Returns true if the text before a dot ends with the number of an item of a list, as in "two ways: 1. by phone, 2. by
/// message". After a colon, a greater number than 1 may be the end of a sentence: "The hour: 10."
fn is_item_number(text: &str) -> bool {
    let before = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &text[before.len()..];
    let place = before.trim_end_matches(' ');
    let is_place =
        place.is_empty() || place.ends_with([',', ';', '.', '\n', '\u{60c}']) || place.ends_with(':') && number == "1";
    (1..=2).contains(&number.len()) && is_place
}

/// Returns true if the last word of the text has only letters.
fn ends_with_word(text: &str) -> bool {
    let word = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    !word.is_empty() && word.chars().all(char::is_alphabetic)
}

/// Returns true if the character can follow the end of a sentence and belongs to it.
fn is_closing(c: char) -> bool {
    matches!(c, '?' | '!' | '"' | '”' | ')' | '.' | '\u{61f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spoken::{Dictionary, clause_for_synthesis, for_synthesis};
    use proptest::prelude::*;

    fn split(pieces: &[&str]) -> Vec<String> {
        let mut splitter = ClauseSplitter::default();
        let mut clauses: Vec<_> = pieces.iter().flat_map(|piece| splitter.push(piece)).collect();
        clauses.extend(splitter.finish());
        clauses
    }

    #[test]
    fn the_first_clause_is_early_and_later_ones_are_sentences() {
        let text = "בשמחה רבה, יש לנו תור פנוי ביום שני, בשעה עשר, אצל דנה. מתאים לך? מצוין.";
        assert_eq!(
            split(&[text]),
            ["בשמחה רבה,", " יש לנו תור פנוי ביום שני, בשעה עשר, אצל דנה.", " מתאים לך?", " מצוין."]
        );
    }

    #[test]
    fn the_first_clause_does_not_wait_for_the_word_after_its_comma() {
        let mut splitter = ClauseSplitter::default();
        let clauses: Vec<_> = ["בשמחה", " רבה,"].iter().flat_map(|piece| splitter.push(piece)).collect();
        assert_eq!(clauses, ["בשמחה רבה,"]);
        assert_eq!(splitter.push(" רגע אחד."), Vec::<String>::new());
        assert_eq!(splitter.finish().as_deref(), Some(" רגע אחד."));
    }

    #[test]
    fn numbers_and_short_words_are_not_divided() {
        assert_eq!(split(&["זה עולה 1,200.50 שקלים."]), ["זה עולה 1,200.50 שקלים."]);
        assert_eq!(split(&["בשעה 16:30 בדיוק."]), ["בשעה 16:30 בדיוק."]);
        assert_eq!(split(&["כן, בטח."]), ["כן, בטח."], "a word alone sounds chopped");
        assert_eq!(split(&["זה יעלה לכם 1,", "200 שקלים."]), ["זה יעלה לכם 1,200 שקלים."]);
        assert_eq!(split(&["המפה: x.example/loc,", "34.7 וזהו."]), ["המפה: x.example/loc,34.7 וזהו."]);
        assert_eq!(split(&["זה באמת **יקר,", "** אבל טוב."]), ["זה באמת **יקר,** אבל טוב."]);
        assert_eq!(split(&["באמת?! ", "כן."]), ["באמת?!", " כן."]);
    }

    #[test]
    fn the_number_of_an_item_stays_with_the_item() {
        assert_eq!(
            split(&["יש לנו שלוש אפשרויות: 1. תספורת, 2. צבע, 3. פן. מה מתאים?"]),
            ["יש לנו שלוש אפשרויות:", " 1. תספורת, 2. צבע, 3. פן.", " מה מתאים?"]
        );
        assert_eq!(split(&["אלה השירותים:\n1. תספורת.\n2. ", "צבע."]), ["אלה השירותים:", "\n1. תספורת.", "\n2. צבע."]);
        assert_eq!(split(&["Options: 1. a cut, 2. a colour."]), ["Options: 1. a cut,", " 2. a colour."]);
        assert_eq!(split(&["השעה: 10. נתראה."]), ["השעה: 10.", " נתראה."]);
        assert_eq!(split(&["נתראה בשעה 10. להתראות."]), ["נתראה בשעה 10.", " להתראות."]);
        assert_eq!(split(&["זה עולה 150. להתראות."]), ["זה עולה 150.", " להתראות."]);
    }

    /// Returns the spoken form of a text whose clauses are converted one after the other.
    fn said_in_clauses(clauses: &[String]) -> String {
        let (mut sentence, mut said) = (String::new(), Vec::new());
        for clause in clauses {
            said.push(clause_for_synthesis(&sentence, clause.trim(), "he", &Dictionary::default()).0);
            sentence = if ends_sentence(clause) { String::new() } else { sentence + clause };
        }
        said.join(" ")
    }

    /// Divides a text after each comma and colon, and each sentence.
    fn split_everywhere(text: &str) -> Vec<String> {
        split(&[text])
            .iter()
            .flat_map(|clause| clause.split_inclusive(", ").map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn a_clause_is_said_as_a_part_of_its_sentence() {
        let said = |text: &str| {
            let clauses = split(&[text]);
            assert!(clauses.len() > 1, "{text}");
            said_in_clauses(&clauses)
        };
        for (text, expected) in [
            (
                "קבעתי לך תור לתספורת ליום שלישי, 1.12, בשעה 10:00.",
                "קבעתי לך תור לתספורת ליום שלישי, אחד בדצמבר, בשעה עשר.",
            ),
            ("התאריך הפנוי הקרוב ביותר, 24.11.", "התאריך הפנוי הקרוב ביותר, עשרים וארבעה בנובמבר."),
            ("מספר ההזמנה שלך הוא, 20451.", "מספר ההזמנה שלך הוא, שתיים אפס ארבע חמש אחת."),
            ("כמה ילדים יגיעו איתך לתור, 2 או 3?", "כמה ילדים יגיעו איתך לתור, שניים או שלושה?"),
            ("ביום שני, 30.11, בין 9-13.", "ביום שני, שלושים בנובמבר, בין תשע לאחת."),
            ("המבצע הקבוע שלנו, 2X1 מתנה.", "המבצע הקבוע שלנו, שתיים על אחת מתנה."),
            ("**שלום לך דנה, 3 ימים**.", "שלום לך דנה, שלושה ימים."),
            // The gender of the first number depends on a later clause, so it stays as it was said.
            ("שולחן ערוך ל-2, 3 או 4 אנשים.", "שולחן ערוך לשתיים, שלושה או ארבעה אנשים."),
            ("Your appointment is on, 10:30.", "Your appointment is on, 10:30."),
            ("בשמחה רבה לך, see you at 10:30 on Monday.", "בשמחה רבה לך, see you at 10:30 on Monday."),
            // Another sentence is another context.
            ("היום יום שלישי. 1.12 מטר.", "היום יום שלישי. מטר ושנים עשר."),
        ] {
            assert_eq!(said(text), expected);
        }
    }

    #[test]
    fn a_clause_does_not_end_between_a_number_and_its_noun() {
        let clauses = split(&[format!("{}3 תורים מחר", "מילה ".repeat(15)).as_str()]);
        assert!(clauses.len() > 1 && clauses.iter().all(|clause| !clause.trim().ends_with('3')), "{clauses:?}");
    }

    /// Sentences in which words after a clause decide how the clause is read.
    const DECIDED_LATER: [&str; 10] = [
        "יש 3 מסלולים: 1 לילדים, 2 לנוער, 3 למבוגרים.",
        "2, 3 או 4 ימים.",
        "מסלול 1, מסלול 2 או מסלול 3.",
        "בחרו: 1 רגיל, 2 מורחב.",
        "אנחנו בביאליק 7/10, רמת גן.",
        "ז'בוטינסקי 7/12, דירה 3.",
        "אלנבי 12/4, תל אביב.",
        "א', ג', ה' 10-14.",
        "משמרות: 7-15, 15-23, 23-7.",
        "7-15, 15-23, 23-7.",
    ];

    #[test]
    fn clauses_are_said_as_their_sentences() {
        let mut wrong = Vec::new();
        for (written, _) in crate::spoken::tests::sentences() {
            for (kind, clauses) in [("split", split(&[written])), ("everywhere", split_everywhere(written))] {
                let said = said_in_clauses(&clauses);
                let expected = for_synthesis(written, "he", &Dictionary::default());
                if said != expected && !DECIDED_LATER.contains(&written) {
                    wrong.push(format!("{kind}: {}\n  said:     {said}\n  expected: {expected}", clauses.join("|")));
                }
            }
        }
        assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    }

    #[test]
    fn a_text_without_punctuation_is_divided_between_words() {
        let clauses = split(&["מילה ".repeat(60).as_str()]);
        assert!(clauses.len() > 1 && clauses.iter().all(|clause| clause.len() < 500), "{clauses:?}");
        assert!(clauses[0].ends_with(' '));
    }

    proptest! {
        #[test]
        fn clauses_contain_the_whole_text_whatever_its_pieces(
            text in "[א-ת0-9a-z ,.?!:\n…]{0,300}", cuts in proptest::collection::vec(0usize..300, 0..20)
        ) {
            let whole = split(&[&text]);
            prop_assert_eq!(whole.concat(), text.clone());
            let mut at: Vec<_> = cuts.into_iter().filter(|at| text.is_char_boundary(*at)).collect();
            at.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in at { pieces.push(&text[from..cut]); from = cut; }
            pieces.push(&text[from..]);
            prop_assert_eq!(split(&pieces).concat(), text);
            let (last, complete) = whole.split_last().map_or((None, &[][..]), |(last, all)| (Some(last), all));
            prop_assert!(complete.iter().all(|clause| clause.chars().any(char::is_alphanumeric)), "{:?}", last);
        }
    }
}
