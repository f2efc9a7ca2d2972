//! Converts errors of ACME requests to texts for users: the authority's message, and what to check.

use super::http_client::AcmeHttpError;
use crate::config::AcmeChallenge;
use instant_acme::{Error, Problem};
use std::error::Error as _;

/// The kind of error, which determines when a retry follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AcmeErrorKind {
    /// The authority could not validate a name; another challenge type may succeed.
    Challenge,
    /// The authority rejected the request for a reason that does not depend on the challenge type.
    Refused,
    /// A rate limit of the authority was reached.
    Limited,
    /// The authority no longer recognises the account.
    Account,
    /// The authority could not be reached.
    Unreachable,
    /// The authority rejected a nonce; the request is retried (RFC 8555, section 6.5).
    Nonce,
    /// This machine's clock is wrong.
    Clock,
    /// A local error, such as a full disk.
    Local,
}

/// An ACME error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AcmeError {
    pub(super) kind: AcmeErrorKind,
    /// The text for users.
    pub(super) text: String,
    /// True if the authority's own certificate is not valid now: either that certificate or this machine's clock is
    /// wrong.
    pub(super) may_be_clock_error: bool,
}

impl AcmeError {
    pub(super) fn new(kind: AcmeErrorKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), may_be_clock_error: false }
    }

    pub(super) fn local(what: &str, error: &dyn std::fmt::Display) -> Self {
        Self::new(AcmeErrorKind::Local, format!("{what}: {error}"))
    }

    /// Converts an error of the library.
    pub(super) fn of(error: &Error, authority: &str) -> Self {
        let unreachable = |what: String| Self::new(AcmeErrorKind::Unreachable, what);
        match error {
            Error::Api(problem) => Self::rejected(problem, authority),
            Error::Timeout(_) => unreachable(format!("{authority} did not complete the request within two minutes")),
            Error::Other(inner) => match inner.downcast_ref::<AcmeHttpError>() {
                Some(error) => Self {
                    may_be_clock_error: error.is_validity_error(),
                    ..unreachable(format!("{authority} cannot be reached: {}", causes(error)))
                },
                None => unreachable(format!("{authority}: {inner}")),
            },
            other => unreachable(format!("{authority} gave an invalid answer: {other}")),
        }
    }

    /// Converts a problem that does not refer to a particular name.
    fn rejected(problem: &Problem, authority: &str) -> Self {
        let mut reason = detail(problem);
        for part in &problem.subproblems {
            reason = format!("{reason} ({part})");
        }
        let (kind, advice) = match short_type(problem) {
            "rateLimited" => {
                (AcmeErrorKind::Limited, "its rate limit was reached; nothing needs to be done but to wait")
            }
            "accountDoesNotExist" => (AcmeErrorKind::Account, "a new account is created at the next attempt"),
            "badNonce" => (AcmeErrorKind::Nonce, "a retry follows soon"),
            "serverInternal" => (AcmeErrorKind::Unreachable, "a retry follows soon"),
            "rejectedIdentifier" | "unsupportedIdentifier" => {
                (AcmeErrorKind::Refused, "it does not issue certificates for such a name; check tls.domain")
            }
            "caa" => (AcmeErrorKind::Refused, "the CAA record of the name allows other authorities only; change it"),
            "dns" => {
                (AcmeErrorKind::Refused, "check that the name has an A or AAAA record that points to this machine")
            }
            "externalAccountRequired" => (
                AcmeErrorKind::Refused,
                "set tls.acme_eab_key_id and tls.acme_eab_hmac_key, which the authority issues",
            ),
            "invalidContact" | "unsupportedContact" => (AcmeErrorKind::Refused, "check tls.acme_contact"),
            "userActionRequired" => {
                (AcmeErrorKind::Refused, "it requires a user's action, such as accepting new terms")
            }
            _ => (AcmeErrorKind::Refused, "check tls.domain and the other tls settings"),
        };
        Self::new(kind, format!("{authority} refused: {reason}. What to do: {advice}"))
    }

    /// Converts a failed validation of a name.
    pub(super) fn validation_failed(name: &str, problem: &Problem, method: AcmeChallenge, authority: &str) -> Self {
        let reason = detail(problem);
        let port = if method == AcmeChallenge::TlsAlpn01 { 443 } else { 80 };
        let (kind, advice) = match short_type(problem) {
            "connection" => (
                AcmeErrorKind::Challenge,
                format!(
                    "check that port {port} of {name} leads to this machine: the router's forwarding, and firewalls"
                ),
            ),
            "unauthorized" | "incorrectResponse" | "tls" => (
                AcmeErrorKind::Challenge,
                format!(
                    "something else answers there; check that A and AAAA records of {name} name this machine, and that no \
                     other server has its port {port}"
                ),
            ),
            "dns" => (
                AcmeErrorKind::Refused,
                format!(
                    "check that {name} has an A or AAAA record that names this machine; new ones take up to an hour"
                ),
            ),
            "caa" => {
                (AcmeErrorKind::Refused, format!("the CAA record of {name} allows other authorities only; change it"))
            }
            _ => return Self::rejected(problem, authority),
        };
        Self::new(
            kind,
            format!("{authority} did not find this machine at {name} (port {port}): {reason}. What to do: {advice}"),
        )
    }
}

/// Returns the last part of an error type, such as `connection` of `urn:ietf:params:acme:error:connection`.
fn short_type(problem: &Problem) -> &str {
    let name = problem.r#type.as_deref().unwrap_or_default();
    name.rsplit(':').next().unwrap_or(name)
}

/// Returns the authority's text on one line, with a limited length.
fn detail(problem: &Problem) -> String {
    let reason = problem.detail.as_deref().unwrap_or("no reason given");
    let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect();
    format!("\"{}\"", reason.trim().trim_end_matches('.'))
}

/// Returns the text of an error and its chain of sources.
fn causes(error: &AcmeHttpError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(name: &str) -> Problem {
        let json = format!(r#"{{"type":"urn:ietf:params:acme:error:{name}","detail":"because\nof this."}}"#);
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn messages_state_the_reason_and_the_remedy() {
        let error = AcmeError::validation_failed(
            "shop.example",
            &problem("connection"),
            AcmeChallenge::Http01,
            "Let's Encrypt",
        );
        assert_eq!(error.kind, AcmeErrorKind::Challenge);
        insta::assert_snapshot!(error.text, @r#"Let's Encrypt did not find this machine at shop.example (port 80): "because of this". What to do: check that port 80 of shop.example leads to this machine: the router's forwarding, and firewalls"#);
        let error = AcmeError::of(&Error::Api(problem("rateLimited")), "Let's Encrypt");
        assert_eq!(error.kind, AcmeErrorKind::Limited);
        insta::assert_snapshot!(error.text, @r#"Let's Encrypt refused: "because of this". What to do: its rate limit was reached; nothing needs to be done but to wait"#);
    }

    #[test]
    fn another_challenge_type_is_tried_only_where_it_can_help() {
        let kind = |name| AcmeError::validation_failed("a.example", &problem(name), AcmeChallenge::TlsAlpn01, "x").kind;
        assert_eq!(kind("unauthorized"), AcmeErrorKind::Challenge);
        for name in ["dns", "caa", "rejectedIdentifier", "somethingNew"] {
            assert_eq!(kind(name), AcmeErrorKind::Refused, "{name}");
        }
        assert_eq!(kind("rateLimited"), AcmeErrorKind::Limited);
    }
}
