//! Sending by WhatsApp.

use super::one_of::OneOf;
use super::operation::{Operations, operations};
use super::threads::view::{MessageStatus, Provider};
use crate::config;
use crate::crm::outbox::{self, LocalFile, SendRequest};
use crate::domain::{self, BusinessId, MessageId, PeerAddress};
use crate::http::auth::{Actor, Member};
use crate::http::extract::Json;
use crate::http::{ApiError, AppState, ErrorBody, idempotency_key};
use crate::store::WriteTx;
use crate::{clock, entropy};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

pub(super) fn operations() -> Operations {
    operations![send]
}

/// A message to send.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SendMessageRequest {
    /// The recipient: `+9725…`, `whatsapp:+9725…`, `9725…`, `9725…@s.whatsapp.net`, the national `05…`, or `…@lid`.
    to: String,
    /// The text.
    text: Option<String>,
    /// The https URL of a file on a public server.
    media_url: Option<String>,
    /// The id of a file from `POST /api/media`, instead of `media_url`.
    media_id: Option<String>,
    /// The provider; `auto` by default.
    provider: Option<ProviderChoice>,
    /// The id of a message of the same thread that this one answers. The bridge shows it as a quote; Twilio cannot, so through
    /// Twilio the message goes without it.
    reply_to: Option<i64>,
}

type ProviderChoice = OneOf<config::ProviderChoice>;

/// The message that was stored.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SendMessageResponse {
    /// Always true.
    ok: bool,
    /// The message.
    message_id: i64,
    /// The thread.
    thread_id: i64,
    /// `queued`.
    status: MessageStatus,
    /// The provider that is expected to send it.
    provider: Provider,
}

impl From<outbox::SendMessageResponse> for SendMessageResponse {
    fn from(sent: outbox::SendMessageResponse) -> Self {
        Self {
            ok: sent.ok,
            message_id: sent.message_id.0,
            thread_id: sent.thread_id.0,
            status: sent.status.into(),
            provider: sent.provider.into(),
        }
    }
}

/// Send a message. It is stored before the response, and sent at once where that is possible.
#[utoipa::path(
    post, path = "/api/whatsapp/send", tag = "threads", operation_id = "send_message",
    request_body = SendMessageRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one message.")),
    responses(
        (status = 200, body = SendMessageResponse),
        (status = 400, body = ErrorBody, description = "The request cannot be read."),
        (status = 422, body = ErrorBody, description = "`invalid_recipient`, `empty_message`, `text_too_long`, \
            `media_url_refused`, `media_unknown`, `template_required`, `provider_disabled`, `no_provider`, `key_reused`, `contact_opted_out`, `recipient_not_allowed`, `too_many_new_chats`, `reply_to_unknown`."),
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
    if let Some(id) = media {
        let found = app.store.read(move |tx| LocalFile::find(tx, &id)).await?;
        let unknown = || rejection("media_unknown", "there is no such file; upload it first").with_field("media_id");
        request.file = Some(found.ok_or_else(unknown)?);
    }
    if let Some(url) = &request.media_url {
        settings.files.check(url).await.map_err(|error| rejection("media_url_refused", error.to_string()))?;
    }
    let (rules, down) = (settings.rules.clone(), app.outbox.down().await);
    let audit = actor.audit.clone();
    let store_message = move |tx: &WriteTx<'_>| outbox::send(tx, &request, &rules, &down, clock::now());
    let work = move |tx: &WriteTx<'_>| match audit {
        Some(audit) => audit.around(tx, |tx| {
            let sent = store_message(tx)?;
            if let Ok(answer) = &sent {
                audit.set_subject(format!("message:{}", answer.message_id));
            }
            Ok(sent)
        }),
        None => store_message(tx),
    };
    let sent = app.store.write(work).await?;
    let answer = sent.map_err(|error| refusal(&error))?;
    app.outbox.wake();
    Ok(axum::Json(answer.into()))
}

/// Parses the request. On an error nothing has been stored.
fn request(
    app: &AppState,
    actor: &Actor,
    headers: &HeaderMap,
    body: SendMessageRequest,
) -> Result<SendRequest, ApiError> {
    let to = PeerAddress::parse(&body.to, app.config().business.country);
    let to = to.map_err(|error| rejection("invalid_recipient", error.to_string()))?;
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
        idempotency_key: idempotency_key(headers)?,
        new_chats: Some(crate::runtime::outbox::new_chats(&app.config())),
        send_key: entropy::random_hex::<16>(),
        written_at: app.message_clock.now(),
    })
}

fn refusal(error: &outbox::SendError) -> ApiError {
    let refusal = rejection(error.code(), error.to_string());
    if *error == outbox::SendError::ReplyToUnknown { refusal.with_field("reply_to") } else { refusal }
}

fn rejection(code: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
}
