mod evidence;
mod guard;
mod sentences;

use super::phrase::LISTS;
use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn tool(name: &str, output: &Value) -> ToolUse {
    ToolUse::new(name, "{}").with_output(&output.to_string())
}

fn conduct(said: &str, tools: Vec<ToolUse>) -> Conduct {
    let mut conduct = Conduct::default();
    for tool in tools {
        conduct.add(Speaker::Tool, &tool.to_text(), (0, Some(0)));
    }
    conduct.add(Speaker::Agent, said, (1, None));
    conduct
}

/// Evaluates a conversation: the agent's sentences, and the tools that it uses, in order.
fn conversation(turns: Vec<Result<&str, ToolUse>>) -> Findings {
    let mut conduct = Conduct::default();
    for (turn, at) in turns.into_iter().zip(0..) {
        match turn {
            Ok(said) => conduct.add(Speaker::Agent, said, (at, None)),
            Err(tool) => conduct.add(Speaker::Tool, &tool.to_text(), (at, Some(at))),
        }
    }
    conduct.findings()
}

fn sent(text: &str) -> Result<&str, ToolUse> {
    let output = r#"{"ok":true}"#;
    Err(ToolUse::new("send_whatsapp", &json!({"text": text}).to_string()).with_output(output))
}

fn not_sent(text: &str) -> Result<&str, ToolUse> {
    let output = r#"{"error":"it is not sent"}"#;
    Err(ToolUse::new("send_whatsapp", &json!({"text": text}).to_string()).with_output(output))
}

fn broken(said: &str, tools: Vec<ToolUse>) -> Vec<Promise> {
    conduct(said, tools).findings().broken.into_iter().map(|broken| broken.promise).collect()
}

fn booked(start: &str) -> ToolUse {
    tool("book_appointment", &json!({"booked": {"start": start, "service": "תספורת"}}))
}

#[test]
fn a_tool_of_the_owner_may_have_done_what_the_agent_says() {
    let said = "קבעתי לך תור ליום שני, ושלחתי לך את הכתובת.";
    for (output, is_own, promises) in [
        (json!({"status": 200, "body": "ok"}), true, &[][..]),
        (json!({"error": "the server could not be reached"}), true, &[Promise::Booked, Promise::Sent]),
        (json!({"status": 200, "body": {"ok": false}}), true, &[Promise::Booked, Promise::Sent]),
        (json!({"status": 200, "body": "ok"}), false, &[Promise::Booked, Promise::Sent]),
    ] {
        let mut conduct = conduct(said, vec![tool("book_elsewhere", &output)]);
        if is_own {
            conduct.add_own_tool("book_elsewhere".to_owned());
        }
        let broken: Vec<_> = conduct.findings().broken.into_iter().map(|broken| broken.promise).collect();
        assert_eq!(broken, promises, "{output}");
    }
}

#[test]
fn an_entry_of_the_waiting_list_holds_what_is_said_of_it_in_other_words() {
    let entry = || Err(tool("join_waiting_list", &json!({"ok": true})));
    let first = "הוספתי אותך לרשימת ההמתנה לתספורת.";
    for second in ["נרשמת לרשימת ההמתנה לשבוע הבא.", "הוספתי אותך לרשימת ההמתנה."]
    {
        let findings = conversation(vec![entry(), Ok(first), Ok(second)]);
        assert!(findings.broken.is_empty(), "{second}: {:?}", findings.broken);
    }
    assert_eq!(conversation(vec![Ok(first)]).broken.len(), 1);
}

