//! Generates a year of a shop's calls, messages and appointments: contacts with names in their own language, and mostly
//! Hebrew conversations, most of them within opening hours; and what its users wrote down. The same options give the same
//! data.

mod call;
mod office;
pub(crate) mod random;
mod script;

pub use call::{ShopCall, ShopCallOutcome, ShopTurn};
pub use office::{ShopLead, ShopNote, ShopOffice, ShopTask};

use agentlocator_core::domain::AppointmentState;
use jiff::civil::Weekday;
use office::DAY_MS;
use random::Random;
use script::{Details, Lines};

/// The size, the seed and the dates of the generated data.
#[derive(Clone, Copy, Debug)]
pub struct ShopYearOptions {
    /// The number of contacts.
    pub contacts: usize,
    /// The number of messages, in both directions.
    pub messages: usize,
    /// The number of calls, including the missed ones.
    pub calls: usize,
    /// The seed of the random numbers; different seeds give different data.
    pub seed: u64,
    /// The start of the newest day, in milliseconds since 1970. This time must be midnight in the business's time zone.
    pub until_ms: i64,
    /// The part of the newest day that has passed, in milliseconds. With 0, the data ends at `until_ms`.
    pub newest_day_ms: i64,
    /// The weekday of the newest day, in the business's time zone.
    pub until_weekday: Weekday,
    /// The number of contacts that already exist; new contacts get other phone numbers.
    pub existing_contacts: u64,
}

/// The contacts of a shop, and a year of their messages, calls and appointments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShopYear {
    /// The contacts. Messages, calls and appointments refer to them by their index.
    pub contacts: Vec<ShopContact>,
    /// The messages, oldest first.
    pub messages: Vec<ShopMessage>,
    /// The calls, oldest first.
    pub calls: Vec<ShopCall>,
    /// The appointments of the last two months and the next two weeks, oldest first, within opening hours. No two
    /// appointments start at the same time.
    pub appointments: Vec<ShopAppointment>,
    /// What the users wrote down.
    pub office: ShopOffice,
}

/// A service that contacts book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShopService {
    /// The name, in Hebrew.
    pub name: &'static str,
    /// The duration in minutes.
    pub minutes: i64,
    /// The price in agorot.
    pub price_minor: i64,
}

/// The services of the shop.
pub const SERVICES: [ShopService; 3] = [
    ShopService { name: "ייעוץ לאירוע", minutes: 30, price_minor: 0 },
    ShopService { name: "טעימות לעוגת חתונה", minutes: 45, price_minor: 12_000 },
    ShopService { name: "סדנת אפייה", minutes: 60, price_minor: 25_000 },
];

/// An appointment of a contact for one of the [`SERVICES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopAppointment {
    /// The index in [`ShopYear::contacts`].
    pub contact: usize,
    /// The index in [`SERVICES`].
    pub service: usize,
    /// The state at the end of the year.
    pub state: AppointmentState,
    /// Whether the agent booked the appointment, instead of a user.
    pub by_agent: bool,
    /// Whether a user has seen the appointment. Some of the agent's newest bookings are unseen.
    pub is_seen: bool,
    /// The start, in milliseconds since 1970.
    pub at_ms: i64,
    /// The time of the booking, in milliseconds since 1970.
    pub booked_ms: i64,
}

/// A customer of the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopContact {
    /// The name; empty if it is unknown.
    pub name: String,
    /// The phone number, E.164.
    pub number: String,
    /// The language, ISO 639-1.
    pub language: &'static str,
    /// Whether the contact's messages arrive by Twilio instead of the bridge.
    pub by_twilio: bool,
    /// The time of the contact's first message or call, in milliseconds since 1970; a random time if there is none.
    pub created_ms: i64,
}

