//! A limit per network, so that one network cannot use up all slots.

use super::peer::network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts slots by network.
pub(super) struct Crowd {
    most: usize,
    // A plain mutex: it is held for a lookup in a map.
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// A slot that is held until this is dropped.
pub(super) struct Place {
    crowd: Arc<Crowd>,
    /// None for this machine itself.
    network: Option<IpAddr>,
}

impl Crowd {
    /// One network gets half of the `places`, and at least one.
    pub(super) fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { most: (places / 2).max(1), held: Mutex::default() })
    }

    /// Acquires a slot for this address; none if its network has reached its limit. This machine is not limited: a
    /// proxy on it carries all clients.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        if address.to_canonical().is_loopback() {
            return Some(Place { crowd: self.clone(), network: None });
        }
        let network = network(address);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(network).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { crowd: self.clone(), network: Some(network) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(network) = self.network else { return };
        let mut held = self.crowd.held.lock().unwrap_or_else(PoisonError::into_inner);
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
    fn one_network_gets_half_of_the_places() {
        let crowd = Crowd::new(4);
        let enter = |address: &str| crowd.enter(address.parse().unwrap());
        let (first, _second) = (enter("2001:db8::1").unwrap(), enter("2001:db8::2").unwrap());
        assert!(enter("2001:db8::3").is_none());
        assert!(enter("2001:db8:1::1").is_some() && enter("203.0.113.7").is_some());
        drop(first);
        assert!(enter("2001:db8::3").is_some());
        let _here: Vec<_> = (0..9).map(|_| enter("127.0.0.1").unwrap()).collect();
        assert_eq!(crowd.held.lock().unwrap().len(), 1, "who has gone is forgotten");
    }
}
