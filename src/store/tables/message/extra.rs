//! What is stored of a message besides its text and files: fields of Twilio's webhook under their names there
//! (`providers/twilio/whatsapp.rs`), fields of the bridge's webhook (`providers/baileys/webhook.rs`), and `template`
//! (`WriteTx::begin_message_attempt`).

use crate::domain::{Location, MessageExtra, MessageId, PressedButton, Referral};
use crate::store::{ReadTx, Result};
use rusqlite::Row;
use std::collections::HashMap;

impl ReadTx<'_> {
    /// `ids` is a JSON array of message ids.
    pub(super) fn message_extras(&self, ids: &str) -> Result<HashMap<MessageId, MessageExtra>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, extra ->> 'Latitude' AS latitude, extra ->> 'Longitude' AS longitude, extra ->> 'Label' AS label,
                 extra ->> 'Address' AS address, extra ->> 'ButtonText' AS button, extra ->> 'ButtonPayload' AS payload,
                 extra ->> 'ReferralHeadline' AS headline, extra ->> 'ReferralBody' AS body,
                 extra ->> 'ReferralSourceUrl' AS url, extra ->> 'template' AS template,
                 extra ->> 'phone_only' AS phone_only, extra ->> 'event_at' AS event_at
             FROM messages WHERE id IN (SELECT value FROM json_each(?1)) AND json_valid(extra)",
        )?;
        let rows = query.query_map([ids], |row| Ok((row.get(0)?, extra(row)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn extra(row: &Row<'_>) -> rusqlite::Result<MessageExtra> {
    let text = |column: &str| row.get::<_, Option<String>>(column);
    let degrees = |column: &str| Ok::<_, rusqlite::Error>(text(column)?.and_then(|text| text.trim().parse().ok()));
    let location = match (degrees("latitude")?, degrees("longitude")?) {
        (Some(latitude), Some(longitude)) => Location::new(latitude, longitude, text("label")?, text("address")?),
        _ => None,
    };
    let button = PressedButton { text: text("button")?, payload: text("payload")? };
    let referral = Referral { headline: text("headline")?, body: text("body")?, url: text("url")? };
    Ok(MessageExtra {
        template: row.get::<_, Option<bool>>("template")?.unwrap_or(false),
        phone_only: text("phone_only")?.and_then(|kind| kind.parse().ok()),
        event_at: text("event_at")?.and_then(|at| at.parse().ok()),
        location,
        button: (button.text.is_some() || button.payload.is_some()).then_some(button),
        referral: [&referral.headline, &referral.body, &referral.url]
            .iter()
            .any(|text| text.is_some())
            .then_some(referral),
    })
}
