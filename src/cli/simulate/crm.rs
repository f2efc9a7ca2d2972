//! `agentlocator simulate crm`: fills the database of a stopped daemon with a year of a shop's contacts, messages, calls
//! and appointments, and with what its users wrote down.

use crate::app;
use crate::cli::output::print;
use crate::cli::settings::Settings;
use crate::clock;
use crate::config::Config;
use crate::control::{self, ControlError};
use crate::crm::lead::NewLead;
use crate::crm::{self, fact, lead, note, saved_reply, seed, tag, task};
use crate::domain::{
    ActorId, AppointmentSource, BusinessId, CallSid, ContactId, EndReason, EngineKind, FactSource, MessageStatus,
    PhoneNumber, Provider, TaskContent, Timestamp,
};
use crate::simulator::shop_year::{
    SERVICES, ShopAppointment, ShopCall, ShopCallOutcome, ShopContact, ShopMessage, ShopOffice, ShopService, ShopTurn,
    ShopYear, ShopYearOptions,
};
use crate::store::{SeedAppointment, SeedCall, SeedContact, SeedMessage, SeedService, SeedTurn, Store, WriteTx};
use anyhow::{Context, bail};
use clap::Args;
use jiff::ToSpan;
use jiff::civil::Date;
use phonenumber::country;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The number of contacts.
    #[arg(long = "people", value_name = "PEOPLE", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    contacts: u32,
    /// The number of WhatsApp messages.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    messages: u32,
    /// The number of calls.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    calls: u32,
    /// The random seed; another seed generates other names and texts.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The generated year ends at the start of this day; by default it ends now.
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<Date>,
    /// Add to a database that has data.
    #[arg(long)]
    add: bool,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load()?;
    Settings::print_default_database(&config);
    match control::query_status(&control::socket_path(&config.store.live_file())) {
        Err(ControlError::NotRunning) => {}
        Ok(_) => bail!("the daemon is running; stop it first"),
        Err(error) => return Err(error).context("cannot find out whether the daemon is running"),
    }
    let (store, applied) = Settings::open_store(&config)?;
    app::report_migrations(&applied);
    let filled = app::runtime()?.block_on(fill(arguments, &config, &store));
    store.close();
    let summary = filled?;
    print(&format!("{summary}\n"))
}

async fn fill(arguments: &Arguments, config: &Config, store: &Store) -> anyhow::Result<String> {
    let began = clock::instant();
    let may_add = arguments.add;
    let known = crm::read(store, move |tx| seed::check_empty(tx, may_add)).await?;
    let (until, until_ms, newest_day_ms) = end_of_year(arguments, config)?;
    let year = ShopYear::generate(&ShopYearOptions {
        contacts: arguments.contacts as usize,
        messages: arguments.messages as usize,
        calls: arguments.calls as usize,
        seed: arguments.seed,
        until_ms,
        newest_day_ms,
        until_weekday: until.weekday(),
        existing_contacts: known.contacts.unsigned_abs(),
    });
    let ShopYear { contacts, messages, calls, appointments, office } = year;
    let (counts, providers) = ((contacts.len(), messages.len(), calls.len()), providers(&contacts));
    let rows = contacts.into_iter().map(contact).collect::<anyhow::Result<Vec<_>>>()?;
    let ids = crm::transact(store, move |tx| seed::add_contacts(tx, &rows)).await?;
    for batch in messages.chunks(BATCH) {
        let rows: Vec<_> = batch.iter().map(|it| message(it, &ids, &providers)).collect::<anyhow::Result<_>>()?;
        crm::transact(store, move |tx| seed::add_messages(tx, &rows)).await?;
    }
    let own_number = own_number(config)?;
    for batch in calls.chunks(BATCH) {
        let rows: Vec<_> = batch.iter().map(|it| call(it, &ids, &own_number)).collect::<anyhow::Result<_>>()?;
        crm::transact(store, move |tx| seed::add_calls(tx, &rows)).await?;
    }
    if let Some(first) = ids.first().copied() {
        let booked: Vec<_> = appointments.iter().map(|it| appointment(it, &ids)).collect();
        let zone = config.business.time_zone.iana_name().unwrap_or("UTC").to_owned();
        let recent = Timestamp::from_millis(until_ms - RECENT_MS);
        crm::transact(store, move |tx| {
            seed::add_appointments(tx, &SERVICES.map(service), &booked, &zone)?;
            add_office(tx, &office, &ids, until)?;
            seed::finish(tx, first, recent)
        })
        .await?;
    }
    let (contacts, messages, calls) = counts;
    let took_s = clock::instant().duration_since(began).as_secs_f64();
    Ok(format!("Added {contacts} contacts, {messages} messages and {calls} calls in {took_s:.1} s."))
}

