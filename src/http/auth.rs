//! Authentication: sessions by cookie, API clients by bearer token.

mod actor;
mod attempts;
mod audit;
mod cookie;
mod guard;
mod name_delays;
mod passwords;

pub use actor::Actor;
pub(crate) use actor::{LoggedIn, Login, Owner};
pub(crate) use attempts::{Account, Client};
pub(crate) use audit::{Audit, Operations};
pub(crate) use cookie::{DeviceCookie, SessionCookie};
pub(crate) use guard::{Credential, Guard, authenticate, guard};

use attempts::Attempts;
use passwords::Passwords;
use std::sync::Mutex;

/// The state of authentication between requests.
#[derive(Default)]
pub struct Auth {
    // A plain mutex: it is held for a lookup in a map.
    attempts: Mutex<Attempts>,
    passwords: Passwords,
}
