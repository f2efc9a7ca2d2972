//! Checks that the DNS records of the public address, at most eight, lead to this daemon.
//!
//! The daemon shows its identity by answering a challenge (`host::instance_challenge`). The challenge works through a
//! proxy, a tunnel or a router, and fails if another machine answers. The `certificate` check verifies certificates.

use super::DoctorContext;
use crate::domain::{Cause, Causes, CheckResult, Found, Remedy};
use crate::entropy;
use crate::host::instance_challenge::CHALLENGE_PATH;
use crate::providers::http_client;
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

const CHECK: &str = "address";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<CheckResult> {
    let Some(config) = context.config() else { return Vec::new() };
    let Some(base) = config.http.public_address() else {
        return vec![CheckResult::warning(CHECK, Found::AddressUnset, Remedy::AddressSet)];
    };
    let Ok(url) = Url::parse(base) else { return Vec::new() };
    let host = url.host_str().unwrap_or_default().to_owned();
    let addresses = match resolve(&url).await {
        Ok(addresses) => addresses,
        Err(reason) => {
            return vec![CheckResult::error(CHECK, Found::AddressUnresolved { host, reason }, Remedy::AddressRecord)];
        }
    };
    let probes = join_all(addresses.iter().map(|address| probe(&context, base, &url, *address))).await;
    evaluate(&host, &probes)
}

/// Returns at most `MAX_ADDRESSES` addresses of the host, IPv4 first.
pub(super) async fn resolve(url: &Url) -> Result<Vec<SocketAddr>, Causes> {
    let port = url.port_or_known_default().unwrap_or(443);
    let found: BTreeSet<SocketAddr> = match url.host() {
        Some(Host::Ipv4(ip)) => BTreeSet::from([(ip, port).into()]),
        Some(Host::Ipv6(ip)) => BTreeSet::from([(ip, port).into()]),
        Some(Host::Domain(name)) => {
            tokio::net::lookup_host((name, port)).await.map_err(|error| Causes::from(&error))?.collect()
        }
        None => BTreeSet::new(),
    };
    if found.is_empty() { Err(Cause::NoRecord.into()) } else { Ok(found.into_iter().take(MAX_ADDRESSES).collect()) }
}

struct Probe {
    ip: IpAddr,
    is_local: bool,
    answer: Answer,
}

enum Answer {
    ThisDaemon,
    /// Another server answered, with this HTTP status.
    Other(u16),
    Silent(Causes),
    NoRoute,
    /// Not queried, because no daemon runs or the HTTP client cannot be created.
    NotChecked,
}

async fn probe(context: &DoctorContext, base: &str, url: &Url, address: SocketAddr) -> Probe {
    let answer = match context.identity() {
        None => Answer::NotChecked,
        Some(identity) => {
            let challenge = entropy::random_hex::<16>();
            let expected = identity.answer(&challenge);
            let challenge_url = format!("{base}{CHALLENGE_PATH}{challenge}");
            query(&challenge_url, url.host_str().unwrap_or_default(), address, expected.as_deref()).await
        }
    };
    Probe { ip: address.ip(), is_local: is_local(address.ip()), answer }
}

async fn query(url: &str, host: &str, address: SocketAddr, expected: Option<&str>) -> Answer {
    let Some(client) = http_client::build_insecure(Some((host, address))) else { return Answer::NotChecked };
    match client.get(url).timeout(LIMIT).send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            let body = response.text().await.unwrap_or_default();
            if expected == Some(body.trim()) { Answer::ThisDaemon } else { Answer::Other(status) }
        }
        Err(error) => {
            let reason = http_client::root_cause(&error);
            if NO_ROUTE_ERRORS.iter().any(|words| reason.contains(words)) {
                Answer::NoRoute
            } else {
                Answer::Silent(http_client::causes(&error))
            }
        }
    }
}

/// Binding a socket succeeds only for addresses of this machine.
fn is_local(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}

fn evaluate(host: &str, probes: &[Probe]) -> Vec<CheckResult> {
    let reaches = probes.iter().any(|probe| matches!(probe.answer, Answer::ThisDaemon));
    probes.iter().map(|probe| evaluate_one(host, probe, reaches, probes.len())).collect()
}

