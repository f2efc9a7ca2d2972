//! The state of the bridge's link to WhatsApp, as a code and as a notice.

use crate::domain::{Notice, text_enum};

text_enum! {
    /// The state of the bridge's link to WhatsApp. The bridge reports some states itself; only the daemon can observe
    /// the other states.
    LinkState {
        /// The session is connected.
        Connected = "connected",
        /// The bridge has just started.
        Starting = "starting",
        /// No account is linked, and no code is shown.
        Unpaired = "unpaired",
        /// A QR code or a pairing code is shown.
        Pairing = "pairing",
        /// The bridge is connecting to WhatsApp.
        Connecting = "connecting",
        /// The session is connected, but WhatsApp acknowledges no message.
        Unanswered = "unanswered",
        /// WhatsApp has ended the link.
        LoggedOut = "logged_out",
        /// Another process uses the session.
        Replaced = "replaced",
        /// WhatsApp has blocked the account.
        Banned = "banned",
        /// WhatsApp no longer accepts the version of the bridge.
        Outdated = "outdated",
        /// WhatsApp on the phone does not support linked devices.
        MultideviceMismatch = "multidevice_mismatch",
        /// The bridge cannot write to its disk.
        Disk = "disk",
        /// The bridge cannot read its session file.
        Damaged = "damaged",
        /// The session is not connected, and the bridge reports an unknown code or no code.
        Other = "other",
        /// No program listens at the bridge's address.
        Unreachable = "unreachable",
        /// The bridge accepts the connection but does not answer.
        Silent = "silent",
        /// The bridge rejects the secret, or did not prove that it has the secret.
        Unauthorized = "unauthorized",
        /// The settings do not use the bridge.
        Disabled = "disabled",
    }
}

impl LinkState {
    pub(super) fn after(error: &reqwest::Error) -> Self {
        if error.is_connect() {
            Self::Unreachable
        } else if error.is_builder() {
            Self::Unauthorized
        } else {
            Self::Silent
        }
    }

    pub fn is_connected(self) -> bool {
        self == Self::Connected
    }

    /// Parses a state code of the bridge. Returns `Other` for the states that only the daemon can observe, and for
    /// `connected`, because the HTTP status reports that state.
    pub(super) fn from_code(code: Option<&str>) -> Self {
        match code.and_then(|code| code.parse().ok()) {
            None | Some(Self::Connected | Self::Unreachable | Self::Silent | Self::Unauthorized | Self::Disabled) => {
                Self::Other
            }
            Some(state) => state,
        }
    }

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
