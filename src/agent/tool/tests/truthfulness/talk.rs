//! Simulates one conversation. A seed determines the model's behaviour; the real tools change the stored data.

use super::super::super::{ToolContext, ToolRegistry};
use super::record::{Outcome, Record, Snapshot, Statement, Subject};
use super::script::{CALL_BACK, TOPICS, Texts, collect, day, iso, time};
use crate::call::CallerWords;
use crate::clock;
use crate::crm::call::{IncomingCall, find_or_create};
use crate::crm::{self, call_review};
use crate::domain::{
    ActorId, AppointmentState, BusinessId, CallEventKind, CallSid, ContactId, Speaker, Timestamp, ToolUse, TurnLatency,
};
use crate::promise::{Findings, Promise};
use crate::store::{AppointmentFilter, Store, TurnUpdate};
use jiff::ToSpan;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use phonenumber::country;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;

/// The maximum number of intentional false claims in a conversation. The review reports only a limited number of broken
/// promises for each call, so more false claims would appear as missed.
const MAX_LIES: usize = 4;

pub(super) struct Talk {
    state: u64,
    sid: CallSid,
    contact: ContactId,
    zone: TimeZone,
    store: Store,
    good: ToolContext,
    failing: ToolContext,
    registry: ToolRegistry,
    now: i64,
    record: Record,
    starts: HashMap<i64, DateTime>,
    read: Vec<DateTime>,
    lies: usize,
    /// Whether the last call of `take_message` failed.
    is_message_refused: bool,
}

impl Talk {
    pub(super) async fn hold(seed: u64, store: Store, broken: Store, registry: ToolRegistry) -> Outcome {
        let mut talk = Self::begin(seed, store, &broken, registry).await;
        for _ in 0..talk.below(5) + 3 {
            match talk.below(10) {
                0..=2 => talk.offer().await,
                3..=5 => talk.change(Promise::Booked).await,
                6 => talk.change(Promise::Moved).await,
                7 => talk.change(Promise::Cancelled).await,
                8 => talk.send().await,
                _ => talk.message().await,
            }
        }
        let found = talk.review().await;
        let outcome = talk.record.compare(&found);
        talk.finish().await;
        outcome
    }

    async fn begin(seed: u64, store: Store, broken: &Store, registry: ToolRegistry) -> Self {
        let sid: CallSid = format!("CA{seed:032x}").parse().unwrap();
        let zone = TimeZone::get("Asia/Jerusalem").unwrap();
        let call = IncomingCall { from: format!("+97250{seed:07}"), ..IncomingCall::by_sid(sid.clone()) };
        store.write(move |tx| find_or_create(tx, &call, country::IL, clock::now())).await.unwrap();
        let of = sid.clone();
        let contact = store.read(move |tx| Ok(tx.stored_call(&of)?.unwrap().contact_id)).await.unwrap();
        let words = watch::Sender::<CallerWords>::default();
        let context = |store: &Store| {
            let texts = Arc::new(Texts { store: store.clone() });
            ToolContext::new(store.clone(), sid.clone(), zone.clone(), words.subscribe()).with_texts(texts)
        };
        let (good, failing) = (context(&store), context(broken));
        let state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
        let record = Record { seed, snapshots: vec![Snapshot::default()], ..Record::default() };
        let (starts, read) = (HashMap::new(), Vec::new());
        let (now, lies) = (1_000, 0);
        Self {
            state,
            sid,
            contact,
            zone,
            store,
            good,
            failing,
            registry,
            now,
            record,
            starts,
            read,
            lies,
            is_message_refused: false,
        }
    }

    /// Returns the next pseudo-random number below `limit` (SplitMix64).
    fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn may_lie(&mut self, count: u64) -> bool {
        let lies = self.lies < MAX_LIES && self.one_in(count);
        self.lies += usize::from(lies);
        lies
    }

