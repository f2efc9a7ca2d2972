//! What the caller must not hear.

use super::*;

const TODAY: Date = jiff::civil::date(2026, 11, 24);

fn known() -> Known {
    Known::new(TODAY, Some(Vec::new()))
}

/// The result about a complete answer after these uses of tools.
fn result(known: &Known, said: &str, tools: &[ToolUse]) -> CheckResult {
    let words = Words { before: "", text: said, is_end: true };
    known.check(words, || {
        let mut conduct = known.conduct();
        for (tool, at) in tools.iter().zip(0..) {
            conduct.add_tool(tool.clone(), at);
        }
        Some(conduct)
    })
}

fn is_false(known: &Known, said: &str, tools: &[ToolUse]) -> bool {
    match result(known, said, tools) {
        CheckResult::Clean => false,
        CheckResult::False(_) => true,
        CheckResult::Undecided => panic!("a complete answer is decided: {said}"),
    }
}

fn free(starts: &[&str]) -> ToolUse {
    let times: Vec<Value> = starts.iter().map(|start| json!({"start": start})).collect();
    tool("find_free_times", &json!({"service": "תספורת", "free_times": times}))
}

/// Of the sentences of `sentences.txt`, those that say that something is done are stopped if nothing was done, and no
/// others.
#[test]
fn a_sentence_is_stopped_only_if_it_says_that_something_is_done() {
    let (mut heading, mut wrong, mut counts) = ("", Vec::new(), (0, 0));
    for line in include_str!("sentences.txt").lines().map(str::trim) {
        if let Some(new) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            heading = new;
        } else if !line.is_empty() && !line.starts_with('#') {
            let mut names: Vec<&str> = Vec::new();
            for word in heading.split(' ') {
                match word {
                    "later" => drop(names.pop()),
                    "none" | "transferred" => {}
                    name => names.push(name),
                }
            }
            // An offer without a time of day is no false claim.
            let has_time = claims((0, 0), line, true).iter().any(|claim| !claim.named.times.is_empty());
            let is_expected = names.iter().any(|name| *name != "offered" || has_time);
            *(if is_expected { &mut counts.0 } else { &mut counts.1 }) += 1;
            if is_false(&known(), line, &[]) != is_expected {
                wrong.push(format!("{heading}: {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {counts:?}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(counts.0 > 150 && counts.1 > 180, "{counts:?}");
}

#[test]
fn an_action_that_was_done_may_be_said() {
    let sent = ToolUse::new("send_whatsapp", r#"{"text":"הכתובת: הרצל 5, תל אביב"}"#).with_output(r#"{"ok":true}"#);
    let moved = tool("move_appointment", &json!({"moved_to": {"start": "2026-12-01T17:00"}}));
    let refused = tool("book_appointment", &json!({"error": "this time is taken"}));
    let at_ten = || booked("2026-11-30T10:00");
    for (said, tools, is_stopped) in [
        ("קבעתי לך תור ליום שני בעשר.", vec![at_ten()], false),
        ("קבעתי לך תור ליום שני באחת עשרה.", vec![at_ten()], true),
        ("קבעתי לך תור ליום שלישי בעשר.", vec![at_ten()], true),
        ("קבעתי לך תור.", vec![refused.clone()], true),
        ("קבעתי לך תור.", vec![at_ten(), refused], true),
        ("הזזתי את התור ליום שלישי בחמש.", vec![moved.clone()], false),
        ("התור שלך נקבע ליום שלישי בחמש.", vec![moved], false),
        ("ביטלתי את התור.", vec![tool("cancel_appointment", &json!({"cancelled": {}}))], false),
        ("ביטלתי את התור.", vec![at_ten()], true),
        ("שלחתי לך את הכתובת.", vec![sent.clone()], false),
        ("שלחתי לך את המחירון.", vec![sent], true),
        ("רשמתי את ההודעה.", vec![tool("take_message", &json!({"ok": true}))], false),
        ("הוספתי אותך לרשימת ההמתנה.", vec![tool("join_waiting_list", &json!({"ok": true}))], false),
        ("לא נתקשר אליך יותר.", vec![tool("record_opt_out", &json!({"ok": true}))], false),
    ] {
        assert_eq!(is_false(&known(), said, &tools), is_stopped, "{said} {tools:?}");
    }
}

/// The same statements in other words, each with the tool that makes it true. Without it, `sentences.txt` says that they
/// are stopped.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn an_action_that_was_done_may_be_said_in_other_words() {
    let moved = tool("move_appointment", &json!({"moved_to": {"start": "2026-11-30T09:00"}}));
    let sent = ToolUse::new("send_whatsapp", r#"{"text":"הרצל 5, תל אביב"}"#).with_output(r#"{"ok":true}"#);
    let ok = |name: &str| tool(name, &json!({"ok": true}));
    for (done, sentences) in [
        (
            booked("2026-11-25T10:00"),
            &[
                "אז אתה רשום אצלנו למחר בעשר.",
                "הזמנתך התקבלה ואושרה.",
                "נקבע! מחר בעשר.",
                "אני קובעת לך עכשיו תור למחר בעשר, זהו, קבוע.",
                "הכול מסודר, מחכים לך מחר בעשר.",
                "הפרטים שלך נשמרו.",
                "See you tomorrow at ten, it's in the calendar.",
                "סידרתי, מחר בעשר.",
                "את איתנו מחר בעשר.",
                "עדכנתי ביומן.",
                "You're set, tomorrow at ten.",
                "מאושר, מחר בעשר.",
                "אישרתי לך את מחר בעשר.",
                "סגור, מחר בעשר.",
                "שמתי לך תור.",
                "יש לך אצלנו מחר בעשר.",
                "טכנאי יגיע אליך מחר בעשר.",
                "הזמנתי לך טכנאי למחר.",
                "טיפלתי בזה.",
                "נרשם, תודה.",
                "I've taken care of it.",
            ][..],
        ),
        (
            moved,
            &[
                "התור עבר ליום שני בשעה תשע.",
                "נתראה ביום שני בתשע.",
                "Your appointment is now Monday at nine.",
                "השינוי בוצע.",
                "You're now on Monday at nine.",
                "עכשיו התור שלך ביום שני בתשע.",
                "העברתי.",
                "טיפלתי בזה, יום שני בתשע.",
            ],
        ),
        (
            tool("cancel_appointment", &json!({"cancelled": {}})),
            &[
                "הביטול נקלט.",
                "הורדתי אותך מהיומן.",
                "Cancelled!",
                "ההזמנה בוטלה.",
                "שחררתי את התור.",
                "התור לא קיים יותר.",
                "זה טופל.",
            ],
        ),
        (
            sent,
            &[
                "הכתובת כבר בדרך אליך בוואטסאפ.",
                "קיבלת אישור בהודעה.",
                "נשלח!",
                "Sent!",
                "ההודעה נשלחה.",
                "I've sent over the address.",
            ],
        ),
        (
            ok("take_message"),
            &[
                "הפרטים שלך נשמרו.",
                "דנה קיבלה את ההודעה שלך.",
                "I've let Dana know.",
                "עדכנתי את רוני.",
                "רוני כבר יודע.",
                "פתחתי פנייה בנושא.",
                "The manager knows about it now.",
                "נרשם, תודה.",
                "העברתי.",
                "פניתי לרונית.",
                "העליתי את הבקשה לרונית.",
                "שלחתי לרונית הודעה.",
                "Я передала Ронит.",
            ],
        ),
        (
            ok("save_contact_details"),
            &[
                "הפרטים שלך נשמרו.",
                "שמרתי את הפרטים שלך.",
                "Your details are saved.",
                "שיניתי את מספר הטלפון שלך.",
                "I've updated your phone number.",
            ],
        ),
        (
            ok("join_waiting_list"),
            &["השם שלך ברשימת ההמתנה.", "הפרטים שלך נשמרו.", "You're on the waitlist.", "את ברשימה."],
        ),
    ] {
        for said in sentences {
            assert!(is_false(&known(), said, &[]), "{said}");
            assert!(!is_false(&known(), said, std::slice::from_ref(&done)), "{said} {done:?}");
        }
    }
    let mut confirmed = known();
    confirmed.has_confirmations = true;
    assert!(!is_false(&confirmed, "קיבלת אישור בהודעה.", &[]));
}

#[test]
fn stored_details_are_no_evidence_for_a_message() {
    let saved = tool("save_contact_details", &json!({"ok": true}));
    let failed = tool("save_contact_details", &json!({"error": "it is not stored"}));
    for (said, tools, is_stopped) in [
        ("רשמתי את ההודעה.", vec![saved.clone()], true),
        ("הפרטים שלך נשמרו.", vec![failed.clone()], true),
        ("רשמתי את ההודעה.", vec![tool("take_message", &json!({"ok": true})), failed], false),
        ("הפרטים שלך נשמרו, ורשמתי את ההודעה.", vec![saved], true),
    ] {
        assert_eq!(is_false(&known(), said, &tools), is_stopped, "{said} {tools:?}");
    }
}

#[test]
fn a_time_belongs_to_the_statement_beside_it() {
    let at_ten = [booked("2026-11-25T10:00")];
    for (said, is_stopped) in [
        ("נקבע! מחר באחת עשרה.", true),
        ("נקבע! יש עוד משהו?", false),
        ("נתראה מחר באחת עשרה.", true),
        ("סגור, נתראה מחר בעשר.", false),
        ("קבעתי לך תור למחר, נתראה בעשר.", false),
        ("קבעתי לך תור למחר, נתראה באחת עשרה.", true),
        ("קבעתי לך תור למחר בעשר, מחכים לך!", false),
        ("Booked! Tomorrow at eleven.", true),
        ("See you tomorrow at eleven.", true),
        ("You're all set. See you tomorrow at ten!", false),
    ] {
        assert_eq!(is_false(&known(), said, &at_ten), is_stopped, "{said}");
    }
}

#[test]
fn only_times_that_were_read_are_offered() {
    let read = || free(&["2026-11-25T10:00", "2026-11-26T16:30"]);
    for (said, tools, is_stopped) in [
        ("יש לי מחר בעשר, מתאים?", vec![read()], false),
        ("יש לי מחר בעשר, או ביום חמישי בארבע וחצי.", vec![read()], false),
        ("יש לי מחר בשתים עשרה.", vec![read()], true),
        ("יש לי מחר בעשר ובאחת עשרה.", vec![read()], true),
        ("יש לי מחר בעשר.", vec![], true),
        ("אני בודקת אם יש מקום מחר בשתיים.", vec![], false),
        ("יש תורים פנויים מחר.", vec![], false),
        ("אנחנו פתוחים מ-9:00 עד 18:00.", vec![], false),
        ("מתי נוח לך, מחר בעשר?", vec![], false),
        ("10:00 is free.", vec![], true),
        ("Tomorrow at ten is available.", vec![read()], false),
    ] {
        assert_eq!(is_false(&known(), said, &tools), is_stopped, "{said}");
    }
}

#[test]
fn an_announcement_may_be_said_before_its_tool() {
    for said in [
        "אני קובע לך עכשיו.",
        "אני קובעת לך עכשיו, רגע.",
        "רגע, אני בודקת.",
        "אבדוק ואחזור אלייך.",
        "אני רושמת את ההודעה.",
        "אני שולחת לך את הכתובת.",
        "אני מעבירה אותך לרוני.",
        "העברתי אותך לרוני.",
        "One moment, I'm booking you for Tuesday.",
    ] {
        assert!(!is_false(&known(), said, &[]), "{said}");
    }
}

#[test]
fn an_appointment_from_before_the_call_may_be_said() {
    let existing = Known::new(TODAY, Some(vec![jiff::civil::date(2026, 12, 1).at(17, 0, 0, 0)]));
    let unknown = Known::new(TODAY, None);
    for (known, said, is_stopped) in [
        (&existing, "התור שלך קבוע ליום שלישי בחמש.", false),
        (&existing, "יש לך תור ביום שלישי בחמש.", false),
        (&existing, "יש תור ביום שלישי בחמש.", false),
        (&existing, "נתראה ביום שלישי בחמש.", false),
        (&existing, "נתראה ביום שלישי בשש.", true),
        (&existing, "התור עבר ליום שלישי בחמש.", false),
        (&existing, "התור שלך הוזז ליום שלישי בחמש.", false),
        (&existing, "יש לך תור ביום שלישי בשש.", true),
        (&existing, "קבעתי לך תור ליום רביעי בחמש.", true),
        (&existing, "קבעתי לך תור.", true),
        (&existing, "ביטלתי את התור.", true),
        (&unknown, "התור שלך קבוע ליום שלישי בחמש.", false),
        (&unknown, "התור שלך נקבע.", false),
        (&unknown, "נתראה ביום שלישי בחמש.", false),
        (&unknown, "קבעתי לך תור.", true),
        (&known(), "התור שלך קבוע ליום שלישי בחמש.", true),
        (&known(), "אתמול שלחתי לך את הכתובת.", false),
        (&known(), "שלחתי לך את הכתובת בשבוע שעבר.", false),
        (&known(), "I sent you the address yesterday.", false),
    ] {
        assert_eq!(is_false(known, said, &[]), is_stopped, "{said}");
    }
}

#[test]
fn texts_and_tools_of_the_owner_confirm_what_they_contain() {
    let mut known = known();
    known.add_text("סדנת איפור: כל יום שלישי בשעה 18:00");
    known.own_tools.insert("class_times".to_owned());
    let classes = tool("class_times", &json!({"status": 200, "body": {"free": ["19:30", "20:15"]}}));
    let facts = tool("search_facts", &json!({"facts": ["הקורס מתחיל בשעה 16:00"]}));
    for (said, tools, is_stopped) in [
        ("יש לנו סדנה ביום שלישי בשש.", vec![], false),
        ("יש לנו סדנה ביום שלישי בשבע.", vec![], true),
        ("יש לנו שיעור היום בשבע וחצי.", vec![classes.clone()], false),
        ("יש לנו קורס בארבע.", vec![facts], false),
        ("ההזמנה שלך נשלחה אלייך.", vec![classes.clone()], false),
        ("קבעתי לך תור.", vec![classes], false),
        ("קבעתי לך תור.", vec![tool("class_times", &json!({"error": "it could not be reached"}))], true),
    ] {
        assert_eq!(is_false(&known, said, &tools), is_stopped, "{said}");
    }
    known.has_confirmations = true;
    assert!(!is_false(&known, "שלחתי לך אישור בוואטסאפ.", &[]));
    assert!(is_false(&known, "שלחתי לך את הכתובת בוואטסאפ.", &[]));
}

#[test]
fn no_claim_is_stopped_if_the_actions_are_not_known() {
    let words = Words { before: "", text: "קבעתי לך תור.", is_end: true };
    assert_eq!(known().check(words, || None), CheckResult::Clean);
}

#[test]
fn money_is_paid_back_only_by_a_tool_of_the_owner() {
    let mut known = known();
    known.own_tools.insert("refund".to_owned());
    let refund = tool("refund", &json!({"status": 200, "body": {"ok": true}}));
    let sent = ToolUse::new("send_whatsapp", r#"{"text":"החזר"}"#).with_output(r#"{"ok":true}"#);
    for said in ["החזרנו לך את הכסף.", "זיכיתי אותך.", "I've refunded you."] {
        assert!(is_false(&known, said, &[]) && is_false(&known, said, std::slice::from_ref(&sent)), "{said}");
        assert!(!is_false(&known, said, std::slice::from_ref(&refund)), "{said}");
    }
}

#[test]
fn a_tool_that_only_reads_takes_care_of_nothing() {
    let found = tool("find_appointments", &json!({"appointments": [{"start": "2026-11-30T10:00"}]}));
    let refused = tool("take_message", &json!({"error": "it is not stored"}));
    for said in ["טיפלתי בזה.", "נרשם, תודה.", "I've taken care of it."] {
        for tool in [&found, &refused, &free(&["2026-11-25T10:00"])] {
            assert!(is_false(&known(), said, std::slice::from_ref(tool)), "{said} {tool:?}");
        }
    }
}

/// "Noted" acknowledges a detail if the agent asks for the next one, and claims an action if the answer ends with it.
#[test]
fn an_acknowledgement_is_judged_at_the_end_of_the_answer() {
    let check =
        |text: &str, is_end: bool| known().check(Words { before: "", text, is_end }, || Some(known().conduct()));
    let noted = CheckResult::False(FalseClaim { promise: Promise::PassedOn, is_time_wrong: false });
    assert_eq!(check("נרשם, תודה.", false), CheckResult::Undecided);
    assert_eq!(check("נרשם, תודה.", true), noted);
    assert_eq!(check("נרשם, תודה. יום טוב!", true), noted);
    assert_eq!(check("נרשם, תודה. מה השם?", false), CheckResult::Clean);
    assert_eq!(check("רשמתי. עכשיו אני צריכה גם את מספר הטלפון.", true), CheckResult::Clean);
    assert_eq!(broken("נרשם, תודה. מה השם?", Vec::new()), []);
    assert_eq!(broken("נרשם, תודה.", Vec::new()), [Promise::PassedOn]);
}

#[test]
fn a_sentence_is_judged_as_a_whole() {
    let check = |before: &str, text: &str, is_end: bool| {
        known().check(Words { before, text, is_end }, || Some(known().conduct()))
    };
    let booked = CheckResult::False(FalseClaim { promise: Promise::Booked, is_time_wrong: false });
    assert_eq!(check("", "התור שלך נקבע ליום שני,", false), CheckResult::Undecided);
    assert_eq!(check("", "התור שלך נקבע ליום שני, נכון?", false), CheckResult::Clean);
    assert_eq!(check("", "התור שלך נקבע ליום שני, מתאים לך?", false), booked);
    assert_eq!(check("", "התור שלך נקבע ליום שני,", true), booked);
    assert_eq!(check("אם זה מתאים,", " קבעתי לך תור.", true), CheckResult::Clean);
    assert_eq!(check("מעולה,", " קבעתי לך תור.", false), booked);
    assert_eq!(check("", "נקבע!", false), booked);
    assert_eq!(check("", "נקבע! מחר בעשר.", true), booked);
    assert_eq!(check("אם זה מתאים,", " נקבע!", false), CheckResult::Clean);
    assert_eq!(check("", "יש לך תור, או שתרצי לקבוע?", true), CheckResult::Clean);
    assert_eq!(check("אני קובעת לך תור.", " יום נעים!", true), CheckResult::Clean);
    // The beginning of the sentence was found to be true, or was not checked.
    assert_eq!(check("קבעתי לך תור.", " יש עוד משהו?", true), CheckResult::Clean);
}

#[test]
fn the_correction_says_what_is_wrong() {
    for promise in Promise::ALL {
        for is_time_wrong in [false, true] {
            let claim = FalseClaim { promise: *promise, is_time_wrong };
            let (unheard, heard) = (claim.correction(false), claim.correction(true));
            assert!(
                unheard.contains("has not heard") && heard.contains("The caller has heard it"),
                "{unheard} {heard}"
            );
        }
    }
}

proptest! {
    #[test]
    fn any_words_can_be_checked(before in "\\PC{0,60}", text in "\\PC{0,120}", is_end: bool) {
        let result = known().check(Words { before: &before, text: &text, is_end }, || Some(known().conduct()));
        prop_assert!(!is_end || result != CheckResult::Undecided);
    }
}
