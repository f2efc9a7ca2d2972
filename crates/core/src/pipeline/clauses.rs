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
                '?' | '!' | '…' | '\u{61f}' => letters >= MIN_SENTENCE && !next.is_some_and(is_closing),
                '\n' => letters >= MIN_SENTENCE,
                // A dot or a comma within a number or an abbreviation is not followed by a space.
                '.' => {
                    letters >= MIN_SENTENCE
                        && next.is_some_and(char::is_whitespace)
                        && !is_item_number(&self.rest[..at])
                }
                ',' | ';' | ':' | '–' | '—' | '\u{60c}' => {
                    letters >= at_comma && next.is_some_and(char::is_whitespace)
                }
                ' ' => letters >= longest,
                _ => false,
            };
            if is_end {
                return Some(end);
            }
        }
        None
    }
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

/// Returns true if the character can follow the end of a sentence and belongs to it.
fn is_closing(c: char) -> bool {
    matches!(c, '?' | '!' | '"' | '”' | ')' | '.' | '\u{61f}')
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn numbers_and_short_words_are_not_divided() {
        assert_eq!(split(&["זה עולה 1,200.50 שקלים."]), ["זה עולה 1,200.50 שקלים."]);
        assert_eq!(split(&["בשעה 16:30 בדיוק."]), ["בשעה 16:30 בדיוק."]);
        assert_eq!(split(&["כן, בטח."]), ["כן, בטח."], "a word alone sounds chopped");
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
