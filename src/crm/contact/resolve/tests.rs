use super::*;
use crate::domain::{Direction, InboxFilter, MediaKind, MessageStatus, Provider, ThreadId};
use crate::store::NewMessage;
use crate::store::testing::{database, transact, try_out};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const US: BusinessId = BusinessId::FIRST;
const WHATSAPP: ThreadType = ThreadType::WhatsApp;

fn phone(text: &str) -> PeerAddress {
    PeerAddress::parse(text, phonenumber::country::IL).unwrap()
}

fn lid(digits: &str) -> PeerAddress {
    PeerAddress::Lid(digits.to_owned())
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + ms)
}

fn see(tx: &WriteTx<'_>, channel: ThreadType, addresses: &[PeerAddress], name: &str, at: Timestamp) -> FoundThread {
    observe(tx, &Sighting { business: US, channel, addresses, name, seen_at: Some(at), begins_at: at }).unwrap()
}

fn receive(tx: &WriteTx<'_>, peer: &[PeerAddress], name: &str, id: &str, ms: i64) -> (FoundThread, bool) {
    let thread = see(tx, WHATSAPP, peer, name, at(ms));
    let new = tx
        .insert_message(&NewMessage {
            thread: thread.id,
            direction: Direction::In,
            kind: MediaKind::Text,
            text: id,
            media_url: None,
            provider: Provider::Baileys,
            provider_msg_id: Some(id),
            status: MessageStatus::Received,
            author: None,
            quoted: None,
            extra: None,
            created_at: at(ms),
            provider_time: None,
        })
        .unwrap();
    if new.is_some() {
        tx.record_inbound(thread.id, Provider::Baileys, at(ms), at(ms), false, at(ms)).unwrap();
    }
    (thread, new.is_some())
}

fn texts(tx: &WriteTx<'_>, thread: ThreadId) -> Vec<String> {
    tx.messages(thread, None, 100).unwrap().0.into_iter().map(|message| message.message.content_text).collect()
}

#[test]
fn one_person_has_one_thread_of_each_kind() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let (first, _) = receive(tx, &[phone("+972501234567")], "Dana", "1", 0);
        let (again, _) = receive(tx, &[phone("050-1234567")], "Dana", "2", 1);
        assert_eq!(again.id, first.id);
        let call = see(tx, ThreadType::Call, &[phone("+972501234567")], "", at(2));
        assert_eq!(call.contact, first.contact);
        assert_ne!(call.id, first.id);
        let thread = tx.thread(first.id)?.unwrap();
        assert_eq!((thread.title.as_str(), thread.peer_number.as_str()), ("Dana", "+972501234567"));
        assert_eq!(tx.thread(call.id)?.unwrap().title, "Dana");
        Ok(())
    });
}

#[test]
fn a_profile_s_new_name_is_taken_over() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let (thread, _) = receive(tx, &[phone("+972501234567")], "", "1", 0);
        assert_eq!(tx.thread(thread.id)?.unwrap().title, "+972501234567");
        receive(tx, &[phone("+972501234567")], "Dana", "2", 1);
        receive(tx, &[phone("+972501234567")], "", "3", 2);
        assert_eq!(tx.thread(thread.id)?.unwrap().title, "Dana");
        assert_eq!(tx.contact(thread.contact)?.unwrap().display_name, "Dana");
        Ok(())
    });
}

#[test]
fn a_hidden_id_that_gets_a_number_is_shown_as_the_number() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let (hidden, _) = receive(tx, &[lid("111111111")], "", "1", 0);
        assert_eq!(tx.thread(hidden.id)?.unwrap().peer_number, "111111111@lid");
        let (shown, _) = receive(tx, &[phone("+972501234567"), lid("111111111")], "", "2", 1);
        assert_eq!(shown.id, hidden.id);
        let thread = tx.thread(hidden.id)?.unwrap();
        assert_eq!((thread.peer_number.as_str(), thread.title.as_str()), ("+972501234567", "+972501234567"));
        assert_eq!(receive(tx, &[phone("+972501234567")], "", "3", 2).0.id, hidden.id);
        Ok(())
    });
}