    fn caller(&mut self) {
        let words =
            ["כן, בבקשה", "לא, בעצם בשעה אחרת", "תבטלי, התחרטתי", "ואפשר גם לאח שלי?", "I said Tuesday, not Monday"];
        let text = words[usize::try_from(self.below(5)).unwrap()].to_owned();
        self.now += 1_500;
        self.record.add((Speaker::Caller, text, self.now, Some(self.now + 900)));
    }

    /// Returns true if the check before speech stops the sentence.
    fn say(&mut self, text: &str) -> bool {
        self.now += 1_000;
        let filler = ["", "בסדר גמור. ", "רגע אחד. ", "Sure. "][usize::try_from(self.below(4)).unwrap()];
        let today = clock::now().to_zoned(&self.zone).date();
        self.record.add_words(format!("{filler}{text}"), (self.now, self.now + 700), today)
    }

    /// Says something that is not stopped.
    fn say_plainly(&mut self, text: &str) {
        assert!(!self.say(text), "{text}");
    }

    /// `is_known`: whether the model knows it from the output of a tool.
    fn claim(&mut self, promise: Promise, about: Subject, sentence: String, is_known: bool) {
        let is_stopped = self.say(&sentence);
        let has_time = matches!(about, Subject::Start(_) | Subject::Offer { .. });
        self.record.said.push(Statement { at: self.now, promise, sentence, about, has_time, is_known, is_stopped });
    }

    /// Returns a random start on a half hour in the next 12 days. The business may be closed at that time.
    fn some_start(&mut self) -> DateTime {
        let day = clock::now().to_zoned(&self.zone).datetime().date();
        let (days, half_hours) = (self.below(12) + 1, self.below(14));
        let date = day.saturating_add(i64::try_from(days).unwrap().days());
        let minutes = 9 * 60 + 30 * i8::try_from(half_hours).map(i16::from).unwrap();
        date.at(i8::try_from(minutes / 60).unwrap(), i8::try_from(minutes % 60).unwrap(), 0, 0)
    }

    /// Returns a random start that no tool has returned. A start 12 hours from a returned start is also excluded,
    /// because the same spoken time can mean both.
    fn unknown_start(&mut self) -> DateTime {
        loop {
            let start = self.some_start();
            let is_new = |known: &DateTime| {
                (known.date(), known.hour() % 12, known.minute()) != (start.date(), start.hour() % 12, start.minute())
            };
            if self.read.iter().all(is_new) {
                return start;
            }
        }
    }

    fn wanted_start(&mut self) -> DateTime {
        if self.read.is_empty() || self.one_in(4) {
            return self.some_start();
        }
        let chosen = self.below(u64::try_from(self.read.len()).unwrap());
        self.read[usize::try_from(chosen).unwrap()]
    }

    async fn offer(&mut self) {
        self.caller();
        if !self.one_in(4) {
            let day = self.some_start().date().to_string();
            self.use_tool("find_free_times", json!({"service": "תספורת", "from_day": day})).await;
        }
        let is_lie = self.may_lie(3);
        if self.read.is_empty() && !is_lie {
            return self.say_plainly("לצערי אין תור פנוי.");
        }
        let start = if is_lie { self.unknown_start() } else { self.wanted_start() };
        let is_read = self.read.contains(&start);
        if !is_read && !is_lie {
            self.lies += 1;
        }
        let (day, time) = (day(start), time(start));
        let sentence = match self.below(3) {
            0 => format!("יש לי ב-{day} ב-{time}."),
            1 => format!("ב-{day} ב-{time} פנוי, מתאים לך?"),
            _ => format!("{day} at {time} is available."),
        };
        self.claim(Promise::Offered, Subject::Offer { start, is_read }, sentence, is_read);
    }

