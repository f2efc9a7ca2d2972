//! The words of an announcement that asks to press a key, in Hebrew, English, Arabic and Russian.

use std::collections::BTreeSet;

/// The signs of an announcement in a caller's words.
#[derive(Debug, Default)]
pub(super) struct Announcement {
    /// The keys that the words ask to press for a stated purpose, such as "to confirm".
    keys: BTreeSet<String>,
    /// Whether the words say that they are recorded.
    says_so: bool,
    /// Whether a person talks about an announcement, or about pressing a key.
    is_report: bool,
}

impl Announcement {
    pub(super) fn of(text: &str) -> Self {
        let lower = normalized(text);
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let joined = words.join(" ");
        let has_phrase = |phrases: &[&str]| {
            let joined = format!(" {joined} ");
            phrases.iter().any(|phrase| joined.contains(&format!(" {phrase} ")))
        };
        let asks_person = lower.split_inclusive(SENTENCE_ENDS).any(|sentence| {
            let words = || sentence.split(|c: char| !c.is_alphanumeric());
            sentence.ends_with(['?', '\u{61f}']) && words().any(|word| PRESS.contains(&word))
        });
        Self {
            keys: (0..words.len()).filter_map(|at| requested_key(&words, at)).map(str::to_owned).collect(),
            says_so: has_phrase(RECORDED),
            is_report: asks_person || words.iter().any(|word| is_report(word)),
        }
    }

    /// Returns true if only a recording can have said the words. One request to press a key is not enough, since a
    /// person may quote it: the words must also offer a choice of keys, say that they are recorded, or be spoken
    /// without a pause. A word of a person, who may explain the menu of a telephone or an alarm, and a question about a
    /// key exclude a recording.
    pub(super) fn is_certain(&self, is_nonstop: bool) -> bool {
        let has_more = self.keys.len() >= 2 || self.says_so || is_nonstop;
        !self.keys.is_empty() && has_more && !self.is_report
    }
}

/// Returns the key if a request to press a key for a stated purpose begins at this word.
fn requested_key<'w>(words: &[&'w str], at: usize) -> Option<&'w str> {
    if !PRESS.contains(&words[at]) {
        return None;
    }
    let (before, after) = (&words[at.saturating_sub(MAX_WORDS_BEFORE)..at], &words[at + 1..]);
    let place = after.iter().take(MAX_WORDS_BETWEEN + 1).position(|word| is_key(word))?;
    let following = after.iter().skip(place + 1).take(MAX_WORDS_AFTER);
    let is_filled = after[..place].iter().all(|word| BETWEEN.contains(word));
    let has_purpose = before.iter().chain(following).any(|word| is_purpose(word));
    (is_filled && has_purpose).then_some(after[place])
}

/// Returns a text in lower case, with one spelling of the Arabic and Russian letters that are often written for one
/// another, without Arabic vowel marks, and with ASCII digits.
fn normalized(text: &str) -> String {
    let letters = text.to_lowercase();
    let is_mark = |c: &char| matches!(c, '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}');
    letters.chars().filter(|c| !is_mark(c)).map(base_letter).collect()
}

fn base_letter(c: char) -> char {
    match c {
        'أ' | 'إ' | 'آ' => 'ا',
        'ى' => 'ي',
        'ة' => 'ه',
        'ё' => 'е',
        '\u{660}'..='\u{669}' => char::from_digit(u32::from(c) & 0xf, 10).unwrap_or(c),
        c => c,
    }
}

fn is_key(word: &str) -> bool {
    let mut chars = word.chars();
    if let (Some('0'..='9'), None) = (chars.next(), chars.next()) {
        return true;
    }
    let word = word.strip_prefix('ה').or_else(|| word.strip_prefix("ال")).unwrap_or(word);
    KEYS.contains(&word)
}

