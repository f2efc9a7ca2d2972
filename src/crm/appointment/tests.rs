//! Tests of cases that the API tests cannot reach: bookings by the agent, and property tests over many appointments.

use super::*;
use crate::crm::booking::services::{ServiceUpdate, add};
use crate::store::testing::{Connection, database};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// A Sunday at 8:00, Israeli time.
const NOW: &str = "2026-11-22T06:00:00.000Z";

struct Shop {
    conn: Connection,
    contact: ContactId,
    service: ServiceId,
    _folder: tempfile::TempDir,
}

impl Shop {
    fn open(notice_min: u32) -> Self {
        let (folder, conn) = database();
        let (contact, service) = run(&conn, |tx| {
            let now = NOW.parse().unwrap();
            let contact = tx.insert_contact(BusinessId::FIRST, "Dana", now)?;
            let change = ServiceUpdate {
                name: Some("a service".to_owned()),
                duration_min: Some(50),
                buffer_after_min: Some(10),
                ..ServiceUpdate::default()
            };
            let service = add(tx, BusinessId::FIRST, &change, now)?;
            let (hours, rules) = (tx.opening_hours(BusinessId::FIRST)?, tx.opening_rules(BusinessId::FIRST)?);
            let rules = crate::domain::OpeningRules { notice_min, ..rules };
            tx.set_opening_hours(BusinessId::FIRST, &hours, &rules, now)?;
            Ok((contact, service))
        })
        .unwrap();
        Self { conn, contact, service, _folder: folder }
    }

    fn request(&self, starts_at: &str, key: &str) -> NewAppointment {
        NewAppointment {
            contact: self.contact,
            service: self.service,
            resource: None,
            starts_at: starts_at.parse().unwrap(),
            note: String::new(),
            force: false,
            source: AppointmentSource::Agent,
            source_key: Some(key.to_owned()),
            call: None,
            waiting: None,
            notifies: false,
        }
    }

    fn book(&self, starts_at: &str, key: &str) -> Result<Booked, Error> {
        run(&self.conn, |tx| book(tx, &context(), &self.request(starts_at, key)))
    }
}

fn context() -> Context {
    let zone = TimeZone::get("Asia/Jerusalem").unwrap();
    Context { business: BusinessId::FIRST, zone, actor: ActorId::Agent, now: NOW.parse().unwrap() }
}

fn run<T>(conn: &Connection, work: impl FnOnce(&WriteTx<'_>) -> Result<T, Error>) -> Result<T, Error> {
    crate::store::testing::transact(conn, |tx| Ok(work(tx)))
}

fn code(result: Result<Booked, Error>) -> &'static str {
    match result {
        Err(Error::Refused(RequestError::CodedConflict { code, .. })) => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_repeated_tool_call_of_the_agent_books_once() {
    let shop = Shop::open(0);
    let first = shop.book("2026-11-22T08:00:00Z", "call:1:item:7").unwrap();
    let again = shop.book("2026-11-22T08:00:00Z", "call:1:item:7").unwrap();
    assert_eq!((first.is_new, again), (true, Booked { id: first.id, is_new: false }));
    assert_eq!(code(shop.book("2026-11-22T08:00:00Z", "call:1:item:8")), "slot_taken");
    let found = run(&shop.conn, |tx| find(tx, first.id)).unwrap();
    assert_eq!((found.source, found.seen_at, found.created_by.as_str()), (AppointmentSource::Agent, None, "agent"));
    run(&shop.conn, |tx| see(tx, &context(), first.id)).unwrap();
    let seen = run(&shop.conn, |tx| find(tx, first.id)).unwrap();
    assert_eq!((seen.seen_at, seen.updated_at), (Some(context().now), found.updated_at));
}

#[test]
fn the_agent_keeps_the_notice_time_and_the_hours() {
    let shop = Shop::open(120);
    assert_eq!(code(shop.book("2026-11-22T07:00:00Z", "a")), "too_soon");
    assert!(shop.book("2026-11-22T08:00:00Z", "b").is_ok());
    assert_eq!(code(shop.book("2026-11-22T15:30:00Z", "c")), "outside_hours");
    // The business closes at 13:00 on Friday, and all day on Saturday.
    assert!(shop.book("2026-11-27T10:10:00Z", "d").is_ok());
    assert_eq!(code(shop.book("2026-11-28T10:00:00Z", "e")), "outside_hours");
}

#[test]
fn random_bookings_moves_and_restores_leave_no_overlap() {
    let shop = Shop::open(0);
    let mut runner = TestRunner::deterministic();
    let strategy = (0..6_u8, 0..9 * 12_i64, 0..40_i64, any::<bool>());
    let base: Timestamp = "2026-11-23T06:00:00.000Z".parse().unwrap();
    let (mut booked, mut refused) = (0, 0);
    for step in 0..1_000 {
        let (action, minutes, nth, force) = strategy.new_tree(&mut runner).unwrap().current();
        let starts_at = base.plus(Duration::from_secs(minutes.unsigned_abs() * 300));
        let (id, context) = (AppointmentId(nth), context());
        let done = run(&shop.conn, |tx| match action {
            0 | 1 => {
                let mut new = shop.request(NOW, &format!("{step}"));
                (new.starts_at, new.force) = (starts_at, force);
                book(tx, &context, &new).map(|_| ())
            }
            2 | 3 => {
                let moved = AppointmentUpdate { starts_at: Some(starts_at), force, ..AppointmentUpdate::default() };
                change(tx, &context, id, &moved)
            }
            4 => cancel(tx, &context, id, None),
            _ => restore(tx, &context, id),
        });
        match done {
            Ok(()) => booked += 1,
            Err(Error::Refused(_)) => refused += 1,
            Err(Error::Store(error)) => panic!("{error}"),
        }
        let page = run(&shop.conn, |tx| {
            let filter = crate::store::AppointmentFilter {
                business: BusinessId::FIRST,
                from: None,
                to: None,
                contact: None,
                resource: None,
                state: Some(AppointmentState::Booked),
            };
            Ok(tx.appointments(&filter, None, 200)?.0)
        });
        let appointments = page.unwrap();
        for pair in appointments.windows(2) {
            // The service has a buffer of ten minutes after each appointment.
            let free = pair[1].starts_at.since(pair[0].ends_at);
            assert!(free >= Duration::from_mins(10), "step {step}: {pair:?}");
        }
    }
    assert!(booked > 50 && refused > 200, "{booked} {refused}");
}