/// A WhatsApp message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopMessage {
    /// The index in [`ShopYear::contacts`].
    pub contact: usize,
    /// Whether the shop wrote the message.
    pub is_out: bool,
    /// For a message of the shop: whether the agent wrote it, instead of the owner on the phone.
    pub by_agent: bool,
    /// The text, without placeholders.
    pub text: String,
    /// Twilio's or WhatsApp's id of the message.
    pub provider_id: String,
    /// The stored status: `received`, `delivered`, `read` or `failed`.
    pub status: &'static str,
    /// The time at which the message was written, in milliseconds since 1970.
    pub at_ms: i64,
}

impl ShopYear {
    /// Generates the contacts with their messages, calls and appointments. Without contacts, the year is empty.
    pub fn generate(options: &ShopYearOptions) -> Self {
        let mut random = Random::new(options.seed ^ options.existing_contacts.rotate_left(32));
        let number = |at: usize| phone_number(options.existing_contacts + at as u64);
        let contacts = (0..options.contacts).map(|at| contact(&mut random, number(at))).collect();
        let mut year = Self { contacts, ..Self::default() };
        if !year.contacts.is_empty() {
            year.add_messages(options, &mut random);
            year.add_calls(options, &mut random);
            year.add_appointments(options, &mut random);
            let names: Vec<_> = year.contacts.iter().map(|contact| contact.name.as_str()).collect();
            year.office = ShopOffice::generate(options.until_ms, &names, &mut random);
        }
        year.messages.sort_by_key(|message| message.at_ms);
        year.calls.sort_by_key(|call| call.at_ms);
        let first = year.messages.iter().map(|it| (it.contact, it.at_ms));
        let first: Vec<_> = first.chain(year.calls.iter().map(|it| (it.contact, it.at_ms))).collect();
        for contact in &mut year.contacts {
            contact.created_ms = moment(options, &mut random);
        }
        let mut has_began = vec![false; year.contacts.len()];
        for (at, began_ms) in first {
            let contact = &mut year.contacts[at];
            contact.created_ms = if has_began[at] { contact.created_ms.min(began_ms) } else { began_ms };
            has_began[at] = true;
        }
        year
    }

    fn add_messages(&mut self, options: &ShopYearOptions, random: &mut Random) {
        let scripts = script::chats();
        let mut chat = 0;
        while self.messages.len() < options.messages {
            let contact = pick_contact(random, self.contacts.len(), chat);
            let lines: &Lines = &scripts[random.index(scripts.len())];
            let details = Details::new(random, &self.contacts[contact].name);
            let mut at_ms = moment(options, random);
            let by_agent = random.chance(40);
            let room = options.messages - self.messages.len();
            for (is_out, text) in lines.iter().take(room) {
                at_ms += 15_000 + random.below(240_000).cast_signed();
                let status = match random.below(100) {
                    _ if !is_out => "received",
                    0..=1 => "failed",
                    2..=14 => "delivered",
                    _ => "read",
                };
                let provider_id = if self.contacts[contact].by_twilio {
                    format!("SM{}", random.hex(32))
                } else {
                    random.hex(20).to_uppercase()
                };
                let text = details.fill(text);
                let is_out = *is_out;
                let at_ms = at_ms.min(options.end_ms() - 1);
                self.messages.push(ShopMessage { contact, is_out, by_agent, text, provider_id, status, at_ms });
            }
            chat += 1;
        }
    }

