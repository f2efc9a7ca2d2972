//! Example requests by which an owner controls the server, such as creating a snapshot, setting the greeting and
//! cancelling a restart.

use super::{Example, Shop};
use crate::support::access::PASSWORD;
use crate::support::client::send;
use agentlocator::audio::wav;
use reqwest::Method;
use serde_json::{Value, json};

impl Shop {
    /// Creates the objects that an owner's operation needs, and returns a request with which the operation succeeds.
    /// Returns `None` for other operations.
    pub(super) async fn owner_example(&self, operation: &str) -> Option<Example> {
        let (method, path, body, subject) = match operation {
            "confirm_password" => (Method::POST, "/api/session/confirm", json!({"password": PASSWORD}), String::new()),
            "create_backup" => (Method::POST, "/api/backups", json!({}), String::new()),
            "set_greeting" => {
                let next = self.daemon.query_value::<i64>("SELECT coalesce(max(id), 0) + 1 FROM greetings");
                let body = json!({"media_id": self.sound(15_000).await});
                (Method::PUT, "/api/greeting", body, format!("greeting:{next}"))
            }
            "set_answering" => (Method::PUT, "/api/answering", json!({"mode": "agent"}), "answering:agent".to_owned()),
            "choose_greeting" => {
                let id = self.greeting(8000).await;
                self.greeting(9000).await;
                (Method::POST, "/api/greeting/choose", json!({"id": id}), format!("greeting:{id}"))
            }
            "reset_greeting" => {
                self.greeting(10_000).await;
                (Method::DELETE, "/api/greeting", json!({}), String::new())
            }
            "skip_setup_step" => {
                (Method::PUT, "/api/setup/progress", json!({"step": "ai", "skipped": true}), "step:ai".to_owned())
            }
            "cancel_restart" => (Method::DELETE, "/api/restart", json!({}), String::new()),
            _ => return None,
        };
        Some(Example { method, path: path.to_owned(), body, action: operation.to_owned(), subject })
    }

    /// Uploads a sound file and returns its id.
    async fn sound(&self, frames: usize) -> Value {
        let file = [&wav::pcm_header(1, 8000, frames as u64)[..], &vec![9; frames * 2]].concat();
        send(self.owner.request(Method::POST, "/api/media").body(file)).await.json()["id"].clone()
    }

    /// Activates a greeting and returns its id.
    async fn greeting(&self, frames: usize) -> Value {
        let body = json!({"media_id": self.sound(frames).await});
        let set = send(self.owner.request(Method::PUT, "/api/greeting").json(&body)).await.json();
        set["recordings"][0]["id"].clone()
    }
}
