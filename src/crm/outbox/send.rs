//! Sends messages: chooses the route, and stores message, outbox entry and response together.

use super::new_chats;
use super::request::{LocalFile, SendError, SendMessageResponse, SendRefusal, SendRequest, TWILIO_MAX_TEXT};
use crate::crm::contact::resolve;
use crate::domain::{
    ContactId, Direction, LastInbound, MediaKind, MessageStatus, OutboundAuthor, PeerAddress, Provider, ThreadId,
    ThreadType, Timestamp,
};
use crate::entropy;
use crate::inbox::message_time;
use crate::inbox::policy::{self, NoRoute, Route, RouteInput, RoutingRules};
use crate::store::{Error, NewMessage, NewOutbox, ReadTx, Result, StoredResponse, WriteTx};

/// WhatsApp has no caption for audio, so an audio file with a text becomes two messages, the text first. The response
/// describes the message with the file.
pub fn send(
    tx: &WriteTx<'_>,
    request: &SendRequest,
    rules: &RoutingRules,
    down: &[Provider],
    now: Timestamp,
) -> Result<SendMessageResponse, SendError> {
    let file = request.file.as_ref().map(|file| file.sha256.as_str());
    if let Some(first) = first_response(tx, request, file)? {
        return Ok(first);
    }
    let answer = match split_caption(request) {
        Some([caption, file]) => {
            store(tx, &caption, rules, down, now)?;
            store(tx, &file, rules, down, now)?
        }
        None => store(tx, request, rules, down, now)?,
    };
    if let Some(key) = &request.idempotency_key {
        let answer = serde_json::to_string(&answer).map_err(|error| Error::Value(error.to_string()))?;
        let fingerprint = fingerprint(request, file);
        tx.insert_response(request.business, key, &StoredResponse { fingerprint, answer }, now)?;
    }
    Ok(answer)
}

/// Returns the response to the first request with the same idempotency key; `None` if this request is the first one or
/// has no key. A different request with the same key is refused. `file` is the SHA-256 of the stored file to send, which
/// may have been deleted since the first request.
pub fn first_response(
    tx: &ReadTx<'_>,
    request: &SendRequest,
    file: Option<&str>,
) -> Result<Option<SendMessageResponse>, SendError> {
    let Some(key) = &request.idempotency_key else { return Ok(None) };
    let Some(given) = tx.stored_response(request.business, key)? else { return Ok(None) };
    if given.fingerprint != fingerprint(request, file) {
        return Err(SendRefusal::KeyReused.into());
    }
    Ok(Some(serde_json::from_str(&given.answer).map_err(|error| Error::Value(error.to_string()))?))
}

fn split_caption(request: &SendRequest) -> Option<[SendRequest; 2]> {
    if request.text.is_empty() || !matches!(kind(request), MediaKind::Audio | MediaKind::Voice) {
        return None;
    }
    let caption = SendRequest { media_url: None, file: None, ..request.clone() };
    let send_key = entropy::random_hex::<16>();
    let file = SendRequest { text: String::new(), reply_to: None, send_key, ..request.clone() };
    Some([caption, file])
}

fn kind(request: &SendRequest) -> MediaKind {
    match (&request.file, &request.media_url) {
        (Some(file), _) => MediaKind::of_mime(&file.mime),
        (None, Some(url)) => MediaKind::of_url(url),
        (None, None) => MediaKind::Text,
    }
}

/// Decides whether a message would be accepted now, without storing it.
pub fn check(
    tx: &ReadTx<'_>,
    request: &SendRequest,
    rules: &RoutingRules,
    down: &[Provider],
    now: Timestamp,
) -> Result<(), SendError> {
    accept(tx, request, rules, down, now).map(|_| ())
}

/// A message that the policy accepts.
struct Accepted {
    to: Recipient,
    /// The provider's id of the message to reply to.
    quoted: Option<String>,
    route: Route,
}

