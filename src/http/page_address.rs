//! Where people find the page.

use super::Listeners;
use crate::config::{DEFAULT_PORT, HttpConfig};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use tokio::net::TcpListener;

/// The page's address as a browser takes it, without a slash at the end: that of its own door, else the public one,
/// else this machine's. `listeners` know the real port.
pub(crate) fn page_address(config: &HttpConfig, listeners: Option<&Listeners>) -> String {
    if let Some(address) = config.crm_listen {
        let crm = listeners.and_then(|listeners| listeners.crm.first());
        return of_socket(crm.and_then(|listener| listener.local_addr().ok()).unwrap_or(address));
    }
    if config.public_address().is_some() {
        return config.base_url().to_string();
    }
    let address = |listeners: &[TcpListener]| listeners.first().and_then(|listener| listener.local_addr().ok());
    if let Some(Listeners { public, https, .. }) = listeners
        && address(public).is_none()
        && let Some(address) = address(https)
    {
        return of_socket(address).replacen("http:", "https:", 1);
    }
    let address = listeners.and_then(|listeners| address(&listeners.public)).or(config.listen);
    of_socket(address.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, DEFAULT_PORT).into()))
}

/// "Everywhere" is no place to go to; the address by which others reach this machine is one.
fn of_socket(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(own_address().unwrap_or(Ipv4Addr::LOCALHOST.into()));
    }
    format!("http://{address}")
}

/// The address that the system would use towards the internet. Nothing is sent: connecting a datagram socket only chooses a
/// way, and the address asked for is one of those kept for documents (RFC 5737).
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified()).then_some(address)
}
