//! Webhooks of the bridge: messages, and updates of messages.
//!
//! The minimal forms are `{"from","text","media_url","provider_msg_id"}` and `{"from","body","id"}`. The bundled bridge
//! sends more fields. All of them are optional:
//!
//! - `event`: `message` (the default), `status`, `reaction`, `edit` or `deletion`. An event with any other value is
//!   stored in the webhook log and otherwise ignored.
//! - Contact of a message: `lid`, `phone`, `push_name`; `from_me` and `to` for a message that the business wrote on its
//!   own phone.
//! - Content of a message: `type` (a name of a [`MediaKind`]), `mime`, `file_name`, `caption`, `quoted` (an id, or an
//!   object with an `id`). `media_error` replaces `media_url` for a file that the bridge cannot download. `view_once` and
//!   `payment` mark a message whose content only the phone shows. `starts_at` is the start of an event, like `timestamp`.
//! - Time of a message: `timestamp` (Unix seconds or milliseconds, or RFC 3339). `history` marks a message from before
//!   the account was linked. `waited` marks a delayed message: WhatsApp kept it while the bridge was offline, or the
//!   bridge kept it while the daemon did not answer.
//! - Status: `id`, `status` (`sent`, `delivered`, `read`, `played`, `failed`, or the number that Baileys uses for the
//!   status), `error`.
//! - Reaction, edit or deletion: `target` (the id of the message), `id` (the id of the event itself), `text` (the emoji
//!   or the new text), `timestamp`, and the contact fields of a message.

mod lenient_json;
mod scalar;

use crate::domain::{
    Actor, Change, Inbound, InboundMedia, InboundMessage, LateRefusal, Malformed, MediaKind, MessageStatus,
    MessageUpdate, Notice, PeerAddress, PeerError, PhoneOnly, Provider, ProviderError, Refusal, Timestamp,
};
use phonenumber::country;
use scalar::Scalar;
use serde::Deserialize;

pub fn read(body: &[u8], country: country::Id) -> Result<Inbound, Malformed> {
    if let Ok(wire) = serde_json::from_slice::<Wire<'_>>(body) {
        return wire.read(country);
    }
    let repaired = lenient_json::repair(body).ok_or(Malformed("not JSON"))?;
    serde_json::from_str::<Wire<'_>>(&repaired).map_err(|_| Malformed("not JSON"))?.read(country)
}

/// All known fields. Each field accepts a JSON value of any type.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Wire<'a> {
    #[serde(borrow)]
    event: Scalar<'a>,
    #[serde(borrow)]
    from: Scalar<'a>,
    #[serde(borrow)]
    to: Scalar<'a>,
    #[serde(borrow)]
    lid: Scalar<'a>,
    #[serde(borrow)]
    phone: Scalar<'a>,
    from_me: Scalar<'a>,
    #[serde(borrow)]
    text: Scalar<'a>,
    #[serde(borrow)]
    body: Scalar<'a>,
    #[serde(borrow)]
    caption: Scalar<'a>,
    #[serde(borrow)]
    provider_msg_id: Scalar<'a>,
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow)]
    timestamp: Scalar<'a>,
    #[serde(borrow)]
    push_name: Scalar<'a>,
    #[serde(borrow)]
    quoted: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    kind: Scalar<'a>,
    #[serde(borrow)]
    media_url: Scalar<'a>,
    #[serde(borrow)]
    media_error: Scalar<'a>,
    history: Scalar<'a>,
    view_once: Scalar<'a>,
    payment: Scalar<'a>,
    #[serde(borrow)]
    starts_at: Scalar<'a>,
    waited: Scalar<'a>,
    #[serde(borrow)]
    mime: Scalar<'a>,
    #[serde(borrow)]
    file_name: Scalar<'a>,
    #[serde(borrow)]
    status: Scalar<'a>,
    #[serde(borrow)]
    error: Scalar<'a>,
    #[serde(borrow)]
    target: Scalar<'a>,
}

