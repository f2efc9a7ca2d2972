//! The bridge's report about its link to WhatsApp.

use super::http::{BridgeResponse, line};
use super::{Bridge, LinkState, QrCode};
use crate::domain::{PhoneNumber, Timestamp};
use phonenumber::country;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// The bridge's report about its link. A field is `None` if it does not apply, or if the bridge does not send it.
///
/// Has no `Debug`, because anyone who reads a pairing code in a log could link the account.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    pub state: LinkState,
    /// When the link entered this state.
    pub since: Option<Timestamp>,
    /// WhatsApp's status code of the last disconnect.
    pub last_code: Option<i64>,
    pub version: Option<String>,
    /// The number of events that the bridge has not yet delivered to the daemon.
    pub inbox: Option<u64>,
    /// The number of files that the bridge has not yet fetched from WhatsApp.
    pub media_waiting: Option<u64>,
    /// The number of events that the daemon has rejected permanently.
    pub refused: Option<u64>,
    pub account: Option<Account>,
    pub qr_expires_at: Option<Timestamp>,
    /// The pairing code to be typed into the phone.
    pub pairing_code: Option<String>,
    /// The bridge then requests another code.
    pub pairing_code_expires_at: Option<Timestamp>,
    pub restriction: Option<Restriction>,
    /// When the bridge's link checks stopped receiving their echo, although the link is connected.
    pub not_receiving_since: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub phone: Option<PhoneNumber>,
    /// The name that contacts see.
    pub name: Option<String>,
}

/// WhatsApp's temporary block on starting new conversations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    pub until: Option<Timestamp>,
    pub kind: Option<String>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Overview {
    /// Whether the bridge, or another program at its address, answered a request.
    pub reachable: bool,
    /// Whether the session is known to be connected. The health request needs no secret, so a bridge that rejects the
    /// secret can also be connected; the answer of a bridge that cannot prove that it has the secret is ignored.
    pub connected: bool,
    pub report: Report,
    /// The QR code that links the account, if it was requested, the request succeeded, and the bridge shows one.
    pub qr: Option<QrCode>,
}

impl Bridge {
    pub async fn is_healthy(&self) -> bool {
        self.report().await.state.is_connected()
    }

    /// Uses the health request, because every bridge supports it. A bridge without the challenge answers it whatever the
    /// secret is, so the status request shows whether the bridge accepts the secret.
    pub async fn report(&self) -> Report {
        let status = self.request(Method::GET, "/status", None, STATUS_TIMEOUT);
        let (health, status) = tokio::join!(self.health(), status);
        let report = health.unwrap_or_else(Report::with_state);
        let state =
            if report.state.is_connected() && refuses_secret(&status) { LinkState::Unauthorized } else { report.state };
        Report { state, ..report }
    }

    pub async fn overview(&self, with_code: bool) -> Overview {
        let code = async { if with_code { self.qr_code(STATUS_TIMEOUT).await.ok().flatten() } else { None } };
        let status = self.request(Method::GET, "/status", None, STATUS_TIMEOUT);
        let (health, status, qr) = tokio::join!(self.health(), status, code);
        let reachable = status.is_ok() || matches!(health, Ok(_) | Err(LinkState::Unauthorized));
        let connected = health.as_ref().is_ok_and(|report| report.state.is_connected());
        let known = match status {
            Ok(BridgeResponse { status: StatusCode::OK, body }) if body.is_object() => Ok(Report::parse(true, &body)),
            refused if refuses_secret(&refused) => {
                let known = health.unwrap_or_else(Report::with_state);
                Ok(Report { state: LinkState::Unauthorized, ..known })
            }
            // The status request failed, or the bridge does not support it.
            _ => health,
        };
        let report = known.unwrap_or_else(Report::with_state);
        Overview { reachable, connected: connected || report.state.is_connected(), report, qr }
    }

    async fn health(&self) -> Result<Report, LinkState> {
        let BridgeResponse { status, body } = self.request_health(STATUS_TIMEOUT).await?;
        let report = Report::parse(status == StatusCode::OK, &body);
        // Only the HTTP status decides whether the link is connected, because every bridge sends the status.
        Ok(if status == StatusCode::OK { Report { state: LinkState::Connected, ..report } } else { report })
    }
}

fn refuses_secret(status: &Result<BridgeResponse, LinkState>) -> bool {
    matches!(
        status,
        Ok(BridgeResponse { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. })
            | Err(LinkState::Unauthorized)
    )
}

impl Overview {
    /// Without the counts of queued events and files, which change with each message, and without times, which a bridge
    /// may compute again for each request. Two overviews with the same rest show users the same state.
    #[must_use]
    pub fn without_counts_and_times(self) -> Self {
        let restriction = self.report.restriction.map(|restriction| Restriction { until: None, ..restriction });
        let mut report = Report { restriction, ..self.report };
        (report.inbox, report.media_waiting, report.refused) = (None, None, None);
        (report.since, report.qr_expires_at, report.pairing_code_expires_at) = (None, None, None);
        Self { report, ..self }
    }
}