/// Returns true for a word that can introduce the purpose of pressing a key: "to confirm", "for sales", "לאישור", "للتحدث".
fn is_purpose(word: &str) -> bool {
    let has_preposition = word.starts_with(['ל', 'ل']) && word.chars().count() >= 4 && !NO_PURPOSE.contains(&word);
    has_preposition || PURPOSE.contains(&word)
}

/// Returns true for a word of a person who talks about a message, a menu or a key. Hebrew and Arabic words may have a
/// prefix, such as "ב" in "בשער" and "ال" in "الباب".
fn is_report(word: &str) -> bool {
    let is_long = |rest: &&str| rest.chars().count() >= 3;
    let rest = word.strip_prefix(['ב', 'ה', 'ו', 'כ', 'ל', 'מ', 'ש', 'و', 'ب', 'ل']).filter(is_long);
    let noun = rest.unwrap_or(word).strip_prefix("ال").or_else(|| word.strip_prefix("لل")).filter(is_long);
    REPORT.split_whitespace().any(|known| known == word || rest == Some(known) || noun == Some(known))
}

/// The characters that end a sentence.
const SENTENCE_ENDS: [char; 5] = ['.', '!', '?', '\n', '\u{61f}'];
/// How many words before "press" may contain the purpose.
const MAX_WORDS_BEFORE: usize = 8;
/// How many words after the key may contain the purpose.
const MAX_WORDS_AFTER: usize = 3;
/// The maximum number of words between "press" and the key: "press the number 1", "הקישו על מקש 1".
const MAX_WORDS_BETWEEN: usize = 3;
const BETWEEN: &[&str] = &[
    "the",
    "key",
    "number",
    "digit",
    "button",
    "now",
    "על",
    "את",
    "מקש",
    "המקש",
    "ספרה",
    "הספרה",
    "עכשיו",
    "כעת",
    "علي",
    "رقم",
    "الرقم",
    "زر",
    "الزر",
    "مفتاح",
    "المفتاح",
    "الان",
    "на",
    "цифру",
    "клавишу",
    "кнопку",
    "номер",
    "сейчас",
];

/// Words that request to press a key.
const PRESS: &[&str] = &[
    "press",
    "dial",
    "push",
    "הקש",
    "הקישו",
    "הקישי",
    "להקיש",
    "הקשה",
    "לחץ",
    "לחצו",
    "לחצי",
    "ללחוץ",
    "اضغط",
    "اضغطوا",
    "اضغطي",
    "الضغط",
    "нажмите",
    "наберите",
];

/// Words that introduce a purpose. In Hebrew and Arabic, a prefix can introduce it as well.
const PURPOSE: &[&str] = &["to", "for", "if", "כדי", "אם", "اذا", "чтобы", "для", "если"];

/// The names of the keys.
#[rustfmt::skip]
const KEYS: &[&str] = &[
    "zero", "אפס", "صفر", "ноль",
    "one", "אחת", "אחד", "واحد", "один", "единицу",
    "two", "שתיים", "שתים", "שניים", "اثنين", "اثنان", "два", "двойку",
    "three", "שלוש", "ثلاثه", "три", "тройку",
    "four", "ארבע", "اربعه", "четыре",
    "five", "חמש", "خمسه", "пять",
    "six", "שש", "سته", "шесть",
    "seven", "שבע", "سبعه", "семь",
    "eight", "שמונה", "ثمانيه", "восемь",
    "nine", "תשע", "تسعه", "девять",
    "star", "כוכבית", "نجمه", "звездочку",
    "pound", "hash", "סולמית", "مربع", "решетку",
];

