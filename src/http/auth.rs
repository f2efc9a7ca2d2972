//! Who asks: logins by cookie, programs by bearer token.

mod actor;
mod attempts;
mod cookie;
mod guard;
mod passwords;

pub use actor::Actor;
pub(crate) use cookie::SessionCookie;
pub(crate) use guard::{authenticate, guard};

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
