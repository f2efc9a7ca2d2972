//! Which actions are evidence for which claims.

use super::*;

/// Times that a sentence names, compared with an appointment on Tuesday, 2026-12-01. The call takes place on the
/// Tuesday before.
#[test]
fn an_appointment_must_be_at_the_day_and_time_that_the_agent_says() {
    let today = Some(jiff::civil::date(2026, 11, 24));
    for (said, time, is_wrong) in [
        ("קבעתי לך תור ליום שלישי בחמש.", "17:00", false),
        ("קבעתי לך תור ליום שלישי בחמש.", "16:00", true),
        ("קבעתי לך תור ליום רביעי בחמש.", "17:00", true),
        ("קבעתי לך תור ליום שלישי בחמש אחר הצהריים.", "17:00", false),
        ("קבעתי לך תור ליום שלישי בעשר בערב.", "10:00", true),
        ("קבעתי לך תור ליום שלישי בעשר בבוקר.", "10:00", false),
        ("קבעתי לך תור ליום שלישי ב-22:00.", "10:00", true),
        ("קבעתי לך תור ליום שלישי ב-5:00.", "17:00", false),
        ("קבעתי לך שני תורים, בחמש ובשש.", "17:00", true),
        ("קבעתי לך תור ליום שלישי מחמש עד שש.", "18:00", false),
        ("קבעתי לך תור ליום שלישי בחמש עד שש.", "17:00", false),
        ("קבעתי לך תור ליום שלישי בחמש במקום שש.", "17:00", false),
        ("קבעתי לך תור ליום שלישי בחמש, תגיעי ברבע לחמש.", "17:00", false),
        ("קבעתי לך תור ליום שלישי בחמש, ויש לי מקום גם ביום רביעי בשש.", "17:00", false),
        ("קבעתי לך תור ליום רביעי בשש, ויש לי מקום גם ביום שלישי בחמש.", "17:00", true),
        ("קבעתי לך תור ליום שלישי בשש, סליחה, בחמש.", "17:00", false),
        ("קבעתי לך תור ליום שלישי בחמש, סליחה, בשש.", "17:00", true),
        ("קבעתי לך תור, יום שלישי, השעה חמש.", "17:00", false),
        ("ביום שלישי בחמש, קבעתי לך תור.", "16:00", true),
        ("קבעתי לך תור ליום שלישי, הראשון בדצמבר, בחמש.", "17:00", false),
        ("קבעתי לך תור ליום שלישי, השני בדצמבר, בחמש.", "17:00", false),
        ("קבעתי לך תור ליום שלישי 2.12 בחמש.", "17:00", true),
        ("קבעתי לך תור לחמש ולא תצטרכי לחכות עד שש.", "17:00", false),
        ("לא היה בארבע, אז קבעתי לך תור בחמש.", "17:00", false),
        ("I've booked you for Tuesday at five.", "17:00", false),
        ("I've booked you for Tuesday at five.", "16:00", true),
        ("I've booked you for Wednesday at five.", "17:00", true),
        ("I've booked you for Tuesday at half past four.", "16:30", false),
        ("I've booked you for Tuesday at 5 pm.", "17:00", false),
        ("I've booked you for Tuesday at 10 am.", "22:00", true),
        ("I've booked you for Tuesday at a quarter to five.", "16:45", false),
        ("I've booked you for two people.", "17:00", false),
    ] {
        let checked = Conduct { today, ..conduct(said, vec![booked(&format!("2026-12-01T{time}"))]) };
        let broken = checked.findings().broken;
        assert_eq!(broken.iter().any(|broken| broken.is_time_wrong), is_wrong, "{said} {time}: {broken:?}");
    }
}

#[test]
fn an_existing_appointment_confirms_only_what_is_said_of_it() {
    let today = Some(jiff::civil::date(2026, 11, 24));
    let existing = || jiff::civil::date(2026, 12, 1).at(17, 0, 0, 0);
    for (said, is_kept) in [
        ("התור שלך קבוע ליום שלישי בחמש.", true),
        ("התור שלך קבוע.", true),
        ("יש לך תור ביום שלישי בחמש.", true),
        ("יש לך תור ביום שלישי בשש.", false),
        ("קבעתי לך תור ליום שלישי בחמש.", true),
        ("קבעתי לך תור ליום שלישי בשש.", false),
        ("קבעתי לך תור ליום רביעי בחמש.", false),
        ("קבעתי לך תור.", false),
        ("I've booked you.", false),
    ] {
        let mut checked = Conduct { today, ..conduct(said, Vec::new()) };
        checked.add_existing([existing()]);
        assert_eq!(checked.findings().broken.is_empty(), is_kept, "{said}");
        let found = tool("find_appointments", &json!({"appointments": [{"start": "2026-12-01T17:00"}]}));
        let checked = Conduct { today, ..conduct(said, vec![found]) };
        assert_eq!(checked.findings().broken.is_empty(), is_kept, "{said}");
    }
    // The booking that the caller asked for failed.
    let taken = || Err(tool("book_appointment", &json!({"error": "this time is taken"})));
    for said in ["קבעתי לך תור.", "התור שלך נקבע.", "מצוין, התור קבוע."] {
        let found = Err(tool("find_appointments", &json!({"appointments": [{"start": "2026-12-01T17:00"}]})));
        assert_eq!(conversation(vec![found, taken(), Ok(said)]).broken.len(), 1, "{said}");
    }
    // An appointment that the caller then cancels existed before.
    let cancel = json!({"cancelled": {"start": "2026-12-01T17:00"}});
    let turns = vec![Ok("יש לך תור ב-17:00."), Err(tool("cancel_appointment", &cancel)), Ok("ביטלתי את התור.")];
    assert_eq!(conversation(turns).broken, []);
}