fn peer_number(tx: &WriteTx<'_>, thread: &FoundThread) -> String {
    tx.thread(thread.id).unwrap().unwrap().peer_number
}

fn suggested(tx: &WriteTx<'_>) -> Vec<[ContactId; 2]> {
    let (suggestions, _) = tx.merge_suggestions(US, None, 100).unwrap();
    suggestions.iter().map(|suggestion| [suggestion.contact.id, suggestion.other_contact.id]).collect()
}

#[test]
fn contacts_with_histories_are_merged_by_a_user_alone_and_a_merge_can_be_undone() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let number = phone("+972501234567");
        let (known, _) = receive(tx, std::slice::from_ref(&number), "", "a", 0);
        let (hidden, _) = receive(tx, &[lid("222222222")], "Dana", "b", 1);
        receive(tx, std::slice::from_ref(&number), "", "c", 2);
        // The same message also arrived with the other address of the contact.
        receive(tx, &[lid("222222222")], "Dana", "c", 2);
        assert_ne!(known.contact, hidden.contact);

        let (one, new) = receive(tx, &[number.clone(), lid("222222222")], "", "b", 3);
        assert_eq!((one.contact, new), (hidden.contact, false), "the id decides");
        assert_eq!(suggested(tx), [[known.contact, hidden.contact]]);
        assert_eq!((peer_number(tx, &known).as_str(), peer_number(tx, &hidden).as_str()), ("", "+972501234567"));
        assert_eq!(tx.thread(known.id)?.unwrap().title, "+972501234567", "what has no address keeps its title");

        let user = crate::domain::ActorId::CommandLine;
        let (suggestions, _) = tx.merge_suggestions(US, None, 10)?;
        let merge = crate::crm::contact::confirm_suggestion(tx, user, suggestions[0].id, at(4)).unwrap();
        assert_eq!(suggested(tx), [[ContactId(0); 2]; 0]);
        assert_eq!(texts(tx, known.id), ["a", "b", "c"]);
        let thread = tx.thread(known.id)?.unwrap();
        assert_eq!((thread.title.as_str(), thread.unread_count), ("Dana", 4));
        assert_eq!(thread.peer_number, "+972501234567");
        let (listed, next) = tx.threads(
            &crate::store::ThreadFilter {
                business: US,
                kind: None,
                state: InboxFilter::All,
                reader: user,
                words: None,
                due: crate::store::DeliveryPeriod::at(at(4)),
            },
            None,
            10,
        )?;
        assert_eq!((listed.len(), next), (1, None));
        assert_eq!(tx.kept_contact(hidden.contact)?, known.contact);
        assert_eq!(receive(tx, &[number.clone(), lid("222222222")], "", "d", 5).0.id, known.id);

        tx.undo_merge(merge, at(9))?;
        assert_eq!(texts(tx, known.id), ["a", "c", "d"]);
        assert_eq!(texts(tx, hidden.id), ["b", "c"]);
        assert_eq!(find(tx, US, &lid("222222222"))?, Some(hidden.contact));
        assert_eq!(find(tx, US, &number)?, Some(hidden.contact));
        assert_eq!((peer_number(tx, &known).as_str(), peer_number(tx, &hidden).as_str()), ("", "+972501234567"));
        assert_eq!(tx.contact(known.contact)?.unwrap().display_name, "");
        assert!(tx.undo_merge(merge, at(9)).is_err(), "it is undone once");
        assert_eq!(suggested(tx), [[ContactId(0); 2]; 0], "it is suggested once");
        Ok(())
    });
}

