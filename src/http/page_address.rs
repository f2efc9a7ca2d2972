//! Where people find the page.

use super::Listeners;
use crate::config::{DEFAULT_PORT, HttpConfig};
use std::net::{Ipv4Addr, SocketAddr};

/// The page's address as a browser takes it, without a slash at the end: that of its own door, else the public one,
/// else this machine's. `listeners` know the real port.
pub(crate) fn page_address(config: &HttpConfig, listeners: Option<&Listeners>) -> String {
    if let Some(address) = config.crm_listen {
        let crm = listeners.and_then(|listeners| listeners.crm.as_ref());
        return of_socket(crm.and_then(|listener| listener.local_addr().ok()).unwrap_or(address));
    }
    if config.public_base_url.is_some() {
        return config.base_url().to_string();
    }
    let public = listeners.and_then(|listeners| listeners.public.first());
    let address = public.and_then(|listener| listener.local_addr().ok()).or(config.listen);
    of_socket(address.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, DEFAULT_PORT).into()))
}

/// "Everywhere" is no place to go to, but this machine is part of it.
fn of_socket(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{address}")
}
