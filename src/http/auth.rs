//! Authentication: sessions by cookie, API clients by bearer token.

mod actor;
mod audit;
mod confirmations;
pub(crate) mod cookie;
mod credential;
mod login_rate_limit;
mod middleware;
mod passwords;
mod unstored;

pub use actor::Actor;
pub(crate) use actor::{Anyone, LoggedIn, LoggedInOrOwner, Login, Member, Owner};
pub(crate) use audit::OperationIds;
pub(crate) use cookie::{DeviceCookie, SessionCookie};
pub(crate) use credential::Credential;
pub(crate) use login_rate_limit::{AccountKey, Client};
pub(crate) use middleware::{AuthState, authenticate, require_auth};

use confirmations::Confirmations;
use login_rate_limit::LoginRateLimiter;
use passwords::Passwords;
pub(crate) use unstored::UnstoredSessions;

/// The state of authentication that is shared by all requests.
#[derive(Default)]
pub struct Auth {
    pub(crate) login_rate_limiter: LoginRateLimiter,
    pub(crate) confirmations: Confirmations,
    pub(crate) passwords: Passwords,
    pub(crate) unstored_sessions: UnstoredSessions,
}
