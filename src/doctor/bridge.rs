//! Checks that the WhatsApp bridge runs, is linked, and accepts the secret.

use super::DoctorContext;
use crate::domain::{CheckResult, CheckStatus, Found, PhoneNumber, Remedy};
use crate::providers::baileys::bridge::{Bridge, LinkState, Overview};
use crate::providers::http_client;
use std::sync::Arc;

const CHECK: &str = "bridge";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<CheckResult> {
    let Some(config) = context.config() else { return Vec::new() };
    if !config.whatsapp.baileys_enabled() {
        return vec![CheckResult::skipped(CHECK, Found::BridgeUnused)];
    }
    match Bridge::new(context.client.clone(), config) {
        Ok(bridge) => evaluate(&bridge.overview(false).await),
        Err(error) => {
            vec![CheckResult::error(
                CHECK,
                Found::BridgeUnusable { reason: http_client::causes(&error) },
                Remedy::Report,
            )]
        }
    }
}

fn evaluate(seen: &Overview) -> Vec<CheckResult> {
    let report = &seen.report;
    let mut findings = vec![match report.state.notice() {
        None => CheckResult::ok(CHECK, linked(report.account.as_ref().and_then(|account| account.phone.as_ref()))),
        // The notice also contains the remedy.
        Some(notice) => {
            let state = match report.state {
                LinkState::Starting | LinkState::Connecting | LinkState::Pairing | LinkState::Unpaired => {
                    CheckStatus::Warning
                }
                _ => CheckStatus::Error,
            };
            CheckResult { state, ..CheckResult::ok(CHECK, notice) }
        }
    }];
    if let Some(restriction) = &report.restriction {
        let found = match restriction.until {
            None => Found::BridgeRestricted,
            Some(until) => Found::BridgeRestrictedUntil { until },
        };
        findings.push(CheckResult::warning(CHECK, found, Remedy::BridgeWriteLess));
    }
    if let Some(since) = report.not_receiving_since {
        findings.push(CheckResult::warning(CHECK, Found::BridgeNotReceiving { since }, Remedy::BridgePhone));
    }
    if let Some(count) = report.refused.filter(|refused| *refused > 0) {
        findings.push(CheckResult::warning(CHECK, Found::BridgeUnread { count }, Remedy::BridgeLog));
    }
    findings
}

fn linked(phone: Option<&PhoneNumber>) -> Found {
    match phone {
        None => Found::BridgeLinked,
        Some(phone) => Found::BridgeLinkedTo { account: phone.masked().to_string() },
    }
}
