//! Deletion of what the bridge has of a contact.

use super::{Bridge, BridgeError};
use serde_json::json;

impl Bridge {
    /// Deletes what the bridge has of these addresses: what waits for the daemon, sent messages, and files. An address is the digits of
    /// a number, or `…@lid`.
    pub async fn forget(&self, addresses: &[String]) -> Result<(), BridgeError> {
        self.post("/forget", &json!({ "addresses": addresses })).await.map(drop)
    }
}
