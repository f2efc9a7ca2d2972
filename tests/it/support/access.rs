//! Logins and tokens for the API.

use super::{Client, Daemon};
use serde_json::json;

impl Daemon {
    /// Creates a bearer token with the command line, and returns it.
    pub fn token(&self, role: &str) -> String {
        let output = self.cli(&["token", "create", "test", "--role", role]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Returns a client of the API with an owner's token.
    pub fn api(&self) -> Client {
        self.client().with_token(&self.token("owner"))
    }

    /// Adds a user with the command line, and logs in as that user.
    pub async fn logged_in(&self, name: &str, role: &str) -> Client {
        let output = self.cli_with_input(&["user", "add", name, "--role", role], PASSWORD);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.log_in(name, PASSWORD).await
    }

    /// Logs in with a name and password, and returns the logged-in client.
    pub async fn log_in(&self, name: &str, password: &str) -> Client {
        let client = self.client();
        let reply = client.post_json("/api/login", &json!({"name": name, "password": password})).await;
        client.with_login(&reply)
    }
}

impl Client {
    /// Confirms the password of the logged-in user, for operations that require it.
    pub async fn confirm(&self) {
        let reply = self.post_json("/api/session/confirm", &json!({"password": PASSWORD})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
}

/// The password of the test users.
pub const PASSWORD: &str = "correct horse";
