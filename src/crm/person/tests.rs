use super::*;
use crate::domain::{Direction, MediaKind, MessageStatus, Provider, ThreadId};
use crate::store::NewMessage;
use crate::store::testing::{database, transact};

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

fn hear(tx: &WriteTx<'_>, peer: &[PeerAddress], name: &str, id: &str, ms: i64) -> (FoundThread, bool) {
    let thread = find_or_make_thread(tx, US, WHATSAPP, peer, name, at(ms)).unwrap();
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
        })
        .unwrap();
    if new.is_some() {
        tx.note_message_in(thread.id, Provider::Baileys, at(ms), false).unwrap();
    }
    (thread, new.is_some())
}

fn texts(tx: &WriteTx<'_>, thread: ThreadId) -> Vec<String> {
    tx.messages(thread, None, 100).unwrap().0.into_iter().map(|message| message.content_text).collect()
}

#[test]
fn one_person_has_one_thread_of_each_kind() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let (first, _) = hear(tx, &[phone("+972501234567")], "Dana", "1", 0);
        let (again, _) = hear(tx, &[phone("050-1234567")], "Dana", "2", 1);
        assert_eq!(again.id, first.id);
        let call = find_or_make_thread(tx, US, ThreadType::Call, &[phone("+972501234567")], "", at(2))?;
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
        let (thread, _) = hear(tx, &[phone("+972501234567")], "", "1", 0);
        assert_eq!(tx.thread(thread.id)?.unwrap().title, "+972501234567");
        hear(tx, &[phone("+972501234567")], "Dana", "2", 1);
        hear(tx, &[phone("+972501234567")], "", "3", 2);
        assert_eq!(tx.thread(thread.id)?.unwrap().title, "Dana");
        assert_eq!(tx.contact(thread.contact)?.unwrap().display_name, "Dana");
        Ok(())
    });
}

#[test]
fn a_hidden_id_that_gets_a_number_is_shown_as_the_number() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let (hidden, _) = hear(tx, &[lid("111111111")], "", "1", 0);
        assert_eq!(tx.thread(hidden.id)?.unwrap().peer_number, "111111111@lid");
        let (shown, _) = hear(tx, &[phone("+972501234567"), lid("111111111")], "", "2", 1);
        assert_eq!(shown.id, hidden.id);
        let thread = tx.thread(hidden.id)?.unwrap();
        assert_eq!((thread.peer_number.as_str(), thread.title.as_str()), ("+972501234567", "+972501234567"));
        assert_eq!(hear(tx, &[phone("+972501234567")], "", "3", 2).0.id, hidden.id);
        Ok(())
    });
}

#[test]
fn two_who_are_one_are_merged_with_all_they_said_and_can_be_parted() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let number = phone("+972501234567");
        let (known, _) = hear(tx, std::slice::from_ref(&number), "", "a", 0);
        let (hidden, _) = hear(tx, &[lid("222222222")], "Dana", "b", 1);
        hear(tx, std::slice::from_ref(&number), "", "c", 2);
        // The same message had come in both ways.
        hear(tx, &[lid("222222222")], "Dana", "c", 2);
        assert_ne!(known.contact, hidden.contact);

        let (one, new) = hear(tx, &[number.clone(), lid("222222222")], "", "b", 3);
        assert_eq!(one.contact, known.contact);
        assert!(!new, "what the hidden one said is known");
        assert_eq!(texts(tx, known.id), ["a", "b", "c"]);
        let thread = tx.thread(known.id)?.unwrap();
        assert_eq!((thread.title.as_str(), thread.unread_count), ("Dana", 4));
        let (listed, next) =
            tx.threads(&crate::store::ThreadFilter { business: US, kind: None, words: None }, None, 10)?;
        assert_eq!((listed.len(), next), (1, None));
        assert_eq!(tx.kept_contact(hidden.contact)?, known.contact);

        let merge = tx.last_merge(known.contact)?.unwrap();
        tx.undo_merge(merge, at(9))?;
        assert_eq!(texts(tx, known.id), ["a", "c"]);
        assert_eq!(texts(tx, hidden.id), ["b", "c"]);
        assert_eq!(tx.contact_by_address(US, AddressKind::Lid, "222222222")?, Some(hidden.contact));
        assert_eq!(tx.thread(known.id)?.unwrap().title, "+972501234567");
        assert_eq!(tx.contact(known.contact)?.unwrap().display_name, "");
        assert!(tx.undo_merge(merge, at(9)).is_err(), "it is undone once");
        Ok(())
    });
}

#[test]
fn whatsapp_s_own_spelling_of_a_number_is_the_same_person() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let typed = phone("+5511987654321");
        let (by_twilio, _) = hear(tx, &[typed, PeerAddress::TwilioWa("551187654321".into())], "", "1", 0);
        let (by_bridge, _) = hear(tx, &[phone("+551187654321")], "", "2", 1);
        assert_eq!(by_bridge.id, by_twilio.id);
        Ok(())
    });
}