#[test]
fn a_claim_without_its_deed_is_a_broken_promise() {
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
        ("רוני ייצור איתך קשר עוד היום.", Promise::PassedOn),
        ("תודה, אנחנו נחזור אליכם.", Promise::PassedOn),
        ("סגרתי לך תור למחר.", Promise::Booked),
        ("התור שלך מבוטל.", Promise::Cancelled),
        ("אשלח לך את הכתובת בוואטסאפ.", Promise::Sent),
        ("שלחתי לכם את הכתובת.", Promise::Sent),
        ("Great, I've booked you for Monday at ten.", Promise::Booked),
        ("Your appointment has been cancelled.", Promise::Cancelled),
        ("We'll call you back today.", Promise::PassedOn),
        ("Someone will be in touch, we'll get back to you.", Promise::PassedOn),
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
        "ניצור איתך קשר אם יתפנה תור.",
        "לצערי התור נקבע למישהו אחר.",
        "אתה פנוי בעשר?",
        "התור לא פנוי בעשר.",
        "יש תורים פנויים מחר.",
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
fn a_claim_with_its_deed_is_no_broken_promise() {
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
    let sent = "שלחתי לך את הכתובת בוואטסאפ.";
    assert_eq!(broken(sent, vec![tool("send_whatsapp", &json!({"ok": true}))]), []);
    assert_eq!(broken(sent, vec![tool("send_whatsapp", &json!({"error": "it is not sent"}))]), [Promise::Sent]);
    let left = Conduct { message: Some("אשמח לתשובה".into()), ..conduct("נחזור אליך.", Vec::new()) };
    assert_eq!(left.findings().broken, []);
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
    let checked = conduct("נהדר. קבעתי לך תור ליום שני ב-11:00. להתראות!", vec![booked("2026-11-30T10:00")]);
    let broken = checked.findings().broken;
    let expected = BrokenPromise {
        promise: Promise::Booked,
        said: "קבעתי לך תור ליום שני ב-11:00.".to_owned(),
        is_time_wrong: true,
    };
    assert_eq!(broken, [expected]);
    // A later, correct sentence corrects the wrong sentence.
    let mut corrected = checked;
    corrected.add(Speaker::Agent, "סליחה, קבעתי לך תור ב-10:00.", (2, None));
    assert_eq!(corrected.findings().broken, []);
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
        let found = conduct(said, vec![booked(&format!("2026-11-30{start}"))]).findings().broken;
        assert_eq!(found.iter().any(|broken| broken.is_time_wrong), is_wrong, "{said} {start}");
    }
}

#[test]
fn another_day_than_the_one_that_is_stored_is_found() {
    // The call takes place on a Tuesday.
    let today = Some(jiff::civil::date(2026, 11, 24));
    for (said, start, is_wrong) in [
        ("קבעתי לך תור ליום שני בעשר.", "2026-11-30T10:00", false),
        ("קבעתי לך תור ליום שלישי בעשר.", "2026-11-30T10:00", true),
        ("קבעתי לך תור ליום שני, שבועיים מהיום.", "2026-12-21T10:00", false),
        ("קבעתי לך תור למחר.", "2026-11-25T10:00", false),
        ("קבעתי לך תור למחר.", "2026-11-26T10:00", true),
        ("קבעתי לך היום תור.", "2026-11-26T10:00", false),
        ("קבעתי לך תור ל-3 בדצמבר ב-10:00.", "2026-12-03T10:00", false),
        ("קבעתי לך תור ל-3 בדצמבר ב-10:00.", "2026-12-02T10:00", true),
        ("I have booked you for Monday.", "2026-12-01T10:00", true),
    ] {
        let checked = Conduct { today, ..conduct(said, vec![booked(start)]) };
        assert_eq!(checked.findings().broken.iter().any(|broken| broken.is_time_wrong), is_wrong, "{said} {start}");
    }
}

#[test]
fn a_time_is_offered_only_if_a_tool_has_returned_it() {
    let today = Some(jiff::civil::date(2026, 11, 24));
    let read = tool(
        "find_free_times",
        &json!({"service": "תספורת", "free_times": [{"start": "2026-11-25T10:00"}, {"start": "2026-11-25T16:30"}]}),
    );
    let refused =
        tool("book_appointment", &json!({"error": "this time is taken; the next free one is 2026-11-25T11:00:00"}));
    for (said, tools, is_broken) in [
        ("יש תורים פנויים בעשר ובאחת עשרה.", vec![], true),
        ("יש לי מחר ב-10:00, מתאים לך?", vec![], true),
        ("10:00 is free.", vec![], true),
        ("יש לי מחר בעשר, מתאים?", vec![read.clone()], false),
        ("מחר בארבע וחצי פנוי.", vec![read.clone()], false),
        ("מחר ב-12:00 פנוי.", vec![read.clone()], true),
        ("ביום חמישי ב-10:00 פנוי.", vec![read.clone()], true),
        ("מחר ב-11:00 פנוי.", vec![refused], false),
        ("אנחנו פתוחים מ-9:00 עד 18:00.", vec![], false),
    ] {
        let checked = Conduct { today, ..conduct(said, tools) };
        let found: Vec<_> = checked.findings().broken.into_iter().map(|broken| broken.promise).collect();
        assert_eq!(found.contains(&Promise::Offered), is_broken, "{said}: {found:?}");
    }
}

