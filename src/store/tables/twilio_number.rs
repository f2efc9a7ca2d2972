//! The webhooks that Twilio's phone numbers had before the daemon replaced them. They are stored in the table `meta`.

use crate::store::{ReadTx, Result, WriteTx};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedWebhooks {
    /// The URL that Twilio requests for an inbound call.
    pub voice_url: String,
    /// The HTTP method of that request.
    pub voice_method: String,
    /// The URL that receives the status of a call.
    pub status_callback: String,
    /// The HTTP method of that request.
    pub status_callback_method: String,
}

impl ReadTx<'_> {
    /// Each with the SID of its number.
    pub fn replaced_webhooks(&self) -> Result<Vec<(String, ReplacedWebhooks)>> {
        let mut list = self.conn.prepare_cached("SELECT key, value FROM meta WHERE key GLOB ?1 || '*' ORDER BY key")?;
        let rows = list.query_map([PREFIX], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let parse = |(key, value): (String, String)| {
            Some((key.strip_prefix(PREFIX)?.to_owned(), serde_json::from_str(&value).ok()?))
        };
        Ok(rows.into_iter().filter_map(parse).collect())
    }
}

impl WriteTx<'_> {
    /// Replaces webhooks that were stored earlier.
    pub fn put_replaced_webhooks(&self, sid: &str, webhooks: &ReplacedWebhooks) -> Result<()> {
        let value = serde_json::to_string(webhooks).unwrap_or_default();
        self.set_meta(&format!("{PREFIX}{sid}"), &value)
    }

    pub fn delete_replaced_webhooks(&self, sid: &str) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([format!("{PREFIX}{sid}")])?;
        Ok(())
    }
}

const PREFIX: &str = "twilio.replaced_webhooks.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{database, transact};

    #[test]
    fn replaced_webhooks_are_kept_until_they_are_deleted() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            let webhooks = |url: &str| ReplacedWebhooks {
                voice_url: url.to_owned(),
                voice_method: "POST".to_owned(),
                status_callback: String::new(),
                status_callback_method: String::new(),
            };
            tx.put_replaced_webhooks("PN1", &webhooks("https://a.example"))?;
            tx.put_replaced_webhooks("PN2", &webhooks("https://b.example"))?;
            tx.put_replaced_webhooks("PN1", &webhooks("https://c.example"))?;
            tx.delete_replaced_webhooks("PN2")?;
            assert_eq!(tx.replaced_webhooks()?, [("PN1".to_owned(), webhooks("https://c.example"))]);
            Ok(())
        });
    }
}