/// Phrases with which a recording says that it is recorded or automated.
const RECORDED: &[&str] = &[
    "this is an automated message",
    "this is an automated call",
    "this is a recorded message",
    "this is a recorded call",
    "this is a prerecorded message",
    "this is a pre recorded message",
    "an automated message from",
    "a recorded message from",
    "זו הודעה מוקלטת",
    "זוהי הודעה מוקלטת",
    "זאת הודעה מוקלטת",
    "זו הודעה אוטומטית",
    "זוהי הודעה אוטומטית",
    "זו שיחה אוטומטית",
    "זוהי שיחה אוטומטית",
    "זו שיחה מוקלטת",
    "זוהי שיחה מוקלטת",
    "הודעה זו מוקלטת",
    "הודעה זאת מוקלטת",
    "הודעה זו היא מוקלטת",
    "הודעה זו היא אוטומטית",
    "שיחה זו מוקלטת",
    "هذه رساله مسجله",
    "هذه رساله اليه",
    "هذه رساله تلقائيه",
    "هذه الرساله مسجله",
    "هذه مكالمه مسجله",
    "هذه مكالمه اليه",
    "هذه المكالمه مسجله",
    "это автоматическое сообщение",
    "это записанное сообщение",
    "это автоматический звонок",
    "данное сообщение записано",
    "данный звонок записан",
    "вас приветствует автоинформатор",
];

/// Words of a person who talks about a message, a menu or a key, or who says how to get in. A text with one of them
/// does not count as an announcement, although a few announcements contain them.
const REPORT: &str = include_str!("report_words.txt");