#[test]
fn a_confirmation_that_is_sent_keeps_the_promise_to_send_it() {
    for (said, has_confirmation, is_broken) in [
        ("אשלח לך אישור בוואטסאפ.", true, false),
        ("אשלח לך אישור בוואטסאפ.", false, true),
        ("I'll send you a confirmation.", true, false),
        ("אשלח לך את הכתובת.", true, true),
    ] {
        let checked = Conduct { has_confirmation, ..conduct(said, Vec::new()) };
        assert_eq!(!checked.findings().broken.is_empty(), is_broken, "{said}");
    }
}

#[test]
fn turns_of_a_transcript_become_conduct() {
    let mut conduct = Conduct::default();
    conduct.add(Speaker::Caller, "קבעתי לך תור", (0, None));
    conduct.add(Speaker::Tool, &booked("2026-11-30T10:00").to_text(), (1, Some(2)));
    conduct.add(Speaker::Tool, "no json", (1, Some(2)));
    conduct.add(Speaker::Agent, "קבעתי לך תור", (3, None));
    assert_eq!((conduct.said.len(), conduct.tools.len()), (1, 1));
    assert_eq!(conduct.findings(), Findings::default());
}

#[test]
fn every_phrase_is_found_in_itself() {
    assert!(LISTS.phrases.len() > 100);
    for phrase in &LISTS.phrases {
        let example = phrase.example();
        let found: Vec<_> = claims((0, 0), &example, false).into_iter().map(|claim| claim.promise).collect();
        assert_eq!(found, [phrase.promise], "{example}");
    }
}

#[test]
fn each_text_keeps_its_own_promise() {
    let broken = |turns| conversation(turns).broken.into_iter().map(|broken| broken.said).collect::<Vec<_>>();
    let address = || sent("הרצל 5, תל אביב");
    let prices = "שלחתי לך את המחירון.";
    // No message was sent for the second claim.
    assert_eq!(broken(vec![address(), Ok("שלחתי לך את הכתובת."), Ok(prices)]), [prices]);
    assert_eq!(broken(vec![address(), Ok("שלחתי לך את הכתובת וגם שלחתי לך את המחירון.")]).len(), 1);
    let further = "שלחתי לך גם הודעה נוספת.";
    assert_eq!(broken(vec![address(), Ok("שלחתי לך הודעה."), Ok(further)]), [further]);
    // The second message failed.
    let again = "שלחתי לך את זה.";
    assert_eq!(broken(vec![address(), Ok("שלחתי לך את זה."), not_sent("עוד"), Ok(again)]), [again]);
    let twice = vec![not_sent("עוד"), Ok("שלחתי לך את זה."), sent("עוד"), Ok("שלחתי לך את זה.")];
    assert_eq!(broken(twice), [""; 0]);
    // The same claim in other words, before or after the message.
    for said in ["אז שלחתי לך את הכתובת.", "שלחתי לך את זה בוואטסאפ.", "שלחתי לך הודעה עם המיקום, להתראות."]
    {
        assert_eq!(broken(vec![Ok("אשלח לך את הכתובת."), address(), Ok(said)]), [""; 0], "{said}");
    }
    // Both are in one message, or each is in its own message.
    assert_eq!(broken(vec![sent("הכתובת: הרצל 5. המחיר: 100"), Ok("שלחתי לך את הכתובת."), Ok(prices)]), [""; 0]);
    assert_eq!(broken(vec![address(), sent("תספורת: 100"), Ok("שלחתי לך את הכתובת."), Ok(prices)]), [""; 0]);
}

#[test]
fn a_claim_before_its_deed_is_early_and_no_broken_promise() {
    let said = vec![Ok("קבעתי לך תור."), Err(booked("2026-11-30T10:00")), sent("הרצל 5"), Ok("שלחתי לך את הכתובת.")];
    assert_eq!(conversation(said), Findings { broken: Vec::new(), early: vec![Promise::Booked] });
    let soon = vec![Ok("אשלח לך את הכתובת."), sent("הרצל 5")];
    assert_eq!(conversation(soon), Findings::default());
    // An offer is a guess if the tool returned the time only afterwards.
    let read = tool("find_free_times", &json!({"free_times": [{"start": "2026-11-30T10:00"}]}));
    let guessed = conversation(vec![Ok("יש לי בעשר."), Err(read)]);
    assert_eq!(guessed.broken.len(), 1);
}