    fn add_calls(&mut self, options: &ShopYearOptions, random: &mut Random) {
        let scripts = script::calls();
        for number in 0..options.calls {
            let contact = pick_contact(random, self.contacts.len(), number);
            let (summary, lines) = &scripts[random.index(scripts.len())];
            let details = Details::new(random, &self.contacts[contact].name);
            let outcome = match random.below(100) {
                0..=12 => ShopCallOutcome::Missed,
                13..=22 => ShopCallOutcome::Message,
                _ if lines.len() == 3 => ShopCallOutcome::Transferred,
                _ => ShopCallOutcome::Answered,
            };
            let mut call = ShopCall {
                contact,
                sid: format!("CA{}", random.hex(32)),
                outcome,
                at_ms: moment(options, random),
                duration_ms: 4_000 + random.below(12_000).cast_signed(),
                summary: String::new(),
                turns: Vec::new(),
            };
            match outcome {
                ShopCallOutcome::Missed => {}
                ShopCallOutcome::Message => {
                    let text = lines.iter().find(|(is_agent, _)| !is_agent).map_or("", |(_, text)| text);
                    call.duration_ms += 7_000;
                    call.speak(false, details.fill(text), random);
                    call.duration_ms += 2_000;
                }
                ShopCallOutcome::Answered | ShopCallOutcome::Transferred => {
                    call.summary = details.fill(summary);
                    for (is_agent, text) in lines {
                        call.speak(*is_agent, details.fill(text), random);
                    }
                }
            }
            call.at_ms = call.at_ms.min(options.end_ms() - call.duration_ms);
            self.calls.push(call);
        }
    }
}

impl ShopYearOptions {
    /// The end of the data, in milliseconds since 1970.
    fn end_ms(&self) -> i64 {
        self.until_ms + self.newest_day_ms
    }
}

impl ShopYear {
    fn add_appointments(&mut self, options: &ShopYearOptions, random: &mut Random) {
        let last_hour = |day| match weekday(options, day) {
            Weekday::Friday => 13,
            Weekday::Saturday => 0,
            _ => 17_i64,
        };
        let hours = (-60..14_i64).flat_map(|day| (9..last_hour(day)).map(move |hour| (day, hour)));
        for (day, hour) in hours {
            let at_ms = options.until_ms + day * DAY_MS + hour * 3_600_000;
            if !random.chance(45) {
                continue;
            }
            let is_past = at_ms < options.end_ms();
            let state = match random.below(100) {
                0..=8 => AppointmentState::Cancelled,
                9..=14 if is_past => AppointmentState::NoShow,
                _ if is_past => AppointmentState::Done,
                _ => AppointmentState::Booked,
            };
            let booked_ms =
                at_ms.min(options.end_ms()) - 3_600_000 - random.below(10 * DAY_MS.unsigned_abs()).cast_signed();
            let (contact, service) = (random.index(self.contacts.len()), random.index(SERVICES.len()));
            let by_agent = random.chance(50);
            let is_seen = !(by_agent && booked_ms > options.end_ms() - DAY_MS);
            self.appointments.push(ShopAppointment { contact, service, state, by_agent, is_seen, at_ms, booked_ms });
        }
    }
}

fn contact(random: &mut Random, number: String) -> ShopContact {
    let language = match random.below(100) {
        0..=5 => "ru",
        6..=9 => "ar",
        10..=14 => "en",
        _ => "he",
    };
    let mut word = |part: &str| {
        let words = script::words(NAMES, &format!("{language}-{part}"));
        random.pick(&words).to_owned()
    };
    let (first, last) = (word("first"), word("last"));
    let name = match random.below(100) {
        0..=7 => String::new(),
        8..=20 => first,
        _ => format!("{first} {last}"),
    };
    ShopContact { name, number, language, by_twilio: random.chance(30), created_ms: 0 }
}

/// Returns an Israeli mobile number that is unique for each index below 60 million.
fn phone_number(index: u64) -> String {
    // The factor and 10^7 have no common divisor, so different indexes give different digits.
    let digits = (index * 7_654_321 + 1_234_567) % 10_000_000;
    let prefix = [50, 52, 53, 54, 55, 58][usize::try_from(index / 10_000_000 % 6).unwrap_or_default()];
    format!("+972{prefix}{digits:07}")
}

/// Picks the contact of conversation `number`. Each of the first `contacts` conversations belongs to another contact.
/// In the remaining conversations, the contacts with the lowest indexes are the most frequent.
fn pick_contact(random: &mut Random, contacts: usize, number: usize) -> usize {
    if number < contacts {
        return number;
    }
    let (first, second) = (random.index(contacts), random.index(contacts));
    let third = random.index(contacts);
    first.min(second).min(third)
}

