//! Example requests that change conversations, scheduled messages, saved replies and uploaded files.

use super::super::change;
use super::{Example, SECRET, Shop};
use crate::support::client::send;
use agentlocator::simulator::bridge::BridgeFault;
use reqwest::Method;
use serde_json::{Value, json};

impl Shop {
    /// Creates the objects that an operation of the inbox needs, and returns a request with which the operation
    /// succeeds. Returns `None` for other operations.
    pub(super) async fn inbox_example(&self, operation: &str) -> Option<Example> {
        let (method, path, body, subject) = match operation {
            "mark_conversation_read" => {
                let id = self.contact_who_wrote().await;
                (Method::POST, format!("/api/inbox/{id}/read"), json!({}), format!("inbox:{id}"))
            }
            "cancel_message" => {
                // The second message to a contact waits for the outcome of the first.
                self.bridge.fail_next(BridgeFault::HangBefore, 1);
                let body = json!({"to": "+972503333399", "text": "x", "provider": "baileys"});
                change(&self.owner, "POST", "/api/whatsapp/send", body.clone(), 200).await;
                let id = change(&self.owner, "POST", "/api/whatsapp/send", body, 200).await["message_id"].clone();
                (Method::POST, format!("/api/messages/{id}/cancel"), json!({}), format!("message:{id}"))
            }
            "open_thread" => {
                let body = json!({"display_name": "", "number": "0503333332"});
                let id = change(&self.owner, "POST", "/api/contacts", body, 201).await["id"].clone();
                let next = self.daemon.query_value::<i64>("SELECT max(id) + 1 FROM threads");
                (Method::POST, "/api/threads".to_owned(), json!({"contact_id": id}), format!("thread:{next}"))
            }
            "archive_conversation" => {
                (Method::POST, "/api/inbox/1/archive".to_owned(), json!({}), "inbox:1".to_owned())
            }
            "unarchive_conversation" => {
                self.on_conversation("archive").await;
                (Method::POST, "/api/inbox/1/unarchive".to_owned(), json!({}), "inbox:1".to_owned())
            }
            "finish_conversation" => (Method::POST, "/api/inbox/1/done".to_owned(), json!({}), "inbox:1".to_owned()),
            "create_saved_reply" => {
                let next = self.daemon.query_value::<i64>("SELECT count(*) + 1 FROM saved_replies");
                let body = json!({"shortcut": operation, "text": "פתוח עד שש"});
                (Method::POST, "/api/saved-replies".to_owned(), body, format!("saved-reply:{next}"))
            }
            "update_saved_reply" | "delete_saved_reply" => {
                let body = json!({"shortcut": operation, "text": "x"});
                let id = change(&self.owner, "POST", "/api/saved-replies", body, 201).await["id"].clone();
                item(operation, "update_saved_reply", "saved-replies", &id, json!({"text": "y"}))
            }
            "schedule_message" => {
                self.accept_messages().await;
                let next = self.daemon.query_value::<i64>("SELECT count(*) + 1 FROM scheduled_messages");
                let path = "/api/scheduled-messages".to_owned();
                (Method::POST, path, scheduled(), format!("scheduled-message:{next}"))
            }
            "update_scheduled_message" | "cancel_scheduled_message" => {
                self.accept_messages().await;
                let id = change(&self.owner, "POST", "/api/scheduled-messages", scheduled(), 201).await["id"].clone();
                item(operation, "update_scheduled_message", "scheduled-messages", &id, json!({"text": "y"}))
            }
            // The uploaded file is the body `{}`.
            "upload_media" => (
                Method::POST,
                "/api/media".to_owned(),
                json!({}),
                "media:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a".to_owned(),
            ),
            _ => return None,
        };
        Some(Example { method, path, body, action: operation.to_owned(), subject })
    }

    /// Creates a contact with an unread message, and returns the contact's id.
    async fn contact_who_wrote(&self) -> i64 {
        let body = json!({"from": "972503333331", "text": "a", "id": "unread"});
        let request = self.daemon.client().request(Method::POST, "/webhook/whatsapp/baileys");
        assert_eq!(send(request.header("X-BAILEYS-SECRET", SECRET).json(&body)).await.status, 204);
        self.daemon.query_value("SELECT contact_id FROM addresses WHERE value = '+972503333331'")
    }

    /// An earlier example may have recorded that the contact of the thread wants no messages.
    async fn accept_messages(&self) {
        let contact: i64 = self.daemon.query_value("SELECT contact_id FROM threads WHERE id = 1");
        change(&self.owner, "PUT", &format!("/api/contacts/{contact}/opt-out"), json!({"opted_out": false}), 200).await;
    }

    async fn on_conversation(&self, what: &str) {
        let reply = self.owner.post_json(&format!("/api/inbox/1/{what}"), &json!({})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
}

fn scheduled() -> Value {
    let tomorrow = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    json!({"thread_id": 1, "text": "x", "send_at": format!("{tomorrow:.3}")})
}

fn item(operation: &str, changes: &str, noun: &str, id: &Value, body: Value) -> (Method, String, Value, String) {
    let (method, body) = if operation == changes { (Method::PATCH, body) } else { (Method::DELETE, json!({})) };
    (
        method,
        format!("/api/{noun}/{id}"),
        body,
        format!("{}:{id}", noun.trim_end_matches('s').replace("replie", "reply")),
    )
}
