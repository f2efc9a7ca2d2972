//! API types of the WhatsApp bridge.

use crate::domain::{Language, Notice, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::messages;
use crate::providers::baileys::bridge::{self as link, Overview};
use serde::{Deserialize, Serialize};

type LinkState = OneOf<link::LinkState>;

/// The state of the bridge. A field that the bridge does not report is null, as are all fields that only the bridge can
/// report while it is disabled or does not answer.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct BridgeStatus {
    /// Whether the bridge is enabled in the settings.
    enabled: bool,
    /// Whether the bridge answers the daemon.
    reachable: bool,
    /// Whether the bridge is connected to WhatsApp.
    connected: bool,
    /// The state of the link to WhatsApp.
    state: LinkState,
    /// The problem of the link and its remedy, in the business's language; null if there is no problem.
    reason: Option<String>,
    /// When the link entered this state; null if it is not known.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// WhatsApp's status code of the last disconnect; null if there was none, or it is not known.
    last_code: Option<i64>,
    /// The version of the bridge program; null if it is not known.
    version: Option<String>,
    /// The linked WhatsApp account; null if none is linked, or it is not known.
    account: Option<LinkedAccount>,
    /// The messages and files that are queued in the bridge.
    waiting: BridgeBacklog,
    /// WhatsApp's restriction on starting new chats; null if the bridge reports none.
    restriction: Option<AccountRestriction>,
    /// Since when the bridge has received nothing although it is connected: no messages, receipts or notifications, and
    /// not even the message of its own link check. Null if the bridge does not report this.
    #[schema(value_type = Option<String>, format = DateTime)]
    not_receiving_since: Option<Timestamp>,
    /// The QR code that links an account; null if the bridge offers none, and for users and tokens without the role
    /// `owner`.
    pairing: Option<PairingQr>,
    /// The pairing code, which the user types into WhatsApp on the phone; null if the bridge offers none, and for users
    /// and tokens without the role `owner`.
    pairing_code: Option<String>,
    /// When the pairing code expires; the bridge then creates a new one, a few times at most. Null if `pairing_code` is
    /// null, or the bridge does not report the time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pairing_code_expires_at: Option<Timestamp>,
}

/// The linked WhatsApp account.
#[derive(Serialize, utoipa::ToSchema)]
struct LinkedAccount {
    /// The account's phone number in E.164; null if it is not known.
    phone: Option<String>,
    /// The profile name of the WhatsApp account; null if it is not known.
    name: Option<String>,
}

/// The messages and files that are queued in the bridge, and the number of rejected ones. A null count is unknown.
#[derive(Serialize, utoipa::ToSchema)]
struct BridgeBacklog {
    /// The number of messages and updates that the daemon has not accepted yet.
    inbox: Option<u64>,
    /// The number of message files that the bridge has not downloaded from WhatsApp yet.
    media: Option<u64>,
    /// The number of messages and updates that the daemon rejected; the bridge's log gives the reasons.
    refused: Option<u64>,
}

/// WhatsApp's restriction on starting new chats.
#[derive(Serialize, utoipa::ToSchema)]
struct AccountRestriction {
    /// When the restriction ends; null if WhatsApp does not report it.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// WhatsApp's name for the restriction; null if WhatsApp does not report it.
    kind: Option<String>,
}

/// A QR code that links the business's WhatsApp account to the bridge. It is scanned with WhatsApp on the business's
/// phone.
#[derive(Serialize, utoipa::ToSchema)]
struct PairingQr {
    /// The content of the QR code.
    qr: String,
    /// The QR code as SVG; null if the bridge does not draw it.
    svg: Option<String>,
    /// When the QR code expires; the bridge then creates a new one. Null if the bridge does not report the time.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl BridgeStatus {
    pub(super) fn of(overview: Overview, language: Language, is_owner: bool) -> Self {
        let Overview { reachable, connected, report, qr } = overview;
        let restricted = report.restriction.as_ref().filter(|_| report.state.is_connected());
        let reason = restricted.map(|_| Notice::WhatsAppRestricted).or_else(|| report.state.notice());
        let account = report
            .account
            .map(|link::Account { phone, name }| LinkedAccount { phone: phone.map(|phone| phone.to_string()), name });
        let expires_at = report.qr_expires_at;
        Self {
            enabled: true,
            reachable,
            connected,
            state: report.state.into(),
            reason: reason.map(|notice| messages::text(language, &notice)),
            since: report.since,
            last_code: report.last_code,
            version: report.version,
            account,
            waiting: BridgeBacklog { inbox: report.inbox, media: report.media_waiting, refused: report.refused },
            restriction: report.restriction.map(|link::Restriction { until, kind }| AccountRestriction { until, kind }),
            not_receiving_since: report.not_receiving_since,
            pairing: qr.filter(|_| is_owner).map(|code| PairingQr { qr: code.text, svg: code.svg, expires_at }),
            pairing_code: report.pairing_code.filter(|_| is_owner),
            pairing_code_expires_at: report.pairing_code_expires_at.filter(|_| is_owner),
        }
    }

    pub(super) fn disabled(language: Language) -> Self {
        let state = link::LinkState::Disabled;
        Self {
            enabled: false,
            reachable: false,
            connected: false,
            state: state.into(),
            reason: state.notice().map(|notice| messages::text(language, &notice)),
            since: None,
            last_code: None,
            version: None,
            account: None,
            waiting: BridgeBacklog { inbox: None, media: None, refused: None },
            restriction: None,
            not_receiving_since: None,
            pairing: None,
            pairing_code: None,
            pairing_code_expires_at: None,
        }
    }
}

/// The response to a request to start pairing.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct StartPairingResponse {
    /// Always true.
    pub(super) ok: bool,
    /// The state of the link to WhatsApp.
    pub(super) state: LinkState,
}

/// The phone number of the WhatsApp account to link by a pairing code.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PairingCodeRequest {
    /// The phone number of the account, as `+9725…` or in the national form `05…`.
    pub(super) phone: String,
}

/// A pairing code, which the user types into WhatsApp on the phone.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct PairingCodeResponse {
    /// Always true.
    pub(super) ok: bool,
    /// The pairing code: eight letters and digits.
    pub(super) code: String,
}
