use super::*;
use proptest::prelude::*;
use serde_json::json;

fn tool(name: &str, output: &Value) -> ToolUse {
    ToolUse::new(name, "{}").with_output(&output.to_string())
}

fn conduct(said: &str, tools: Vec<ToolUse>) -> Conduct {
    Conduct { said: vec![said.to_owned()], tools, has_message: false }
}

fn broken(said: &str, tools: Vec<ToolUse>) -> Vec<Promise> {
    conduct(said, tools).broken_promises().into_iter().map(|broken| broken.promise).collect()
}

fn booked(start: &str) -> ToolUse {
    tool("book_appointment", &json!({"booked": {"start": start, "service": "תספורת"}}))
}

#[test]
fn what_was_said_and_not_done() {
    for (said, promise) in [
        ("מצוין, קבעתי לך תור ליום שני בעשר.", Promise::Booked),
        ("אז זהו, התור נקבע! להתראות.", Promise::Booked),
        ("בדקתי וקבעתי לך תור.", Promise::Booked),
        ("קָבַעְתִּי לך", Promise::Booked),
        ("הזזתי את התור ליום שלישי.", Promise::Moved),
        ("התור שלך בוטל.", Promise::Cancelled),
        ("הוספתי אותך לרשימת ההמתנה.", Promise::Waiting),
        ("אני אעביר את ההודעה לרוני.", Promise::PassedOn),
        ("תודה, נחזור אליך היום.", Promise::PassedOn),
        ("אשלח לך את הכתובת בוואטסאפ.", Promise::Sent),
        ("Great, I've booked you for Monday at ten.", Promise::Booked),
        ("Your appointment has been cancelled.", Promise::Cancelled),
        ("We'll call you back today.", Promise::PassedOn),
        ("تم حجز موعدك يوم الاثنين.", Promise::Booked),
        ("Я записала вас на понедельник.", Promise::Booked),
    ] {
        assert_eq!(broken(said, Vec::new()), [promise], "{said}");
    }
}

#[test]
fn questions_conditions_and_negations_promise_nothing() {
    for said in [
        "לקבוע לך תור ליום שני?",
        "קבעתי לך תור בעבר?",
        "עדיין לא קבעתי לך תור.",
        "אם תרצה, נחזור אליך.",
        "לצערי התור נקבע למישהו אחר.",
        "יש תורים פנויים בעשר ובאחת עשרה.",
        "רגע, אני בודקת מה קבעתי לך.",
        "I have not booked anything yet.",
        "Would you like me to say that you are booked?",
        "هل تم حجز موعدك؟",
        "Если хотите, мы перезвоним.",
        "",
    ] {
        assert_eq!(broken(said, Vec::new()), [], "{said}");
    }
}

#[test]
fn what_was_done_is_no_broken_promise() {
    let at = "2026-11-30T10:00";
    assert_eq!(broken("קבעתי לך תור.", vec![booked(at)]), []);
    assert_eq!(broken("קבעתי לך תור ביום שני ב-10:00.", vec![booked(at)]), []);
    assert_eq!(broken("You are booked at 3:00.", vec![booked("2026-11-30T15:00")]), []);
    let found = tool("find_appointments", &json!({"appointments": [{"start": at}]}));
    assert_eq!(broken("התור שלך נקבע ליום שני.", vec![found]), []);
    let moved = tool("move_appointment", &json!({"moved_to": {"start": at}}));
    assert_eq!(broken("הזזתי את התור, והתור נקבע ל-10:00.", vec![moved]), []);
    assert_eq!(broken("ביטלתי את התור.", vec![tool("cancel_appointment", &json!({"cancelled": {}}))]), []);
    assert_eq!(broken("נחזור אליך.", vec![tool("take_message", &json!({"ok": true}))]), []);
    let left = Conduct { has_message: true, ..conduct("נחזור אליך.", Vec::new()) };
    assert_eq!(left.broken_promises(), []);
}

#[test]
fn a_tool_that_failed_keeps_no_promise() {
    let refused = tool("book_appointment", &json!({"error": "this time is taken"}));
    assert_eq!(broken("קבעתי לך תור.", vec![refused]), [Promise::Booked]);
    assert_eq!(broken("קבעתי לך תור.", vec![ToolUse::new("book_appointment", "{}")]), [Promise::Booked]);
    let none = tool("find_appointments", &json!({"appointments": []}));
    assert_eq!(broken("התור שלך נקבע ליום שני.", vec![none]), [Promise::Booked]);
}

