//! Errors of ACME requests as texts for users: what the authority said, and what to check.

use super::wire::WireError;
use crate::config::AcmeChallenge;
use instant_acme::{Error, Problem};
use std::error::Error as _;

/// The kind of error. It decides when to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TroubleKind {
    /// The authority could not validate a name; another challenge type may succeed.
    Challenge,
    /// It refuses, whatever the challenge type.
    Refused,
    /// A rate limit was reached.
    Limited,
    /// It does not know the account any more.
    Account,
    /// It could not be reached.
    Unreachable,
    /// It rejected a nonce; the request is repeated (RFC 8555, section 6.5).
    Nonce,
    /// This machine's clock is wrong.
    Clock,
    /// A local error, such as a full disk.
    Local,
}

/// An ACME error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) kind: TroubleKind,
    /// The text for users.
    pub(super) text: String,
    /// The authority's own certificate is not valid now: either it or this machine's clock is wrong.
    pub(super) doubts_clock: bool,
}

impl Trouble {
    pub(super) fn new(kind: TroubleKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), doubts_clock: false }
    }

    pub(super) fn local(what: &str, error: &dyn std::fmt::Display) -> Self {
        Self::new(TroubleKind::Local, format!("{what}: {error}"))
    }

    /// Converts an error of the library.
    pub(super) fn of(error: &Error, authority: &str) -> Self {
        let unreachable = |what: String| Self::new(TroubleKind::Unreachable, what);
        match error {
            Error::Api(problem) => Self::refusal(problem, authority),
            Error::Timeout(_) => unreachable(format!("{authority} did not complete the request within two minutes")),
            Error::Other(inner) => match inner.downcast_ref::<WireError>() {
                Some(error) => Self {
                    doubts_clock: error.is_about_time(),
                    ..unreachable(format!("{authority} cannot be reached: {}", causes(error)))
                },
                None => unreachable(format!("{authority}: {inner}")),
            },
            other => unreachable(format!("{authority} gave an invalid answer: {other}")),
        }
    }

    /// Converts a problem that does not refer to a particular name.
    fn refusal(problem: &Problem, authority: &str) -> Self {
        let mut said = detail(problem);
        for part in &problem.subproblems {
            said = format!("{said} ({part})");
        }
        let (kind, advice) = match short_type(problem) {
            "rateLimited" => (TroubleKind::Limited, "its rate limit was reached; nothing needs to be done but to wait"),
            "accountDoesNotExist" => (TroubleKind::Account, "a new account is created at the next attempt"),
            "badNonce" => (TroubleKind::Nonce, "a retry follows soon"),
            "serverInternal" => (TroubleKind::Unreachable, "a retry follows soon"),
            "rejectedIdentifier" | "unsupportedIdentifier" => {
                (TroubleKind::Refused, "it does not issue certificates for such a name; check tls.domain")
            }
            "caa" => (TroubleKind::Refused, "the CAA record of the name allows other authorities only; change it"),
            "dns" => (TroubleKind::Refused, "check that the name has an A or AAAA record that points to this machine"),
            "externalAccountRequired" => {
                (TroubleKind::Refused, "set tls.acme_eab_key_id and tls.acme_eab_hmac_key, which the authority issues")
            }
            "invalidContact" | "unsupportedContact" => (TroubleKind::Refused, "check tls.acme_contact"),
            "userActionRequired" => (TroubleKind::Refused, "it requires a user's action, such as accepting new terms"),
            _ => (TroubleKind::Refused, "check tls.domain and the other tls settings"),
        };
        Self::new(kind, format!("{authority} refused: {said}. What to do: {advice}"))
    }

    /// Converts a failed validation of a name.
    pub(super) fn not_ours(name: &str, problem: &Problem, method: AcmeChallenge, authority: &str) -> Self {
        let said = detail(problem);
        let port = if method == AcmeChallenge::TlsAlpn01 { 443 } else { 80 };
        let (kind, advice) = match short_type(problem) {
            "connection" => (
                TroubleKind::Challenge,
                format!(
                    "check that port {port} of {name} leads to this machine: the router's forwarding, and firewalls"
                ),
            ),
            "unauthorized" | "incorrectResponse" | "tls" => (
                TroubleKind::Challenge,
                format!(
                    "something else answers there; check that A and AAAA records of {name} name this machine, and that no \
                     other server has its port {port}"
                ),
            ),
            "dns" => (
                TroubleKind::Refused,
                format!(
                    "check that {name} has an A or AAAA record that names this machine; new ones take up to an hour"
                ),
            ),
            "caa" => {
                (TroubleKind::Refused, format!("the CAA record of {name} allows other authorities only; change it"))
            }
            _ => return Self::refusal(problem, authority),
        };
        Self::new(
            kind,
            format!("{authority} did not find this machine at {name} (port {port}): {said}. What to do: {advice}"),
        )
    }
}

/// `connection` of `urn:ietf:params:acme:error:connection`.
fn short_type(problem: &Problem) -> &str {
    let name = problem.r#type.as_deref().unwrap_or_default();
    name.rsplit(':').next().unwrap_or(name)
}

/// The authority's text, in one line of limited length.
fn detail(problem: &Problem) -> String {
    let said = problem.detail.as_deref().unwrap_or("no reason given");
    let said: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect();
    format!("\"{}\"", said.trim().trim_end_matches('.'))
}

/// An error and its chain of sources.
fn causes(error: &WireError) -> String {
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
    fn people_are_told_what_was_said_and_what_to_do() {
        let told = Trouble::not_ours("shop.example", &problem("connection"), AcmeChallenge::Http01, "Let's Encrypt");
        assert_eq!(told.kind, TroubleKind::Challenge);
        insta::assert_snapshot!(told.text, @r#"Let's Encrypt did not find this machine at shop.example (port 80): "because of this". What to do: check that port 80 of shop.example leads to this machine: the router's forwarding, and firewalls"#);
        let told = Trouble::of(&Error::Api(problem("rateLimited")), "Let's Encrypt");
        assert_eq!(told.kind, TroubleKind::Limited);
        insta::assert_snapshot!(told.text, @r#"Let's Encrypt refused: "because of this". What to do: its rate limit was reached; nothing needs to be done but to wait"#);
    }

    #[test]
    fn another_way_is_tried_only_where_it_can_help() {
        let kind = |name| Trouble::not_ours("a.example", &problem(name), AcmeChallenge::TlsAlpn01, "x").kind;
        assert_eq!(kind("unauthorized"), TroubleKind::Challenge);
        for name in ["dns", "caa", "rejectedIdentifier", "somethingNew"] {
            assert_eq!(kind(name), TroubleKind::Refused, "{name}");
        }
        assert_eq!(kind("rateLimited"), TroubleKind::Limited);
    }
}
