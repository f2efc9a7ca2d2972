//! The codes of error responses. The OpenAPI document lists them, and the web page has a text for each code in both
//! languages.

use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// All error codes of the API.
pub(super) const CODES: &[&str] = &[
    "already_paired",
    "backup_running",
    "bridge_disabled",
    "bridge_failed",
    "bridge_not_ready",
    "bridge_unauthorized",
    "bridge_unreachable",
    "bridge_unsupported",
    "call_over",
    "calls_active",
    "changed",
    "confirmation_required",
    "conflict",
    "contact_opted_out",
    "csrf",
    "empty_message",
    "forbidden",
    "greeting_too_long",
    "https_required",
    "internal",
    "invalid",
    "invalid_phone",
    "invalid_recipient",
    "key_reused",
    "last_address",
    "later_merge",
    "limit_reached",
    "media_expired",
    "media_unknown",
    "media_url_refused",
    "method_not_allowed",
    "no_address",
    "no_agent",
    "no_engine",
    "no_provider",
    "no_public_address",
    "no_resource",
    "no_sound",
    "no_space",
    "no_transfer_number",
    "not_found",
    "not_supervised",
    "nothing_to_undo",
    "number_not_direct",
    "number_taken",
    "outside_hours",
    "password_common",
    "password_long",
    "password_name",
    "password_repeated",
    "password_short",
    "provider_disabled",
    "recipient_not_allowed",
    "recording_expired",
    "reply_to_unknown",
    "setting_locked",
    "settings_rejected",
    "slot_taken",
    "template_required",
    "text_too_long",
    "timeout",
    "token_expired",
    "too_large",
    "too_many_new_chats",
    "too_many_requests",
    "too_soon",
    "twilio_not_configured",
    "twilio_refused",
    "twilio_unreachable",
    "unauthorized",
    "unavailable",
    "unknown_field",
    "unsupported_media_type",
    "unsupported_sound",
    "whatsapp_refused",
    "wrong_password",
];

/// Returns the schema of the error codes for the OpenAPI document.
pub(super) fn schema() -> Object {
    let codes = CODES.iter().map(|code| (*code).to_owned());
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("A stable code for programs. A later version may have more."))
        .enum_values(Some(codes))
        .build()
}