/// Returns the weekday of the day that is this many days after the end of the year.
fn weekday(options: &ShopYearOptions, days: i64) -> Weekday {
    options.until_weekday.wrapping_add(days)
}

/// Returns a time within the year, mostly within opening hours.
fn moment(options: &ShopYearOptions, random: &mut Random) -> i64 {
    loop {
        // Day 0 is the newest one.
        let mut day = random.below(366).cast_signed();
        let hour = 8 + random.below(13).cast_signed();
        let is_open = match weekday(options, -day) {
            Weekday::Friday => hour < 14,
            Weekday::Saturday => random.chance(10),
            _ => true,
        };
        // Moves some conversations to the second half of the year, because the shop's business grows.
        if day > 182 && random.chance(30) {
            day -= 182;
        }
        let at_ms = options.until_ms - day * DAY_MS + hour * 3_600_000 + random.below(3_600_000).cast_signed();
        if is_open && at_ms < options.end_ms() {
            return at_ms;
        }
    }
}

const NAMES: &str = include_str!("shop_year/names.txt");

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn options(seed: u64) -> ShopYearOptions {
        ShopYearOptions {
            contacts: 300,
            messages: 4_000,
            calls: 500,
            seed,
            // 2024-10-04.
            until_ms: 20_000 * DAY_MS,
            newest_day_ms: 0,
            until_weekday: Weekday::Friday,
            existing_contacts: 0,
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_year() {
        assert_eq!(ShopYear::generate(&options(7)), ShopYear::generate(&options(7)));
        assert_ne!(ShopYear::generate(&options(7)), ShopYear::generate(&options(8)));
    }

    #[test]
    fn a_year_has_the_requested_contacts_messages_and_calls() {
        let (options, year) = (options(1), ShopYear::generate(&options(1)));
        assert_eq!((year.contacts.len(), year.messages.len(), year.calls.len()), (300, 4_000, 500));
        let numbers: BTreeSet<_> = year.contacts.iter().map(|contact| &contact.number).collect();
        let ids: BTreeSet<_> = year.messages.iter().map(|message| &message.provider_id).collect();
        assert_eq!((numbers.len(), ids.len()), (300, 4_000));
        let begin = options.until_ms - 366 * DAY_MS;
        for message in &year.messages {
            assert!((begin..options.until_ms).contains(&message.at_ms));
            assert!(!message.text.is_empty() && !message.text.contains('{'), "{}", message.text);
            assert!(message.at_ms >= year.contacts[message.contact].created_ms);
        }
        let office = &year.office;
        let counts =
            [office.tags.len(), office.notes.len(), office.tasks.len(), office.leads.len(), office.facts.len()];
        assert!(counts.iter().all(|count| *count > 3), "{counts:?}");
        let written = office.notes.iter().map(|note| &note.text).chain(office.tasks.iter().map(|task| &task.title));
        assert!(written.into_iter().all(|text| !text.contains('{')), "{office:?}");
        assert!(office.tasks.iter().any(|task| task.done_ms.is_none() && task.due_in_days < 0), "none is late");
        let texts = year.calls.iter().flat_map(|call| call.turns.iter().map(|turn| &turn.text).chain([&call.summary]));
        assert!(texts.into_iter().all(|text| !text.contains('{')));
        assert!(
            year.appointments.len() > 100
                && year.appointments.windows(2).all(|two| two[1].at_ms - two[0].at_ms >= 3_600_000)
        );
        let hebrew = |text: &str| text.chars().any(|letter| ('א'..='ת').contains(&letter));
        let share = year.messages.iter().filter(|message| hebrew(&message.text)).count() * 100 / year.messages.len();
        assert!((70..98).contains(&share), "{share} % are Hebrew");
        for outcome in
            [ShopCallOutcome::Answered, ShopCallOutcome::Transferred, ShopCallOutcome::Message, ShopCallOutcome::Missed]
        {
            assert!(year.calls.iter().any(|call| call.outcome == outcome), "{outcome:?}");
        }
    }

    #[test]
    fn a_shop_east_of_greenwich_has_its_appointments_on_its_own_weekdays() {
        // Midnight in Israel of Friday, 2024-10-04: in UTC it is still Thursday.
        let offset_ms = 3 * 3_600_000;
        let year = ShopYear::generate(&ShopYearOptions { until_ms: 20_000 * DAY_MS - offset_ms, ..options(1) });
        // 1970-01-01 was a Thursday.
        let weekday = |at_ms: i64| Weekday::Thursday.wrapping_add((at_ms + offset_ms).div_euclid(DAY_MS));
        let booked: Vec<_> = year.appointments.iter().map(|it| weekday(it.at_ms)).collect();
        assert!(!booked.contains(&Weekday::Saturday) && booked.contains(&Weekday::Sunday), "{booked:?}");
        let calls = |day: Weekday| year.calls.iter().filter(|it| weekday(it.at_ms) == day).count();
        assert!(calls(Weekday::Saturday) < calls(Weekday::Sunday) / 2, "fewer calls on the Sabbath");
    }

    #[test]
    fn the_newest_day_has_conversations_until_now() {
        let options = ShopYearOptions { messages: 40_000, calls: 5_000, newest_day_ms: 13 * 3_600_000, ..options(1) };
        let options =
            ShopYearOptions { until_ms: options.until_ms - DAY_MS, until_weekday: Weekday::Thursday, ..options };
        let year = ShopYear::generate(&options);
        let ends = |call: &ShopCall| call.at_ms + call.duration_ms;
        let newest = year.messages.iter().map(|it| it.at_ms).chain(year.calls.iter().map(ends)).max();
        let end = options.until_ms + options.newest_day_ms;
        assert!(newest.is_some_and(|at_ms| (end - 3_600_000..=end).contains(&at_ms)), "{newest:?}");
        let is_today = |it: &&ShopAppointment| (options.until_ms..options.until_ms + DAY_MS).contains(&it.at_ms);
        for it in year.appointments.iter().filter(is_today) {
            let is_over = matches!(it.state, AppointmentState::Done | AppointmentState::NoShow);
            assert!(it.state == AppointmentState::Cancelled || is_over == (it.at_ms < end), "{it:?}");
        }
        assert!(year.appointments.iter().any(|it| !it.is_seen) && year.appointments.iter().any(|it| it.is_seen));
    }

    #[test]
    fn turns_follow_one_another_and_answers_have_their_latency() {
        let year = ShopYear::generate(&options(1));
        for call in &year.calls {
            let mut ended_ms = 0;
            for (at, turn) in call.turns.iter().enumerate() {
                assert!(ended_ms < turn.started_ms && turn.started_ms < turn.ended_ms, "{call:?}");
                assert_eq!(turn.latency.first_played_ms.is_some(), turn.is_agent && at > 0, "{call:?}");
                ended_ms = turn.ended_ms;
            }
            assert!(ended_ms <= call.duration_ms, "{call:?}");
        }
    }

    #[test]
    fn later_contacts_have_other_numbers() {
        let first = ShopYear::generate(&options(1));
        let more = ShopYear::generate(&ShopYearOptions { existing_contacts: 300, ..options(1) });
        let known: BTreeSet<_> = first.contacts.iter().map(|contact| &contact.number).collect();
        assert!(more.contacts.iter().all(|contact| !known.contains(&contact.number)));
        let sids: BTreeSet<_> = first.calls.iter().map(|call| &call.sid).collect();
        assert!(more.calls.iter().all(|call| !sids.contains(&call.sid)));
    }
}
