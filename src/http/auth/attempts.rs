//! Rate limits of login and set-up attempts.

use super::name_delays::NameDelays;
use crate::http::peer::network;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// The origin of an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Client<'a> {
    /// This address.
    Address(IpAddr),
    /// A browser in which the user has logged in before, identified by a secret cookie. Attempts from elsewhere do not
    /// count against it.
    KnownDevice(&'a str),
}

/// The account that the attempt is for. Attempts count against its current password: once the owner or the command line
/// has set another one, the user can log in at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account<'a> {
    pub(crate) name: &'a str,
    /// None if the user does not exist.
    pub(crate) password_hash: Option<&'a str>,
}

impl Account<'_> {
    /// All accounts together.
    const ALL: Self = Self { name: "", password_hash: None };

    fn key(self) -> (String, Option<String>) {
        (self.name.trim().to_lowercase(), self.password_hash.map(str::to_owned))
    }
}

/// Counts attempts by address, by address and name, and by name. A success removes its attempts.
///
/// Keys are hashes with a random key, so a counter has the same size for every name that a client sends.
#[derive(Default)]
pub(super) struct Attempts {
    windows: HashMap<u64, Window>,
    /// The windows by their start, the oldest first. Each attempt removes those that have expired.
    oldest: VecDeque<(Instant, u64)>,
    names: NameDelays,
    hasher: RandomState,
}

struct Window {
    began: Instant,
    count: u32,
}

impl Attempts {
    /// Counts a login attempt; after too many, returns the time to wait as an error.
    pub(super) fn begin(&mut self, client: Client<'_>, account: Account<'_>, now: Instant) -> Result<(), Duration> {
        match client {
            Client::KnownDevice(_) => self.begin_in_window(client, account, now),
            Client::Address(_) => {
                let key = self.hasher.hash_one(account.key());
                self.names.check(key, now)?;
                self.begin_in_window(client, account, now)?;
                self.names.count(key, now);
                Ok(())
            }
        }
    }

    /// The same without the delay by name: for the set-up code, which cannot be guessed from any number of addresses.
    pub(super) fn begin_in_window(
        &mut self,
        client: Client<'_>,
        account: Account<'_>,
        now: Instant,
    ) -> Result<(), Duration> {
        self.expire(now);
        let keys = [(self.key(client, Account::ALL), BY_ADDRESS), (self.key(client, account), BY_NAME)];
        for (key, limit) in &keys {
            if let Some(window) = self.windows.get(key).filter(|window| window.count >= *limit) {
                return Err((window.began + WINDOW).saturating_duration_since(now));
            }
        }
        for (key, _) in keys {
            self.count(key, now);
        }
        Ok(())
    }

    /// Removes the attempts of a client after a success.
    pub(super) fn succeeded(&mut self, client: Client<'_>, account: Account<'_>) {
        let (all, one) = (self.key(client, Account::ALL), self.key(client, account));
        self.windows.remove(&one);
        if let Some(all) = self.windows.get_mut(&all) {
            all.count = all.count.saturating_sub(1);
        }
        if let Client::Address(_) = client {
            let key = self.hasher.hash_one(account.key());
            self.names.succeeded(key);
        }
    }

    fn count(&mut self, key: u64, now: Instant) {
        let oldest = &mut self.oldest;
        let window = self.windows.entry(key).or_insert_with(|| {
            oldest.push_back((now, key));
            Window { began: now, count: 0 }
        });
        window.count += 1;
    }

    /// Removes expired windows, and the oldest ones beyond [`MOST`], so any number of addresses takes bounded memory.
    fn expire(&mut self, now: Instant) {
        while let Some((began, key)) = self.oldest.front().copied()
            && (began + WINDOW <= now || self.oldest.len() >= MOST)
        {
            self.oldest.pop_front();
            // A window that was removed after a success may have been created again.
            if self.windows.get(&key).is_some_and(|window| window.began == began) {
                self.windows.remove(&key);
            }
        }
    }

