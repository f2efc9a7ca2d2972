//! Property tests with random sequences of bookings: a resource is never booked twice at the same time, and each
//! offered time can be booked.

use super::*;
use crate::booking::{Span, choose, free_slots};
use crate::domain::{Closure, ClosureId};
use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Booked {
    booking: Booking,
    starts_at: Timestamp,
    resource: ResourceId,
    is_cancelled: bool,
}

#[derive(Clone, Debug)]
enum Step {
    /// Books the n-th free time of a service on a day.
    BookFree {
        service: usize,
        day: u8,
        nth: usize,
    },
    /// Books a time that may be taken or outside of the opening hours.
    BookAnyTime {
        service: usize,
        minute: u32,
        force: bool,
    },
    /// Moves the n-th appointment to another time.
    Move {
        nth: usize,
        minute: u32,
        force: bool,
    },
    Cancel {
        nth: usize,
    },
    Restore {
        nth: usize,
    },
}

const SERVICES: [(u32, u32, u32); 4] = [(30, 0, 0), (45, 10, 5), (60, 0, 15), (240, 30, 0)];

/// The first day of the test: the day before a clock change.
fn first_day(is_spring: bool) -> Date {
    if is_spring { date(2027, 3, 25) } else { date(2027, 10, 30) }
}
const DAYS: u8 = 4;

fn steps(max: usize) -> impl Strategy<Value = Vec<Step>> {
    let minute = || (0..u32::from(DAYS) * 24 * 12).prop_map(|step| step * 5);
    let step = prop_oneof![
        3 => (0..4_usize, 0..DAYS, 0..40_usize).prop_map(|(service, day, nth)| Step::BookFree { service, day, nth }),
        3 => (0..4_usize, minute(), any::<bool>()).prop_map(|(service, minute, force)| Step::BookAnyTime { service, minute, force }),
        2 => (0..30_usize, minute(), any::<bool>()).prop_map(|(nth, minute, force)| Step::Move { nth, minute, force }),
        2 => (0..30_usize).prop_map(|nth| Step::Cancel { nth }),
        1 => (0..30_usize).prop_map(|nth| Step::Restore { nth }),
    ];
    prop::collection::vec(step, 1..max)
}

/// A business with two resources, one of which has its own hours and a closure.
struct Shop {
    opening: Opening,
    first: Date,
    booked: Vec<Booked>,
}

impl Shop {
    fn open(is_spring: bool, is_always_open: bool) -> Self {
        let mut opening = opening(if is_always_open { every_day("00:00-24:00") } else { usual_week() });
        let first = first_day(is_spring);
        opening.closures.push(Closure {
            id: ClosureId(1),
            resource_id: Some(ResourceId(2)),
            from_date: first,
            to_date: first.saturating_add(1.day()),
            from_time: Some(range("12:00-13:00").from),
            to_time: Some(range("00:00-10:00").to),
            reason: String::new(),
            created_at: at("2027-01-01T00:00:00Z"),
            updated_at: at("2027-01-01T00:00:00Z"),
        });
        Self { opening, first, booked: Vec::new() }
    }

    /// Returns when a resource is occupied, without the time of appointment `except`.
    fn occupied(&self, id: ResourceId, except: Option<usize>) -> Vec<Span> {
        let others = self.booked.iter().enumerate().filter(|(index, _)| Some(*index) != except);
        let occupying = others.filter(|(_, one)| one.resource == id && !one.is_cancelled);
        occupying.map(|(_, one)| one.booking.blocked(one.starts_at)).collect()
    }

    /// Returns the resources, without the times of appointment `except`.
    fn resources(&self, except: Option<usize>) -> Vec<Bookable> {
        let busy = |id| self.occupied(id, except).into_iter().collect();
        let own = every_day("07:00-15:00");
        let (one, two) = (ResourceId(1), ResourceId(2));
        vec![
            Bookable { id: one, hours: None, busy: busy(one) },
            Bookable { id: two, hours: Some(own), busy: busy(two) },
        ]
    }

    fn time(&self, minute: u32) -> Timestamp {
        let start = super::super::instant(self.first, range("00:00-24:00").from, &self.opening.zone);
        start.plus(std::time::Duration::from_secs(u64::from(minute) * 60))
    }