#[test]
fn each_offered_time_must_be_read() {
    let today = Some(jiff::civil::date(2026, 11, 24));
    let read =
        tool("find_free_times", &json!({"free_times": [{"start": "2026-11-25T10:00"}, {"start": "2026-11-26T16:00"}]}));
    for (said, is_broken) in [
        ("יש לי מחר בעשר.", false),
        ("יש לי מחר בעשר ובאחת עשרה.", true),
        ("יש לי מחר בעשר, או ביום חמישי בארבע.", false),
        ("יש לי מחר בארבע.", true),
        ("יש לי מחר בעשר, לא באחת עשרה.", false),
        ("יש לי מקום מחר בין עשר לשתיים.", false),
        ("יש לי מקום מחר עד שתיים.", false),
        ("אין לי מקום מחר בשתיים.", false),
        ("אני יכולה להציע לך מחר בשתיים.", true),
        ("אפשר לקבוע לך מחר בעשר.", false),
        ("אני בודקת אם יש מקום מחר בשתיים.", false),
        ("We have an opening tomorrow at ten.", false),
        ("We have an opening tomorrow at two.", true),
        ("Tomorrow at 10 pm is free.", true),
    ] {
        let checked = Conduct { today, ..conduct(said, vec![read.clone()]) };
        let found = checked.findings().broken;
        assert_eq!(!found.is_empty(), is_broken, "{said}: {found:?}");
    }
}

#[test]
fn an_announcement_that_the_caller_declines_is_no_broken_promise() {
    for (said, answer, is_broken) in [
        ("אשלח לך את הכתובת.", "לא צריך, תודה.", false),
        ("אשלח לך את הכתובת.", "תודה רבה.", true),
        ("נחזור אלייך היום.", "לא, עזבי.", false),
        ("נחזור אלייך היום.", "לא, בעצם בשעה אחרת.", true),
        ("אני קובעת לך תור ליום שלישי בחמש.", "רגע, בעצם לא.", false),
        ("אני קובעת לך תור ליום שלישי בחמש.", "מעולה, תודה.", true),
        ("אשלח לך את הכתובת. יש עוד משהו?", "לא, תודה.", true),
        ("שלחתי לך את הכתובת.", "לא צריך.", true),
        ("I'll send you the address.", "No need.", false),
    ] {
        let mut checked = conduct(said, Vec::new());
        checked.add(Speaker::Caller, answer, (2, None));
        checked.add(Speaker::Agent, "להתראות.", (3, None));
        assert_eq!(!checked.findings().broken.is_empty(), is_broken, "{said} {answer}");
    }
}

#[test]
fn an_announced_change_is_kept_by_the_attempt() {
    let said = "אני קובעת לך תור ליום שלישי בחמש.";
    let taken = || Err(tool("book_appointment", &json!({"error": "this time is taken"})));
    assert_eq!(conversation(vec![Ok(said), taken(), Ok("השעה נתפסה, יש שעה אחרת?")]).broken, []);
    assert_eq!(conversation(vec![taken(), Ok(said)]).broken.len(), 1);
    // The attempt is no evidence for what the agent says of it afterwards.
    assert_eq!(conversation(vec![Ok(said), taken(), Ok("קבעתי לך תור.")]).broken.len(), 1);
    assert_eq!(conversation(vec![Ok(said), Err(booked("2026-12-01T17:00"))]), Findings::default());
}

#[test]
fn a_transfer_and_an_opt_out_need_evidence() {
    let transfer = "אני מעבירה אותך לרוני.";
    let later = |is_transferred: bool, turns: &[(Speaker, &str)]| {
        let mut checked = conduct(transfer, Vec::new());
        for (turn, at) in turns.iter().zip(2..) {
            checked.add(turn.0, turn.1, (at, None));
        }
        if is_transferred {
            checked.add_transfer();
        }
        checked.findings().broken.len()
    };
    assert_eq!(later(true, &[(Speaker::Agent, "רוני לא עונה.")]), 0);
    assert_eq!(later(false, &[(Speaker::Caller, "הלו?"), (Speaker::Agent, "אני כאן.")]), 1);
    assert_eq!(later(false, &[]), 0, "the caller hung up at once");
    let said = "רשמתי שלא יתקשרו אלייך יותר.";
    assert_eq!(broken(said, Vec::new()), [Promise::OptedOut]);
    let mut stored = conduct(said, Vec::new());
    stored.add_opt_out();
    assert_eq!(stored.findings(), Findings { broken: Vec::new(), early: vec![Promise::OptedOut] });
}

#[test]
fn a_sentence_that_says_the_same_twice_is_one_broken_promise() {
    for (said, expected) in [
        ("העברתי את ההודעה לדנה והיא תחזור אליך היום.", &[Promise::PassedOn][..]),
        ("רשמתי את ההודעה לרוני, ודנה תחזור אלייך.", &[Promise::PassedOn]),
        ("I've passed your message to Dana, and Roni will call you back.", &[Promise::PassedOn]),
        ("שלחתי לך את הכתובת, ושלחתי לך את המחירון.", &[Promise::Sent]),
        ("העברתי את ההודעה לדנה. רוני יחזור אליך היום.", &[Promise::PassedOn, Promise::PassedOn]),
        ("שלחתי לך את הכתובת. שלחתי לך גם את המחירון.", &[Promise::Sent, Promise::Sent]),
        ("קבעתי לך תור, ושלחתי לך את הכתובת.", &[Promise::Booked, Promise::Sent]),
        ("קבעתי לך תור והעברתי את ההודעה לדנה.", &[Promise::Booked, Promise::PassedOn]),
    ] {
        assert_eq!(broken(said, Vec::new()), expected, "{said}");
    }
}