    fn key(&self, client: Client<'_>, account: Account<'_>) -> u64 {
        let (address, device) = match client {
            Client::Address(address) => (Some(network(address)), ""),
            Client::KnownDevice(device) => (None, device),
        };
        self.hasher.hash_one((address, device, account.key()))
    }
}

const WINDOW: Duration = Duration::from_mins(5);
const BY_NAME: u32 = 5;
const BY_ADDRESS: u32 = 30;
const MOST: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn account(name: &str) -> Account<'_> {
        Account { name, password_hash: None }
    }

    #[test]
    fn the_sixth_attempt_waits_until_the_window_is_over() {
        let (mut attempts, now) = (Attempts::default(), clock::instant());
        let address = Client::Address(IpAddr::from([203, 0, 113, 7]));
        for _ in 0..BY_NAME {
            assert_eq!(attempts.begin(address, account("Dana"), now), Ok(()));
        }
        let later = now + Duration::from_secs(100);
        assert_eq!(attempts.begin(address, account("dana "), later), Err(Duration::from_secs(200)));
        assert_eq!(attempts.begin(address, account("noa"), later), Ok(()));
        assert_eq!(attempts.begin(Client::Address(IpAddr::from([203, 0, 113, 8])), account("dana"), later), Ok(()));
        assert_eq!(attempts.begin(address, account("dana"), now + WINDOW), Ok(()));
    }

    #[test]
    fn many_names_from_one_address_are_limited_too() {
        let (mut attempts, now) = (Attempts::default(), clock::instant());
        let address = |last: u16| Client::Address(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]));
        for i in 0..BY_ADDRESS {
            assert_eq!(attempts.begin(address(1), account(&format!("name{i}")), now), Ok(()));
        }
        assert!(attempts.begin(address(2), account("another"), now).is_err());
    }

    #[test]
    fn success_is_no_failure() {
        let (mut attempts, now) = (Attempts::default(), clock::instant());
        let address = Client::Address(IpAddr::from([203, 0, 113, 7]));
        for _ in 0..100 {
            assert_eq!(attempts.begin(address, account("dana"), now), Ok(()));
            attempts.succeeded(address, account("dana"));
        }
    }

    #[test]
    fn a_known_device_is_not_held_up_by_others() {
        let (mut attempts, now) = (Attempts::default(), clock::instant());
        let mut answered = 0;
        for i in 0..60_u32 {
            answered +=
                u32::from(attempts.begin(Client::Address(IpAddr::from(i.to_be_bytes())), account("dana"), now).is_ok());
        }
        assert_eq!(answered, 10, "a name is delayed over all addresses");
        let device = Client::KnownDevice("secret");
        for _ in 0..BY_NAME {
            assert_eq!(attempts.begin(device, account("dana"), now), Ok(()));
        }
        assert!(attempts.begin(device, account("dana"), now).is_err(), "its own failures count");
        assert_eq!(attempts.begin(Client::KnownDevice("another"), account("dana"), now), Ok(()));
    }

    #[test]
    fn a_new_password_ends_the_wait() {
        let (mut attempts, now) = (Attempts::default(), clock::instant());
        let client = |last: u8| Client::Address(IpAddr::from([203, 0, 113, last]));
        let (old, new) = [Some("old"), Some("new")].map(|password_hash| Account { name: "dana", password_hash }).into();
        for last in 0..10 {
            assert_eq!(attempts.begin(client(last), old, now), Ok(()));
        }
        assert!(attempts.begin(client(10), old, now).is_err());
        assert_eq!(attempts.begin(client(10), new, now), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut attempts, now) = (Attempts::default(), clock::instant());
        for i in 0..100_000_u32 {
            let _ = attempts.begin(Client::Address(IpAddr::from(i.to_be_bytes())), account(&format!("x{i}")), now);
        }
        assert!(attempts.windows.len() <= MOST + 1 && attempts.oldest.len() <= MOST + 1);
        let _ = attempts.begin(Client::Address(IpAddr::from([203, 0, 113, 7])), account("x"), now + WINDOW);
        assert_eq!((attempts.windows.len(), attempts.oldest.len()), (2, 2), "what is over is gone");
    }
}
