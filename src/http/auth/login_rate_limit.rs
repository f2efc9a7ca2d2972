//! The rate limits of login and setup attempts.

mod name_delays;
mod shared_rate;

use crate::clock;
use crate::http::ApiError;
use crate::http::peer::network;
use name_delays::NameDelays;
use shared_rate::SharedRate;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Client<'a> {
    Address(IpAddr),
    /// A browser in which the user has logged in before, identified by its secret device cookie, or by its session.
    /// Attempts of other clients do not count against this browser.
    KnownDevice(&'a str),
}

/// The account that an attempt is for. Attempts are counted for the account's current password, so after a new password
/// is set, the account has no counted attempts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccountKey<'a> {
    pub(crate) name: &'a str,
    /// The hash of the current password; none if the user does not exist.
    pub(crate) password_hash: Option<&'a str>,
}

impl AccountKey<'_> {
    /// All accounts together.
    const ALL: Self = Self { name: "", password_hash: None };

    fn key(self) -> (String, Option<String>) {
        (self.name.trim().to_lowercase(), self.password_hash.map(str::to_owned))
    }
}

#[derive(Default)]
pub(crate) struct LoginRateLimiter(Mutex<Limits>);

impl LoginRateLimiter {
    /// `attempt` names the attempt in the log message.
    pub(crate) fn begin(
        &self,
        attempt: &'static str,
        client: Client<'_>,
        account: AccountKey<'_>,
    ) -> Result<(), ApiError> {
        self.limits().begin(client, account, clock::instant()).map_err(|wait| rate_limit_error(attempt, client, wait))
    }

    pub(crate) fn begin_setup(&self, client: Client<'_>) -> Result<(), ApiError> {
        let begun = self.limits().begin_setup(client, SETUP, clock::instant());
        begun.map_err(|wait| rate_limit_error("Set-up attempt", client, wait))
    }

    pub(crate) fn succeeded(&self, client: Client<'_>, account: AccountKey<'_>) {
        self.limits().succeeded(client, account, clock::instant());
    }

    // A blocking mutex suffices, because it is held only for short operations in memory.
    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rate_limit_error(attempt: &str, client: Client<'_>, wait: Duration) -> ApiError {
    let address = match client {
        Client::Address(address) => address.to_string(),
        Client::KnownDevice(_) => "a known device".to_owned(),
    };
    tracing::warn!(
        event = "LOGIN_RATE_LIMITED",
        address,
        "{attempt} from {address} rejected: too many attempts from there, for the same account, or in total"
    );
    ApiError::too_often(wait)
}

/// Counts the attempts of each client (an address or a known device), and those of each client for each account. For
/// clients that are not known devices, also counts the attempts for each account, and all attempts together.
///
/// The keys of counters are hashes with a random seed, so a counter has the same size for every name that a client
/// sends.
#[derive(Default)]
struct Limits {
    windows: HashMap<u64, Window>,
    /// The windows by start time, oldest first.
    oldest: VecDeque<(Instant, u64)>,
    names: NameDelays,
    unknown_clients: SharedRate,
    hasher: RandomState,
}

struct Window {
    started_at: Instant,
    count: u32,
}

impl Limits {
    /// Beyond a limit, returns the remaining wait as an error.
    fn begin(&mut self, client: Client<'_>, account: AccountKey<'_>, now: Instant) -> Result<(), Duration> {
        let name = self.hasher.hash_one(account.key());
        let is_unknown = matches!(client, Client::Address(_));
        if is_unknown {
            self.names.check(name, now)?;
        }
        self.check_windows(client, account, now)?;
        // The shared limit of all unknown clients is checked last, so that attempts that the other limits reject do not
        // use it up.
        if is_unknown {
            self.unknown_clients.begin(now)?;
            self.names.count(name, now);
        }
        self.count_in_windows(client, account, now);
        Ok(())
    }

