mod gold;

use super::*;
use hebrew::{List, Noun, lines};
use proptest::prelude::*;

fn said(text: &str) -> String {
    spoken(text, "he", &Dictionary::default())
}

/// Returns the sentences of the data files, each with its spoken form.
pub(crate) fn sentences() -> Vec<(&'static str, &'static str)> {
    let files =
        [include_str!("tests/sentences.txt"), include_str!("tests/amounts.txt"), include_str!("tests/details.txt")];
    files.into_iter().flat_map(lines).map(|line| line.split_once(" | ").unwrap()).collect()
}

#[test]
fn a_clause_keeps_the_signs_of_numbers_and_loses_its_markdown() {
    let said = |clause| for_synthesis(clause, "he", &Dictionary::default());
    assert_eq!(said("**חייגו *2000.**"), "חייגו כוכבית שתיים אפס אפס אפס.");
    assert_eq!(said("הקוד לדלת הוא 1234#."), "הקוד לדלת הוא אחת שתיים שלוש ארבע סולמית.");
    assert_eq!(said("המחיר **150** ש\"ח."), "המחיר מאה וחמישים שקלים.");
    assert_eq!(said("Dial *2000, _please_."), "Dial *2000, please.");
    assert_eq!(said("The code is *0042."), "The code is *0 0 4 2.");
}

#[test]
fn sentences_are_said_as_people_say_them() {
    let sentences = sentences();
    assert!(sentences.len() >= 700);
    let is_wrong = |(written, expected): &&(&str, &str)| said(written) != *expected;
    let wrong: Vec<String> = sentences
        .iter()
        .filter(is_wrong)
        .map(|(written, expected)| format!("{written}\n  said:     {}\n  expected: {expected}", said(written)))
        .collect();
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), sentences.len(), wrong.join("\n"));
}

#[test]
fn a_spoken_sentence_is_not_changed_again() {
    for (written, _) in sentences() {
        let once = said(written);
        assert_eq!(said(&once), once, "{written}");
    }
}

#[test]
fn the_data_files_are_complete() {
    for list in List::ALL {
        assert!(!list.words().is_empty(), "{list:?}");
        assert!(list.words().iter().all(|word| !word.is_empty()), "{list:?}");
    }
    for (list, length) in [
        (List::Feminine, 20),
        (List::Masculine, 20),
        (List::MasculineConstruct, 9),
        (List::Tens, 8),
        (List::Hundreds, 9),
        (List::Thousands, 4),
        (List::Large, 3),
        (List::MasculineOrdinals, 10),
        (List::FeminineOrdinals, 10),
        (List::Fractions, 9),
        (List::FractionPlurals, 8),
        (List::FractionConstructs, 8),
        (List::Months, 12),
        (List::Weekdays, 7),
        (List::WeekdayLetters, 7),
        (List::NumberLetters, 12),
        (List::LetterNames, 12),
    ] {
        assert_eq!(list.words().len(), length, "{list:?}");
    }
    assert_eq!((List::Symbols.words().len() % 3, List::LettersOfUnits.words().len() % 3), (0, 0));
    assert_eq!(List::Minor.words().len() % 5, 0);
    // The word for each symbol must be a known noun, so that it is counted with the right gender.
    for symbol in List::Symbols.words().chunks(3).chain(List::LettersOfUnits.words().chunks(3)) {
        let noun = symbol[1].split(' ').next().unwrap();
        assert!(Noun::find(noun).is_some(), "{noun}");
    }
}

#[test]
fn each_line_of_the_nouns_has_a_mark_and_hebrew_words() {
    for line in lines(include_str!("hebrew/nouns.txt")) {
        let (marks, words) = line.split_once(' ').unwrap_or((line, ""));
        let is_mark = marks.starts_with(['f', 'm']) && marks[1..].chars().all(|c| matches!(c, '+' | '-'));
        let is_hebrew = |word: &str| word.chars().all(|c| matches!(c, '\u{5d0}'..='\u{5ea}' | '\'' | '"'));
        let mut words = words.split(' ').map(|word| word.strip_prefix('=').unwrap_or(word));
        assert!(is_mark && words.all(|word| !word.is_empty() && is_hebrew(word)), "{line}");
    }
}

