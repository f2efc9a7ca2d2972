//! Tests that a contact's messages are listed in the order in which they were written. The simulations contain outages,
//! late webhooks, restarts, clock steps and messages through both providers.

use super::*;
use crate::crm::outbox::{self, SendRequest};
use crate::domain::{MediaKind, Moment, PeerAddress, Provider};
use crate::inbox::message_clock::{ClockSteps, MessageClock};
use crate::inbox::policy::RoutingRules;
use crate::store::testing::{Connection, database, transact};
use Provider::{Baileys, Twilio};
use proptest::prelude::*;
use std::time::Duration;

/// An event of a simulation. A test gives each event a delay after the previous event, in milliseconds.
#[derive(Clone, Debug)]
enum Event {
    Write(Provider),
    /// The contact writes a message through Twilio, and the webhook is delayed until `Arrive`.
    WriteLate,
    Answer,
    /// The delayed webhooks arrive, in this order. They do not contain the times at which their messages were written.
    Arrive(Order),
    ReadList,
    /// A provider loses its connection to the daemon. Its messages wait until `Reconnect`, which delivers them.
    Disconnect(Provider),
    Reconnect(Provider),
    /// The daemon restarts, and loses all state that is not stored.
    Restart,
    /// The daemon's clock is set forward by this number of milliseconds; a negative number sets it back.
    Set(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Written,
    Reversed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DeliveryMode {
    /// Delivered as a live message: the daemon assumes that it has just been written.
    Live,
    /// Delivered as a delayed message, with the time at which it was written.
    Waited,
}

/// The difference between each clock and the true time, in milliseconds.
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
        2 => Just(Event::WriteLate),
        3 => Just(Event::Answer),
        1 => prop_oneof![Just(Order::Written), Just(Order::Reversed)].prop_map(Event::Arrive),
        1 => Just(Event::ReadList),
        1 => Just(Event::Restart),
        1 => provider().prop_map(Event::Disconnect),
        1 => provider().prop_map(Event::Reconnect),
        1 => (-30_000_i64..30_000).prop_map(Event::Set),
    ]
}

struct Simulation<'a> {
    conn: &'a Connection,
    contact: String,
    clock: MessageClock,
    steps: Option<ClockSteps>,
    skews: Skews,
    /// The true time, in milliseconds.
    now: i64,
    /// The texts of all messages, in the order in which they were written.
    written: Vec<String>,
    /// The messages that wait at the bridge, with the times at which they were written.
    waiting: Vec<(String, i64)>,
    /// All messages through Twilio, as Twilio's list contains them, with their times.
    listed: Vec<(String, i64)>,
    /// The messages whose webhooks have not arrived yet, with their times.
    late: Vec<(String, i64)>,
    /// For each provider: whether the provider cannot reach the daemon.
    is_disconnected: [bool; 2],
}

