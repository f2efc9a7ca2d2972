//! The settings and sockets of a daemon process.

use std::collections::{BTreeMap, BTreeSet};

/// A command that runs its arguments as root, but without root's privileges over files.
pub const ORDINARY_USER: [&str; 2] = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown,-lease"];

/// The settings and sockets of a daemon process. The process inherits only `PATH` from the environment of the test.
#[derive(Clone, Default)]
pub struct Setup {
    pub(super) env: BTreeMap<String, String>,
    pub(super) toml: Option<String>,
    pub(super) binds_itself: bool,
    pub(super) no_public_listener: bool,
    /// The program that runs the daemon, and its arguments; empty to run the daemon directly.
    pub(super) wrapper: Vec<&'static str>,
    /// The names of the sockets that are passed in addition to the public listener.
    pub(super) more_listeners: BTreeSet<&'static str>,
}

impl Setup {
    /// Sets an environment variable.
    pub fn env(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    /// Writes a settings file with this text.
    pub fn toml(&mut self, text: &str) -> &mut Self {
        self.toml = Some(text.to_owned());
        self
    }

    /// Runs the daemon without root's privilege to access the files of all users, like the service's user. A test that
    /// does not run as root has no such privilege.
    pub fn as_ordinary_user(&mut self) -> &mut Self {
        if rustix::process::geteuid().is_root() {
            self.wrapper = ORDINARY_USER.to_vec();
        }
        self
    }

    /// Lets the daemon bind a port that the system chooses. The port may differ after each start.
    pub fn binds_itself(&mut self) -> &mut Self {
        self.binds_itself = true;
        self.env("PORT", "0")
    }

    /// Also passes the listeners `http` and `https` by their names; see [`super::Daemon::https_address`].
    pub fn web_listeners(&mut self) -> &mut Self {
        self.more_listeners.extend(["http", "https"]);
        self
    }

    /// Also passes a socket named `crm`, as a unit of systemd does for the CRM listener.
    pub fn crm_socket(&mut self) -> &mut Self {
        self.more_listeners.insert("crm");
        self
    }

    /// Passes only the listeners `http` and `https`, so that the daemon opens the public listener itself.
    pub fn only_web_listeners(&mut self) -> &mut Self {
        self.no_public_listener = true;
        self.web_listeners()
    }

    /// Also passes the Unix socket for the bridge; see [`super::Daemon::bridge_socket`].
    pub fn bridge_listener(&mut self) -> &mut Self {
        self.more_listeners.insert("bridge");
        self
    }

    /// Configures this machine as a trusted proxy, so that a test can set the client's address and scheme with
    /// `X-Forwarded-For` and `X-Forwarded-Proto`.
    pub fn trusts_this_machine(&mut self) -> &mut Self {
        self.toml("[http]\ntrusted_proxies = [\"127.0.0.1\"]\n")
    }

    /// Adds a second listener for page and API, on a port that the system chooses; see [`super::Daemon::crm_url`].
    pub fn crm_listener(&mut self) -> &mut Self {
        self.env("CRM_LISTEN", "127.0.0.1:0")
    }
}
