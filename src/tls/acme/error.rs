//! Converts errors of ACME requests to causes for users: the authority's message, and what to check.

use super::http_client::AcmeHttpError;
use crate::config::AcmeChallenge;
use crate::domain::{Cause, Causes, Language};
use crate::messages;
use instant_acme::{Error, Problem};

/// Determines when a retry follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AcmeErrorKind {
    /// The authority could not validate a name; another challenge type may succeed.
    Challenge,
    /// The authority rejected the request for a reason that does not depend on the challenge type, or issued an
    /// unusable certificate; or the HMAC key in the settings cannot be read.
    Refused,
    /// A rate limit of the authority was reached.
    Limited,
    /// The authority no longer recognises the account.
    Account,
    /// The authority could not be reached, did not answer in time, had an internal error, or sent a malformed answer.
    Unreachable,
    /// The authority rejected a nonce; the request is retried (RFC 8555, section 6.5).
    Nonce,
    Clock,
    /// A local error, such as a full disk.
    Local,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AcmeError {
    pub(super) kind: AcmeErrorKind,
    pub(super) causes: Causes,
    /// True if the authority's own certificate is not valid now: either that certificate or this machine's clock is
    /// wrong.
    pub(super) may_be_clock_error: bool,
}

impl AcmeError {
    pub(super) fn new(kind: AcmeErrorKind, causes: impl Into<Causes>) -> Self {
        Self { kind, causes: causes.into(), may_be_clock_error: false }
    }

    /// For a step that failed on this machine. The locale files have a text for each `step`.
    pub(super) fn local(step: &str, causes: impl Into<Causes>) -> Self {
        Self::new(AcmeErrorKind::Local, Cause::AcmeStep { step: step.to_owned() }.because(causes))
    }

    /// For the log.
    pub(super) fn english(&self) -> String {
        messages::causes(Language::English, &self.causes)
    }

    pub(super) fn of(error: &Error, authority: &str) -> Self {
        let unreachable = |causes: Causes| Self::new(AcmeErrorKind::Unreachable, causes);
        let authority = authority.to_owned();
        match error {
            Error::Api(problem) => Self::rejected(problem, authority),
            Error::Timeout(_) => unreachable(Cause::AcmeLate { authority, count: 2 }.into()),
            Error::Other(inner) => match inner.downcast_ref::<AcmeHttpError>() {
                Some(error) => Self {
                    may_be_clock_error: error.is_validity_error(),
                    ..unreachable(Cause::AcmeUnreachable { authority }.because(error.causes()))
                },
                None => unreachable(Cause::AcmeUnreachable { authority }.because(Cause::other(inner.to_string()))),
            },
            other => unreachable(Cause::AcmeMalformed { authority }.because(Cause::other(other.to_string()))),
        }
    }

    /// For a problem that does not name a host.
    fn rejected(problem: &Problem, authority: String) -> Self {
        let mut reason = detail(problem);
        for part in &problem.subproblems {
            reason = format!("{reason} ({part})");
        }
        let problem = short_type(problem);
        let kind = match problem {
            "rateLimited" => AcmeErrorKind::Limited,
            "accountDoesNotExist" => AcmeErrorKind::Account,
            "badNonce" => AcmeErrorKind::Nonce,
            "serverInternal" => AcmeErrorKind::Unreachable,
            _ => AcmeErrorKind::Refused,
        };
        Self::new(kind, Cause::AcmeRefused { authority, reason, problem: problem.to_owned() })
    }

    pub(super) fn validation_failed(name: &str, problem: &Problem, method: AcmeChallenge, authority: &str) -> Self {
        let kind = match short_type(problem) {
            "connection" | "unauthorized" | "incorrectResponse" | "tls" => AcmeErrorKind::Challenge,
            "dns" | "caa" => AcmeErrorKind::Refused,
            _ => return Self::rejected(problem, authority.to_owned()),
        };
        let cause = Cause::AcmeNotHere {
            authority: authority.to_owned(),
            name: name.to_owned(),
            port: if method == AcmeChallenge::TlsAlpn01 { 443 } else { 80 },
            reason: detail(problem),
            problem: short_type(problem).to_owned(),
        };
        Self::new(kind, cause)
    }
}

/// The last part of an error type, such as `connection` of `urn:ietf:params:acme:error:connection`.
fn short_type(problem: &Problem) -> &str {
    let name = problem.r#type.as_deref().unwrap_or_default();
    name.rsplit(':').next().unwrap_or(name)
}

/// The authority's text on one line, with a limited length.
fn detail(problem: &Problem) -> String {
    let reason = problem.detail.as_deref().unwrap_or("no reason given");
    let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect();
    reason.trim().trim_end_matches('.').to_owned()
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
        insta::assert_snapshot!(error.english(), @r#"Let's Encrypt did not find this machine at shop.example (port 80): "because of this". What to do: check that port 80 of shop.example leads to this machine: the router's forwarding, and firewalls"#);
        let error = AcmeError::of(&Error::Api(problem("rateLimited")), "Let's Encrypt");
        assert_eq!(error.kind, AcmeErrorKind::Limited);
        insta::assert_snapshot!(error.english(), @r#"Let's Encrypt refused: "because of this". What to do: its rate limit was reached; nothing needs to be done but to wait"#);
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