fn accept(
    tx: &ReadTx<'_>,
    request: &SendRequest,
    rules: &RoutingRules,
    down: &[Provider],
    now: Timestamp,
) -> Result<Accepted, SendError> {
    let to = Recipient::of(tx, request)?;
    new_chats::check(tx, (request.new_chats.as_ref(), &request.author), to.thread, &to.address, now)?;
    let quoted = match request.reply_to {
        Some(id) => Some(tx.quotable(id, to.thread)?.ok_or(SendRefusal::ReplyToUnknown)?),
        None => None,
    };
    let capable = capable_providers(Some(&to.address), &request.text);
    let input = RouteInput {
        rules,
        named: request.named,
        last_in: to.last_in,
        capable,
        refused: &[],
        opted_out: to.opted_out && !request.confirms_opt_out,
        down,
        now,
    };
    let free_text = RoutingRules { template: false, ..rules.clone() };
    let input = if request.confirms_opt_out { RouteInput { rules: &free_text, ..input } } else { input };
    let route = policy::choose(&input).map_err(|no_route| match no_route {
        NoRoute::Unable if capable != capable_providers(Some(&to.address), "") => SendRefusal::TooLongForTwilio,
        no_route => no_route.into(),
    })?;
    Ok(Accepted { to, quoted, route })
}

fn store(
    tx: &WriteTx<'_>,
    request: &SendRequest,
    rules: &RoutingRules,
    down: &[Provider],
    now: Timestamp,
) -> Result<SendMessageResponse, SendError> {
    let Accepted { to, quoted, route } = accept(tx, request, rules, down, now)?;
    let thread = resolve::find_or_create_thread(tx, request.business, &request.to, now)?;
    let created_at = message_time::live(request.written_at, thread.newest);
    let file_url = request.file.as_ref().map(LocalFile::url);
    let media_url = request.media_url.as_deref().or(file_url.as_deref());
    let message = tx
        .insert_message(&NewMessage {
            thread: thread.id,
            direction: Direction::Out,
            kind: kind(request),
            text: &request.text,
            media_url,
            provider: route.provider,
            provider_msg_id: None,
            status: MessageStatus::Queued,
            author: Some(&request.author),
            quoted: quoted.as_deref(),
            extra: None,
            created_at,
            provider_time: None,
        })?
        .ok_or(Error::NotFound("new message"))?;
    if let Some(file) = &request.file {
        tx.attach_stored_media(message, &file.sha256, &file.url(), &file.mime, file.file_name.as_deref())?;
    }
    tx.record_outbound(thread.id, route.provider, created_at, OutboundAuthor::of(&request.author))?;
    tx.insert_outbox(
        &NewOutbox {
            message,
            contact: thread.contact,
            recipient: &to.address,
            send_key: &request.send_key,
            named: request.named,
            provider: route.provider,
            template: route.template,
            confirms_opt_out: request.confirms_opt_out,
        },
        now,
    )?;
    Ok(SendMessageResponse {
        ok: true,
        message_id: message,
        thread_id: thread.id,
        status: MessageStatus::Queued,
        provider: route.provider,
    })
}

pub fn capable_providers(address: Option<&PeerAddress>, text: &str) -> &'static [Provider] {
    let (by_bridge, by_twilio) = match address {
        Some(PeerAddress::Phone(_)) => (true, true),
        Some(PeerAddress::Lid(_)) => (true, false),
        Some(PeerAddress::Bsuid(_) | PeerAddress::TwilioWa(_)) => (false, true),
        None => (false, false),
    };
    match (by_bridge, by_twilio && !is_too_long_for_twilio(text)) {
        (true, true) => &[Provider::Baileys, Provider::Twilio],
        (true, false) => &[Provider::Baileys],
        (false, true) => &[Provider::Twilio],
        (false, false) => &[],
    }
}

fn is_too_long_for_twilio(text: &str) -> bool {
    text.chars().count() > TWILIO_MAX_TEXT
}

struct Recipient {
    /// The phone number if it is known, otherwise the id.
    address: PeerAddress,
    last_in: LastInbound,
    opted_out: bool,
    thread: Option<ThreadId>,
}

impl Recipient {
    /// Creates no contact.
    fn of(tx: &ReadTx<'_>, request: &SendRequest) -> Result<Self, SendError> {
        let contact = resolve::find_recipient(tx, request.business, &request.to)?;
        let thread = match contact {
            Some(contact) => tx.thread_with(request.business, ThreadType::WhatsApp, contact)?,
            None => None,
        };
        let last_in = thread.map(|thread| tx.last_in(thread)).transpose()?.unwrap_or_default();
        let address = match contact {
            Some(contact) => address_of(tx, request, contact, thread)?.ok_or(SendRefusal::from(NoRoute::Unable))?,
            None => request.to.clone(),
        };
        let opted_out = contact.map(|contact| tx.contact_has_opted_out(contact)).transpose()?.unwrap_or(false);
        Ok(Self { address, last_in, opted_out, thread })
    }
}