impl Simulation<'_> {
    fn moment(&self, late: i64) -> Moment {
        let steady = self.now + late;
        Moment {
            wall: Timestamp::from_millis(EPOCH + steady + self.skews.ours),
            steady: Duration::from_millis(u64::try_from(steady).unwrap()),
        }
    }

    /// Returns the time that the provider reports: its clock, rounded down to whole seconds.
    fn reported_time(&self, provider: Provider, at: i64) -> Timestamp {
        let skew = if provider == Twilio { self.skews.twilio } else { self.skews.baileys };
        Timestamp::from_millis((EPOCH + at + skew).div_euclid(1000) * 1000)
    }

    fn write(&mut self, provider: Provider, late: i64) {
        let text = self.next_text();
        if provider == Twilio {
            self.listed.push((text.clone(), self.now));
        }
        match provider {
            Baileys if self.is_disconnected(Baileys) => self.waiting.push((text, self.now)),
            // The message remains in Twilio's list until the catch-up reads it.
            Twilio if self.is_disconnected(Twilio) => {}
            Baileys | Twilio => self.deliver(provider, &text, self.now, late, DeliveryMode::Live),
        }
    }

    fn write_late(&mut self) {
        let text = self.next_text();
        self.listed.push((text.clone(), self.now));
        self.late.push((text, self.now));
    }

    fn next_text(&mut self) -> String {
        let text = format!("{}", self.written.len());
        self.written.push(text.clone());
        text
    }

    fn arrive(&mut self, order: Order) {
        if self.is_disconnected(Twilio) {
            return;
        }
        let mut late = std::mem::take(&mut self.late);
        if order == Order::Reversed {
            late.reverse();
        }
        for (text, at) in late {
            self.deliver(Twilio, &text, at, 0, DeliveryMode::Live);
        }
    }

    /// Simulates the catch-up, which stores unknown messages and corrects the times of delayed ones.
    fn read_list(&mut self) {
        if self.is_disconnected(Twilio) {
            return;
        }
        let (reported, now) = (self.reported_time(Twilio, self.now), self.moment(0));
        self.clock.learn(Twilio, reported, now);
        for (text, at) in self.listed.clone() {
            let id = self.id(&text);
            match transact(self.conn, |tx| tx.has_provider_time(Twilio, &id)) {
                None => self.deliver(Twilio, &text, at, 0, DeliveryMode::Waited),
                Some(true) => {}
                Some(false) => {
                    let reported = self.reported_time(Twilio, at);
                    let written = self.clock.time_of(Twilio, reported, now);
                    transact(self.conn, |tx| note_provider_time(tx, Twilio, &id, reported, written));
                }
            }
        }
    }

    fn reconnect(&mut self, provider: Provider) {
        self.is_disconnected[place(provider)] = false;
        if provider == Twilio {
            return self.read_list();
        }
        for (text, at) in std::mem::take(&mut self.waiting) {
            self.deliver(provider, &text, at, 0, DeliveryMode::Waited);
        }
    }

    fn restart(&mut self) {
        self.clock = self.steps.clone().map(MessageClock::resume).unwrap_or_default();
        let now = self.moment(0);
        for provider in [Twilio, Baileys] {
            for (at, reported) in transact(self.conn, |tx| tx.provider_times(provider)) {
                self.clock.assume(provider, at, reported, now);
            }
        }
        self.read_list();
    }

    fn is_disconnected(&self, provider: Provider) -> bool {
        self.is_disconnected[place(provider)]
    }

    fn id(&self, text: &str) -> String {
        format!("{} {text}", self.contact)
    }

    fn deliver(&mut self, provider: Provider, text: &str, written: i64, late: i64, how: DeliveryMode) {
        let (now, waited) = (self.moment(late), how == DeliveryMode::Waited);
        // Twilio's webhooks contain no time.
        let reported = (provider == Baileys || waited).then(|| self.reported_time(provider, written));
        if let (Some(reported), false) = (reported, waited) {
            self.clock.learn(provider, reported, now);
        }
        let arrival = Arrival {
            at: self.clock.read(now),
            written: reported.map(|reported| self.clock.time_of(provider, reported, now)),
        };
        let new = InboundMessage {
            provider,
            provider_msg_id: Some(self.id(text)),
            peer: vec![PeerAddress::parse(&self.contact, phonenumber::country::IL).unwrap()],
            profile_name: String::new(),
            from_phone: false,
            kind: MediaKind::Text,
            text: text.to_owned(),
            media: vec![],
            quoted: None,
            extra: None,
            provider_time: reported,
            waited,
            opens_twilio: true,
            history: false,
            provider_opt_out: None,
        };
        let raw = RawWebhook {
            source: provider,
            path: "/",
            content_type: String::new(),
            body: bytes::Bytes::new(),
            is_repeated: false,
        };
        transact(self.conn, |tx| receive(tx, BusinessId::FIRST, &new, &raw, arrival, now.wall));
    }

    fn answer(&mut self) {
        let (now, text) = (self.moment(0), self.next_text());
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
            confirms_opt_out: false,
            new_chats: None,
            send_key: self.id(&text),
            written_at: self.clock.read(now),
        };
        let rules = RoutingRules { only: None, priority: vec![Baileys, Twilio], template: false };
        transact(self.conn, |tx| Ok(outbox::send(tx, &request, &rules, &[], now.wall).unwrap()));
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
/// The minimum distance in milliseconds at which messages by different routes must be listed in order. Providers report
/// whole seconds.
const APART: i64 = 3_000;

#[test]
fn the_order_per_contact_is_the_order_of_writing() {
    let skew = || -20_000_i64..20_000;
    let events = proptest::collection::vec((event(), 0_i64..2_500, 20_i64..400), 1..60);
    proptest!(ProptestConfig::with_cases(64), |(ours in skew(), baileys in skew(), twilio in skew(), events in events)| {
        // A start reads the times of all contacts' messages, so each run needs a separate database.
        let (_folder, conn) = database();
        let mut simulation = Simulation {
            conn: &conn,
            contact: "+972501234567".to_owned(),
            clock: MessageClock::default(),
            steps: None,
            skews: Skews { ours, baileys, twilio },
            now: 1_000_000,
            written: vec![],
            waiting: vec![],
            listed: vec![],
            late: vec![],
            is_disconnected: [false; 2],
        };
        // The daemon must learn the offset of the bridge's clock before the first outage.
        simulation.write(Baileys, 30);
        let mut last = Some(Baileys);
        for (event, gap, late) in events {
            let provider = if let Event::Write(provider) = event { Some(provider) } else { None };
            // Messages of one provider arrive in the order in which they were written, even within a second.
            let is_same_provider = provider.is_some() && provider == last;
            simulation.now += gap + if is_same_provider { late } else { APART };
            match event {
                Event::Write(provider) => simulation.write(provider, late),
                Event::WriteLate => simulation.write_late(),
                Event::Answer => simulation.answer(),
                Event::Arrive(order) => simulation.arrive(order),
                Event::ReadList => simulation.read_list(),
                Event::Restart => simulation.restart(),
                Event::Disconnect(provider) => simulation.is_disconnected[place(provider)] = true,
                Event::Reconnect(provider) => simulation.reconnect(provider),
                Event::Set(by) => {
                    simulation.skews.ours += by;
                    let now = simulation.moment(0);
                    simulation.clock.read(now);
                    simulation.steps = simulation.clock.take_steps().or(simulation.steps.take());
                }
            }
            last = provider;
        }
        simulation.now += APART;
        simulation.reconnect(Twilio);
        simulation.reconnect(Baileys);
        prop_assert_eq!(simulation.read(), simulation.written.clone());
    });
}