    fn is_within_hours(&self, id: ResourceId, span: Span) -> bool {
        // Compares the local time of every fifth minute with the weekly hours and the closures. The check does not use
        // the spans that `Opening` calculates, so an error of their calculation cannot hide itself.
        let own = self.resources(None).into_iter().find(|one| one.id == id).and_then(|one| one.hours);
        let mut at = span.from;
        while at < span.to {
            let moment = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap();
            let local = self.opening.zone.to_datetime(moment);
            let minute = u16::try_from(local.hour()).unwrap() * 60 + u16::try_from(local.minute()).unwrap();
            let is_in = |range: &DayRange| range.from.minutes() <= minute && minute < range.to.minutes();
            let is_open =
                |hours: &[OpeningHours]| hours.iter().any(|one| one.weekday == local.weekday() && is_in(&one.range));
            let closed = self.opening.closures.iter().filter(|closure| closure.resource_id == Some(id));
            let is_closed = closed.filter_map(|closure| closure.on(local.date())).any(|range| is_in(&range));
            if !is_open(&self.opening.hours) || own.as_deref().is_some_and(|own| !is_open(own)) || is_closed {
                return false;
            }
            at = at.plus(std::time::Duration::from_mins(5));
        }
        true
    }

    /// Books or moves an appointment in the same way as the use cases.
    fn place(&mut self, except: Option<usize>, booking: Booking, starts_at: Timestamp, force: bool) -> bool {
        let Ok(resource) = choose(&booking, starts_at, force, &self.opening, &self.resources(except)) else {
            return false;
        };
        if !force {
            assert!(
                self.is_within_hours(resource, booking.appointment(starts_at)),
                "{starts_at} is outside of the hours"
            );
        }
        let placed = Booked { booking, starts_at, resource, is_cancelled: false };
        match except {
            Some(index) => self.booked[index] = placed,
            None => self.booked.push(placed),
        }
        true
    }

    fn run(&mut self, step: &Step) {
        let service = |index: usize| booking(SERVICES[index].0, SERVICES[index].1, SERVICES[index].2);
        match *step {
            Step::BookFree { service: index, day, nth } => {
                let from = self.first.saturating_add(i64::from(day).days());
                let slots = free_slots(&search(from, 1, service(index), 15), &self.opening, &self.resources(None));
                if let Some(slot) = slots.get(nth) {
                    assert_eq!(slot.ends_at, service(index).appointment(slot.starts_at).to);
                    assert!(self.place(None, service(index), slot.starts_at, false), "{slot:?} was offered");
                    assert_eq!(self.booked.last().unwrap().resource, slot.resource_id);
                }
            }
            Step::BookAnyTime { service: index, minute, force } => {
                self.place(None, service(index), self.time(minute), force);
            }
            Step::Move { nth, minute, force } => {
                if let Some(one) = self.booked.get(nth).filter(|one| !one.is_cancelled).cloned() {
                    let time = self.time(minute);
                    if !self.place(Some(nth), one.booking, time, force) {
                        assert_eq!(self.booked[nth].starts_at, one.starts_at, "a refused move changes nothing");
                    }
                }
            }
            Step::Cancel { nth } => {
                if let Some(one) = self.booked.get_mut(nth) {
                    one.is_cancelled = true;
                }
            }
            Step::Restore { nth } => {
                if let Some(one) = self.booked.get(nth).filter(|one| one.is_cancelled).cloned() {
                    let mut same = self.resources(Some(nth));
                    same.retain(|resource| resource.id == one.resource);
                    if choose(&one.booking, one.starts_at, true, &self.opening, &same).is_ok() {
                        self.booked[nth].is_cancelled = false;
                    }
                }
            }
        }
    }

    fn check(&self) {
        for id in [ResourceId(1), ResourceId(2)] {
            let mut busy = self.occupied(id, None);
            busy.sort_unstable();
            for pair in busy.windows(2) {
                assert!(!pair[0].overlaps(pair[1]), "resource {id} is occupied twice: {pair:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_history_books_a_resource_twice(is_spring in any::<bool>(), is_always_open in any::<bool>(), steps in steps(60)) {
        let mut shop = Shop::open(is_spring, is_always_open);
        for step in &steps {
            shop.run(step);
            shop.check();
        }
    }
}

/// Runs a million histories: `cargo test --release -p agentlocator-core -- --ignored a_million`. Each thread generates
/// its own histories.
#[test]
#[ignore = "takes minutes"]
fn a_million_histories_book_no_resource_twice() {
    let threads = std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| run_histories(1_000_000_u32.div_ceil(threads)));
        }
    });
}

fn run_histories(cases: u32) {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases, ..ProptestConfig::default() });
    let histories = (any::<bool>(), any::<bool>(), steps(16));
    let outcome = runner.run(&histories, |(is_spring, is_always_open, steps)| {
        let mut shop = Shop::open(is_spring, is_always_open);
        for step in &steps {
            shop.run(step);
        }
        shop.check();
        Ok(())
    });
    outcome.unwrap();
}
