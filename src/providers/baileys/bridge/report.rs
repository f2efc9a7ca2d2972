//! What the bridge tells of its link to WhatsApp.

use super::exchange::Answer;
use super::{Bridge, LinkState, QrCode};
use crate::domain::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// What the bridge tells of its link. What an older or a foreign bridge does not say is not known.
///
/// No `Debug`: a pairing code links the account.
#[derive(Clone)]
pub struct Report {
    /// How the link is.
    pub state: LinkState,
    /// Since when.
    pub since: Option<Timestamp>,
    /// WhatsApp's code of the last disconnect.
    pub last_code: Option<i64>,
    /// The bridge's version.
    pub version: Option<String>,
    /// Events that wait for us.
    pub inbox: Option<u64>,
    /// Files that are still to be fetched, from WhatsApp or by us.
    pub media_waiting: Option<u64>,
    /// Events that we have refused for good.
    pub refused: Option<u64>,
    /// Who is linked.
    pub account: Option<Account>,
    /// Until when the QR code can be scanned.
    pub qr_expires_at: Option<Timestamp>,
    /// The code to be typed into the phone.
    pub pairing_code: Option<String>,
    /// Until when it can be; another one follows.
    pub pairing_code_expires_at: Option<Timestamp>,
    /// What WhatsApp does not let the account do.
    pub restriction: Option<Restriction>,
    /// Since when nothing comes in by a link that is alive, not even the echo of the bridge's own checks.
    pub deaf_since: Option<Timestamp>,
}

/// Who is linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Digits, without the `+`.
    pub phone: Option<String>,
    /// The name that people see.
    pub name: Option<String>,
}

/// WhatsApp's time lock on writing to new people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// Until when, if WhatsApp says so.
    pub until: Option<Timestamp>,
    /// WhatsApp's word for it.
    pub kind: Option<String>,
}

/// All that can be found out at once.
#[derive(Clone)]
pub struct Overview {
    /// Whether anything answered.
    pub reachable: bool,
    /// Whether the session is live; true also where we are not let in.
    pub connected: bool,
    /// What the bridge tells.
    pub report: Report,
    /// The code that waits to be scanned, where it was asked for.
    pub qr: Option<QrCode>,
}

impl Bridge {
    /// Whether the link is live.
    pub async fn is_healthy(&self) -> bool {
        self.report().await.state.is_connected()
    }

    /// How the link is, by what every bridge answers.
    pub async fn report(&self) -> Report {
        self.health().await.unwrap_or_else(Report::only)
    }

    /// All that can be found out within [`GLANCE`]; with the code to scan, if that is wanted.
    pub async fn look(&self, with_code: bool) -> Overview {
        let code = async { if with_code { self.qr_code(GLANCE).await.ok().flatten() } else { None } };
        let status = self.ask(Method::GET, "/status", None, GLANCE);
        let (health, status, qr) = tokio::join!(self.health(), status, code);
        let reachable = health.is_ok() || status.is_ok();
        let connected = health.as_ref().is_ok_and(|report| report.state.is_connected());
        let known = match status {
            Ok(Answer { status: StatusCode::OK, body }) if body.is_object() => Ok(Report::read(true, &body)),
            Ok(Answer { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. })
            | Err(LinkState::Unauthorized) => {
                let known = health.unwrap_or_else(Report::only);
                Ok(Report { state: LinkState::Unauthorized, ..known })
            }
            // A bridge that does not know the question.
            _ => health,
        };
        let report = known.unwrap_or_else(Report::only);
        Overview { reachable, connected: connected || report.state.is_connected(), report, qr }
    }

    async fn health(&self) -> Result<Report, LinkState> {
        let Answer { status, body } = self.ask_openly("/health", GLANCE).await?;
        let report = Report::read(status == StatusCode::OK, &body);
        // The status alone decides: that is what every bridge has.
        Ok(if status == StatusCode::OK { Report { state: LinkState::Connected, ..report } } else { report })
    }
}

impl Report {
    fn only(state: LinkState) -> Self {
        Self { state, ..Self::read(false, &Value::Null) }
    }

    /// Reads what is there. `well` says that the answer may speak of a live session.
    fn read(well: bool, body: &Value) -> Self {
        let word = body["state"].as_str();
        let state = if well && (word == Some("connected") || body["connected"] == true) {
            LinkState::Connected
        } else {
            LinkState::told(word)
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
                .then(|| Account { phone: line(&body["account"]["phone"]), name: line(&body["account"]["name"]) }),
            qr_expires_at: time(&body["qr_expires_at"]),
            pairing_code: line(&body["pairing_code"]),
            pairing_code_expires_at: time(&body["pairing_code_expires_at"]),
            restriction: (body["restriction"]["active"] == true).then(|| Restriction {
                until: time(&body["restriction"]["until"]),
                kind: line(&body["restriction"]["kind"]),
            }),
            deaf_since: time(&body["link_check"]["since"]).filter(|_| body["link_check"]["result"] == "no_echo"),
        }
    }
}

/// Unix milliseconds that can be meant.
fn time(value: &Value) -> Option<Timestamp> {
    value.as_i64().filter(|ms| PLAUSIBLE.contains(ms)).map(Timestamp::from_millis)
}

/// A text as it can stand in a line.
pub(super) fn line(value: &Value) -> Option<String> {
    let told = value.as_str()?;
    let line: String = told.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_LINE).collect();
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// How long a look at the bridge may take.
const GLANCE: Duration = Duration::from_secs(1);
/// The years 2001 to 2128.
const PLAUSIBLE: std::ops::Range<i64> = 1_000_000_000_000..5_000_000_000_000;
const LONGEST_LINE: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_or_odd_is_not_known() {
        for body in [
            json!(null),
            json!([]),
            json!("connected"),
            json!({}),
            json!({ "state": 5, "since": "now", "last_code": "x", "inbox": -1, "account": "me", "restriction": true,
                "qr_expires_at": i64::MAX, "pairing_code": ["A"], "version": {} }),
        ] {
            let report = Report::read(true, &body);
            assert_eq!(report.state, LinkState::Other, "{body}");
            assert!(report.since.is_none() && report.last_code.is_none() && report.inbox.is_none(), "{body}");
            assert!(report.account.is_none() && report.restriction.is_none() && report.version.is_none(), "{body}");
            assert!(report.qr_expires_at.is_none() && report.pairing_code.is_none(), "{body}");
        }
    }

    #[test]
    fn all_that_is_said_is_read() {
        let report = Report::read(
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
        let account = Account { phone: Some("972501234567".into()), name: Some("Shop".into()) };
        assert_eq!(report.account, Some(account));
        let until = Some(Timestamp::from_millis(1_700_000_001_000));
        assert_eq!(report.restriction, Some(Restriction { until, kind: Some("x".into()) }));
        let lifted = Report::read(true, &json!({ "connected": true, "restriction": { "active": false } }));
        assert_eq!((lifted.state, lifted.restriction), (LinkState::Connected, None));
        for (result, is_deaf) in [("ok", false), ("no_ack", false), ("no_echo", true)] {
            let check = json!({ "result": result, "since": 1_700_000_001_000_i64 });
            let report = Report::read(true, &json!({ "connected": true, "link_check": check }));
            assert_eq!(report.deaf_since, until.filter(|_| is_deaf), "{result}");
        }
    }
}
