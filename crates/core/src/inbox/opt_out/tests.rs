use super::*;
use OptOutChoice::{In, Out};
use proptest::prelude::*;

#[test]
fn words_of_all_languages_are_recognised() {
    use WordLanguage::{Arabic, English, Hebrew, Russian};
    for (text, choice, language) in [
        ("הסר", Out, Hebrew),
        ("  הסר. ", Out, Hebrew),
        ("\u{200f}הָסֵר\u{200f}!!", Out, Hebrew),
        ("הסירו", Out, Hebrew),
        ("הסר אותי", Out, Hebrew),
        ("הסרה", Out, Hebrew),
        ("להסרה.", Out, Hebrew),
        ("להסיר", Out, Hebrew),
        ("הסרה בבקשה", Out, Hebrew),
        ("הסרה מרשימת התפוצה", Out, Hebrew),
        ("נא להסיר אותי מרשימת התפוצה, תודה", Out, Hebrew),
        ("תמחקו אותי מהדיוור", Out, Hebrew),
        ("הפסק", Out, Hebrew),
        ("תפסיקו לשלוח", Out, Hebrew),
        ("תפסיקו לשלוח לי הודעות!", Out, Hebrew),
        ("אל תשלחו לי יותר הודעות", Out, Hebrew),
        ("אל תשלחו לי יותר", Out, Hebrew),
        ("תפסיקו", Out, Hebrew),
        ("תפסיקו!!", Out, Hebrew),
        ("עצור", Out, Hebrew),
        ("עצרו בבקשה", Out, Hebrew),
        ("התחל", In, Hebrew),
        ("חזור", In, Hebrew),
        ("אפשר לשלוח לי שוב הודעות", In, Hebrew),
        ("STOP", Out, English),
        ("stop", Out, English),
        ("Stop 🛑", Out, English),
        ("STOP STOP STOP", Out, English),
        ("ＳＴＯＰ", Out, English),
        ("*Stop*, please.", Out, English),
        ("STOPALL", Out, English),
        ("Unsubscribe me", Out, English),
        ("Don't message me again", Out, English),
        ("remove me from your mailing list", Out, English),
        ("START", In, English),
        ("unstop", In, English),
        ("إيقاف", Out, Arabic),
        ("أوقف", Out, Arabic),
        ("إلغاء الاشتراك", Out, Arabic),
        ("أوقفوا الرسائل", Out, Arabic),
        ("لا ترسلوا لي رسائل", Out, Arabic),
        ("استئناف", In, Arabic),
        ("ابدأ", In, Arabic),
        ("СТОП", Out, Russian),
        ("Отпишите меня, пожалуйста", Out, Russian),
        ("Отпишите", Out, Russian),
        ("отпишите меня", Out, Russian),
        ("не присылайте мне больше", Out, Russian),
        ("Начать", In, Russian),
    ] {
        assert_eq!(parse(text), Some(OptOutWord { choice, language }), "{text}");
    }
}

#[test]
fn other_messages_are_no_choice() {
    for text in [
        "",
        "🛑",
        "תודה",
        "please",
        "לא להפסיק",
        "לא להסיר",
        "הסרה של שיער?",
        "להסיר לק",
        "להסרת שיער",
        "תסירו אותי מהרשימה",
        "אפשר לשלוח?",
        "חזרו",
        "take me off the list",
        "отпиши",
        "уберите меня из списка",
        "להפסיק?? לא!",
        "תפסיקו לצחוק",
        "תפסיקו עם זה",
        "לא לעצור",
        "עצור כאן",
        "איפה לעצור?",
        "отпишите мне завтра",
        "אל תשלחו",
        "אל תשלחו לי את החבילה",
        "אפשר להסיר את הכתם?",
        "הסר את הפריט מההזמנה",
        "תמחקו אותי",
        "ביטול",
        "לבטל",
        "חזור אליי",
        "stop by tomorrow?",
        "don't stop",
        "please don't stop",
        "can you stop by",
        "the bus stop",
        "stop 2",
        "nonstop",
        "stopping",
        "CANCEL",
        "END",
        "QUIT",
        "YES",
        "start at 5",
        "when do you start",
        "الغاء",
        "إلغاء الموعد",
        "не останавливайтесь",
        "стоп кран",
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
}

#[test]
fn phrases_are_in_the_form_that_messages_get() {
    let words = PHRASES.iter().flat_map(|phrase| phrase.parts.iter().flat_map(|part| part.iter()));
    for word in words.chain(&COURTESY) {
        assert_eq!(normalized(word), *word);
    }
    for phrase in &PHRASES {
        assert!(phrase.parts.iter().any(|part| part.iter().all(|words| !words.is_empty())), "an empty message fits");
        // Each alternative of the first part is reached, and not hidden by the end of an earlier one.
        for first in phrase.parts[0] {
            let others = phrase.parts[1..].iter().map(|part| part[0]);
            let text =
                std::iter::once(*first).chain(others).filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ");
            assert_eq!(parse(&text), Some(phrase.word), "{text}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_parsed(text in ".{0,220}") {
        let _ = parse(&text);
    }

    /// A phrase remains one between punctuation, emoji and invisible characters, in any letter case.
    #[test]
    fn decoration_changes_nothing(
        at in 0..PHRASES.len(),
        picks in prop::collection::vec(0_usize..16, 8),
        (before, after) in ("[ \\n.,!?*_~🛑👍\u{200f}\u{202b}-]{0,6}", "[ \\n.,!?*_~🛑👍\u{200f}\u{202c}-]{0,6}"),
        is_upper in any::<bool>(),
    ) {
        let phrase = &PHRASES[at];
        let words = phrase.parts.iter().zip(&picks).map(|(part, pick)| part[pick % part.len()]);
        let text = words.filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ");
        let text = if is_upper { text.to_uppercase() } else { text };
        prop_assert_eq!(parse(&format!("{before}{text}{after}")).map(|word| word.choice), Some(phrase.word.choice));
    }

    /// A word beside a phrase makes it an ordinary message.
    #[test]
    fn a_further_word_makes_it_another_message(
        word in "(מחר|היום|לא|החבילה|tomorrow|not|never|by|today|нет|غدا|[0-9]{1,4})",
        stop in "(הסר|הפסק|stop|unsubscribe|стоп|ايقاف)",
        is_before in any::<bool>(),
    ) {
        let text = if is_before { format!("{word} {stop}") } else { format!("{stop} {word}") };
        prop_assert_eq!(parse(&text), None);
    }
}
