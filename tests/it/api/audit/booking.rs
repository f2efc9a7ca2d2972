//! Example requests that change the booking catalog, the hours, appointments, the waiting list, and what the agent
//! knows and may use.

use crate::support::Client;
use crate::support::client::send;
use reqwest::Method;
use serde_json::{Value, json};

/// Inserts a service, an appointment that the agent has booked, and three questions that the agent could not answer.
pub(super) const BOOKED_BY_AGENT: &str = "
    INSERT INTO services(id, name, duration_min, created_at, updated_at)
        VALUES (1, 'a service', 30, '2026-11-01T08:00:00.000Z', '2026-11-01T08:00:00.000Z');
    INSERT INTO appointments(id, contact_id, service_id, resource_id, starts_at, ends_at, blocked_from, blocked_to, time_zone, state,
        source, created_by, created_at, updated_at)
        VALUES (1, 1, 1, 1, '2026-11-02T08:00:00.000Z', '2026-11-02T08:30:00.000Z', '2026-11-02T08:00:00.000Z',
        '2026-11-02T08:30:00.000Z', 'Asia/Jerusalem', 'booked', 'agent', 'agent', '2026-11-01T08:00:00.000Z',
        '2026-11-01T08:00:00.000Z');
    INSERT INTO knowledge_gaps(id, question, folded, state, contact_id, created_at, asked_at) VALUES
        (1, 'Parking?', 'parking', 'open', 1, '2026-11-01T08:00:00.000Z', '2026-11-01T08:00:00.000Z'),
        (2, 'Dogs?', 'dogs', 'open', 1, '2026-11-01T08:00:00.000Z', '2026-11-01T08:00:00.000Z'),
        (3, 'Cats?', 'cats', 'dismissed', 1, '2026-11-01T08:00:00.000Z', '2026-11-01T08:00:00.000Z');";

/// A request that succeeds: method, path, body, and the subject of its audit row. The audit row's action is the
/// operation.
pub(super) type Request = (Method, String, Value, String);

/// Creates the objects that the operation needs, and returns a request with which the operation succeeds. Returns
/// `None` if another module has the example for the operation.
pub(super) async fn request(owner: &Client, operation: &str) -> Option<Request> {
    let (noun, path) = match operation {
        "create_service" | "update_service" | "archive_service" => ("service", "/api/services"),
        "create_resource" | "update_resource" | "archive_resource" | "set_resource_hours" => {
            ("resource", "/api/resources")
        }
        "create_closure" | "update_closure" | "delete_closure" => ("closure", "/api/closures"),
        "create_fact" | "update_fact" | "delete_fact" => ("fact", "/api/facts"),
        "create_agent_tool" | "update_agent_tool" | "delete_agent_tool" | "try_agent_tool" => {
            ("agent-tool", "/api/agent-tools")
        }
        "create_waiting_entry" | "update_waiting_entry" | "delete_waiting_entry" => {
            ("waiting-list", "/api/waiting-list")
        }
        "set_opening_hours" => {
            let hours =
                json!({"hours": [{"weekday": 0, "from": "00:00", "to": "24:00"}], "holidays": "open", "eves": "open"});
            return Some((Method::PUT, "/api/opening-hours".to_owned(), hours, String::new()));
        }
        "answer_knowledge_gap" | "dismiss_knowledge_gap" | "reopen_knowledge_gap" => {
            let action = operation.split('_').next()?;
            let (id, body) = match action {
                "answer" => (1, json!({"answer": "yes"})),
                "dismiss" => (2, json!({})),
                _ => (3, json!({})),
            };
            let path = format!("/api/knowledge-gaps/{id}/{action}");
            return Some((Method::POST, path, body, format!("knowledge-gap:{id}")));
        }
        "mark_appointment_seen" => {
            // Only an appointment that the agent booked can be unseen.
            let path = "/api/appointments/1/seen".to_owned();
            return Some((Method::POST, path, json!({}), "appointment:1".to_owned()));
        }
        name if name.ends_with("_appointment") || name.starts_with("mark_appointment_") => {
            ("appointment", "/api/appointments")
        }
        _ => return None,
    };
    let body = new(owner, noun).await;
    if operation.starts_with("create_") || operation == "book_appointment" {
        // Ids increase by one. Therefore an object that is created here shows which id the object of the request gets.
        let id = created(owner, path, &body).await + 1;
        let body = new(owner, noun).await;
        return Some((Method::POST, path.to_owned(), body, format!("{noun}:{id}")));
    }
    let id = created(owner, path, &body).await;
    let one = format!("{path}/{id}");
    let (method, path, body) = match operation {
        "update_service" | "update_resource" => (Method::PATCH, one, json!({"name": "another"})),
        "update_closure" => (Method::PATCH, one, json!({"reason": "another"})),
        "update_fact" => (Method::PATCH, one, json!({"text": "another"})),
        "update_agent_tool" => (Method::PATCH, one, json!({"enabled": false})),
        "try_agent_tool" => (Method::POST, format!("{one}/try"), json!({})),
        "change_appointment" | "update_waiting_entry" => (Method::PATCH, one, json!({"note": "another"})),
        "set_resource_hours" => (Method::PUT, format!("{one}/hours"), json!({"hours": []})),
        "cancel_appointment" => (Method::POST, format!("{one}/cancel"), json!({})),
        "restore_appointment" => {
            owner.post_json(&format!("{one}/cancel"), &json!({})).await;
            (Method::POST, format!("{one}/restore"), json!({}))
        }
        "mark_appointment_no_show" => (Method::POST, format!("{one}/no-show"), json!({})),
        "mark_appointment_done" => (Method::POST, format!("{one}/done"), json!({})),
        _ => (Method::DELETE, one, json!({})),
    };
    Some((method, path, body, format!("{noun}:{id}")))
}

/// Returns the body of a request that creates an object of this kind. First creates a service if the object needs one.
async fn new(owner: &Client, noun: &str) -> Value {
    match noun {
        "service" => json!({"name": "a service", "duration_min": 1}),
        "resource" => json!({"name": "a resource"}),
        "closure" => json!({"from_date": "2030-01-01", "to_date": "2030-01-02", "reason": ""}),
        "fact" => json!({"topic": "a topic", "text": "a fact"}),
        "agent-tool" => {
            let count = owner.get("/api/agent-tools").await.json()["items"].as_array().unwrap().len();
            // No server listens on this port.
            json!({"name": format!("tool_{count}"), "description": "a tool", "url": "http://127.0.0.1:1/"})
        }
        _ => {
            let service = created(owner, "/api/services", &json!({"name": "a service", "duration_min": 1})).await;
            if noun == "waiting-list" {
                return json!({"contact_id": 1, "service_id": service, "from_date": "2030-01-01", "to_date": "2030-01-02"});
            }
            // Each appointment starts at a different minute, and in the past, so that it can be marked as done.
            let start = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(2 * service - 60 * 24);
            let start = format!("{:.0}", start.round(jiff::Unit::Minute).unwrap());
            json!({"contact_id": 1, "service_id": service, "starts_at": start, "force": true})
        }
    }
}

async fn created(owner: &Client, path: &str, body: &Value) -> i64 {
    let reply = send(owner.request(Method::POST, path).json(body)).await;
    assert_eq!(reply.status, 201, "{path}: {}", reply.text());
    reply.json()["id"].as_i64().unwrap()
}
