//! `doctor --live`: additional tests with the real accounts, and the list of tests that the user must do manually.

mod manual_checks;

use super::{DoctorContext, Finding};
use crate::providers::baileys::bridge::{Bridge, BridgeError, LinkCheck};
use crate::{clock, runtime};
use std::sync::Arc;

pub(super) use manual_checks::check as manual_checks;

const LINK: &str = "live link";

pub(super) async fn ai(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(config) = context.config().cloned() else { return Vec::new() };
    let found = Box::pin(runtime::probe_ai(&context.client, &Arc::new(config), clock::now())).await;
    found.into_iter().map(Finding::from).collect()
}

/// Checks the bridge's link: the bridge sends a message to the account's own phone. No chat shows this message.
pub(super) async fn link(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(config) = context.config().filter(|config| config.whatsapp.baileys_enabled()) else { return Vec::new() };
    let Ok(bridge) = Bridge::new(context.client.clone(), config) else { return Vec::new() };
    vec![evaluate(bridge.check_link().await)]
}

fn evaluate(checked: Result<LinkCheck, BridgeError>) -> Finding {
    match checked {
        Ok(LinkCheck::Works) => {
            Finding::ok(LINK, "a message to the account's own phone went out, and its receipt came back")
        }
        Ok(LinkCheck::NoAck) => Finding::error(
            LINK,
            "WhatsApp does not acknowledge what the bridge sends; it has reconnected",
            "repeat the check in a minute; if the result is the same, link the account again",
        ),
        Ok(LinkCheck::NoEcho) => Finding::warning(
            LINK,
            "WhatsApp accepts messages from the bridge, but nothing comes back from the account's own phone; the bridge has \
             reconnected",
            "check that the phone is on and online, then repeat the check; if the result is the same, link the account again",
        ),
        Ok(LinkCheck::NotConnected) | Err(BridgeError::Unavailable(_)) => {
            Finding::skipped(LINK, "the bridge is not linked or not running, see above")
        }
        Err(BridgeError::Unsupported) => {
            Finding::skipped(LINK, "this bridge does not support a check of its link on request")
        }
        Err(BridgeError::Refused { status, code, message }) => {
            let found = format!("the bridge does not check its link: {status} {code} {message}");
            Finding::warning(LINK, found, "see the bridge's log")
        }
    }
}
