//! Who asks: logins by cookie, programs by bearer token.

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

/// What logging in needs to remember between requests.
#[derive(Default)]
pub struct Auth {
    // A plain mutex: it is held for a look into a map.
    attempts: Mutex<Attempts>,
    passwords: Passwords,
}
