use super::*;
use crate::crm::booking::services::{ServiceUpdate, add};
use crate::crm::call::{IncomingCall, find_or_create};
use crate::domain::{Offer, ResourceKind, Speaker, Timestamp};
use crate::store::ResourceData;
use crate::store::testing::{Connection, database};
use jiff::tz::TimeZone;
use phonenumber::country;

/// A Sunday at 8:00, Israeli time.
const NOW: &str = "2026-11-22T06:00:00.000Z";

struct Shop {
    conn: Connection,
    _folder: tempfile::TempDir,
}

impl Shop {
    fn open() -> Self {
        let (folder, conn) = database();
        let shop = Self { conn, _folder: folder };
        shop.run(|tx| {
            for (name, duration_min) in [("תספורת", 30), ("צבע ותספורת", 90), ("החלקה", 120)] {
                let (name, duration_min) = (Some(name.to_owned()), Some(duration_min));
                let change = ServiceUpdate { name, duration_min, ..ServiceUpdate::default() };
                add(tx, BusinessId::FIRST, &change, at(NOW))?;
            }
            Ok(())
        })
        .unwrap();
        shop
    }

    fn run<T>(&self, work: impl FnOnce(&WriteTx<'_>) -> Result<T, Error>) -> Result<T, Error> {
        crate::store::testing::transact(&self.conn, |tx| Ok(work(tx)))
    }

    fn call(&self, number: u8, from: &str) -> Caller {
        let caller = caller(number);
        let call = IncomingCall { from: from.into(), ..IncomingCall::by_sid(caller.call.clone()) };
        self.run(|tx| Ok(find_or_create(tx, &call, country::IL, at(NOW))?)).unwrap();
        caller
    }

    fn name(&self, caller: &Caller, name: &str) {
        self.run(|tx| {
            let contact = caller.stored_call(tx)?.contact_id;
            Ok(tx.rename_contact_by_owner(contact, name, at(NOW))?)
        })
        .unwrap();
    }

    fn book(&self, caller: &Caller, service: &str, start: &str) -> Result<Appointment, Error> {
        self.run(|tx| Ok(book(tx, caller, &booking(service, start))?.0))
    }

    fn employ(&self, name: &str, position: u32) -> ResourceId {
        self.run(|tx| {
            let data = ResourceData {
                name: Some(name.into()),
                kind: ResourceKind::Staff,
                user_id: None,
                position: position.into(),
                archived_at: None,
                offer: Offer::All,
            };
            Ok(tx.insert_resource(BusinessId::FIRST, &data, at(NOW))?)
        })
        .unwrap()
    }

    fn own(&self, caller: &Caller, said: &str) -> Result<Vec<String>, Error> {
        let caller = &saying(caller, said);
        let found = self.run(|tx| own(tx, caller, None))?;
        Ok(found.iter().map(|appointment| caller.local(appointment.starts_at).to_string()).collect())
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn caller(number: u8) -> Caller {
    let call = format!("CA{number:032x}").parse().unwrap();
    Caller { call, zone: TimeZone::get("Asia/Jerusalem").unwrap(), now: at(NOW), said: Vec::new() }
}

fn saying(caller: &Caller, words: &str) -> Caller {
    Caller { said: vec![(Speaker::Caller, words.to_owned())], ..caller.clone() }
}

fn booking(service: &str, start: &str) -> CallerBooking {
    let (service, starts_at) = (service.to_owned(), start.parse().unwrap());
    CallerBooking { service, resource_name: None, starts_at, name: None, phone: None, note: None }
}

fn own_at(start: &str) -> OwnTime<'_> {
    OwnTime { at: start.parse().unwrap(), with: None }
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Refused(reason)) => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

const DANA: &str = "+972501234567";

#[test]
fn a_service_is_found_by_its_name_or_by_a_part_that_only_one_has() {
    let names = ["תספורת", "צבע ותספורת", "החלקה", "Café cut"];
    for (said, found) in [
        ("תספורת", Some(0)),
        ("צבע", Some(1)),
        ("ותספורת צבע", Some(1)),
        ("לא צבע", None),
        ("צבע ציפורניים", None),
        ("החלקה וצבע", None),
        ("צב", None),
        ("הַחְלָקָה", Some(2)),
        ("cafe", Some(3)),
        ("החלקה יפנית", None),
        ("ספורת", None),
        ("מניקור", None),
        (" ", None),
    ] {
        assert_eq!(by_name(&names, said), found, "{said}");
    }
}

#[test]
fn free_times_are_few_and_round_and_within_the_request() {
    let shop = Shop::open();
    let find = |request: TimeSlotRequest| {
        let offers = shop.run(|tx| free_times(tx, &caller(1), &request)).unwrap();
        (offers.times.iter().map(|time| time.starts_at.to_string()).collect::<Vec<_>>(), offers.next)
    };
    let request = TimeSlotRequest { service: "תספורת".into(), ..TimeSlotRequest::default() };
    let (times, next) = find(request.clone());
    assert_eq!((times.len(), next), (12, None), "{times:?}");
    assert_eq!(times[0], "2026-11-22T09:00:00", "in the business's time");
    assert!(times.iter().all(|time| time.contains(":00:00") || time.contains(":30:00")), "{times:?}");
    let days: std::collections::BTreeSet<_> = times.iter().map(|time| &time[..10]).collect();
    assert_eq!(days.len(), 3);
    let clock = |text: &str| Some(text.parse().unwrap());
    let tuesday = Some(jiff::civil::date(2026, 11, 24));
    let (times, _) =
        find(TimeSlotRequest { from: tuesday, earliest: clock("16:00"), latest: clock("17:00"), ..request.clone() });
    assert_eq!(times.first().map(String::as_str), Some("2026-11-24T16:00:00"));
    assert_eq!(times.last().map(String::as_str), Some("2026-11-24T17:00:00"));
    let saturday = Some(jiff::civil::date(2026, 11, 28));
    let (times, next) = find(TimeSlotRequest { from: saturday, ..request.clone() });
    assert_eq!(times, Vec::<String>::new());
    assert_eq!(next.unwrap().starts_at.to_string(), "2026-11-29T09:00:00");
    let past = Some(jiff::civil::date(2026, 11, 20));
    let in_the_past = TimeSlotRequest { from: past, to: past, ..request };
    assert_eq!(refused(shop.run(|tx| free_times(tx, &caller(1), &in_the_past))), "these days are in the past");
}

#[test]
fn a_time_that_was_moved_away_from_can_be_booked_again() {
    let shop = Shop::open();
    let dana = shop.call(1, DANA);
    let (ten, eleven) = ("2026-11-23T10:00", "2026-11-23T11:00");
    let first = shop.book(&dana, "תספורת", ten).unwrap();
    shop.run(|tx| reschedule(tx, &dana, own_at(ten), (eleven.parse().unwrap(), None))).unwrap();
    let second = shop.book(&dana, "תספורת", ten).unwrap();
    assert_eq!(dana.local(second.starts_at).hour(), 10, "and not the appointment that is at another time now");
    assert_ne!(second.id, first.id);
    assert_eq!(shop.book(&dana, "תספורת", ten).unwrap().id, second.id, "a repeated request books nothing");
}

#[test]
fn a_repeated_booking_is_one_and_a_cancelled_one_can_be_booked_again() {
    let shop = Shop::open();
    let dana = shop.call(1, DANA);
    let first = shop.book(&dana, "תספורת", "2026-11-23T10:00").unwrap();
    assert_eq!(first.starts_at, at("2026-11-23T08:00:00Z"));
    assert_eq!((first.source, first.seen_at, first.call_id.is_some()), (AppointmentSource::Agent, None, true));
    assert_eq!(shop.book(&dana, "תספורת", "2026-11-23T10:00").unwrap().id, first.id);
    let start = "2026-11-23T10:00";
    shop.run(|tx| cancel(tx, &dana, own_at(start), Some("חולה"))).unwrap();
    let again = shop.book(&dana, "תספורת", "2026-11-23T10:00").unwrap();
    assert_eq!((again.id, again.state), (first.id, AppointmentState::Booked));
}

#[test]
fn a_call_books_at_most_twenty_appointments() {
    let shop = Shop::open();
    let dana = shop.call(1, DANA);
    let times = [23, 24, 25, 26].map(|day| [10, 11, 12, 13, 14].map(|hour| format!("2026-11-{day}T{hour}:00")));
    let times = times.as_flattened();
    for time in times {
        shop.book(&dana, "תספורת", time).unwrap();
    }
    let one_more = "2026-11-29T10:00";
    assert!(refused(shop.book(&dana, "תספורת", one_more)).contains("take a message"));
    shop.book(&dana, "תספורת", &times[0]).unwrap();
    shop.run(|tx| cancel(tx, &dana, own_at(&times[0]), None)).unwrap();
    shop.book(&dana, "תספורת", one_more).unwrap();
    assert!(refused(shop.book(&dana, "תספורת", &times[0])).contains("take a message"), "also one that was cancelled");
}

#[test]
fn a_time_that_is_taken_is_refused_with_the_next_one_in_local_time() {
    let shop = Shop::open();
    shop.book(&shop.call(1, DANA), "תספורת", "2026-11-23T10:00").unwrap();
    let other = shop.call(2, "+972507654321");
    let reason = refused(shop.book(&other, "תספורת", "2026-11-23T10:00"));
    assert_eq!(reason, "this time is taken; the next free one is 2026-11-23T10:30:00");
    assert_eq!(refused(shop.book(&other, "תספורת", "2026-11-21T10:00")), "this time is in the past, or too soon");
    let skipped = booking("תספורת", "2027-03-26T02:30");
    assert_eq!(refused(shop.run(|tx| book(tx, &other, &skipped))), "this time does not exist on that day");
    assert_eq!(
        refused(shop.book(&other, "פדיקור", "2026-11-23T11:00")),
        "there is no service named \"פדיקור\"; there are: תספורת, צבע ותספורת, החלקה"
    );
}

#[test]
fn a_withheld_caller_needs_a_number_and_never_meets_another_one_s_appointments() {
    let shop = Shop::open();
    let hidden = shop.call(1, "anonymous");
    let request = booking("תספורת", "2026-11-23T10:00");
    let reason = refused(shop.run(|tx| book(tx, &hidden, &request)));
    assert!(reason.contains("ask for a phone number"), "{reason}");
    let named = CallerBooking { name: Some("משה".into()), phone: Some("050-7654321".into()), ..request };
    let (booked, _) = shop.run(|tx| book(tx, &hidden, &named)).unwrap();
    assert_eq!((booked.contact_name.as_str(), booked.note.as_str()), ("משה", "050-7654321"));
    let other = shop.call(2, "anonymous");
    assert_eq!(shop.own(&other, "זה משה, התור שלי ביום שני").unwrap(), Vec::<String>::new());
}

#[test]
fn a_withheld_caller_joins_the_waiting_list_only_with_a_number() {
    let shop = Shop::open();
    let hidden = shop.call(1, "anonymous");
    let request = TimeSlotRequest { service: "תספורת".into(), ..TimeSlotRequest::default() };
    let join = |phone: Option<&str>| shop.run(|tx| wait(tx, &hidden, &request, (Some("בבוקר"), phone)));
    for phone in [None, Some(" ")] {
        assert!(refused(join(phone)).contains("ask for a phone number"), "{phone:?}");
    }
    join(Some("050-7654321")).unwrap();
    let listed = shop.run(|tx| Ok(tx.waiting_list(BusinessId::FIRST, None, None, 10)?.0)).unwrap();
    let notes: Vec<_> = listed.iter().map(|entry| entry.note.as_str()).collect();
    assert_eq!(notes, ["בבוקר\n050-7654321"]);
}

#[test]
fn appointments_are_disclosed_only_to_who_knows_the_name_or_the_day() {
    let shop = Shop::open();
    let dana = shop.call(1, DANA);
    shop.name(&dana, "דנה כהן");
    shop.book(&dana, "תספורת", "2026-11-23T10:00").unwrap();
    let later = shop.call(2, DANA);
    let monday = vec!["2026-11-23T10:00:00".to_owned()];
    let own = |said| shop.own(&later, said);
    for said in ["", "מה התור שלי?", "זה משה", "תספורת ד", "התור הראשון של כהנא"] {
        assert!(refused(own(said)).starts_with("ask for the caller's name"), "{said}");
    }
    let known = [
        "זאת דנה",
        "כהן דָּנָה",
        "התור של דנה",
        "מדברת דנה־כהן.",
        "אני רוצה לבטל מחר",
        "ביום שני בעשר",
        "יש לי תור לשני בעשר",
        "tomorrow, please",
    ];
    for said in known {
        assert_eq!(own(said).unwrap(), monday, "{said}");
    }
    assert_eq!(own("ביום שלישי").unwrap(), Vec::<String>::new());
    // The caller's identity is not verified by a name that the agent said first.
    let transcript = [(Speaker::Agent, "מדברת דנה?".to_owned()), (Speaker::Caller, "כן, דנה".to_owned())];
    let prompted = Caller { said: transcript.to_vec(), ..later.clone() };
    assert!(refused(shop.run(|tx| super::own(tx, &prompted, None))).starts_with("ask for"));
    let other_caller = shop.call(3, "+972507654321");
    let start = "2026-11-23T10:00".parse().unwrap();
    let attempt = |caller: &Caller| refused(shop.run(|tx| cancel(tx, caller, OwnTime { at: start, with: None }, None)));
    assert_eq!(attempt(&saying(&other_caller, "מחר")), "the caller has no such appointment at that time");
    for caller in [&later, &other_caller] {
        assert!(attempt(caller).starts_with("ask for the caller's name"));
    }
}

#[test]
fn a_caller_may_name_the_day_by_its_distance() {
    let shop = Shop::open();
    let dana = shop.call(1, DANA);
    shop.name(&dana, "דנה כהן");
    for start in ["2026-11-24T10:00", "2026-12-14T10:00"] {
        shop.book(&dana, "תספורת", start).unwrap();
    }
    let later = shop.call(2, DANA);
    let own = |said| shop.own(&later, said);
    assert_eq!(own("לבטל את התור בעוד יומיים").unwrap(), ["2026-11-24T10:00:00"]);
    assert_eq!(own("התור ביום שני בעוד שלושה שבועות").unwrap(), ["2026-12-14T10:00:00"]);
    assert_eq!(own("התור בארבעה עשר לשתים עשרה").unwrap(), ["2026-12-14T10:00:00"]);
    assert!(refused(own("תור לשני ילדים")).starts_with("ask for the caller's name"));
}

#[test]
fn a_regular_client_can_ask_for_and_cancel_each_of_many_appointments() {
    let shop = Shop::open();
    let dana = shop.call(1, DANA);
    shop.name(&dana, "דנה כהן");
    let weeks = (0..12_i32).map(|week| jiff::civil::date(2026, 11, 23).saturating_add((7 * week).days()));
    let starts: Vec<DateTime> = weeks.map(|day| day.at(10, 0, 0, 0)).collect();
    for start in &starts {
        shop.book(&dana, "תספורת", &start.to_string()).unwrap();
    }
    let later = saying(&shop.call(2, DANA), "זאת דנה");
    let found = |day: Option<Date>| {
        let found = shop.run(|tx| super::own(tx, &later, day)).unwrap();
        found.iter().map(|appointment| later.local(appointment.starts_at)).collect::<Vec<_>>()
    };
    assert_eq!(found(None), starts[..10], "the agent says the next ones");
    let last = starts[11];
    assert_eq!(found(Some(last.date())), [last]);
    let cancelled = shop.run(|tx| cancel(tx, &later, OwnTime { at: last, with: None }, None)).unwrap();
    assert_eq!((cancelled.state, later.local(cancelled.starts_at)), (AppointmentState::Cancelled, last));
}

#[test]
fn a_name_that_a_caller_gives_now_shows_no_earlier_appointment() {
    let shop = Shop::open();
    shop.book(&shop.call(1, DANA), "תספורת", "2026-11-23T10:00").unwrap();
    let forger = saying(&shop.call(2, DANA), "קוראים לי פלוני");
    let request = CallerBooking { name: Some("פלוני".into()), ..booking("תספורת", "2026-11-25T10:00") };
    shop.run(|tx| book(tx, &forger, &request)).unwrap();
    assert_eq!(shop.run(|tx| own(tx, &forger, None)).unwrap().len(), 1);
    let start = "2026-11-23T10:00".parse().unwrap();
    assert!(
        refused(shop.run(|tx| cancel(tx, &forger, OwnTime { at: start, with: None }, None)))
            .starts_with("ask for the caller's name")
    );
}

#[test]
fn a_move_keeps_the_person_and_refuses_what_is_taken() {
    let shop = Shop::open();
    let yael = shop.employ("יעל", 9);
    let dana = shop.call(1, DANA);
    let request = CallerBooking { resource_name: Some("יעל".into()), ..booking("תספורת", "2026-11-23T10:00") };
    assert_eq!(shop.run(|tx| book(tx, &dana, &request)).unwrap().0.resource_id, yael);
    let other = shop.call(2, "+972507654321");
    let request = CallerBooking { resource_name: Some("יעל".into()), ..booking("תספורת", "2026-11-23T12:00") };
    shop.run(|tx| book(tx, &other, &request)).unwrap();
    let moved = shop
        .run(|tx| reschedule(tx, &dana, own_at("2026-11-23T10:00"), ("2026-11-23T11:00".parse().unwrap(), None)))
        .unwrap();
    assert_eq!((moved.resource_id, dana.local(moved.starts_at).hour()), (yael, 11));
    let taken =
        shop.run(|tx| reschedule(tx, &dana, own_at("2026-11-23T11:00"), ("2026-11-23T12:00".parse().unwrap(), None)));
    assert_eq!(refused(taken), "this time is taken; the next free one is 2026-11-23T12:30:00");
}

#[test]
fn a_repeated_request_changes_only_the_named_one_of_two_appointments_at_one_time() {
    let shop = Shop::open();
    shop.employ("יעל", 8);
    shop.employ("רון", 9);
    let dana = shop.call(1, DANA);
    let (ten, noon) = ("2026-11-23T10:00", "2026-11-23T12:00");
    for name in ["יעל", "רון"] {
        let request = CallerBooking { resource_name: Some(name.into()), ..booking("תספורת", ten) };
        shop.run(|tx| book(tx, &dana, &request)).unwrap();
    }
    let with = |with: &'static str| OwnTime { with: Some(with), ..own_at(ten) };
    let cancel = |of: OwnTime<'_>| shop.run(|tx| cancel(tx, &dana, of, None));
    let left = || shop.own(&dana, "").unwrap().len();
    assert!(refused(cancel(own_at(ten))).ends_with("ask which one, and name it as `with`"));
    assert_eq!(left(), 2);
    let first = cancel(with("רון")).unwrap().id;
    assert_eq!(cancel(with("רון")).unwrap().id, first, "a repeated request");
    assert!(refused(cancel(own_at(ten))).contains("done already"));
    assert_eq!(left(), 1);
    let to = (noon.parse().unwrap(), None);
    let moved = shop.run(|tx| reschedule(tx, &dana, with("יעל"), to)).unwrap().id;
    assert_eq!(shop.run(|tx| reschedule(tx, &dana, with("יעל"), to)).unwrap().id, moved);
    assert_ne!(moved, first);
    assert_eq!(shop.own(&dana, "").unwrap(), ["2026-11-23T12:00:00"]);
}
