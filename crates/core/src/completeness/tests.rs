use super::*;
use std::fmt::Write as _;
use std::time::Duration;

#[test]
fn a_time_ends_a_sentence_and_a_particle_does_not() {
    for text in [
        "אפשר לקבוע תור בשעה חמש",
        "בשעה חמש",
        "ביום שני",
        "בארבע וחצי",
        "ב-16:30",
        "בשעה 09:30",
        "מתי אתם פתוחים היום?",
        "כמה עולה תספורת",
        "לא, תודה",
        "כן, מתאים לי.",
        "מחר בבוקר",
        "054-7654321",
        "03-6543210",
        "אפס חמש ארבע שלוש שתיים אחת שבע שמונה תשע אפס",
        "0 3 6 5 4 3 2 1 0",
        "+972 50 123 4567",
        "הטלפון שלי 05 שתיים 123 45 67",
        "דנה שטרודל gmail נקודה com",
    ] {
        assert_eq!(estimate(text), Completeness::Complete, "{text}");
    }
    for text in [
        "אני רוצה ל",
        "אני רוצה ל-",
        "אני רוצה ל…",
        "אני רוצה",
        "אני רוצה לקבוע",
        "בשעה",
        "אני גר ב",
        "שלושת",
        "תור לצבע או",
        "ואני",
        "השם שלי הוא",
        "הטלפון שלי הוא אפס חמש ארבע",
        "052",
        "052-123",
        "+972 50 123 45",
        "+972 50 123 456",
        "הטלפון שלי 05 שתיים 123 45 6",
        "המייל שלי הוא דנה נקודה כהן",
        "אממ",
        "כן, אבל",
        "ובקשר ל",
    ] {
        assert_eq!(estimate(text), Completeness::Open, "{text}");
    }
    for text in ["אני לא יכול", "שלום", "כן", "תספורת", "עשרים", "זה עולה 1,200"] {
        assert_eq!(estimate(text), Completeness::Unclear, "{text}");
    }
}

#[test]
fn the_structure_of_a_clause_requires_more_words_or_none() {
    for text in [
        // A condition without its main clause.
        "אם אני מביא אותו בשמונה",
        "כשאני מתכופפת",
        "אבל אם הוא לא נמצא",
        "אחרי שהבאתי אותו",
        // A subject without its predicate.
        "הרכב שהבאתי אליכם אתמול",
        "רציתי לדעת אם התוצאות",
        "בעל הבית שלי לא",
        // A verb without its object.
        "כמה יעלה לי להחליף",
        "הכלבה שלי אכלה",
        "קניתי שולחן והזמנתי",
        // The first of two things.
        "שני תורים, אחד לי",
        // Numbers in groups.
        "מספר הרכב הוא שלושים ושתיים ארבע מאות חמש עשרה",
        "הנייד שלי חמישים שלוש מאות עשרים ושתיים",
        "אפשר לחזור אליי לאפס חמש שמונה",
        "ברקוביץ', ב' ר'",
    ] {
        assert_eq!(estimate(text), Completeness::Open, "{text}");
    }
    for text in [
        "הנייד שלי חמישים שלוש מאות עשרים ושתיים ארבעים וארבע שבע עשרה",
        "מספר הרכב הוא מאה עשרים ושלוש ארבעים וחמש שש מאות שבעים ושמונה",
        "הקוד לבניין הוא אחת שתיים שלוש ארבע",
        "השם שלי הוא יוסי לוי",
        "אני רוצה לחסן את החתול",
        "זה ייקח שעתיים בערך",
        "אני אגיע בעוד חצי שעה",
    ] {
        assert_eq!(estimate(text), Completeness::Complete, "{text}");
    }
    for text in ["המזגן לא עובד", "יש לי הפניה", "קניתי אצלכם נעליים"] {
        assert_eq!(estimate(text), Completeness::Described, "{text}");
    }
    for text in ["לא הזמנתי", "את התור קבעתי", "להחליף", "כניסה ב'", "עוד לא"] {
        assert_eq!(estimate(text), Completeness::Unclear, "{text}");
    }
}

#[test]
fn other_languages_are_left_to_the_transcriber() {
    for text in ["", "...", "I would like to", "Вы сегодня открыты?", "هل أنتم مفتوحون", "hello 5"]
    {
        assert_eq!(estimate(text), Completeness::Unknown, "{text}");
    }
}

/// A turn and its pauses. Each pause has the words before it and its length.
struct Turn {
    text: String,
    pauses: Vec<(String, Duration)>,
}

fn turns() -> Vec<Turn> {
    let lines = include_str!("turns.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let turn = |line: &str| {
        let mut turn = Turn { text: String::new(), pauses: Vec::new() };
        for (place, part) in line.split('|').enumerate() {
            if place % 2 == 0 {
                turn.text.push_str(part.trim_start());
            } else {
                turn.pauses.push((turn.text.trim().to_owned(), Duration::from_millis(part.parse().unwrap())));
            }
        }
        turn
    };
    lines.map(turn).collect()
}

#[test]
fn few_turns_are_cut_off_and_most_are_answered_early() {
    let turns = turns();
    let (mut cut, mut report) = (0, String::new());
    for turn in &turns {
        let cuts = |(words, pause): &&(String, Duration)| estimate(words).wait().is_none_or(|wait| wait <= *pause);
        if let Some((words, pause)) = turn.pauses.iter().find(cuts) {
            cut += 1;
            writeln!(report, "cut off after {pause:?}: {words} / {}", turn.text).unwrap();
        }
    }
    let ends: Vec<_> = turns.iter().map(|turn| (estimate(&turn.text), &turn.text)).collect();
    for (at_end, text) in &ends {
        if *at_end != Completeness::Complete {
            writeln!(report, "{at_end:?} at its end: {text}").unwrap();
        }
    }
    let count = |at_end| ends.iter().filter(|(known, _)| *known == at_end).count();
    let (complete, open) = (count(Completeness::Complete), count(Completeness::Open));
    let with_pauses = turns.iter().filter(|turn| !turn.pauses.is_empty()).count();
    let described = count(Completeness::Described);
    let all = turns.len();
    writeln!(
        report,
        "{cut} of {with_pauses} with pauses cut off; of {all} complete {complete}, described {described}, open {open}"
    )
    .unwrap();
    assert!(with_pauses >= 200, "{with_pauses}");
    assert!(cut * 20 <= with_pauses, "more than 5 % are cut off:\n{report}");
    assert!(complete * 2 >= turns.len(), "fewer than half are answered at once:\n{report}");
    assert!(open * 20 <= turns.len(), "more than 5 % are waited for without need:\n{report}");
}