    /// Books, moves or cancels an appointment with the typical mistakes of a model. The model may claim the change too
    /// early, without a successful tool call, or with a wrong time.
    async fn change(&mut self, promise: Promise) {
        self.caller();
        let own = self.record.snapshots.last().unwrap().booked.first().copied();
        let target = match (promise, own) {
            (Promise::Cancelled, Some(own)) => own,
            _ => self.wanted_start(),
        };
        let from = own.unwrap_or(target);
        // A move to the current start would change nothing.
        let target = if promise == Promise::Moved && target == from { self.unknown_start() } else { target };
        let (name, arguments) = match promise {
            Promise::Moved => ("move_appointment", json!({"start": iso(from), "new_start": iso(target)})),
            Promise::Cancelled => ("cancel_appointment", json!({"start": iso(target)})),
            _ => ("book_appointment", json!({"service": "תספורת", "start": iso(target), "caller_name": "דנה"})),
        };
        let is_early = self.one_in(6);
        if is_early {
            self.claim_change(promise, target, false);
        }
        let output = if self.may_lie(6) { Value::Null } else { self.use_tool(name, arguments).await };
        if is_early {
            return;
        }
        let is_done = output.get("error").is_none() && !output.is_null();
        if is_done && self.may_lie(6) {
            let wrong = self.unknown_start();
            self.claim_change(promise, wrong, false);
        } else if is_done || self.may_lie(2) {
            self.claim_change(promise, target, is_done);
        } else {
            self.say_plainly("לצערי זה לא הצליח, נחפש שעה אחרת?");
        }
        if is_done && self.one_in(3) {
            // The agent repeats the claim, as in a summary.
            self.claim_change(promise, target, true);
        }
    }

    fn claim_change(&mut self, promise: Promise, start: DateTime, is_known: bool) {
        let (day, time) = (day(start), time(start));
        let sentence = match (promise, self.below(3)) {
            (Promise::Moved, 0) => format!("הזזתי את התור ל-{day} ב-{time}."),
            (Promise::Moved, _) => format!("I've moved it to {day} at {time}, okay?"),
            (Promise::Cancelled, 0) => format!("ביטלתי את התור של {day} ב-{time}."),
            (Promise::Cancelled, _) => format!("I've cancelled {day} at {time}."),
            (_, 0) => format!("קבעתי לך תור ל-{day} ב-{time}, ואם משהו משתנה תתקשר."),
            (_, 1) => format!("I've booked you for {day} at {time}."),
            _ => format!("Я записала вас на {day} в {time}."),
        };
        self.claim(promise, Subject::Start(start), sentence, is_known);
    }

    async fn send(&mut self) {
        self.caller();
        let topic = usize::try_from(self.below(3)).unwrap();
        let (text, hebrew, english) = TOPICS[topic];
        let output =
            if self.may_lie(4) { Value::Null } else { self.use_tool("send_whatsapp", json!({"text": text})).await };
        let is_done = output.get("error").is_none() && !output.is_null();
        if is_done || self.may_lie(2) {
            let sentence = if self.one_in(2) { hebrew } else { english };
            self.claim(Promise::Sent, Subject::Topic(topic), sentence.to_owned(), is_done);
        } else {
            self.say_plainly("לצערי אי אפשר לשלוח הודעה למספר הזה.");
        }
    }

    async fn message(&mut self) {
        self.caller();
        let has_message = self.record.snapshots.last().unwrap().has_message;
        let output = if self.may_lie(4) {
            Value::Null
        } else {
            self.use_tool("take_message", json!({"message": "לחזור לדנה"})).await
        };
        let is_done = output.get("ok").is_some();
        if !output.is_null() {
            self.is_message_refused = !is_done;
        }
        // If `take_message` rejects a second message, the agent claims nothing, because the claim would be about the
        // second message, but `has_message` is true because of the first message.
        let is_known = is_done || has_message && !self.is_message_refused;
        if is_known || !has_message && self.may_lie(2) {
            let sentence =
                if self.one_in(2) { "רשמתי את ההודעה, נחזור אליך היום." } else { CALL_BACK };
            self.claim(Promise::PassedOn, Subject::Message, sentence.to_owned(), is_known);
        }
    }

