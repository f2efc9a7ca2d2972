use super::*;
use crate::alerting::AlertThresholds;
use crate::config::{Config, Reloadable, StoreConfig};
use crate::crm::outbox::SendRequest;
use crate::domain::{ActorId, PeerAddress};
use crate::inbox::send_rate::SendRate;
use crate::runtime::ActiveSettings;

async fn dispatcher() -> (tempfile::TempDir, Dispatcher) {
    let folder = tempfile::tempdir().unwrap();
    let database_url = Some(folder.path().join("a.db").display().to_string());
    let (store, _) = Store::open(&StoreConfig { database_url, ..StoreConfig::default() }).unwrap();
    let mut config = Config::default();
    config.whatsapp.provider = crate::config::ProviderChoice::Baileys;
    let client = crate::providers::http_client::build().unwrap();
    let settings = Reloadable::new(ActiveSettings::build(Arc::new(config), None, &client).unwrap());
    let soon = Duration::ZERO;
    let thresholds = AlertThresholds { bridge_down: soon, replication: soon, settle: soon, repeat: soon };
    let alerts = Alerts::load(store.clone(), thresholds).await;
    let rules = RoutingRules { only: None, priority: vec![Provider::Baileys], template: false };
    let queue = move |tx: &store::WriteTx<'_>| {
        let (to, now) = (PeerAddress::from_stored("+972501234567").unwrap(), clock::now());
        let request = SendRequest::text(to, "hi".to_owned(), ActorId::Agent.to_string(), now);
        Ok(crate::crm::outbox::send(tx, &request, &rules, &[], now).unwrap())
    };
    store.write(queue).await.unwrap();
    let health = ProviderHealth::new(settings.clone(), store.clone());
    let shared =
        Arc::new(Shared { store, settings, health, wake: Notify::new(), look_at_bridge: Notify::new(), alerts });
    (folder, Dispatcher::new(shared).await)
}

#[tokio::test]
async fn an_attempt_that_panics_is_verified_a_minute_later() {
    let (_folder, mut dispatcher) = dispatcher().await;
    let store = dispatcher.shared.store.clone();
    let now = clock::now();
    let entry = store.read(move |tx| tx.due_outbox(now, 9)).await.unwrap().remove(0);
    let running = Running { id: entry.id, message: entry.message, slot: None };
    let route = Route { provider: Provider::Baileys, template: false };
    assert!(store.write(move |tx| outbox::begin(tx, &entry, route, now)).await.unwrap());
    dispatcher.in_flight.insert(running.id);
    let task = dispatcher.running.spawn(async { panic!("a bug") });
    dispatcher.attempts.insert(task.id(), running);

    dispatcher.ended().await;
    dispatcher.start_due().await;
    assert!(dispatcher.in_flight.is_empty(), "it does not block its contact");
    let later = now.plus(AFTER_PANIC + Duration::from_secs(10));
    let due = store.read(move |tx| Ok((tx.due_outbox(clock::now(), 9)?, tx.due_outbox(later, 9)?))).await.unwrap();
    assert_eq!((due.0.len(), due.1.len()), (0, 1));
    assert!(due.1[0].unconfirmed, "it may have been sent");
}

#[tokio::test]
async fn a_first_message_is_not_postponed_if_the_bridge_only_replaces_twilio() {
    let (_folder, mut dispatcher) = dispatcher().await;
    let store = dispatcher.shared.store.clone();
    let now = clock::now();
    let due = async || store.read(move |tx| tx.due_outbox(now, 9)).await.unwrap();
    let entry = due().await.remove(0);
    // The bridge has started its only new conversation of the day.
    dispatcher.pacer = SendPacer::new(Some(SendRate { per_minute: 60, new_chats_per_day: 1 }), [], [now]);
    let both = RoutingRules { only: None, priority: vec![Provider::Baileys, Provider::Twilio], template: true };
    let waits = dispatcher.admit(&entry, &both, &[Provider::Twilio], now).await.unwrap();
    assert!(matches!(waits, Admission::Wait(until) if until.since(now) <= IDLE));
    assert_eq!(due().await.len(), 1);

    let bridge_alone = RoutingRules { priority: vec![Provider::Baileys], ..both };
    let postponed = dispatcher.admit(&entry, &bridge_alone, &[], now).await.unwrap();
    assert!(matches!(postponed, Admission::Wait(until) if until.since(now) > POSTPONE_AFTER));
    assert_eq!(due().await.len(), 0);
}
