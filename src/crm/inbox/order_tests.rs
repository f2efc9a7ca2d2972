//! The order of a contact's messages is the order of writing: across outages, clock steps and both providers.

use super::*;
use crate::crm::outbox::{self, SendRequest};
use crate::domain::{MediaKind, Moment, PeerAddress, Provider};
use crate::inbox::message_clock::MessageClock;
use crate::inbox::policy::RoutingRules;
use crate::store::testing::{Connection, database, transact};
use Provider::{Baileys, Twilio};
use proptest::prelude::*;
use std::cell::Cell;
use std::time::Duration;

/// An event; each comes the given number of milliseconds after the previous one.
#[derive(Clone, Debug)]
enum Event {
    /// The contact writes.
    Write(Provider),
    /// We write.
    Answer,
    /// A provider cannot reach the daemon, or can again: then the waiting messages are delivered.
    Cut(Provider),
    Mend(Provider),
    /// Our clock is set by so many ms.
    Set(i64),
}

/// How far the contact's and the providers' clocks are ahead of the true time, in ms.
#[derive(Clone, Copy, Debug)]
struct Skews {
    ours: i64,
    baileys: i64,
    twilio: i64,
}

fn event() -> impl Strategy<Value = Event> {
    let provider = || prop_oneof![Just(Baileys), Just(Twilio)];
    prop_oneof![
        6 => provider().prop_map(Event::Write),
        3 => Just(Event::Answer),
        1 => provider().prop_map(Event::Cut),
        1 => provider().prop_map(Event::Mend),
        1 => (-30_000_i64..30_000).prop_map(Event::Set),
    ]
}

struct World<'a> {
    conn: &'a Connection,
    contact: String,
    clock: MessageClock,
    skews: Skews,
    /// True time, in ms.
    now: i64,
    /// What was written, in order.
    written: Vec<String>,
    /// The messages that wait at each provider, and whether it can reach the daemon.
    waiting: [Vec<(String, i64)>; 2],
    is_cut: [bool; 2],
}

impl World<'_> {
    fn moment(&self, late: i64) -> Moment {
        let steady = self.now + late;
        Moment {
            wall: Timestamp::from_millis(EPOCH + steady + self.skews.ours),
            steady: Duration::from_millis(u64::try_from(steady).unwrap()),
        }
    }

    /// Whole seconds of the provider's clock.
    fn told(&self, provider: Provider, at: i64) -> Timestamp {
        let skew = if provider == Twilio { self.skews.twilio } else { self.skews.baileys };
        Timestamp::from_millis((EPOCH + at + skew).div_euclid(1000) * 1000)
    }

    fn write(&mut self, provider: Provider, late: i64) {
        let text = format!("{}", self.written.len());
        self.written.push(text.clone());
        if self.is_cut[place(provider)] {
            self.waiting[place(provider)].push((text, self.now));
        } else {
            self.deliver(provider, &text, self.now, late, false);
        }
    }

    fn mend(&mut self, provider: Provider) {
        self.is_cut[place(provider)] = false;
        if provider == Twilio {
            // Its lists report its time.
            let (told, now) = (self.told(Twilio, self.now), self.moment(0));
            self.clock.learn(Twilio, told, now);
        }
        for (text, at) in std::mem::take(&mut self.waiting[place(provider)]) {
            self.deliver(provider, &text, at, 0, true);
        }
    }

    fn deliver(&mut self, provider: Provider, text: &str, written: i64, late: i64, waited: bool) {
        let now = self.moment(late);
        // Twilio's webhooks contain no time.
        let told = (provider == Baileys || waited).then(|| self.told(provider, written));
        if let (Some(told), false) = (told, waited) {
            self.clock.learn(provider, told, now);
        }
        let arrival =
            Arrival { at: self.clock.read(now), written: told.map(|told| self.clock.time_of(provider, told, now)) };
        let new = InboundMessage {
            provider,
            provider_msg_id: Some(format!("{} {text}", self.contact)),
            peer: vec![PeerAddress::parse(&self.contact, phonenumber::country::IL).unwrap()],
            profile_name: String::new(),
            from_phone: false,
            kind: MediaKind::Text,
            text: text.to_owned(),
            media: vec![],
            quoted: None,
            extra: None,
            provider_time: told,
            waited,
            opens_twilio: true,
            history: false,
        };
        let raw = Raw {
            source: provider.as_str(),
            path: "/",
            content_type: String::new(),
            body: bytes::Bytes::new(),
            is_repeated: false,
        };
        transact(self.conn, |tx| receive(tx, BusinessId::FIRST, &new, &raw, arrival, now.wall));
    }

    fn answer(&mut self) {
        let (now, text) = (self.moment(0), format!("{}", self.written.len()));
        let request = SendRequest {
            business: BusinessId::FIRST,
            to: PeerAddress::parse(&self.contact, phonenumber::country::IL).unwrap(),
            text: text.clone(),
            media_url: None,
            file: None,
            named: Some(Baileys),
            reply_to: None,
            author: "agent".to_owned(),
            idempotency_key: None,
            new_chats: None,
            send_key: format!("{} {text}", self.contact),
            written_at: self.clock.read(now),
        };
        let rules = RoutingRules { only: None, priority: vec![Baileys, Twilio], template: false };
        transact(self.conn, |tx| outbox::send(tx, &request, &rules, &[], now.wall)).unwrap();
        self.written.push(text);
    }

    fn read(&self) -> Vec<String> {
        transact(self.conn, |tx| {
            let contact = PeerAddress::parse(&self.contact, phonenumber::country::IL).unwrap();
            let epoch = Timestamp::from_millis(EPOCH);
            let thread = resolve::find_or_create_thread(tx, BusinessId::FIRST, &contact, epoch)?;
            let (messages, _) = tx.messages(thread.id, None, 1000)?;
            Ok(messages.into_iter().map(|message| message.message.content_text).collect())
        })
    }
}

