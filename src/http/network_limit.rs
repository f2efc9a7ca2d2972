//! A limit of slots per network, so that one network cannot use up all slots.

use super::peer::network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) struct PerNetworkLimit {
    max_per_network: usize,
    // A blocking mutex suffices, because it is held only for a map lookup.
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// A slot, which is released when the permit is dropped.
pub(super) struct Permit {
    limit: Arc<PerNetworkLimit>,
    /// The network that uses the slot; none for this machine.
    network: Option<IpAddr>,
}

impl PerNetworkLimit {
    /// Creates a limit per network of half of the `slots`, but at least one.
    pub(super) fn new(slots: usize) -> Arc<Self> {
        Arc::new(Self { max_per_network: (slots / 2).max(1), held: Mutex::default() })
    }

    /// Returns none if the network of this address has reached the limit. This machine is not limited, because a proxy
    /// on it may forward the requests of many clients.
    pub(super) fn try_acquire(self: &Arc<Self>, address: IpAddr) -> Option<Permit> {
        if address.to_canonical().is_loopback() {
            return Some(Permit { limit: self.clone(), network: None });
        }
        let network = network(address);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(network).or_default();
        if *count >= self.max_per_network {
            return None;
        }
        *count += 1;
        Some(Permit { limit: self.clone(), network: Some(network) })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(network) = self.network else { return };
        let mut held = self.limit.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                held.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_gets_half_of_the_slots() {
        let limit = PerNetworkLimit::new(4);
        let try_acquire = |address: &str| limit.try_acquire(address.parse().unwrap());
        let (first, _second) = (try_acquire("2001:db8::1").unwrap(), try_acquire("2001:db8::2").unwrap());
        assert!(try_acquire("2001:db8::3").is_none());
        assert!(try_acquire("2001:db8:1::1").is_some() && try_acquire("203.0.113.7").is_some());
        drop(first);
        assert!(try_acquire("2001:db8::3").is_some());
        let _here: Vec<_> = (0..9).map(|_| try_acquire("127.0.0.1").unwrap()).collect();
        assert_eq!(limit.held.lock().unwrap().len(), 1, "a network without permits is removed");
    }
}
