//! Authentication: sessions by cookie, API clients by bearer token.

mod actor;
mod audit;
mod confirmations;
pub(crate) mod cookie;
mod login_rate_limit;
mod middleware;
mod name_delays;
mod passwords;
mod shared_rate;

pub use actor::Actor;
pub(crate) use actor::{Anyone, LoggedIn, LoggedInOrOwner, Login, Member, Owner};
pub(crate) use audit::{Audit, OperationIds};
pub(crate) use cookie::{DeviceCookie, SessionCookie};
pub(crate) use login_rate_limit::{AccountKey, Client};
pub(crate) use middleware::{AuthState, Credential, authenticate, require_auth};
pub(crate) use passwords::Requester;

use confirmations::Confirmations;
use login_rate_limit::LoginRateLimiter;
use passwords::Passwords;
use std::sync::Mutex;

/// The state of authentication that is shared by all requests.
#[derive(Default)]
pub struct Auth {
    // Blocking mutexes suffice, because they are held only for short operations in memory.
    rate_limiter: Mutex<LoginRateLimiter>,
    confirmations: Mutex<Confirmations>,
    passwords: Passwords,
}