#[test]
fn other_languages_are_left_to_the_synthesiser() {
    for text in ["Monday at 10:30", "It costs 1,250.50 shekels", "on 2026-11-30", "Завтра в 15:00", "الساعة 10"]
    {
        assert_eq!(spoken(text, "he", &Dictionary::default()), text);
    }
    for text in ["Your appointment with דנה is on Monday at 10:30.", "Вы записаны к דנה כהן на 10:30"]
    {
        assert_eq!(spoken(text, "he", &Dictionary::default()), text, "it is spoken in the sentence's language");
    }
    assert_eq!(said("כתבו ב-WhatsApp עד 10:30"), "כתבו ב-WhatsApp עד עשר וחצי");
    let said = |text| spoken(text, "en", &Dictionary::default());
    assert_eq!(said("Call 054-1234567."), "Call 0 5 4, 1 2 3 4 5 6 7.");
    assert_eq!(said("ID 012345678"), "ID 0 1 2 3 4 5 6 7 8");
    assert_eq!(said("The code is 0042"), "The code is 0 0 4 2");
    // The conversation's language decides for a text without letters.
    assert_eq!((said("10:30"), spoken("10:30", "he-IL", &Dictionary::default())), ("10:30".into(), "עשר וחצי".into()));
}

#[test]
fn the_owner_s_words_come_first() {
    let dictionary = Dictionary::from_lines(
        "# names\nויצמן = וַייצמן\nד\"ר שיין = דוקטור שַיין\nWi-Fi = ויי פיי\nצ.ב.ע. = צבע מהיר\n\nempty =\n",
    );
    let said = |text| spoken(text, "he", &dictionary);
    assert_eq!(said("רחוב ויצמן 3"), "רחוב וַייצמן שלוש");
    assert_eq!(said("תור לד״ר שיין ב-9:00"), "תור לדוקטור שַיין בתשע");
    assert_eq!(said("יש wi-fi אצלנו"), "יש ויי פיי אצלנו");
    assert_eq!(said("חברת צ.ב.ע בחיפה"), "חברת צבע מהיר בחיפה");
    assert_eq!(said("ויצמניה"), "ויצמניה");
    assert_eq!(said("\"ויצמן\", אמר"), "\"וַייצמן\", אמר");
    assert_eq!(Dictionary::new([("", "x"), ("x", " ")]), Dictionary::default());
}

#[test]
fn times_in_words_are_read() {
    let time = |hour: u16, minute: u16| vec![hour % 12 * 60 + minute];
    for (text, expected) in [
        ("קבעתי לך תור בעשר וחצי.", time(10, 30)),
        ("קבעתי לך תור ליום שני ברבע לחמש.", time(4, 45)),
        ("קבעתי לך תור, רבע לחמש.", time(4, 45)),
        ("קבעתי לך תור לשלוש ועשרים.", time(3, 20)),
        ("ביום שני, שלוש ועשרים.", time(3, 20)),
        ("בשעה שבע בערב.", time(7, 0)),
        ("בשעה עשר", time(10, 0)),
        ("תור לשתיים", time(2, 0)),
        ("בשתים עשרה וחצי", time(12, 30)),
        ("בשתיים עשרה ורבע", time(12, 15)),
        ("באחת־עשרה", time(11, 0)),
        ("בְּעֶשֶׂר וָחֵצִי", time(10, 30)),
        ("בשש עשרה", time(4, 0)),
        ("בשעה שש עשרה ושלושים", time(4, 30)),
        ("בעשר שלושים", time(10, 30)),
        ("בשמונה ארבעים וחמש", time(8, 45)),
        ("בשמונה ועשרים וחמש", time(8, 25)),
        ("בשמונה ועשרים וחמישה", time(8, 25)),
        ("בשמונה ושבע עשרה דקות", time(8, 17)),
        ("בתשע וחמישה", time(9, 5)),
        ("בעשרים לתשע", time(8, 40)),
        ("חמישה לאחת", time(12, 55)),
        ("בעשר דקות לשש", time(5, 50)),
        ("בחצות", time(0, 0)),
        ("תשע בבוקר", time(9, 0)),
        ("שלוש אחר הצהריים", time(3, 0)),
        ("ב-11:00", time(11, 0)),
        ("בשעה 10", time(10, 0)),
        ("ב-11:07", time(11, 7)),
        ("בשמונה בדצמבר בתשע", time(9, 0)),
        ("ב-8.12 בשעה 9:00", time(9, 0)),
    ] {
        assert_eq!(said_times(text), expected, "{text}");
    }
    assert_eq!(said_times("מעשר לאחת עשרה"), [600, 660]);
    assert_eq!(said_times("בין עשר לאחת עשרה"), [660]);
    assert_eq!(said_times("לא בעשר, באחת עשרה."), [600, 660]);
    assert_eq!(said_times("בתשע ובעשר"), [540, 600]);
}