#[test]
fn another_time_than_the_one_that_is_stored_is_found() {
    let told = conduct("נהדר. קבעתי לך תור ליום שני ב-11:00. להתראות!", vec![booked("2026-11-30T10:00")]);
    let broken = told.broken_promises();
    let expected = BrokenPromise {
        promise: Promise::Booked,
        said: "קבעתי לך תור ליום שני ב-11:00.".to_owned(),
        is_time_wrong: true,
    };
    assert_eq!(broken, [expected]);
    // A later sentence that is right corrects it.
    let mut corrected = told;
    corrected.said.push("סליחה, קבעתי לך תור ב-10:00.".to_owned());
    assert_eq!(corrected.broken_promises(), []);
}

#[test]
fn times_in_words_are_compared_as_well() {
    for (said, start, is_wrong) in [
        ("קבעתי לך תור ליום שני בעשר וחצי.", "T10:30", false),
        ("קבעתי לך תור ליום שני בעשר וחצי.", "T11:30", true),
        ("קבעתי לך תור ליום שני ברבע לחמש.", "T16:45", false),
        ("קבעתי לך תור ליום שני ברבע לחמש.", "T17:15", true),
        ("קבעתי לך תור לשלוש ועשרים אחר הצהריים.", "T15:20", false),
        ("קבעתי לך תור לשלוש ועשרים אחר הצהריים.", "T15:40", true),
        ("קבעתי לך תור לשמונה בדצמבר בשעה שבע בערב.", "T19:00", false),
        ("קבעתי לך תור לשמונה בדצמבר בשעה שבע בערב.", "T20:00", true),
        ("קבעתי לך תור בשעה 10.", "T10:00", false),
        ("קבעתי לך תור בשעה 10.", "T11:00", true),
        ("קבעתי לך תור, סליחה, לא בעשר אלא באחת עשרה.", "T11:00", false),
        ("קבעתי לך תור לשלושה אנשים.", "T11:00", false),
        ("קבעתי לך תור לעוד שלוש שעות.", "T11:00", false),
        ("קבעתי לך תור ל-8 בדצמבר.", "T11:00", false),
    ] {
        let found = conduct(said, vec![booked(&format!("2026-11-30{start}"))]).broken_promises();
        assert_eq!(found.iter().any(|broken| broken.is_time_wrong), is_wrong, "{said} {start}");
    }
}

#[test]
fn turns_of_a_transcript_become_conduct() {
    let mut conduct = Conduct::default();
    conduct.add(Speaker::Caller, "קבעתי לך תור");
    conduct.add(Speaker::Tool, &booked("2026-11-30T10:00").to_text());
    conduct.add(Speaker::Tool, "no json");
    conduct.add(Speaker::Agent, "קבעתי לך תור");
    assert_eq!((conduct.said.len(), conduct.tools.len()), (1, 1));
    assert_eq!(conduct.broken_promises(), []);
}

#[test]
fn every_phrase_is_found_in_itself() {
    assert!(PHRASES.len() > 100);
    for phrase in PHRASES.iter() {
        assert!(!phrase.words.trim().is_empty());
        let is_found = promises(&phrase.words).iter().copied().eq(phrase.promise);
        assert!(is_found, "{}", phrase.words);
    }
}

proptest! {
    #[test]
    fn any_text_can_be_read(said in "\\PC{0,200}", at in "[0-9:T .-]{0,20}") {
        let _ = conduct(&said, vec![booked(&at)]).broken_promises();
        let _ = conduct(&at, vec![booked(&said)]).broken_promises();
    }

    #[test]
    fn a_promise_is_found_wherever_it_is_said(before in "[a-z ]{0,30}\\. ", after in "[a-z ]{0,30}") {
        let said = format!("{before}קבעתי לך תור. {after}");
        let all = broken(&said, Vec::new());
        prop_assert!(all.contains(&Promise::Booked));
        prop_assert!(!broken(&said, vec![booked("2026-11-30T10:00")]).contains(&Promise::Booked));
    }
}