#[test]
fn a_claim_about_an_appointment_holds_at_its_time() {
    let today = Some(jiff::civil::date(2026, 11, 24));
    let (ten, at) = ("2026-11-30T10:00", "קבעתי לך תור ליום שני בעשר.");
    let cancel = || {
        let output = json!({"cancelled": {"start": ten}}).to_string();
        ToolUse::new("cancel_appointment", &json!({"start": ten}).to_string()).with_output(&output)
    };
    let broken = |turns: Vec<Result<&str, ToolUse>>| -> Vec<(String, bool)> {
        let mut conduct = Conduct { today, ..Conduct::default() };
        for (turn, at) in turns.into_iter().zip(0..) {
            match turn {
                Ok(said) => conduct.add(Speaker::Agent, said, (at, None)),
                Err(tool) => conduct.add(Speaker::Tool, &tool.to_text(), (at, Some(at))),
            }
        }
        conduct.findings().broken.into_iter().map(|broken| (broken.said, broken.is_time_wrong)).collect()
    };
    // The claim was true when the agent made it.
    assert_eq!(broken(vec![Err(booked(ten)), Ok(at), Err(cancel()), Ok("ביטלתי את התור.")]), []);
    // The claim was no longer true.
    let after = broken(vec![Err(booked(ten)), Err(cancel()), Ok("התור נקבע ליום שני בעשר.")]);
    assert_eq!(after, [("התור נקבע ליום שני בעשר.".to_owned(), false)]);
    // The second appointment was not booked, although the agent names the first one again.
    let second = "קבעתי לך תור גם ליום שלישי בעשר.";
    assert_eq!(broken(vec![Err(booked(ten)), Ok(at), Ok(second), Ok(at)]), [(second.to_owned(), true)]);
    // The agent claims the cancellation of a different appointment.
    let wrong = "ביטלתי את התור של יום שלישי.";
    assert_eq!(broken(vec![Err(booked(ten)), Err(cancel()), Ok(wrong)]), [(wrong.to_owned(), true)]);
}

#[test]
fn conditions_and_negations_hold_for_their_part_of_a_sentence() {
    for (said, is_claimed) in [
        ("קבעתי לך תור, אם משהו משתנה תתקשר.", true),
        ("לא היה בעשר, אז קבעתי לך תור באחת עשרה.", true),
        ("קבעתי לך תור לפני הצהריים.", true),
        ("קבעתי לך תור לשני בעשר, בסדר?", true),
        ("התור שלך נקבע ליום שני בעשר, נכון?", false),
        ("התור נקבע ליום שני, אם הבנתי נכון.", false),
        ("You're booked for Monday at ten, right?", false),
        ("You are booked, and if anything changes, call us.", true),
        ("נחזור אליך, אם תרצה.", false),
        ("אם תרצה, נחזור אליך.", false),
        ("רגע, אני בודקת מה קבעתי לך.", false),
        ("לצערי, התור נקבע למישהו אחר.", false),
        ("שנחזור אליך, בסדר?", false),
    ] {
        assert_eq!(!broken(said, Vec::new()).is_empty(), is_claimed, "{said}");
    }
}

proptest! {
    #[test]
    fn any_text_can_be_read(said in "\\PC{0,200}", at in "[0-9:T .-]{0,20}") {
        let _ = conduct(&said, vec![booked(&at)]).findings();
        let _ = conduct(&at, vec![booked(&said)]).findings();
    }

    #[test]
    fn a_promise_is_found_wherever_it_is_said(before in "[a-z ]{0,30}\\. ", after in "[a-z ]{0,30}") {
        let said = format!("{before}קבעתי לך תור. {after}");
        let all = broken(&said, Vec::new());
        prop_assert!(all.contains(&Promise::Booked));
        prop_assert!(!broken(&said, vec![booked("2026-11-30T10:00")]).contains(&Promise::Booked));
    }
}