/// Words that begin with the Hebrew or Arabic "to" but do not introduce a purpose.
const NO_PURPOSE: &[&str] = &[
    "לחצו",
    "לחצי",
    "לחצתי",
    "לחצנו",
    "ללחוץ",
    "להקיש",
    "למה",
    "לכם",
    "להם",
    "لماذا",
    "لكني",
    "لكنني",
    "لديك",
    "لدينا",
    "لحظه",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn announcements_are_recognized() {
        for text in [
            "שלום, זוהי הודעה מוקלטת. לקבלת הצעה להלוואה הקישו 1, להסרה מהרשימה הקישו 9",
            "לשמיעת הפרטים הקש אחת. להסרה הקש שתיים.",
            "לתשלום מיידי יש ללחוץ 1, לשיחה עם נציג יש ללחוץ 2",
            "זכיתם בחופשה! רוצים לנפוש? למימוש הזכייה הקישו 1, להסרה הקישו 9",
            "שלום מבנק הזהב, לפרטים על החשבון הקישו 1, לשיחה עם בנקאי הקישו 2",
            "Press 1 to speak to a representative. Press 9 to be removed from the list.",
            "To accept this call, dial the number five. If you did not authorize this charge press one.",
            "للغة العربية اضغط ١، للتحدث مع موظف اضغط الرقم اثنين",
            "Чтобы узнать подробности, нажмите один, чтобы отказаться, нажмите цифру два.",
            "זו הודעה אוטומטית. לאישור ההזמנה לחצו על מקש 1.",
            "This is an automated message regarding your vehicle warranty. To speak to an agent, press one now.",
            "הודעה זו מוקלטת, נא הקש 1 למעבר לנציג",
            "هذه رسالة مسجلة. للتحدث مع ممثل اضغط على الرقم 1.",
            "Это автоматическое сообщение. Для соединения с оператором нажмите 1.",
        ] {
            assert!(Announcement::of(text).is_certain(false), "{text}: {:?}", Announcement::of(text));
        }
        for text in ["לקבלת הצעה משתלמת הקישו 1", "To claim your refund press 1"] {
            let announcement = Announcement::of(text);
            assert!(announcement.is_certain(true) && !announcement.is_certain(false), "{text}: {announcement:?}");
        }
    }

    #[test]
    fn the_words_of_callers_are_no_announcement_even_without_a_pause() {
        for text in [
            "",
            "היי, רציתי לקבוע תור למחר בעשר, אפשר?",
            "שלום, קיבלתי מכם הודעה שאומרת לאישור התור הקישו 1, להסרה הקישו 2, ולא הצלחתי",
            "כתוב אצלכם באתר להזמנה לחצו 1, ולשירות לחצו 2",
            "לחצתי 1 לאישור והשיחה התנתקה",
            "שלום, כאן רונית ממשרד עורכי דין כהן, תחזרו אלינו בבקשה, במענה הקישו 2 למזכירות ואז הקישו 5 לרונית.",
            "שלום, מדבר דוד, התקנתם אצלנו אזעקה. כדי לנטרל ללחוץ 1 ואז כוכבית או קודם ללחוץ 2 לנטרול חלקי?",
            "היי, כאן משה מהמוסך, כשתחזרו הקישו 3 לחלפים ואחר כך הקישו 1 למשה",
            "שלום, מדברת דנה מהמרפאה, כשעונים הקישו 2 למזכירות",
            "כשתתקשרו חזרה הקישו 4 למחלקת שירות, והקישו 1 לדנה",
            "השלט שקניתי אצלכם, להפעלה להקיש 1 ולכיבוי להקיש 2, ולא עובד",
            "במזגן, להפעלה ללחוץ 1 ולכיבוי ללחוץ 2?",
            "תתקשרו אליי, להשארת הודעה הקישו כוכבית",
            "Hello, Dana from the clinic, please call back, press 2 for the office and then press 5 for Dana",
            "To disarm it, press 1 and star, or press 2 for half?",
            "معك دانا من العيادة، اتصلوا بنا، اضغط 2 للسكرتيرة ثم اضغط 5 لدانا",
            "Это Дана из клиники, перезвоните, нажмите 2 для секретаря, потом нажмите 5 для меня",
            "אני צריכה להקיש 1 כדי לאשר או להקיש 2?",
            "תקשיב, בשביל להזמין צריך ללחוץ 1 או ללחוץ 2?",
            "דירה 1, כניסה 2, קומה 3, לחצו על האינטרקום",
            "האינטרקום שלי: להקיש 4 ואז סולמית כדי להיכנס",
            "קוד הכניסה לבניין הוא 1 2 3 4, הקישו אותו ואז כוכבית",
            "Hi, I got a message that says press 1 to confirm, press 2 to cancel, and nothing happens",
            "My intercom: press 4 to reach us and press 0 to open",
            "When the driver comes, at the gate press 4 for the office and press 0 to open",
            "כשמגיעים, בשער הקישו 4 לדירה, ואז ללחוץ 0 לפתיחה",
            "Your recording told me to press 1 for sales and press 2 for support",
            "How do I cancel? Should I press 1 to cancel or press 2 to keep it?",
            "Can you press the order for two people for tomorrow",
            "It is for the dress, please press it and have it ready by one",
            "push it to two o'clock if that works for you",
            "dial it down to five for the party of six",
            "This is Dana, calling about an automated message from you",
            "זאת הודעה מוקלטת? הלו?",
            "הודעה זו מוקלטת?",
            "قالوا لي اضغط 1 للتأكيد واضغط 2 للإلغاء ولم ينجح",
            "عند الباب اضغط 4 للمكتب ثم اضغط 0 للفتح",
            "هل يجب أن أضغط واحد للتأكيد؟",
            "مرحبا، أريد موعدا غدا للساعة واحدة",
            "Мне сказали нажмите 1 для подтверждения, нажмите 2 для отмены, и ничего",
            "У калитки нажмите 4, чтобы позвонить, и нажмите 0, чтобы открыть",
            "Почему для записи нажмите 1, а для отмены нажмите 2?",
            "Запишите меня на час для двоих, номер два",
        ] {
            assert!(!Announcement::of(text).is_certain(true), "{text}: {:?}", Announcement::of(text));
        }
    }

    proptest! {
        #[test]
        fn words_without_a_request_are_no_announcement(text in "[א-תa-zа-яا-ي0-9 ,.?!]{0,200}") {
            let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
            prop_assume!(!PRESS.iter().any(|press| words.contains(press)));
            prop_assert!(!Announcement::of(&text).is_certain(true));
        }
    }
}
