//! Owners change the roles of other users.

use crate::support::client::{Reply, send};
use crate::support::{Client, Daemon};
use reqwest::Method;
use serde_json::{Value, json};

async fn set_role(client: &Client, id: &Value, role: &str) -> Reply {
    send(client.request(Method::PATCH, &format!("/api/users/{id}")).json(&json!({"role": role}))).await
}

async fn own_id(client: &Client) -> Value {
    client.get("/api/session").await.json()["user"]["id"].clone()
}

#[tokio::test]
async fn owners_change_the_roles_of_others() {
    let daemon = Daemon::start(|_| {});
    let (dana, noa) = (daemon.logged_in("dana", "owner").await, daemon.logged_in("noa", "staff").await);
    let (dana_id, noa_id) = (own_id(&dana).await, own_id(&noa).await);
    let code = |reply: &Reply| (reply.status, reply.json()["error"]["code"].clone());
    assert_eq!(code(&set_role(&noa, &noa_id, "owner").await), (403, json!("forbidden")));
    assert_eq!(code(&set_role(&dana, &noa_id, "owner").await), (403, json!("confirmation_required")));
    dana.confirm().await;
    assert_eq!(set_role(&dana, &json!(999), "owner").await.status, 404);
    for body in [json!({}), json!({"role": "boss"}), json!({"role": "owner", "name": "x"})] {
        let reply = send(dana.request(Method::PATCH, &format!("/api/users/{noa_id}")).json(&body)).await;
        assert_eq!(reply.status, 422, "{body}: {}", reply.text());
    }
    assert_eq!(code(&set_role(&dana, &dana_id, "staff").await), (409, json!("conflict")), "an owner's own role");
    assert_eq!(code(&set_role(&daemon.api(), &dana_id, "staff").await), (409, json!("conflict")), "the last owner");

    let changed = set_role(&dana, &noa_id, "owner").await;
    assert_eq!((changed.status, &changed.json()["role"]), (200, &json!("owner")));
    // The session of the user continues with the new role, and so do tokens.
    assert_eq!(
        (noa.get("/api/session").await.json()["role"].clone(), noa.get("/api/users").await.status),
        (json!("owner"), 200)
    );
    noa.confirm().await;
    let token = noa.post_json("/api/tokens", &json!({"name": "till", "role": "owner"})).await.json()["token"].clone();
    let till = daemon.client().with_token(token.as_str().unwrap());
    assert_eq!(till.get("/api/users").await.status, 200);
    assert_eq!(set_role(&dana, &noa_id, "staff").await.status, 200);
    assert_eq!(
        (noa.get("/api/session").await.json()["role"].clone(), noa.get("/api/users").await.status),
        (json!("staff"), 403)
    );
    assert_eq!(till.get("/api/users").await.status, 401, "the token had the rights of an owner");
    // A request that changes nothing leaves no row in the audit log.
    assert_eq!(set_role(&dana, &noa_id, "staff").await.status, 200);
    let actions = dana.get("/api/audit").await.json()["items"].as_array().unwrap().clone();
    let subject = json!(format!("user:{noa_id}"));
    let of_noa = actions.iter().filter(|entry| entry["subject"] == subject && entry["actor_name"] == "dana");
    assert_eq!(of_noa.map(|entry| entry["action"].clone()).collect::<Vec<_>>(), ["user_made_staff", "user_made_owner"]);
}

#[tokio::test]
async fn one_of_two_owners_stays_an_owner_when_each_makes_the_other_staff() {
    let daemon = Daemon::start(|_| {});
    let api = daemon.api();
    let (dana, noa) = (daemon.logged_in("dana", "owner").await, daemon.logged_in("noa", "owner").await);
    let (dana_id, noa_id) = (own_id(&dana).await, own_id(&noa).await);
    for round in 0..10 {
        let (first, second) = tokio::join!(set_role(&dana, &noa_id, "staff"), set_role(&noa, &dana_id, "staff"));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        // The refused request was checked before or after the other one was made.
        assert!(matches!(statuses, [200, 403 | 409]), "{round}: {statuses:?}");
        let users = api.get("/api/users").await.json()["items"].as_array().unwrap().clone();
        assert_eq!(users.iter().filter(|user| user["role"] == "owner").count(), 1, "{round}");
        for id in [&dana_id, &noa_id] {
            assert_eq!(set_role(&api, id, "owner").await.status, 200);
        }
    }
}