impl Report {
    fn with_state(state: LinkState) -> Self {
        Self { state, ..Self::parse(false, &Value::Null) }
    }

    /// `may_be_connected`: whether the HTTP status allows the state `connected`.
    fn parse(may_be_connected: bool, body: &Value) -> Self {
        let code = body["state"].as_str();
        let state = if may_be_connected && (code == Some("connected") || body["connected"] == true) {
            LinkState::Connected
        } else {
            LinkState::from_code(code)
        };
        Self {
            state,
            since: time(&body["since"]),
            last_code: body["last_code"].as_i64(),
            version: line(&body["version"]),
            inbox: body["inbox"].as_u64(),
            media_waiting: body["media_waiting"].as_u64(),
            refused: body["refused_by_daemon"].as_u64(),
            account: body["account"]
                .is_object()
                .then(|| Account { phone: phone(&body["account"]["phone"]), name: line(&body["account"]["name"]) }),
            qr_expires_at: time(&body["qr_expires_at"]),
            pairing_code: line(&body["pairing_code"]),
            pairing_code_expires_at: time(&body["pairing_code_expires_at"]),
            restriction: (body["restriction"]["active"] == true).then(|| Restriction {
                until: time(&body["restriction"]["until"]),
                kind: line(&body["restriction"]["kind"]),
            }),
            not_receiving_since: time(&body["link_check"]["since"])
                .filter(|_| body["link_check"]["result"] == "no_echo"),
        }
    }
}

/// Parses the digits of a number with its country code, so that the default country is irrelevant.
fn phone(value: &Value) -> Option<PhoneNumber> {
    PhoneNumber::parse_provider(&line(value)?, country::IL).ok()
}

/// Parses Unix milliseconds. Returns `None` outside the plausible range.
fn time(value: &Value) -> Option<Timestamp> {
    value.as_i64().filter(|ms| PLAUSIBLE.contains(ms)).map(Timestamp::from_millis)
}

const STATUS_TIMEOUT: Duration = Duration::from_secs(1);
/// The plausible range of times, in Unix milliseconds: the years 2001 to 2128.
const PLAUSIBLE: std::ops::Range<i64> = 1_000_000_000_000..5_000_000_000_000;
#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn missing_and_malformed_fields_are_unknown() {
        for body in [
            json!(null),
            json!([]),
            json!("connected"),
            json!({}),
            json!({ "state": 5, "since": "now", "last_code": "x", "inbox": -1, "account": "me", "restriction": true,
                "qr_expires_at": i64::MAX, "pairing_code": ["A"], "version": {} }),
        ] {
            let report = Report::parse(true, &body);
            assert_eq!(report.state, LinkState::Other, "{body}");
            assert!(report.since.is_none() && report.last_code.is_none() && report.inbox.is_none(), "{body}");
            assert!(report.account.is_none() && report.restriction.is_none() && report.version.is_none(), "{body}");
            assert!(report.qr_expires_at.is_none() && report.pairing_code.is_none(), "{body}");
        }
    }

    #[test]
    fn all_fields_are_read() {
        let report = Report::parse(
            true,
            &json!({ "connected": false, "state": "replaced", "since": 1_700_000_000_000_i64, "last_code": 440,
                "version": "1.2\n", "inbox": 3, "media_waiting": 2, "refused_by_daemon": 1,
                "account": { "phone": "972501234567", "lid": "1@lid", "name": "Shop" },
                "restriction": { "active": true, "until": 1_700_000_001_000_i64, "kind": "x" } }),
        );
        assert_eq!(
            (report.state, report.last_code, report.version.as_deref()),
            (LinkState::Replaced, Some(440), Some("1.2"))
        );
        assert_eq!((report.inbox, report.media_waiting, report.refused), (Some(3), Some(2), Some(1)));
        let account = Account { phone: PhoneNumber::from_e164("+972501234567"), name: Some("Shop".into()) };
        assert_eq!(report.account, Some(account));
        let until = Some(Timestamp::from_millis(1_700_000_001_000));
        assert_eq!(report.restriction, Some(Restriction { until, kind: Some("x".into()) }));
        let lifted = Report::parse(true, &json!({ "connected": true, "restriction": { "active": false } }));
        assert_eq!((lifted.state, lifted.restriction), (LinkState::Connected, None));
        for (result, is_not_receiving) in [("ok", false), ("no_ack", false), ("no_echo", true)] {
            let check = json!({ "result": result, "since": 1_700_000_001_000_i64 });
            let report = Report::parse(true, &json!({ "connected": true, "link_check": check }));
            assert_eq!(report.not_receiving_since, until.filter(|_| is_not_receiving), "{result}");
        }
    }
}