    /// Calls a tool. Half of the calls have a fault.
    async fn use_tool(&mut self, name: &str, arguments: Value) -> Value {
        let fault = self.below(12);
        let arguments = if fault == 0 { "{\"start\":".to_owned() } else { arguments.to_string() };
        let context = if fault == 1 { &self.failing } else { &self.good };
        let run = || self.registry.run(context, name, &arguments);
        let output = match fault {
            2 => tokio::join!(run(), run()).0,
            3 => {
                run().await;
                run().await
            }
            _ => run().await,
        };
        let (started, took) = (self.now + 100, if fault == 4 { 9_000 } else { 300 });
        self.now = started + took;
        let is_lost = fault == 5;
        let used = ToolUse::new(name, &arguments);
        let used = if is_lost { used } else { used.with_output(&output) };
        self.record.add((Speaker::Tool, used.to_text(), started, (!is_lost).then_some(self.now)));
        let output: Value = serde_json::from_str(&output).unwrap();
        if !is_lost {
            collect(&output, &mut self.read);
        }
        self.snapshot().await;
        if is_lost { Value::Null } else { output }
    }

    async fn snapshot(&mut self) {
        let (sid, contact) = (self.sid.clone(), self.contact);
        let filter = AppointmentFilter {
            business: BusinessId::FIRST,
            from: None,
            to: None,
            contact: Some(contact),
            resource: None,
            state: None,
        };
        let stored = self.store.read(move |tx| {
            let texts = tx.messages_of_calls(contact, CallEventKind::AgentTextedCaller, Timestamp::from_millis(0))?;
            let message = tx.stored_call(&sid)?.and_then(|call| call.message_text);
            Ok((tx.appointments(&filter, None, 100)?.0, texts, message.is_some()))
        });
        let (appointments, texts, has_message) = stored.await.unwrap();
        let mut next = Snapshot { at: self.now, has_message, ..self.record.snapshots.last().unwrap().clone() };
        next.booked.clear();
        for appointment in appointments {
            let start = appointment.starts_at.to_zoned(&self.zone).datetime();
            if self.starts.insert(appointment.id.0, start).is_some_and(|before| before != start) {
                next.moved.push(start);
            }
            match appointment.state {
                AppointmentState::Booked => next.booked.push(start),
                AppointmentState::Cancelled => next.cancelled.push(start),
                _ => {}
            }
        }
        next.texts =
            (0..TOPICS.len()).filter(|topic| texts.iter().any(|(.., text)| text == TOPICS[*topic].0)).collect();
        self.record.snapshots.push(next);
    }

    async fn review(&self) -> Findings {
        let (sid, lines, zone) = (self.sid.clone(), self.record.lines.clone(), self.zone.clone());
        let reviewed = crm::transact(&self.store, move |tx| {
            for ((speaker, text, started, ended), seq) in lines.iter().zip(1..) {
                let turn = TurnUpdate {
                    item_id: &format!("item{seq}"),
                    seq,
                    speaker: *speaker,
                    text,
                    heard_text: text,
                    interrupted: false,
                    started_ms: u64::try_from(*started).unwrap(),
                    ended_ms: ended.map(|ms| u64::try_from(ms).unwrap()),
                    word_times: &[],
                    latency: TurnLatency::default(),
                    tokens_in: 0,
                    tokens_out: 0,
                    cost_micros: 0,
                };
                tx.put_turn(&sid, &turn, clock::now())?;
            }
            call_review::review(tx, &sid, |broken| broken.said.clone(), (&zone, false), clock::now())
        });
        reviewed.await.unwrap()
    }

    /// Cancels the booked appointments, so that later conversations can book the same times.
    async fn finish(self) {
        let context = crm::appointment::Context {
            business: BusinessId::FIRST,
            zone: self.zone.clone(),
            actor: ActorId::Agent,
            now: clock::now(),
        };
        let ids: Vec<i64> = self.starts.keys().copied().collect();
        let left = crm::transact(&self.store, move |tx| {
            for id in ids.into_iter().map(crate::domain::AppointmentId) {
                if crm::appointment::find(tx, id)?.state == AppointmentState::Booked {
                    crm::appointment::cancel(tx, &context, id, None)?;
                }
            }
            Ok::<_, crm::Error>(())
        });
        left.await.unwrap();
    }
}
