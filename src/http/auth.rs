//! Authentication: sessions by cookie, API clients by bearer token.

mod actor;
mod attempts;
mod audit;
mod confirmations;
pub(crate) mod cookie;
mod credential;
mod login_rate_limit;
mod middleware;
mod name_delays;
mod passwords;
mod shared_rate;

pub use actor::Actor;
pub(crate) use actor::{Anyone, LoggedIn, LoggedInOrOwner, Login, Member, Owner};
pub(crate) use audit::OperationIds;
pub(crate) use cookie::{DeviceCookie, SessionCookie};
pub(crate) use credential::Credential;
pub(crate) use login_rate_limit::{AccountKey, Client};
pub(crate) use middleware::{AuthState, authenticate, require_auth};

use attempts::Attempts;
use confirmations::Confirmations;
use passwords::Passwords;

/// The state of authentication that is shared by all requests.
#[derive(Default)]
pub struct Auth {
    pub(crate) attempts: Attempts,
    pub(crate) confirmations: Confirmations,
    pub(crate) passwords: Passwords,
}
