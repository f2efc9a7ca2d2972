//! The URLs of the web page.

use super::Listeners;
use super::peer::is_private;
use crate::config::{DEFAULT_PORT, HttpConfig};
use crate::domain::PageUrls;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use tokio::net::TcpListener;

/// The addresses of the listeners that serve the web page; `None` for a listener that is not open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageListeners {
    public: Option<SocketAddr>,
    crm: Option<SocketAddr>,
    https: Option<SocketAddr>,
}

impl PageListeners {
    pub(crate) fn of(listeners: &Listeners) -> Self {
        Self {
            public: local_address(&listeners.public),
            crm: local_address(&listeners.crm),
            https: local_address(&listeners.https),
        }
    }
}

/// Returns the URLs of the web page. The public address is used if it is set, unless the web page has a separate
/// listener. Other URLs have the actual ports of `listeners`; without `listeners`, the ports of the settings.
pub(crate) fn page_urls(config: &HttpConfig, listeners: Option<PageListeners>) -> PageUrls {
    if let Some(address) = config.crm_listen {
        let address = listeners.and_then(|listeners| listeners.crm).unwrap_or(address);
        let plain = plain_url(address);
        // A connection to a loopback listener does not leave this machine, so it needs no encryption.
        let https = (!address.ip().is_loopback()).then(|| https_url(address));
        return PageUrls::new(https, Some(plain));
    }
    let public = config.public_address();
    let https = public.filter(|url| url.starts_with("https://")).map(str::to_owned);
    let https = https.or_else(|| Some(https_url(listeners?.https?)));
    let plain = match (public.filter(|url| url.starts_with("http://")), listeners) {
        (Some(public), _) => Some(public.to_owned()),
        (None, Some(listeners)) => listeners.public.map(plain_url),
        (None, None) => Some(plain_url(config.listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, DEFAULT_PORT).into()))),
    };
    PageUrls::new(https, plain)
}

fn local_address(listeners: &[TcpListener]) -> Option<SocketAddr> {
    listeners.first().and_then(|listener| listener.local_addr().ok())
}

/// Returns the plain HTTP URL. A public address of this machine is not used, since passwords are accepted over plain
/// HTTP only in private networks.
fn plain_url(address: SocketAddr) -> String {
    format!("http://{}", specific(address, own_address().filter(|own| is_private(*own))))
}

fn https_url(address: SocketAddr) -> String {
    let url = format!("https://{}", specific(address, own_address()));
    url.strip_suffix(":443").map(str::to_owned).unwrap_or(url)
}

/// Replaces an unspecified address with this machine's `own` address, or with the loopback address if `own` is unknown.
fn specific(mut address: SocketAddr, own: Option<IpAddr>) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(own.unwrap_or(Ipv4Addr::LOCALHOST.into()));
    }
    address
}

/// Returns the address that the system would use for connections to the internet. No packet is sent: connecting a UDP
/// socket only selects a route. The target is a documentation address (RFC 5737).
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified()).then_some(address)
}