#[test]
fn a_new_number_of_a_known_id_is_taken_and_the_old_one_has_no_contact() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let (old, new, id) = (phone("+972501111111"), phone("+972502222222"), lid("111111111"));
        let (dana, _) = receive(tx, &[old.clone(), id.clone()], "", "1", 0);
        let call = see(tx, ThreadType::Call, std::slice::from_ref(&old), "", at(1));
        let (again, _) = receive(tx, &[new.clone(), id.clone()], "", "2", 2);
        assert_eq!((again.id, peer_number(tx, &dana)), (dana.id, "+972502222222".to_owned()));
        assert_eq!(peer_number(tx, &call), "+972502222222");
        assert_eq!((find(tx, US, &old)?, find_recipient(tx, US, &old)?), (None, Some(dana.contact)));
        // A message that was written earlier does not change the contact's number.
        receive(tx, &[old.clone(), id], "", "0", 1);
        assert_eq!(peer_number(tx, &dana), "+972502222222");
        assert_eq!(suggested(tx).len(), 0);

        let (new_contact, _) = receive(tx, std::slice::from_ref(&old), "", "3", 3);
        assert_ne!(new_contact.contact, dana.contact);
        assert_eq!(suggested(tx), [[dana.contact, new_contact.contact]]);
        assert_eq!(peer_number(tx, &new_contact), "+972501111111");
        Ok(())
    });
}

#[test]
fn a_number_that_changed_hands_merges_no_contacts() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let (one, other) = (phone("+972501111111"), phone("+972502222222"));
        let (anna, _) = receive(tx, &[one.clone(), lid("111111111")], "", "1", 0);
        let (boris, _) = receive(tx, &[other.clone(), lid("222222222")], "", "2", 1);
        let (again, _) = receive(tx, &[one.clone(), lid("222222222")], "", "3", 2);
        assert_eq!(again.contact, boris.contact);
        assert_eq!(
            (peer_number(tx, &anna).as_str(), peer_number(tx, &boris).as_str()),
            ("111111111@lid", "+972501111111")
        );
        let (new, _) = receive(tx, &[other, lid("333333333")], "", "4", 3);
        assert!(![anna.contact, boris.contact].contains(&new.contact));
        assert_eq!(suggested(tx), [[boris.contact, new.contact], [anna.contact, boris.contact]]);
        Ok(())
    });
}

#[test]
fn two_known_numbers_in_one_message_are_a_suggestion() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let (one, other) = (phone("+972501111111"), phone("+972502222222"));
        let (anna, _) = receive(tx, std::slice::from_ref(&one), "", "1", 0);
        let (boris, _) = receive(tx, std::slice::from_ref(&other), "", "2", 1);
        let (again, _) = receive(tx, &[one, other], "", "3", 2);
        assert_eq!(again.contact, anna.contact);
        assert_eq!(suggested(tx), [[anna.contact, boris.contact]]);
        assert_eq!(
            (peer_number(tx, &anna).as_str(), peer_number(tx, &boris).as_str()),
            ("+972501111111", "+972502222222")
        );
        Ok(())
    });
}

#[test]
fn a_message_that_waits_goes_to_the_new_number() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let (old, new, id) = (phone("+972501111111"), phone("+972502222222"), lid("111111111"));
        let (dana, _) = receive(tx, &[old.clone(), id.clone()], "", "1", 0);
        let message = tx.insert_message(&NewMessage {
            thread: dana.id,
            direction: Direction::Out,
            kind: MediaKind::Text,
            text: "",
            media_url: None,
            provider: Provider::Baileys,
            provider_msg_id: None,
            status: MessageStatus::Queued,
            author: None,
            quoted: None,
            extra: None,
            created_at: at(1),
            provider_time: None,
        })?;
        let new_entry = crate::store::NewOutbox {
            message: message.unwrap(),
            contact: dana.contact,
            recipient: &old,
            send_key: "k",
            named: None,
            provider: Provider::Baileys,
            template: false,
            confirms_opt_out: false,
        };
        tx.insert_outbox(&new_entry, at(1))?;
        receive(tx, &[new.clone(), id], "", "2", 2);
        assert_eq!(tx.due_outbox(at(9), 10)?[0].recipient, Some(new));
        Ok(())
    });
}

/// The addresses of a random message: at most one id of each kind, and a number.
#[derive(Clone, Debug)]
struct Shown {
    lid: Option<u8>,
    user_id: Option<u8>,
    number: Option<u8>,
    is_late: bool,
}

