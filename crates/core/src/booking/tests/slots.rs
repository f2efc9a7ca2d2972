//! Tests of opening hours, free times and clock changes.

use super::*;
use crate::booking::{GapSearch, NotBookable, Span, choose, free_gaps, free_slots, instant, next_free};
use crate::domain::{ClosedReason, Closure, ClosureId};
use jiff::civil::date;

fn shown(opening: &Opening, day: Date) -> (String, Option<ClosedReason>) {
    let found = opening.on(day);
    let ranges: Vec<_> = found.ranges.iter().map(|range| format!("{}-{}", range.from, range.to)).collect();
    (ranges.join(" "), found.reason)
}

fn closure(resource: Option<i64>, from: Date, to: Date, times: Option<&str>) -> Closure {
    Closure {
        id: ClosureId(1),
        resource_id: resource.map(ResourceId),
        from_date: from,
        to_date: to,
        from_time: times.map(|times| range(times).from),
        to_time: times.map(|times| range(times).to),
        reason: String::new(),
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    }
}

#[test]
fn a_day_is_open_by_weekday_holiday_and_closure() {
    let mut opening = opening(usual_week());
    let whole = |text: &str| (text.to_owned(), None);
    let closed = |reason| (String::new(), Some(reason));
    // A Sunday, a Friday and a Saturday.
    assert_eq!(shown(&opening, date(2026, 11, 22)), whole("09:00-18:00"));
    assert_eq!(shown(&opening, date(2026, 11, 27)), whole("09:00-13:00"));
    assert_eq!(shown(&opening, date(2026, 11, 28)), closed(ClosedReason::Weekday));
    // The eve of Passover 2027 (a Wednesday), Passover, a working day during Passover, and its seventh day.
    assert_eq!(shown(&opening, date(2027, 4, 21)), ("09:00-13:00".to_owned(), Some(ClosedReason::Eve)));
    assert_eq!(shown(&opening, date(2027, 4, 22)), closed(ClosedReason::Holiday));
    assert_eq!(shown(&opening, date(2027, 4, 25)), whole("09:00-18:00"));
    assert_eq!(shown(&opening, date(2027, 4, 28)), closed(ClosedReason::Holiday));
    opening.rules.eves = EveRule::Closed;
    assert_eq!(shown(&opening, date(2027, 4, 21)), closed(ClosedReason::Eve));
    opening.rules = OpeningRules { holidays: HolidayRule::Open, eves: EveRule::Open, notice_min: 0 };
    assert_eq!(shown(&opening, date(2027, 4, 21)), whole("09:00-18:00"));
    assert_eq!(shown(&opening, date(2027, 4, 22)), whole("09:00-18:00"));

    let sunday = date(2026, 11, 22);
    opening.closures = vec![closure(None, sunday, sunday, Some("12:00-13:00")), closure(Some(7), sunday, sunday, None)];
    assert_eq!(shown(&opening, sunday), ("09:00-12:00 13:00-18:00".to_owned(), Some(ClosedReason::Closure)));
    opening.closures.push(closure(None, date(2026, 11, 20), date(2026, 11, 25), None));
    assert_eq!(shown(&opening, sunday), closed(ClosedReason::Closure));
}

#[test]
fn free_times_keep_to_hours_buffers_and_other_appointments() {
    let opening = opening(usual_week());
    let mut one = resource(1);
    // 10:00 to 11:00 local time.
    one.busy = Busy::from_iter([Span { from: at("2026-11-27T08:00:00Z"), to: at("2026-11-27T09:00:00Z") }]);
    let found = |booking, one: &Bookable| {
        starts(&free_slots(&search(date(2026, 11, 27), 2, booking, 30), &opening, std::slice::from_ref(one)))
    };
    assert_eq!(found(booking(60, 0, 0), &one), ["27T07:00Z", "27T09:00Z", "27T09:30Z", "27T10:00Z"]);
    assert_eq!(found(booking(60, 15, 0), &one), ["27T07:00Z", "27T09:30Z", "27T10:00Z"]);
    assert_eq!(found(booking(60, 0, 15), &one), ["27T09:00Z", "27T09:30Z", "27T10:00Z"]);
    one.hours = Some(vec![hours(Weekday::Friday, "08:00-11:30"), hours(Weekday::Saturday, "09:00-12:00")]);
    assert_eq!(found(booking(30, 0, 0), &one), ["27T07:00Z", "27T07:30Z", "27T09:00Z"]);
    assert_eq!(found(booking(600, 0, 0), &one), Vec::<String>::new());
}