/// Returns the address to write to. A former number is replaced by a current one. Returns `None` if the contact has no
/// address.
fn address_of(
    tx: &ReadTx<'_>,
    request: &SendRequest,
    contact: ContactId,
    thread: Option<ThreadId>,
) -> Result<Option<PeerAddress>> {
    let to = &request.to;
    let is_number = |address: &PeerAddress| address.number().is_some();
    let number = if is_number(to) {
        let holder = resolve::find(tx, request.business, to)?;
        holder.filter(|holder| *holder == contact).map(|_| to.clone())
    } else {
        let number = tx.address_holder(request.business, to.kind(), to.value())?.and_then(|holder| holder.number);
        number.as_deref().and_then(PeerAddress::from_stored)
    };
    if number.is_some() {
        return Ok(number);
    }
    let best = tx.best_address(contact)?;
    if !is_number(to) && !best.as_ref().is_some_and(is_number) {
        return Ok(Some(to.clone()));
    }
    let shown = thread.map(|thread| tx.thread(thread)).transpose()?.flatten().and_then(|thread| thread.recipient());
    Ok(shown.filter(is_number).or(best))
}

fn fingerprint(request: &SendRequest, file: Option<&str>) -> String {
    let file = file.or(request.media_url.as_deref());
    let mut parts = vec![
        serde_json::json!(request.to.to_string()),
        serde_json::json!(request.text),
        serde_json::json!(file),
        serde_json::json!(request.named),
    ];
    // Omitting an absent reply keeps the fingerprints of earlier versions valid, which had no replies.
    parts.extend(request.reply_to.map(|id| serde_json::json!(id.0)));
    StoredResponse::fingerprint(&parts.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::contact::resolve::Sighting;
    use crate::domain::{ActorId, BusinessId};
    use crate::store::NewNumber;
    use crate::store::testing::{database, transact};

    #[test]
    fn a_repeated_key_sends_no_second_message_after_weeks() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            let now = Timestamp::from_millis(1_700_000_000_000);
            let rules = RoutingRules { only: None, priority: vec![Provider::Baileys], template: false };
            let to = PeerAddress::from_stored("+972501111111").unwrap();
            let text = SendRequest::text(to, "once".to_owned(), ActorId::Agent.to_string(), now);
            let request = SendRequest { idempotency_key: Some("k".to_owned()), ..text };
            let first = send(tx, &request, &rules, &[], now).unwrap();
            let weeks_later = now.plus(std::time::Duration::from_hours(60 * 24));
            for expire in crate::crm::retention::EXPIRIES {
                expire(tx, weeks_later)?;
            }
            assert_eq!(send(tx, &request, &rules, &[], weeks_later).unwrap(), first);
            assert_eq!(tx.due_outbox(weeks_later, 9)?.len(), 1);
            Ok(())
        });
    }

    #[test]
    fn no_message_is_sent_to_a_contact_that_has_lost_its_last_address() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            let (business, channel, now) = (BusinessId::FIRST, ThreadType::WhatsApp, Timestamp::from_millis(0));
            let [number, former] =
                ["+972501111111", "+972502222222"].map(|text| PeerAddress::from_stored(text).unwrap());
            let rules = RoutingRules { only: None, priority: vec![Provider::Baileys], template: false };
            let send = |to: &PeerAddress| {
                let request = SendRequest::text(to.clone(), "hi".to_owned(), ActorId::Agent.to_string(), now);
                send(tx, &request, &rules, &[], now)
            };
            send(&number).unwrap();
            assert_eq!(tx.due_outbox(now, 9)?[0].recipient, Some(number.clone()));
            let contact = resolve::find(tx, business, &number)?.unwrap();
            let new = NewNumber { number: former.number().unwrap(), former_at: Some(now), restored: None };
            tx.insert_number(business, contact, &new, now)?;
            // The number is now another contact's.
            let addresses = [number, PeerAddress::Lid("111111111".to_owned())];
            for addresses in [&addresses[1..], &addresses] {
                let (name, seen_at, begins_at) = ("", None, now);
                resolve::observe(tx, &Sighting { business, channel, addresses, name, seen_at, begins_at })?;
            }
            assert_eq!(tx.due_outbox(now, 9)?[0].recipient, None);
            let refused = send(&former).unwrap_err();
            assert!(matches!(&refused, SendError::Refused(refusal) if refusal.code() == "no_provider"), "{refused}");
            Ok(())
        });
    }
}