/// The newest day, the midnight at its start in the business's time zone, in Unix milliseconds, and the part of it that
/// has passed, in milliseconds.
fn end_of_year(arguments: &Arguments, config: &Config) -> anyhow::Result<(Date, i64, i64)> {
    let zone = config.business.time_zone.clone();
    let now = clock::now();
    let day = arguments.until.unwrap_or_else(|| now.to_zoned(&zone).date());
    let until_ms = day.to_zoned(zone)?.timestamp().as_millisecond();
    let newest_day_ms = if arguments.until.is_some() { 0 } else { now.as_millis() - until_ms };
    Ok((day, until_ms, newest_day_ms))
}

fn providers(contacts: &[ShopContact]) -> Vec<Provider> {
    let provider = |contact: &ShopContact| if contact.by_twilio { Provider::Twilio } else { Provider::Baileys };
    contacts.iter().map(provider).collect()
}

fn own_number(config: &Config) -> anyhow::Result<PhoneNumber> {
    match &config.twilio.phone_number {
        Some(number) => Ok(number.clone()),
        None => Ok(PhoneNumber::parse(OWN_NUMBER, country::IL)?),
    }
}

fn contact(it: ShopContact) -> anyhow::Result<SeedContact> {
    Ok(SeedContact {
        provider: if it.by_twilio { Provider::Twilio } else { Provider::Baileys },
        number: PhoneNumber::parse(&it.number, country::IL)?,
        name: it.name,
        language: it.language,
        created_at: Timestamp::from_millis(it.created_ms),
    })
}

fn message(it: &ShopMessage, ids: &[ContactId], providers: &[Provider]) -> anyhow::Result<SeedMessage> {
    Ok(SeedMessage {
        contact: ids[it.contact],
        is_out: it.is_out,
        author: it.is_out.then_some(if it.by_agent { "agent" } else { "phone" }),
        text: it.text.clone(),
        provider: providers[it.contact],
        provider_id: it.provider_id.clone(),
        status: it.status.parse::<MessageStatus>()?,
        at: Timestamp::from_millis(it.at_ms),
    })
}

fn call(it: &ShopCall, ids: &[ContactId], own_number: &PhoneNumber) -> anyhow::Result<SeedCall> {
    let (engine, end_reason) = match it.outcome {
        ShopCallOutcome::Answered => (Some(EngineKind::Realtime), EndReason::CallerHungUp),
        ShopCallOutcome::Transferred => (Some(EngineKind::Realtime), EndReason::Transferred),
        ShopCallOutcome::Message => (Some(EngineKind::Voicemail), EndReason::MessageTaken),
        ShopCallOutcome::Missed => (None, EndReason::NotConnected),
    };
    let is_message = it.outcome == ShopCallOutcome::Message;
    let turn = |turn: &ShopTurn| SeedTurn {
        is_agent: turn.is_agent,
        text: turn.text.clone(),
        started_ms: turn.started_ms,
        ended_ms: turn.ended_ms,
        latency: turn.latency,
    };
    Ok(SeedCall {
        contact: ids[it.contact],
        sid: it.sid.parse::<CallSid>()?,
        own_number: own_number.clone(),
        engine,
        end_reason,
        is_missed: it.outcome == ShopCallOutcome::Missed,
        message_text: it.turns.first().filter(|_| is_message).map(|turn| turn.text.clone()),
        summary: Some(it.summary.clone()).filter(|summary| !summary.is_empty()),
        started_at: Timestamp::from_millis(it.at_ms),
        duration_ms: it.duration_ms,
        turns: it.turns.iter().map(turn).collect(),
    })
}