fn place(provider: Provider) -> usize {
    usize::from(provider == Twilio)
}

const EPOCH: i64 = 1_700_000_000_000;
/// Messages by different routes are in order if they were written this far apart, in ms: providers report whole
/// seconds.
const APART: i64 = 3_000;

#[test]
fn the_order_per_contact_is_the_order_of_writing() {
    let (_folder, conn) = database();
    let contacts = Cell::new(0);
    let skew = || -20_000_i64..20_000;
    let events = proptest::collection::vec((event(), 0_i64..2_500, 20_i64..400), 1..60);
    proptest!(ProptestConfig::with_cases(64), |(ours in skew(), baileys in skew(), twilio in skew(), events in events)| {
        contacts.set(contacts.get() + 1);
        let mut world = World {
            conn: &conn,
            contact: format!("+972501{:06}", contacts.get()),
            clock: MessageClock::default(),
            skews: Skews { ours, baileys, twilio },
            now: 1_000_000,
            written: vec![],
            waiting: Default::default(),
            is_cut: [false; 2],
        };
        // The bridge has shown its clock before the first outage.
        world.write(Baileys, 30);
        let mut last = Some(Baileys);
        for (event, gap, late) in events {
            let way = if let Event::Write(provider) = event { Some(provider) } else { None };
            // By one provider, messages arrive in the order in which they were written, also within a second.
            let is_same_way = way.is_some() && way == last;
            world.now += gap + if is_same_way { late } else { APART };
            match event {
                Event::Write(provider) => world.write(provider, late),
                Event::Answer => world.answer(),
                Event::Cut(provider) => world.is_cut[place(provider)] = true,
                Event::Mend(provider) => world.mend(provider),
                Event::Set(by) => {
                    world.skews.ours += by;
                    let now = world.moment(0);
                    world.clock.read(now);
                }
            }
            last = way;
        }
        world.now += APART;
        world.mend(Twilio);
        world.mend(Baileys);
        prop_assert_eq!(world.read(), world.written.clone());
    });
}