    /// The limits per name and for all clients do not apply: the code is too long to be guessed even from many
    /// addresses, and no password is hashed without it.
    fn begin_setup(&mut self, client: Client<'_>, account: AccountKey<'_>, now: Instant) -> Result<(), Duration> {
        self.check_windows(client, account, now)?;
        self.count_in_windows(client, account, now);
        Ok(())
    }

    fn check_windows(&mut self, client: Client<'_>, account: AccountKey<'_>, now: Instant) -> Result<(), Duration> {
        self.expire(now);
        for (key, limit) in self.window_keys(client, account) {
            if let Some(window) = self.windows.get(&key).filter(|window| window.count >= limit) {
                return Err((window.started_at + WINDOW).saturating_duration_since(now));
            }
        }
        Ok(())
    }

    fn count_in_windows(&mut self, client: Client<'_>, account: AccountKey<'_>, now: Instant) {
        for (key, _) in self.window_keys(client, account) {
            self.count(key, now);
        }
    }

    /// Returns the windows of an attempt, with their limits.
    fn window_keys(&self, client: Client<'_>, account: AccountKey<'_>) -> [(u64, u32); 2] {
        [(self.key(client, AccountKey::ALL), MAX_BY_ADDRESS), (self.key(client, account), MAX_BY_NAME)]
    }

    /// Removes a successful attempt from the counts, and the client's earlier attempts for the same account. For a
    /// client that is not a known device, also removes the attempts of all such clients for the account.
    fn succeeded(&mut self, client: Client<'_>, account: AccountKey<'_>, now: Instant) {
        let (all, one) = (self.key(client, AccountKey::ALL), self.key(client, account));
        self.windows.remove(&one);
        if let Some(all) = self.windows.get_mut(&all) {
            all.count = all.count.saturating_sub(1);
        }
        if let Client::Address(_) = client {
            let key = self.hasher.hash_one(account.key());
            self.names.succeeded(key);
            self.unknown_clients.succeeded(now);
        }
    }

    fn count(&mut self, key: u64, now: Instant) {
        let oldest = &mut self.oldest;
        let window = self.windows.entry(key).or_insert_with(|| {
            oldest.push_back((now, key));
            Window { started_at: now, count: 0 }
        });
        window.count += 1;
    }

    /// Removes expired windows, and the oldest ones beyond [`MAX_WINDOWS`], so that memory is bounded.
    fn expire(&mut self, now: Instant) {
        while let Some((started_at, key)) = self.oldest.front().copied()
            && (started_at + WINDOW <= now || self.oldest.len() >= MAX_WINDOWS)
        {
            self.oldest.pop_front();
            // The window may have been removed after a success and created again later. A window that started at
            // another time is kept.
            if self.windows.get(&key).is_some_and(|window| window.started_at == started_at) {
                self.windows.remove(&key);
            }
        }
    }