fn evaluate_one(host: &str, probe: &Probe, another_reaches: bool, records: usize) -> CheckResult {
    let kind = if probe.ip.is_ipv4() { "A" } else { "AAAA" };
    let record = format!("{host} → {} ({kind})", probe.ip);
    let (host, kind) = (host.to_owned(), kind.to_owned());
    match &probe.answer {
        Answer::ThisDaemon if is_private(probe.ip) && !probe.ip.is_loopback() => {
            CheckResult::warning(CHECK, Found::AddressPrivate { record }, Remedy::AddressPublic)
        }
        Answer::ThisDaemon if probe.is_local => CheckResult::ok(CHECK, Found::AddressHere { record }),
        Answer::ThisDaemon => CheckResult::ok(CHECK, Found::AddressForwarded { record }),
        Answer::Other(status) if another_reaches && records > 1 => {
            let found = Found::AddressOtherMachine { record, status: u64::from(*status) };
            CheckResult::error(CHECK, found, Remedy::AddressWrongRecord { kind, host })
        }
        Answer::Other(status) => {
            let found = Found::AddressNotThis { record, status: u64::from(*status) };
            CheckResult::error(CHECK, found, Remedy::AddressProxy { kind, host })
        }
        Answer::Silent(reason) if another_reaches && records > 1 => {
            let found = Found::AddressSilentAmongOthers { record, reason: reason.clone() };
            CheckResult::error(CHECK, found, Remedy::AddressWrongRecord { kind, host })
        }
        Answer::Silent(reason) if probe.is_local => {
            let found = Found::AddressSilentHere { record, reason: reason.clone() };
            CheckResult::error(CHECK, found, Remedy::AddressListener)
        }
        Answer::Silent(reason) => {
            let found = Found::AddressSilent { record, reason: reason.clone() };
            CheckResult::error(CHECK, found, Remedy::AddressPorts { host })
        }
        Answer::NoRoute => {
            CheckResult::warning(CHECK, Found::AddressNoRoute { record }, Remedy::AddressNoIpv6 { kind })
        }
        Answer::NotChecked => CheckResult::skipped(CHECK, Found::AddressUnchecked { record }),
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// Error messages of the operating system if it has no route to an address.
const NO_ROUTE_ERRORS: [&str; 3] =
    ["Network is unreachable", "Cannot assign requested address", "Address family not supported"];
const LIMIT: Duration = Duration::from_secs(10);
const MAX_ADDRESSES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use crate::domain::Language;
    use crate::messages;

    fn finding(probes: &[(&str, bool, Answer)]) -> Vec<(State, String)> {
        let copy = |answer: &Answer| match answer {
            Answer::ThisDaemon => Answer::ThisDaemon,
            Answer::Other(status) => Answer::Other(*status),
            Answer::Silent(reason) => Answer::Silent(reason.clone()),
            Answer::NoRoute => Answer::NoRoute,
            Answer::NotChecked => Answer::NotChecked,
        };
        let probes: Vec<_> = probes
            .iter()
            .map(|(ip, is_local, answer)| Probe { ip: ip.parse().unwrap(), is_local: *is_local, answer: copy(answer) })
            .collect();
        let findings = evaluate("shop.example", &probes);
        let text = |finding: &CheckResult| {
            let (found, remedy) = messages::finding(Language::English, finding);
            found + "; " + &remedy.unwrap_or_default()
        };
        findings.iter().map(|finding| (finding.state, text(finding))).collect()
    }

    #[test]
    fn the_wrong_record_is_named() {
        let results = finding(&[("203.0.113.7", true, Answer::ThisDaemon), ("2001:db8::1", false, Answer::Other(404))]);
        assert_eq!((results[0].0, results[1].0), (State::Ok, State::Error));
        assert!(results[1].1.contains("2001:db8::1") && results[1].1.contains("AAAA record"), "{}", results[1].1);
        let results = finding(&[
            ("203.0.113.7", false, Answer::ThisDaemon),
            ("203.0.113.8", false, Answer::Silent(Causes::default())),
        ]);
        assert!(results[0].1.contains("router, a proxy or a tunnel") && results[1].1.contains("203.0.113.8"));
    }

    #[test]
    fn a_missing_answer_is_explained_by_its_address() {
        let refused = || Answer::Silent(Cause::ConnectionRefused.into());
        let results = finding(&[("203.0.113.7", true, refused())]);
        assert!(results[0].1.contains("agentlocator-https.socket"), "{}", results[0].1);
        let results = finding(&[("203.0.113.7", false, refused())]);
        assert!(results[0].1.contains("phone without Wi-Fi"), "{}", results[0].1);
        assert_eq!(finding(&[("2001:db8::1", false, Answer::NoRoute)])[0].0, State::Warning);
        assert_eq!(finding(&[("203.0.113.7", false, Answer::NotChecked)])[0].0, State::Skipped);
        assert_eq!(finding(&[("192.168.1.5", true, Answer::ThisDaemon)])[0].0, State::Warning);
        assert_eq!(finding(&[("127.0.0.1", true, Answer::ThisDaemon)])[0].0, State::Ok);
    }
}