#[test]
fn gaps_are_what_could_be_booked_at_a_resource() {
    let mut opening = opening(usual_week());
    let friday = date(2026, 11, 27);
    let mut one = resource(1);
    // 10:00 to 11:00 and 11:20 to 12:00 local time.
    one.busy = Busy::from_iter([
        Span { from: at("2026-11-27T09:20:00Z"), to: at("2026-11-27T10:00:00Z") },
        Span { from: at("2026-11-27T08:00:00Z"), to: at("2026-11-27T09:00:00Z") },
    ]);
    let found = |services: &[Booking], opening: &Opening, one: &Bookable| -> Vec<String> {
        let search = GapSearch { services, date: friday, step_min: 5, not_before: at("2026-11-27T07:12:00Z") };
        let clock = |at: Timestamp| at.to_string()[11..16].to_owned();
        free_gaps(&search, opening, one)
            .into_iter()
            .map(|gap| format!("{}-{}", clock(gap.from), clock(gap.to)))
            .collect()
    };
    let (half, hour) = (booking(30, 0, 0), booking(60, 0, 0));
    assert_eq!(found(&[half, hour], &opening, &one), ["07:15-08:00", "10:00-11:00"]);
    assert_eq!(found(&[hour], &opening, &one), ["10:00-11:00"], "no gap is too short for all services");
    assert_eq!(found(&[booking(20, 0, 0), hour], &opening, &one), ["07:15-08:00", "09:00-09:20", "10:00-11:00"]);
    assert_eq!(found(&[booking(20, 10, 0)], &opening, &one), ["07:15-08:00", "10:10-11:00"], "buffers are kept");
    assert_eq!(found(&[], &opening, &one), Vec::<String>::new());
    one.hours = Some(vec![hours(Weekday::Friday, "08:00-12:30")]);
    assert_eq!(found(&[half], &opening, &one), ["07:15-08:00", "10:00-10:30"], "the resource goes home earlier");
    opening.closures.push(closure(Some(1), friday, friday, None));
    assert_eq!(found(&[half], &opening, &one), Vec::<String>::new(), "the resource is away");
    // An appointment may end after midnight, but its gap ends with the day.
    let night = super::opening(every_day("00:00-24:00"));
    assert_eq!(found(&[hour], &night, &resource(1)), ["07:15-22:00"]);
}

#[test]
fn each_time_is_offered_once_with_the_first_free_resource() {
    let opening = opening(usual_week());
    let (mut one, mut two) = (resource(1), resource(2));
    let friday = |from: &str, to: &str| Span {
        from: at(&format!("2026-11-27T{from}:00Z")),
        to: at(&format!("2026-11-27T{to}:00Z")),
    };
    one.busy = Busy::from_iter([friday("07:00", "09:00")]);
    two.busy = Busy::from_iter([friday("08:00", "10:00")]);
    let search = search(date(2026, 11, 27), 1, booking(60, 0, 0), 60);
    let both = [one, two];
    let slots = free_slots(&search, &opening, &both);
    let found: Vec<_> = starts(&slots).into_iter().zip(slots.iter().map(|slot| slot.resource_id.0)).collect();
    let expected = [("27T07:00Z", 2), ("27T09:00Z", 1), ("27T10:00Z", 1)];
    assert_eq!(found, expected.map(|(time, id)| (time.to_owned(), id)));
    let later = SlotSearch { not_before: at("2026-11-27T08:30:00Z"), ..search };
    assert_eq!(starts(&free_slots(&later, &opening, &both)), ["27T09:00Z", "27T10:00Z"]);
    assert_eq!(next_free(&later, &opening, &both), Some(slots[1]));
    let monday = SlotSearch { from: date(2026, 11, 28), days: 3, ..later };
    assert_eq!(next_free(&monday, &opening, &both).unwrap().starts_at, at("2026-11-29T07:00:00Z"));
    assert_eq!(next_free(&SlotSearch { days: 1, ..monday }, &opening, &both), None);
}