    fn key(&self, client: Client<'_>, account: AccountKey<'_>) -> u64 {
        let (address, device) = match client {
            Client::Address(address) => (Some(network(address)), ""),
            Client::KnownDevice(device) => (None, device),
        };
        self.hasher.hash_one((address, device, account.key()))
    }
}

/// The account key of setup attempts: a name that no user can have.
const SETUP: AccountKey<'_> = AccountKey { name: "\0set-up", password_hash: None };

const WINDOW: Duration = Duration::from_mins(5);
const MAX_BY_NAME: u32 = 5;
const MAX_BY_ADDRESS: u32 = 30;
const MAX_WINDOWS: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> AccountKey<'_> {
        AccountKey { name, password_hash: None }
    }

    #[test]
    fn the_sixth_attempt_waits_until_the_window_is_over() {
        let (mut limits, now) = (Limits::default(), clock::instant());
        let address = Client::Address(IpAddr::from([203, 0, 113, 7]));
        for _ in 0..MAX_BY_NAME {
            assert_eq!(limits.begin(address, account("Dana"), now), Ok(()));
        }
        let later = now + Duration::from_secs(100);
        assert_eq!(limits.begin(address, account("dana "), later), Err(Duration::from_secs(200)));
        assert_eq!(limits.begin(address, account("noa"), later), Ok(()));
        assert_eq!(limits.begin(Client::Address(IpAddr::from([203, 0, 113, 8])), account("dana"), later), Ok(()));
        assert_eq!(limits.begin(address, account("dana"), now + WINDOW), Ok(()));
    }

    #[test]
    fn many_names_from_one_address_are_limited_too() {
        let (mut limits, now) = (Limits::default(), clock::instant());
        let address = |last: u16| Client::Address(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]));
        for i in 0..MAX_BY_ADDRESS {
            assert_eq!(limits.begin(address(1), account(&format!("name{i}")), now), Ok(()));
        }
        assert!(limits.begin(address(2), account("another"), now).is_err());
    }

    #[test]
    fn a_successful_login_does_not_count_as_a_failure() {
        let (mut limits, now) = (Limits::default(), clock::instant());
        let address = Client::Address(IpAddr::from([203, 0, 113, 7]));
        for _ in 0..100 {
            assert_eq!(limits.begin(address, account("dana"), now), Ok(()));
            limits.succeeded(address, account("dana"), now);
        }
    }

    #[test]
    fn a_known_device_is_not_held_up_by_others() {
        let (mut limits, now) = (Limits::default(), clock::instant());
        let mut answered = 0;
        for i in 0..60_u32 {
            answered +=
                u32::from(limits.begin(Client::Address(IpAddr::from(i.to_be_bytes())), account("dana"), now).is_ok());
        }
        assert_eq!(answered, 10, "a name is delayed over all addresses");
        let device = Client::KnownDevice("secret");
        for _ in 0..MAX_BY_NAME {
            assert_eq!(limits.begin(device, account("dana"), now), Ok(()));
        }
        assert!(limits.begin(device, account("dana"), now).is_err(), "its own failures count");
        assert_eq!(limits.begin(Client::KnownDevice("another"), account("dana"), now), Ok(()));
    }

    #[test]
    fn a_new_password_ends_the_wait() {
        let (mut limits, now) = (Limits::default(), clock::instant());
        let client = |last: u8| Client::Address(IpAddr::from([203, 0, 113, last]));
        let (old, new) =
            [Some("old"), Some("new")].map(|password_hash| AccountKey { name: "dana", password_hash }).into();
        for last in 0..10 {
            assert_eq!(limits.begin(client(last), old, now), Ok(()));
        }
        assert!(limits.begin(client(10), old, now).is_err());
        assert_eq!(limits.begin(client(10), new, now), Ok(()));
    }

    #[test]
    fn all_unknown_clients_have_a_limit_and_known_devices_another() {
        let (mut limits, now) = (Limits::default(), clock::instant());
        let mut attempt =
            |i: u32, now| limits.begin(Client::Address(IpAddr::from(i.to_be_bytes())), account(&format!("x{i}")), now);
        assert_eq!((0..1000).filter(|i| attempt(*i, now).is_ok()).count(), shared_rate::BURST as usize);
        assert_eq!(attempt(1001, now), Err(shared_rate::INTERVAL));
        assert_eq!(attempt(1001, now + shared_rate::INTERVAL), Ok(()), "what was rejected is not counted");
        assert_eq!(limits.begin(Client::KnownDevice("secret"), account("dana"), now), Ok(()));
        let address = Client::Address(IpAddr::from([203, 0, 113, 7]));
        assert_eq!(limits.begin_setup(address, account("set-up"), now), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut limits, now) = (Limits::default(), clock::instant());
        for i in 0..100_000 {
            let _ = limits.begin(Client::KnownDevice(&i.to_string()), account(&format!("x{i}")), now);
        }
        assert!(limits.windows.len() <= MAX_WINDOWS + 1 && limits.oldest.len() <= MAX_WINDOWS + 1);
        let _ = limits.begin(Client::Address(IpAddr::from([203, 0, 113, 7])), account("x"), now + WINDOW);
        assert_eq!((limits.windows.len(), limits.oldest.len()), (2, 2), "expired windows are removed");
    }
}
