//! The state of the bridge's link to WhatsApp, as a code and as a notice.

use crate::domain::{Notice, text_enum};

text_enum! {
    /// The state of the bridge's link to WhatsApp: the bridge's own states, and those that only the daemon can observe.
    LinkState {
        /// The session is connected.
        Connected = "connected",
        /// The bridge has just started.
        Starting = "starting",
        /// No account is linked, and no code is shown at the moment.
        Unpaired = "unpaired",
        /// A QR code or a pairing code is shown.
        Pairing = "pairing",
        /// Connecting to WhatsApp.
        Connecting = "connecting",
        /// The session is connected, but WhatsApp acknowledges no message.
        Unanswered = "unanswered",
        /// WhatsApp has ended the link.
        LoggedOut = "logged_out",
        /// Another process uses the session.
        Replaced = "replaced",
        /// WhatsApp has blocked the account.
        Banned = "banned",
        /// WhatsApp no longer accepts the bridge's version.
        Outdated = "outdated",
        /// The phone's WhatsApp does not support linked devices.
        MultideviceMismatch = "multidevice_mismatch",
        /// The bridge cannot write to its disk.
        Disk = "disk",
        /// The bridge cannot read its session file.
        Damaged = "damaged",
        /// Not connected, with an unknown code or without one.
        Other = "other",
        /// Nothing listens at the bridge's address.
        Unreachable = "unreachable",
        /// The bridge accepted the connection and does not answer.
        Silent = "silent",
        /// The bridge does not accept the secret.
        Unauthorized = "unauthorized",
        /// The bridge is not in use.
        Disabled = "disabled",
    }
}

impl LinkState {
    /// The state of a bridge to which a request failed.
    pub(super) fn after(error: &reqwest::Error) -> Self {
        if error.is_connect() {
            Self::Unreachable
        } else if error.is_builder() {
            Self::Unauthorized
        } else {
            Self::Silent
        }
    }

    /// Returns true if messages can be sent.
    pub fn is_connected(self) -> bool {
        self == Self::Connected
    }

    /// Parses a code of the bridge. States that only the daemon can observe are not accepted, nor is `connected`, which
    /// the HTTP status reports.
    pub(super) fn from_code(code: Option<&str>) -> Self {
        match code.and_then(|code| code.parse().ok()) {
            None | Some(Self::Connected | Self::Unreachable | Self::Silent | Self::Unauthorized | Self::Disabled) => {
                Self::Other
            }
            Some(state) => state,
        }
    }

    /// The problem and what to do about it; none if there is no problem.
    pub fn notice(self) -> Option<Notice> {
        Some(match self {
            Self::Connected => return None,
            Self::Starting => Notice::BridgeStarting,
            Self::Unpaired => Notice::BridgeUnpaired,
            Self::Pairing => Notice::BridgePairing,
            Self::Connecting => Notice::BridgeConnecting,
            Self::Unanswered => Notice::BridgeUnanswered,
            Self::LoggedOut => Notice::BridgeLoggedOut,
            Self::Replaced => Notice::BridgeReplaced,
            Self::Banned => Notice::BridgeBanned,
            Self::Outdated => Notice::BridgeOutdated,
            Self::MultideviceMismatch => Notice::BridgeMultideviceMismatch,
            Self::Disk => Notice::BridgeDisk,
            Self::Damaged => Notice::BridgeDamaged,
            Self::Other => Notice::BridgeOther,
            Self::Unreachable => Notice::BridgeUnreachable,
            Self::Silent => Notice::BridgeSilent,
            Self::Unauthorized => Notice::BridgeUnauthorized,
            Self::Disabled => Notice::BridgeDisabled,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bridge_says_only_what_it_can_know() {
        assert_eq!(LinkState::from_code(Some("logged_out")), LinkState::LoggedOut);
        for code in [None, Some(""), Some("open"), Some("connected"), Some("unreachable"), Some("disabled")] {
            assert_eq!(LinkState::from_code(code), LinkState::Other, "{code:?}");
        }
    }
}
