//! Sends requests to addresses that an API client, the sender of a message or the owner chose (SSRF protection). Such
//! an address must not give access to resources that only this machine or its network can reach.
//!
//! An address that is not trusted is checked after its name is resolved, and the connection uses the checked address.
//! Redirects are followed manually, and each target is checked.

mod address;
mod fetch;
mod send;

pub use fetch::{FetchError, FetchedFile};
pub use send::{OwnRequest, OwnResponse, SendError};

use super::http_client;
use address::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use url::{Host, Url};

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    #[error("the address is not a valid URL")]
    InvalidUrl,
    #[error("the address must begin with https://")]
    NotHttps,
    #[error("the address must not contain a user name or a password")]
    Credentials,
    #[error("the address leads to this machine or into a private network")]
    NotPublic,
}

#[derive(Clone)]
pub struct SafeFetcher {
    /// The client for public addresses. It rejects all other addresses.
    public: reqwest::Client,
    /// The client for the trusted addresses.
    local: reqwest::Client,
    trusted: Trusted,
    max_bytes: u64,
}

/// The addresses that may be fetched although they are not public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trusted {
    Nothing,
    Origin {
        /// The origin of the bridge, such as `http://127.0.0.1:8000`.
        origin: String,
        /// The Unix socket that is used instead of the address.
        socket: Option<PathBuf>,
    },
    /// All loopback addresses, for a fake provider on this machine.
    Loopback,
}

impl SafeFetcher {
    /// `max_bytes` is the maximum size of a file.
    pub fn new(trusted: Trusted, max_bytes: u64) -> Result<Self, reqwest::Error> {
        let public = http_client::builder().no_proxy().dns_resolver(PublicResolver).build()?;
        let local = match &trusted {
            Trusted::Origin { socket: Some(path), .. } => http_client::build_for_socket(path)?,
            _ => http_client::builder().no_proxy().build()?,
        };
        Ok(Self { public, local, trusted, max_bytes })
    }

    /// Checks whether an address may be passed on to a service that fetches it. Accepts a name that currently cannot be
    /// resolved, because the later fetch checks the address again.
    pub async fn check(&self, address: &str) -> Result<(), Forbidden> {
        let url = self.validate(address)?;
        let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
        if self.is_trusted(&url) {
            return Ok(());
        }
        match tokio::time::timeout(RESOLVE_TIMEOUT, lookup(name)).await {
            Ok(Ok(addresses)) if !addresses.iter().all(|address| is_public(address.ip())) => Err(Forbidden::NotPublic),
            _ => Ok(()),
        }
    }

    /// Checks an address without network access.
    fn validate(&self, address: &str) -> Result<Url, Forbidden> {
        let url = Url::parse(address.trim()).map_err(|_| Forbidden::InvalidUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Forbidden::Credentials);
        }
        if self.is_trusted(&url) {
            return Ok(url);
        }
        if url.scheme() != "https" {
            return Err(Forbidden::NotHttps);
        }
        let public = match url.host() {
            Some(Host::Ipv4(ip)) => is_public(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => is_public(IpAddr::V6(ip)),
            Some(Host::Domain(name)) if !is_resolvable(name) => return Err(Forbidden::InvalidUrl),
            Some(Host::Domain(name)) => !is_local_name(name),
            None => return Err(Forbidden::InvalidUrl),
        };
        if public { Ok(url) } else { Err(Forbidden::NotPublic) }
    }

    /// Only a trusted address may redirect to a trusted address.
    fn validate_redirect(&self, from: &Url, to: &Url) -> Result<Url, Forbidden> {
        let to = self.validate(to.as_str())?;
        if self.is_trusted(&to) && !self.is_trusted(from) { Err(Forbidden::NotPublic) } else { Ok(to) }
    }

    fn is_trusted(&self, url: &Url) -> bool {
        match &self.trusted {
            Trusted::Nothing => false,
            Trusted::Origin { origin, .. } => url.origin().ascii_serialization() == *origin,
            Trusted::Loopback => match url.host() {
                Some(Host::Ipv4(ip)) => ip.is_loopback(),
                Some(Host::Ipv6(ip)) => ip.is_loopback(),
                Some(Host::Domain(name)) => is_local_name(name),
                None => false,
            },
        }
    }
}