#[test]
fn other_numbers_in_words_are_no_times() {
    for text in [
        "בשלושה בדצמבר",
        "בשמונה בדצמבר",
        "בשמונה לחודש",
        "ב-8 לחודש",
        "לעשר דקות",
        "בשלוש שעות",
        "תור לשלושה אנשים",
        "תור לשלוש נשים",
        "באחת השעות הפנויות",
        "באחת מהשעות",
        "בבאר שבע",
        "ביום שני",
        "ברחוב הרצל חמש",
        "שלוש וחצי שעות",
        "יש לך עשר",
        "ילדים בני ארבע, שבע ועשר",
        "קומות אחת עד שלוש",
        "קבעתי לך שתי פגישות",
        "ב-15 בדצמבר",
        "התור עולה 150 ₪",
        "at ten",
        "",
    ] {
        assert_eq!(said_times(text), [0_u16; 0], "{text}");
    }
}

#[test]
fn long_texts_take_no_longer_for_each_number() {
    let text = "קבעתי לך תור ב-10:30 ל-3 אנשים, א' ב-5 ₪ ".repeat(5_000);
    assert!(said(&text).len() > text.len());
    assert_eq!(said_times(&text).len(), 5_000);
}

proptest! {
    #[test]
    fn a_time_is_understood_as_it_was_meant(hour in 0_u16..24, minute in 0_u16..60, before in "(קבעתי לך תור )?(ב|ל|בשעה )") {
        let digits = if before.ends_with(' ') { format!("{before}{hour}:{minute:02}") } else { format!("{before}-{hour}:{minute:02}") };
        let words = said(&digits);
        prop_assert_eq!(said_times(&words), [hour % 12 * 60 + minute], "{}", words);
        prop_assert_eq!(said_times(&digits), [hour % 12 * 60 + minute]);
    }

    #[test]
    fn any_text_can_be_spoken(text in "\\PC{0,60}", language in "[a-z-]{0,5}", key in "\\PC{0,6}", value in "\\PC{0,6}") {
        let _ = spoken(&text, &language, &Dictionary::new([(key, value)]));
    }

    #[test]
    fn no_digit_remains_in_hebrew(text in "[0-9א-ת ₪$%*+#:./,'\"° –-]{0,30}", script in "\\PC{0,10}") {
        let said = said(&format!("היום כאן מכולנו לכם שלום{text}{script}"));
        prop_assert!(!said.contains(|c: char| c.is_ascii_digit()), "{said}");
    }

    #[test]
    fn a_spoken_text_is_not_changed_again(text in "[0-9א-ת₪%*+#:./,'\"° –-]{0,30}") {
        let once = said(&format!("שלום {text}"));
        prop_assert_eq!(said(&once), once);
    }

    #[test]
    fn words_stay_as_they_are(text in "([א-ת]{2,8}[,.!?]? ){0,8}") {
        let text = format!("שלום {text}");
        prop_assert_eq!(said(&text), text);
    }

    #[test]
    fn words_around_a_number_stay(before in "[א-ת]{5,9}", number in 0_u64..1_000_000, after in "[א-ת]{4,8}") {
        let said = said(&format!("{before}, {number}, {after}"));
        let (start, end) = (format!("{before}, "), format!(", {after}"));
        prop_assert!(said.starts_with(&start) && said.ends_with(&end), "{said}");
    }
}
