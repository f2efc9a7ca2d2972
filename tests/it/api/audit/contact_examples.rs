//! Example requests that change what the business records about its contacts.

use super::super::change;
use super::{Example, Shop};
use reqwest::Method;
use serde_json::{Value, json};

impl Shop {
    /// Creates the objects that the operation needs, and returns a request with which the operation succeeds.
    pub(super) async fn contact_example(&self, operation: &str) -> Example {
        let (method, path, body, subject) = match operation {
            "create_contact" => {
                let next = self.daemon.query_value::<i64>("SELECT max(id) + 1 FROM contacts");
                let body = json!({"display_name": "רון", "number": "050-7654321"});
                ("POST", "/api/contacts".to_owned(), body, format!("contact:{next}"))
            }
            "erase_contact" => {
                let body = json!({"display_name": operation, "number": "050-7654399"});
                let id = self.created("/api/contacts", body).await;
                let (path, action) = (format!("/api/contacts/{id}/erase"), "contact_erased".to_owned());
                let (body, subject) = (json!({"confirm": operation}), format!("contact:{id}"));
                return Example { method: Method::POST, path, body, action, subject };
            }
            "reopen_merge_suggestion" => {
                let (id, _) = self.merge_suggestion("+972502222223").await;
                let path = |step: &str| format!("/api/merge-suggestions/{id}/{step}");
                assert_eq!(self.owner.post_json(&path("dismiss"), &json!({})).await.status, 200);
                let (action, subject) = ("merge_suggestion_reopened".to_owned(), format!("merge_suggestion:{id}"));
                return Example { method: Method::POST, path: path("reopen"), body: json!({}), action, subject };
            }
            "update_contact" => contact("PATCH", "", json!({"display_name": "דנה", "language": "he"})),
            "set_contact_relation" => contact("PUT", "/relation", json!({"relation": "vip"})),
            "set_contact_block" => contact("PUT", "/block", json!({"blocked": true})),
            "set_contact_opt_out" => contact("PUT", "/opt-out", json!({"opted_out": true})),
            "set_contact_field" => {
                let id = self.created("/api/custom-fields", json!({"name": operation, "kind": "text"})).await;
                contact("PUT", &format!("/fields/{id}"), json!({"value": "x"}))
            }
            "add_tag_to_contact" => {
                let id = self.created("/api/tags", json!({"name": operation})).await;
                contact("PUT", &format!("/tags/{id}"), Value::Null)
            }
            "remove_tag_from_contact" => {
                let id = self.tagged(operation).await;
                contact("DELETE", &format!("/tags/{id}"), Value::Null)
            }
            "tag_contacts" => {
                let id = self.tagged(operation).await;
                let body = json!({"contact_ids": [1, 2], "add": [id]});
                ("POST", "/api/contacts/tags".to_owned(), body, format!("tag:{id}, added to contacts: 1"))
            }
            "add_contact_number" => contact("POST", "/numbers", json!({"number": "050-7654301"})),
            "update_contact_number" | "remove_contact_number" => {
                let number = if operation.starts_with("update") { "050-7654302" } else { "050-7654303" };
                let id = self.created("/api/contacts/1/numbers", json!({"number": number})).await;
                let (method, body) = match operation {
                    "update_contact_number" => ("PATCH", json!({"number": "050-7654304"})),
                    _ => ("DELETE", Value::Null),
                };
                contact(method, &format!("/numbers/{id}"), body)
            }
            "create_note" => contact("POST", "/notes", json!({"text": "x"})),
            "update_note" | "delete_note" | "restore_note" => {
                let id = self.created("/api/contacts/1/notes", json!({"text": "x"})).await;
                if operation == "restore_note" {
                    change(&self.owner, "DELETE", &format!("/api/notes/{id}"), Value::Null, 200).await;
                }
                item(operation, "note", &id, json!({"text": "y"}))
            }
            "create_tag" => self.next("tag", "tags", json!({"name": operation})),
            "update_tag" | "delete_tag" => {
                let id = self.created("/api/tags", json!({"name": operation})).await;
                item(operation, "tag", &id, json!({"name": "another"}))
            }
            "create_custom_field" => {
                self.next("custom-field", "custom_fields", json!({"name": operation, "kind": "flag"}))
            }
            "update_custom_field" | "archive_custom_field" | "restore_custom_field" => {
                let id = self.created("/api/custom-fields", json!({"name": operation, "kind": "date"})).await;
                if operation == "restore_custom_field" {
                    let path = format!("/api/custom-fields/{id}");
                    change(&self.owner, "DELETE", &path, Value::Null, 200).await;
                }
                item(operation, "custom-field", &id, json!({"name": "another"}))
            }
            "create_task" => self.next("task", "tasks", json!({"title": "x"})),
            "update_task" | "delete_task" | "complete_task" | "reopen_task" => {
                let id = self.created("/api/tasks", json!({"title": "x"})).await;
                if operation == "reopen_task" {
                    change(&self.owner, "POST", &format!("/api/tasks/{id}/done"), Value::Null, 200).await;
                }
                item(operation, "task", &id, json!({"title": "y"}))
            }
            "create_lead" => self.next("lead", "leads", json!({"title": "x", "contact_id": 1})),
            "update_lead" | "delete_lead" => {
                let id = self.created("/api/leads", json!({"title": "x", "contact_id": 1})).await;
                item(operation, "lead", &id, json!({"title": "y"}))
            }
            "create_lead_stage" => self.next("lead-stage", "lead_stages", json!({"name": "x"})),
            "update_lead_stage" | "delete_lead_stage" => {
                let id = self.created("/api/lead-stages", json!({"name": "x"})).await;
                item(operation, "lead-stage", &id, json!({"name": "y"}))
            }
            other => panic!("{other}: a new operation that changes something needs an example here"),
        };
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let action = operation.to_owned();
        Example { method, path, body, action, subject }
    }

    async fn created(&self, path: &str, body: Value) -> Value {
        change(&self.owner, "POST", path, body, 201).await["id"].clone()
    }

    /// Creates a tag, adds it to contact 1, and returns the id of the tag.
    async fn tagged(&self, name: &str) -> Value {
        let id = self.created("/api/tags", json!({"name": name})).await;
        change(&self.owner, "PUT", &format!("/api/contacts/1/tags/{id}"), Value::Null, 200).await;
        id
    }

    /// Returns a request that adds a row to a table, in which the row gets the next id.
    fn next(&self, noun: &str, table: &str, body: Value) -> (&'static str, String, Value, String) {
        let next = self.daemon.query_value::<i64>(&format!("SELECT coalesce(max(id), 0) + 1 FROM {table}"));
        ("POST", format!("/api/{noun}s"), body, format!("{noun}:{next}"))
    }
}

fn contact(method: &'static str, path: &str, body: Value) -> (&'static str, String, Value, String) {
    (method, format!("/api/contacts/1{path}"), body, "contact:1".to_owned())
}

/// Returns a request that changes, deletes or restores an item. Only a PATCH request has a body, which is `body`.
fn item(operation: &str, noun: &str, id: &Value, body: Value) -> (&'static str, String, Value, String) {
    let (method, end, body) = match operation.split('_').next() {
        Some("update") => ("PATCH", "", body),
        Some("restore") => ("POST", "/restore", Value::Null),
        Some("complete") => ("POST", "/done", Value::Null),
        Some("reopen") => ("POST", "/reopen", Value::Null),
        _ => ("DELETE", "", Value::Null),
    };
    (method, format!("/api/{noun}s/{id}{end}"), body, format!("{noun}:{id}"))
}