/// Returns false for a name that DNS cannot contain.
fn is_resolvable(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()))
}

fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// Timeout of a name resolution. A request waits for the result.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(2);

/// A resolver that returns only public addresses. The client connects to these addresses, so DNS cannot return another
/// address after the check.
struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let mut addresses = lookup(name.as_str()).await?;
            addresses.retain(|address| is_public(address.ip()));
            if addresses.is_empty() {
                return Err(Forbidden::NotPublic.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

async fn lookup(name: &str) -> std::io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((name, 0)).await?.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetcher() -> SafeFetcher {
        SafeFetcher::new(Trusted::Origin { origin: "http://127.0.0.1:8000".into(), socket: None }, 1000).unwrap()
    }

    #[tokio::test]
    async fn only_public_https_is_permitted() {
        for (address, refused) in [
            ("http://shop.example/a.jpg", Forbidden::NotHttps),
            ("ftp://shop.example/a.jpg", Forbidden::NotHttps),
            ("file:///etc/passwd", Forbidden::NotHttps),
            ("a.jpg", Forbidden::InvalidUrl),
            ("", Forbidden::InvalidUrl),
            ("https://", Forbidden::InvalidUrl),
            ("https://me:pass@shop.example/", Forbidden::Credentials),
            ("https://localhost/", Forbidden::NotPublic),
            ("https://LOCALHOST./", Forbidden::NotPublic),
            ("https://x.localhost/", Forbidden::NotPublic),
            ("https://127.0.0.1/", Forbidden::NotPublic),
            ("https://127.1/", Forbidden::NotPublic),
            ("https://2130706433/", Forbidden::NotPublic),
            ("https://0x7f.0.0.1/", Forbidden::NotPublic),
            ("https://0/", Forbidden::NotPublic),
            ("https://10.0.0.1/", Forbidden::NotPublic),
            ("https://172.16.0.1/", Forbidden::NotPublic),
            ("https://192.168.1.1:8443/", Forbidden::NotPublic),
            ("https://169.254.169.254/latest/meta-data", Forbidden::NotPublic),
            ("https://100.64.0.1/", Forbidden::NotPublic),
            ("https://[::1]/", Forbidden::NotPublic),
            ("https://[fe80::1]/", Forbidden::NotPublic),
            ("https://[fd00::1]/", Forbidden::NotPublic),
            ("https://[::ffff:127.0.0.1]/", Forbidden::NotPublic),
            ("https://[64:ff9b::7f00:1]/", Forbidden::NotPublic),
            ("http://127.0.0.1:8001/media/1", Forbidden::NotHttps),
            ("http://127.0.0.1/media/1", Forbidden::NotHttps),
            ("https://127.0.0.1:8000/media/1", Forbidden::NotPublic),
        ] {
            assert_eq!(fetcher().check(address).await, Err(refused), "{address}");
        }
        for address in ["https://93.184.216.34/a.jpg", "https://[2606:2800:220:1::1]/", "http://127.0.0.1:8000/media/1"]
        {
            assert_eq!(fetcher().check(address).await, Ok(()), "{address}");
        }
    }

    #[test]
    fn an_untrusted_address_cannot_redirect_to_the_trusted_origin() {
        let redirect =
            |from: &str, to: &str| fetcher().validate_redirect(&from.parse().unwrap(), &to.parse().unwrap()).map(drop);
        let (untrusted, bridge) = ("https://shop.example/a", "http://127.0.0.1:8000/qr");
        assert_eq!(redirect(untrusted, bridge), Err(Forbidden::NotPublic));
        assert_eq!(redirect(untrusted, "https://cdn.example/a"), Ok(()));
        assert_eq!(redirect(bridge, bridge), Ok(()));
        assert_eq!(redirect(bridge, untrusted), Ok(()));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_resolved() {
        let refused = PublicResolver.resolve("localhost".parse().unwrap()).await.err().unwrap();
        assert_eq!(refused.downcast_ref(), Some(&Forbidden::NotPublic));
    }
}