impl Shown {
    fn addresses(&self) -> Vec<PeerAddress> {
        let number = self.number.map(|n| phone(&format!("+97250111111{n}")));
        let lid = self.lid.map(|n| lid(&format!("11111111{n}")));
        let user_id = self.user_id.map(|n| PeerAddress::Bsuid(format!("IL.{n}")));
        [number, lid, user_id].into_iter().flatten().collect()
    }
}

fn shown() -> impl Strategy<Value = Shown> {
    let some = || proptest::option::of(0..4_u8);
    let is_late = proptest::bool::weighted(0.1);
    (some(), some(), some(), is_late)
        .prop_map(|(lid, user_id, number, is_late)| Shown { lid, user_id, number, is_late })
        .prop_filter("it shows something", |shown| !shown.addresses().is_empty())
}

#[test]
fn no_contacts_are_merged_without_a_user_and_the_latest_number_is_addressed() {
    let (_folder, conn) = database();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let sightings = proptest::collection::vec(shown(), 1..30);
    let outcome = proptest::test_runner::TestRunner::new(config).run(&sightings, |sightings| {
        try_out(&conn, |tx| check(tx, &sightings));
        Ok(())
    });
    outcome.unwrap();
}

fn check(tx: &WriteTx<'_>, sightings: &[Shown]) -> Result<()> {
    let (mut of_message, mut of_id, mut latest) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (ms, seen) in (1..).zip(sightings) {
        let addresses = seen.addresses();
        let written = if seen.is_late { ms * 1000 - 5500 } else { ms * 1000 };
        let (thread, _) = receive(tx, &addresses, "", &ms.to_string(), written);
        of_message.insert(ms.to_string(), thread.contact);
        if let Some(number) = addresses[0].number() {
            // A late sighting may or may not change the number of its contact, so nothing is expected of it.
            latest.retain(|contact, latest: &mut String| {
                *latest != number.as_str() && !(seen.is_late && *contact == thread.contact)
            });
            if !seen.is_late {
                latest.insert(thread.contact, number.to_string());
                assert_eq!(find(tx, US, &addresses[0])?, Some(thread.contact), "{seen:?}");
            }
        }
        for id in addresses.iter().filter(|address| address.number().is_none()) {
            let owner = find(tx, US, id)?.unwrap();
            assert_eq!(*of_id.entry(id.to_string()).or_insert(owner), owner, "an id stays with its contact");
        }
        for (contact, number) in &latest {
            let thread = tx.thread_with(US, WHATSAPP, *contact)?.unwrap();
            assert_eq!(&tx.thread(thread)?.unwrap().peer_number, number, "after {seen:?}");
        }
    }
    assert_eq!(tx.last_merge(ContactId(1))?, None);
    let mut numbers = BTreeSet::new();
    for (id, contact) in &of_message {
        let thread = tx.thread_with(US, WHATSAPP, *contact)?.unwrap();
        assert!(texts(tx, thread).contains(id), "message {id} stays with its contact");
        assert_eq!(tx.kept_contact(*contact)?, *contact, "no contact was merged");
    }
    for contact in of_message.values().collect::<BTreeSet<_>>() {
        let thread = tx.thread_with(US, WHATSAPP, *contact)?.unwrap();
        let peer = tx.thread(thread)?.unwrap().peer_number;
        assert!(
            PhoneNumber::from_e164(&peer).is_none() || numbers.insert(peer.clone()),
            "{peer} is the address of two contacts"
        );
    }
    Ok(())
}

#[test]
fn whatsapp_s_own_spelling_of_a_number_is_the_same_person() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let typed = phone("+5511987654321");
        let (by_twilio, _) = receive(tx, &[typed, PeerAddress::TwilioWa("551187654321".into())], "", "1", 0);
        let (by_bridge, _) = receive(tx, &[phone("+551187654321")], "", "2", 1);
        assert_eq!(by_bridge.id, by_twilio.id);
        Ok(())
    });
}