#[test]
fn a_time_that_a_clock_change_skips_is_never_offered() {
    // On 2027-03-26, a Friday, 01:59 is followed by 03:00, at 00:00Z.
    let zone = israel();
    let friday = date(2027, 3, 26);
    let moment = |text: &str| instant(friday, text.parse().unwrap(), &zone).to_string()[11..16].to_owned();
    assert_eq!(["01:59", "02:00", "02:30", "03:00"].map(moment), ["23:59", "00:00", "00:00", "00:00"]);
    assert_eq!(["00:00", "24:00"].map(moment), ["22:00", "21:00"]);
    let found = |hours: &str, minutes| {
        let opening = opening(every_day(hours));
        starts(&free_slots(&search(friday, 1, booking(minutes, 0, 0), 30), &opening, &[resource(1)]))
    };
    // Between the local times 01:00 and 03:00 there is one hour of real time.
    assert_eq!(found("01:00-04:00", 30), ["25T23:00Z", "25T23:30Z", "26T00:00Z", "26T00:30Z"]);
    assert_eq!(found("01:00-04:00", 90), ["25T23:00Z", "25T23:30Z"]);
    assert_eq!(found("02:00-03:00", 30), Vec::<String>::new());
    assert_eq!(found("00:00-24:00", 30).len(), 46);
}

#[test]
fn a_time_that_comes_twice_is_offered_twice() {
    // On 2027-10-31, a Sunday, 01:59 is followed by 01:00, at 23:00Z.
    let zone = israel();
    let sunday = date(2027, 10, 31);
    let moment = |text: &str| instant(sunday, text.parse().unwrap(), &zone).to_string()[8..16].to_owned();
    assert_eq!(["00:59", "01:00", "01:30", "02:00"].map(moment), ["30T21:59", "30T22:00", "30T22:30", "31T00:00"]);
    let found = |hours: &str, minutes| {
        let opening = opening(every_day(hours));
        starts(&free_slots(&search(sunday, 1, booking(minutes, 0, 0), 30), &opening, &[resource(1)]))
    };
    assert_eq!(found("01:00-02:00", 30), ["30T22:00Z", "30T22:30Z", "30T23:00Z", "30T23:30Z"]);
    assert_eq!(found("01:30-02:30", 60), ["30T22:30Z", "30T23:00Z", "30T23:30Z"]);
    assert_eq!(found("00:00-24:00", 30).len(), 50);
}

#[test]
fn an_appointment_may_go_over_midnight_where_hours_do() {
    let opening = opening(every_day("00:00-24:00"));
    let found = free_slots(&search(date(2026, 11, 24), 1, booking(120, 0, 0), 60), &opening, &[resource(1)]);
    assert_eq!((found.len(), starts(&found).last().unwrap().as_str()), (24, "24T21:00Z"));
    let late = at("2026-11-24T21:00:00Z");
    assert_eq!(choose(&booking(120, 0, 0), late, false, &opening, &[resource(1)]), Ok(ResourceId(1)));
}

#[test]
fn the_choice_prefers_a_resource_within_its_hours() {
    let opening = opening(usual_week());
    let hour = booking(60, 0, 10);
    let nine = at("2026-11-22T07:00:00Z");
    let (one, two) =
        (Bookable { hours: Some(vec![hours(Weekday::Monday, "09:00-18:00")]), ..resource(1) }, resource(2));
    let both = [one.clone(), two.clone()];
    assert_eq!(choose(&hour, nine, false, &opening, &both), Ok(ResourceId(2)));
    assert_eq!(choose(&hour, nine, true, &opening, &both), Ok(ResourceId(2)));
    assert_eq!(choose(&hour, nine, false, &opening, &[]), Err(NotBookable::NoResource));
    assert_eq!(choose(&hour, nine, false, &opening, std::slice::from_ref(&one)), Err(NotBookable::OutsideHours));
    assert_eq!(choose(&hour, nine, true, &opening, std::slice::from_ref(&one)), Ok(ResourceId(1)));
    let busy = |from: &str, to: &str| Busy::from_iter([Span { from: at(from), to: at(to) }]);
    // The buffer of ten minutes after the appointment must be free too.
    let taken = Bookable { busy: busy("2026-11-22T08:09:59Z", "2026-11-22T09:00:00Z"), ..two.clone() };
    assert_eq!(choose(&hour, nine, true, &opening, std::slice::from_ref(&taken)), Err(NotBookable::Taken));
    assert_eq!(choose(&hour, nine, true, &opening, &[one, taken]), Ok(ResourceId(1)));
    let free = Bookable { busy: busy("2026-11-22T08:10:00Z", "2026-11-22T09:00:00Z"), ..two };
    assert_eq!(choose(&hour, nine, false, &opening, &[free]), Ok(ResourceId(2)));
    let end = at("2026-11-22T15:00:00Z");
    assert_eq!(choose(&hour, end, false, &opening, &[resource(1)]), Ok(ResourceId(1)));
    assert_eq!(choose(&booking(61, 0, 0), end, false, &opening, &[resource(1)]), Err(NotBookable::OutsideHours));
}
