//! Checks that the WhatsApp bridge runs, is linked, and accepts the secret.

use super::{DoctorContext, Finding};
use crate::domain::{Language, Masked};
use crate::messages;
use crate::providers::baileys::bridge::{Bridge, LinkState, Overview};
use std::sync::Arc;

const CHECK: &str = "bridge";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(config) = context.config() else { return Vec::new() };
    if !config.whatsapp.baileys_enabled() {
        return vec![Finding::skipped(CHECK, "the WhatsApp bridge is not in use")];
    }
    match Bridge::new(context.client.clone(), config) {
        Ok(bridge) => evaluate(&bridge.overview(false).await),
        Err(error) => {
            vec![Finding::error(CHECK, format!("the WhatsApp bridge cannot be queried: {error}"), "report it")]
        }
    }
}

fn evaluate(seen: &Overview) -> Vec<Finding> {
    let report = &seen.report;
    let mut findings = vec![match report.state.notice() {
        None => {
            let phone = report.account.as_ref().and_then(|account| account.phone.as_deref());
            let whose = phone.map(|phone| format!(" to +{}", Masked(phone))).unwrap_or_default();
            Finding::ok(CHECK, format!("the WhatsApp bridge is linked{whose}"))
        }
        Some(notice) => {
            let sentence = messages::text(Language::English, &notice);
            let (found, remedy) = sentence.split_once("; ").unwrap_or((sentence.as_str(), "see the bridge's log"));
            match report.state {
                LinkState::Starting | LinkState::Connecting | LinkState::Pairing | LinkState::Unpaired => {
                    Finding::warning(CHECK, found, remedy)
                }
                _ => Finding::error(CHECK, found, remedy),
            }
        }
    }];
    if let Some(restriction) = &report.restriction {
        let until = restriction.until.map(|until| format!(" until {until}")).unwrap_or_default();
        let found = format!("WhatsApp does not let the account write to new contacts{until}");
        findings.push(Finding::warning(CHECK, found, "write less to contacts who have not written first"));
    }
    if let Some(since) = report.deaf_since {
        let found = format!(
            "the bridge has received nothing from WhatsApp since {since}, and the account's phone does not answer"
        );
        findings.push(Finding::warning(
            CHECK,
            found,
            "check that the phone is on and online; otherwise link the account again",
        ));
    }
    if let Some(refused) = report.refused.filter(|refused| *refused > 0) {
        let found = format!("{refused} messages from WhatsApp could not be parsed and were archived");
        findings.push(Finding::warning(CHECK, found, "see the log of both services for WA_BAILEYS, and report it"));
    }
    findings
}