impl Wire<'_> {
    fn read(&self, country: country::Id) -> Result<Inbound, Malformed> {
        match self.event.text().unwrap_or("message") {
            "message" => self.message(country),
            "status" => self.status(),
            "reaction" => self.change(Change::Reaction(self.text_or_caption()), country),
            "edit" => self.change(Change::Edit(self.text_or_caption()), country),
            "deletion" => self.change(Change::Deletion, country),
            _ => Ok(Inbound::Ignored("an event without effect")),
        }
    }

    fn message(&self, country: country::Id) -> Result<Inbound, Malformed> {
        let Ok(peer) = self.peer(country) else { return Ok(Inbound::Ignored(NOT_A_CONTACT)) };
        if peer.is_empty() {
            return Err(Malformed("no sender"));
        }
        let text = self.text_or_caption();
        let media = self.media();
        let is_empty = text.is_empty() && media.is_none();
        Ok(Inbound::Message(InboundMessage {
            provider: Provider::Baileys,
            provider_msg_id: self.id().map(str::to_owned),
            peer,
            profile_name: self.push_name.text().unwrap_or_default().trim().to_owned(),
            from_phone: self.is_from_me(),
            kind: self.kind(&text, media.as_ref()),
            text,
            media: media.into_iter().collect(),
            quoted: self.quoted.text().map(str::to_owned),
            extra: self.extra(is_empty),
            provider_time: self.timestamp.text().and_then(time),
            waited: self.waited.text() == Some("true"),
            opens_twilio: false,
            history: self.is_history(),
            provider_opt_out: None,
        }))
    }

    fn status(&self) -> Result<Inbound, Malformed> {
        let id = self.id().ok_or(Malformed("a status without an id"))?;
        let status = match self.status.text().unwrap_or_default() {
            "sent" | "2" => MessageStatus::Sent,
            "delivered" | "3" => MessageStatus::Delivered,
            "read" | "4" | "played" | "5" => MessageStatus::Read,
            "failed" | "error" | "0" => MessageStatus::Failed,
            "queued" | "pending" | "1" => return Ok(Inbound::Ignored("a status without effect")),
            _ => return Err(Malformed("an unknown status")),
        };
        let refusal = (status == MessageStatus::Failed).then(|| {
            let because = |reason: &str| Notice::WhatsAppRefusedBecause { reason: reason.to_owned() };
            let notice = self.error.text().map_or(Notice::WhatsAppRefused, because).into();
            let provider_error = ProviderError { code: "whatsapp_refused".to_owned(), notice };
            LateRefusal { refusal: Refusal::Message, provider_error }
        });
        Ok(self.update(id, Vec::new(), Change::Status(status, refusal), Actor::Provider, None))
    }

    fn change(&self, change: Change, country: country::Id) -> Result<Inbound, Malformed> {
        let target = self.target.text().ok_or(Malformed("a change without a target"))?;
        let Ok(peer) = self.peer(country) else { return Ok(Inbound::Ignored(NOT_A_CONTACT)) };
        let actor = if self.is_from_me() { Actor::Phone } else { Actor::Contact };
        let event_id = self.id().filter(|id| *id != target);
        Ok(self.update(target, peer, change, actor, event_id))
    }

    fn update(
        &self,
        id: &str,
        peer: Vec<PeerAddress>,
        change: Change,
        actor: Actor,
        event_id: Option<&str>,
    ) -> Inbound {
        let at = self.timestamp.text().and_then(time);
        let (provider, provider_msg_id) = (Provider::Baileys, id.to_owned());
        let event_id = event_id.map(str::to_owned);
        Inbound::Update(MessageUpdate { provider, provider_msg_id, peer, change, actor, event_id, at })
    }

    /// Ignores addresses that cannot be parsed.
    fn peer(&self, country: country::Id) -> Result<Vec<PeerAddress>, NotIndividual> {
        let main = if self.is_from_me() { self.to.text().or(self.from.text()) } else { self.from.text() };
        let mut peer = Vec::with_capacity(2);
        for name in [self.phone.text(), main].into_iter().flatten() {
            match PeerAddress::parse_provider(name, country) {
                Ok(address) if !peer.contains(&address) => peer.push(address),
                Ok(_) | Err(PeerError::Unreadable) => {}
                Err(PeerError::NotIndividual) => return Err(NotIndividual),
            }
        }
        if let Some(lid) = self.lid.text().and_then(PeerAddress::parse_lid)
            && !peer.contains(&lid)
        {
            peer.push(lid);
        }
        Ok(peer)
    }

    fn is_from_me(&self) -> bool {
        self.from_me.text() == Some("true")
    }

    fn is_history(&self) -> bool {
        self.history.text() == Some("true")
    }

    /// Returns what has no column in the database, as JSON. `is_empty` is whether the message has neither text nor file.
    fn extra(&self, is_empty: bool) -> Option<String> {
        let is_set = |field: &Scalar<'_>| field.text() == Some("true");
        let phone_only = [(&self.view_once, PhoneOnly::ViewOnce), (&self.payment, PhoneOnly::Payment)];
        let phone_only =
            phone_only.iter().find(|(field, _)| is_empty && is_set(field)).map(|(_, kind)| kind.as_str().into());
        let starts_at = self.starts_at.text().and_then(time).map(|at| at.to_string().into());
        let history = self.is_history().then_some(true.into());
        let fields = [("history", history), ("phone_only", phone_only), ("event_at", starts_at)];
        let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let fields: serde_json::Map<_, serde_json::Value> = known.collect();
        (!fields.is_empty()).then(|| serde_json::Value::Object(fields).to_string())
    }

    fn id(&self) -> Option<&str> {
        self.provider_msg_id.text().or(self.id.text())
    }

    fn text_or_caption(&self) -> String {
        self.text.text().or(self.body.text()).or(self.caption.text()).unwrap_or_default().to_owned()
    }

    fn media(&self) -> Option<InboundMedia> {
        let (url, error) = (self.media_url.text(), self.media_error.text());
        if url.is_none() && error.is_none() {
            return None;
        }
        Some(InboundMedia {
            url: url.unwrap_or_default().to_owned(),
            mime: self.mime.text().map(str::to_owned),
            file_name: self.file_name.text().map(str::to_owned),
            // If the webhook has a URL, the file can still be fetched.
            error: error.filter(|_| url.is_none()).map(str::to_owned),
        })
    }

    fn kind(&self, text: &str, media: Option<&InboundMedia>) -> MediaKind {
        let reported = self.kind.text().and_then(|word| word.parse::<MediaKind>().ok());
        let by_file = media.map(|file| match &file.mime {
            Some(mime) => MediaKind::of_mime(mime),
            None => MediaKind::of_url(&file.url),
        });
        let by_text = if text.is_empty() { MediaKind::Other } else { MediaKind::Text };
        // A message with a file is not of the kind `text`, even if its `type` field says so.
        reported.filter(|kind| media.is_none() || *kind != MediaKind::Text).or(by_file).unwrap_or(by_text)
    }
}

/// The chat is a group, a broadcast list or a channel, not a single contact.
struct NotIndividual;

fn time(text: &str) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(Timestamp::from_millis(if number < SECONDS_END { number.saturating_mul(1000) } else { number }));
    }
    text.parse().ok()
}

const NOT_A_CONTACT: &str = "not from a contact";

/// The upper limit of Unix seconds. A smaller number cannot be milliseconds, because the time would be in 1973 or
/// earlier.
const SECONDS_END: i64 = 100_000_000_000;

#[cfg(test)]
mod tests;
