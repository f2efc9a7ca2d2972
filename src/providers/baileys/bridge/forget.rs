//! Erasure of a contact's data in the bridge.

use super::{Bridge, BridgeError};
use serde_json::json;

impl Bridge {
    /// Deletes the data of these addresses in the bridge: events that wait for the daemon, sent messages, and files. An
    /// address is a number in digits, or `…@lid`.
    pub async fn forget(&self, addresses: &[String]) -> Result<(), BridgeError> {
        self.post("/forget", &json!({ "addresses": addresses })).await.map(drop)
    }
}