/// Adds what the users wrote down. Facts, replies and tags are added once; `until` is the end of the year.
fn add_office(tx: &WriteTx<'_>, office: &ShopOffice, ids: &[ContactId], until: Date) -> Result<(), crm::Error> {
    let end = clock::now();
    let known = tx.tags(BusinessId::FIRST)?;
    for (name, contacts) in &office.tags {
        let existing = known.iter().find(|tag| tag.name == *name).map(|tag| tag.id);
        let tag = existing.map_or_else(|| tag::create(tx, name, end), Ok)?;
        let contacts: Vec<_> = contacts.iter().map(|contact| ids[*contact]).collect();
        for some in contacts.chunks(tag::MAX_CONTACTS) {
            tag::change_contacts(tx, some, &[tag], &[], end)?;
        }
    }
    if tx.facts(BusinessId::FIRST, None, 1)?.0.is_empty() {
        for (topic, text) in &office.facts {
            fact::add(tx, BusinessId::FIRST, USER, (topic, text), FactSource::User, end)?;
        }
    }
    if tx.saved_replies(BusinessId::FIRST)?.is_empty() {
        for (shortcut, text) in &office.replies {
            saved_reply::create(tx, shortcut, text, end)?;
        }
    }
    for it in &office.notes {
        note::create(tx, USER, ids[it.contact], &it.text, Timestamp::from_millis(it.at_ms))?;
    }
    for it in &office.tasks {
        let actor = if it.by_agent { ActorId::Agent } else { USER };
        let due_date = until.checked_add(it.due_in_days.days()).unwrap_or(until).to_string();
        let content = TaskContent {
            title: it.title.clone(),
            contact_id: Some(ids[it.contact]),
            thread_id: None,
            call_id: None,
            due_at: None,
            due_date: Some(due_date),
            assignee: None,
        };
        let task = task::create(tx, actor, content, None, Timestamp::from_millis(it.at_ms))?;
        if let Some(done_ms) = it.done_ms {
            task::complete(tx, USER, task.id, Timestamp::from_millis(done_ms))?;
        }
    }
    let stages = tx.lead_stages(BusinessId::FIRST)?;
    for it in &office.leads {
        let new = NewLead {
            contact: ids[it.contact],
            title: it.title.to_owned(),
            stage: stages.get(it.stage % stages.len().max(1)).map(|stage| stage.id),
            value_minor: Some(it.value_minor),
            source: String::new(),
        };
        lead::create(tx, USER, new, Timestamp::from_millis(it.at_ms))?;
    }
    Ok(())
}

fn service(it: ShopService) -> SeedService {
    SeedService { name: it.name, minutes: it.minutes, price_minor: it.price_minor }
}

fn appointment(it: &ShopAppointment, ids: &[ContactId]) -> SeedAppointment {
    SeedAppointment {
        contact: ids[it.contact],
        service: it.service,
        state: it.state,
        source: if it.by_agent { AppointmentSource::Agent } else { AppointmentSource::User },
        is_seen: it.is_seen,
        starts_at: Timestamp::from_millis(it.at_ms),
        booked_at: Timestamp::from_millis(it.booked_ms),
    }
}

/// The author of what the users wrote down.
const USER: ActorId = ActorId::CommandLine;

/// Period before the end of the simulated year, in milliseconds. Only threads with a message or call in this period can
/// wait for an answer.
const RECENT_MS: i64 = 3 * 86_400_000;

/// Number of rows inserted in one transaction.
const BATCH: usize = 5_000;

/// The business's phone number if the settings contain none.
const OWN_NUMBER: &str = "+97231234567";
