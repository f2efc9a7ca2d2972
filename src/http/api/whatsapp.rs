//! Sending of messages by WhatsApp.

mod view;

use super::one_of::OneOf;
use super::operation::{Operations, operations};
use crate::config;
use crate::crm;
use crate::crm::outbox::{self, LocalFile, SendError, SendRefusal, SendRequest};
use crate::domain::{self, BusinessId, MessageId, PeerAddress};
use crate::http::auth::{Actor, Member};
use crate::http::extract::Json;
use crate::http::{ApiError, AppState, ErrorBody, idempotency_key};
use crate::store::WriteTx;
use crate::{clock, entropy};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use view::{SendMessageRequest, SendMessageResponse};

pub(super) fn operations() -> Operations {
    operations![send]
}

/// Send a WhatsApp message.
///
/// The message is stored before the response, and sent immediately if possible.
#[utoipa::path(
    post, path = "/api/whatsapp/send", tag = "threads", operation_id = "send_message",
    request_body = SendMessageRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one message, also for \
        another user or token.")),
    responses(
        (status = 200, body = SendMessageResponse),
        (status = 400, body = ErrorBody, description = "The request cannot be read."),
        (status = 422, body = ErrorBody, description = "The message cannot be sent: `invalid_recipient`, `empty_message`, `text_too_long`, \
            `media_url_refused`, `media_unknown`, `template_required`, `provider_disabled`, `no_provider`, `key_reused`, `contact_opted_out`, `recipient_not_allowed`, `too_many_new_chats`, `reply_to_unknown`; `own_number`: \
            the business's own number (`twilio.wa_from`, `twilio.phone_number`)."),
    )
)]
pub(super) async fn send(
    State(app): State<AppState>,
    Member(actor): Member,
    headers: HeaderMap,
    Json(body): Json<SendMessageRequest>,
) -> Result<axum::Json<SendMessageResponse>, ApiError> {
    let settings = app.settings.current();
    let media = body.media_id.clone().filter(|id| !id.trim().is_empty());
    let mut request = request(&app, &actor, &headers, body)?;
    if let Some(first) = first_response(&app, &request, media.clone()).await? {
        actor.skip_audit();
        return Ok(axum::Json(first.into()));
    }
    if let Some(id) = media {
        let found = app.store.read(move |tx| LocalFile::find(tx, &id)).await?;
        let unknown = || rejection("media_unknown", "there is no such file; upload it first").with_field("media_id");
        request.file = Some(found.ok_or_else(unknown)?);
    }
    if let Some(url) = &request.media_url {
        let checked = settings.files.check(url).await;
        checked.map_err(|error| rejection("media_url_refused", error.to_string()).with_field("media_url"))?;
    }
    let (rules, down) = (settings.rules.clone(), app.outbox.down().await);
    let audit = actor.audit.clone();
    let store_message = move |tx: &WriteTx<'_>| outbox::send(tx, &request, &rules, &down, clock::now());
    let work = move |tx: &WriteTx<'_>| match audit {
        Some(audit) => audit.around(tx, |tx| {
            let sent = store_message(tx)?;
            audit.set_subject(format!("message:{}", sent.message_id));
            Ok(sent)
        }),
        None => store_message(tx),
    };
    let sent = crm::transact(&app.store, work).await.map_err(refusal)?;
    app.outbox.wake();
    Ok(axum::Json(sent.into()))
}

/// Returns the response to the first request with the same key. It is looked up before the file is checked, because the
/// file may have been deleted, or its URL may no longer be allowed, since the first request.
async fn first_response(
    app: &AppState,
    request: &SendRequest,
    file: Option<String>,
) -> Result<Option<outbox::SendMessageResponse>, ApiError> {
    if request.idempotency_key.is_none() {
        return Ok(None);
    }
    let request = request.clone();
    let found = app.store.read(move |tx| match outbox::first_response(tx, &request, file.as_deref()) {
        Err(SendError::Store(error)) => Err(error),
        found => Ok(found),
    });
    found.await?.map_err(refusal)
}

/// Parses and validates a request before anything is stored.
fn request(
    app: &AppState,
    actor: &Actor,
    headers: &HeaderMap,
    body: SendMessageRequest,
) -> Result<SendRequest, ApiError> {
    let config = app.config();
    let to = PeerAddress::parse(&body.to, config.business.country);
    let to = to.map_err(|error| rejection("invalid_recipient", error.to_string()).with_field("to"))?;
    let mut own = [&config.twilio.wa_from, &config.twilio.phone_number].into_iter().flatten();
    if to.number().is_some_and(|number| own.any(|own| own == number)) {
        return Err(rejection(
            "own_number",
            "this is the business's own number; a message to it would reach no contact",
        )
        .with_field("to"));
    }
    let (text, media_url) = (body.text.unwrap_or_default(), body.media_url.filter(|url| !url.trim().is_empty()));
    let has_file = body.media_id.as_ref().is_some_and(|id| !id.trim().is_empty());
    if has_file && media_url.is_some() {
        return Err(
            rejection("invalid", "name the file by media_id or by media_url, not by both").with_field("media_id")
        );
    }
    let checked = outbox::check_text(&text, has_file || media_url.is_some());
    checked.map_err(|error| rejection(error.code(), error.to_string()).with_field("text"))?;
    Ok(SendRequest {
        business: BusinessId::FIRST,
        to,
        text,
        media_url: media_url.map(|url| url.trim().to_owned()),
        file: None,
        named: match body.provider {
            None | Some(OneOf(config::ProviderChoice::Auto)) => None,
            Some(OneOf(config::ProviderChoice::Baileys)) => Some(domain::Provider::Baileys),
            Some(OneOf(config::ProviderChoice::Twilio)) => Some(domain::Provider::Twilio),
        },
        reply_to: body.reply_to.map(MessageId),
        author: actor.id.to_string(),
        // The key has no prefix for the actor, unlike those of tasks and appointments: a client that repeats a request
        // with a new token must not send the message twice.
        idempotency_key: idempotency_key(headers)?,
        confirms_opt_out: false,
        new_chats: Some(crate::runtime::outbox::new_chats(&config)),
        send_key: entropy::random_hex::<16>(),
        written_at: app.message_clock.now(),
    })
}

fn refusal(error: SendError) -> ApiError {
    match error {
        SendError::Refused(why @ SendRefusal::ReplyToUnknown) => {
            rejection(why.code(), why.to_string()).with_field("reply_to")
        }
        SendError::Refused(why) => rejection(why.code(), why.to_string()),
        SendError::Store(error) => error.into(),
    }
}

fn rejection(code: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
}
