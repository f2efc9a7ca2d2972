//! The data that the business records about its contacts: names, notes, tags, fields, and whether a contact receives
//! messages.

use super::{change, column, with_data};
use crate::support::Client;
use crate::support::client::send;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_contact_is_added_once_for_each_number() {
    let (_daemon, api) = with_data();
    let body = json!({"display_name": " \u{202e}רון\u{202c} ", "number": "052-765-4321"});
    let made = change(&api, "POST", "/api/contacts", body.clone(), 201).await;
    assert_eq!((&made["display_name"], &made["number"]), (&json!("רון"), &json!("+972527654321")));
    assert_eq!((&made["threads"], &made["last_activity_at"]), (&json!([]), &Value::Null));
    let taken = change(&api, "POST", "/api/contacts", body, 409).await;
    assert_eq!(
        (&taken["error"]["code"], &taken["error"]["params"]["contact_id"]),
        (&json!("number_taken"), &json!(made["id"].to_string()))
    );
    let taken = change(&api, "POST", "/api/contacts", json!({"number": "+972501234567"}), 409).await;
    assert_eq!(taken["error"]["params"]["contact_id"], "1");
    for (body, field) in [
        (json!({"number": "12"}), "number"),
        (json!({"number": "0521111111", "display_name": "a\nb"}), "display_name"),
        (json!({"number": "0521111111", "display_name": "x".repeat(201)}), "display_name"),
    ] {
        assert_eq!(change(&api, "POST", "/api/contacts", body, 400).await["error"]["field"], field);
    }
    assert_eq!(
        change(&api, "POST", "/api/contacts", json!({"display_name": "x"}), 422).await["error"]["field"],
        "number"
    );
}

#[tokio::test]
async fn the_language_is_set_and_removed_without_the_name() {
    let (_daemon, api) = with_data();
    let dana = change(&api, "PATCH", "/api/contacts/1", json!({"language": "he"}), 200).await;
    assert_eq!((&dana["language"], &dana["display_name"]), (&json!("he"), &json!("דנה לוי")));
    let dana = change(&api, "PATCH", "/api/contacts/1", json!({"display_name": "Dana"}), 200).await;
    assert_eq!((&dana["language"], &dana["display_name"]), (&json!("he"), &json!("Dana")));
    assert_eq!(change(&api, "PATCH", "/api/contacts/1", json!({"language": null}), 200).await["language"], Value::Null);
    for wrong in ["Hebrew", "h", "he-IL", ""] {
        let refused =
            change(&api, "PATCH", "/api/contacts/1", json!({"language": wrong, "display_name": "no"}), 400).await;
        assert_eq!(refused["error"]["field"], "language");
    }
    assert_eq!(api.get("/api/contacts/1").await.json()["display_name"], "Dana", "a refused change changes nothing");
}

#[tokio::test]
async fn a_contact_who_opted_out_receives_nothing_until_that_is_undone() {
    let mut daemon = crate::support::Daemon::prepare(|setup| _ = setup.env("BAILEYS_WEBHOOK_SECRET", "secret"));
    daemon.seed(include_str!("data.sql"));
    daemon.launch();
    let api = daemon.api();
    let message = || json!({"to": "+972501234567", "text": "hi"});
    change(&api, "POST", "/api/whatsapp/send", message(), 200).await;
    let dana = change(&api, "PUT", "/api/contacts/1/opt-out", json!({"opted_out": true}), 200).await;
    assert_eq!(dana["opted_out"], true);
    let refused = change(&api, "POST", "/api/whatsapp/send", message(), 422).await;
    assert_eq!(refused["error"]["code"], "contact_opted_out");
    let webhook =
        daemon.client().request(Method::POST, "/webhook/whatsapp/baileys").header("X-BAILEYS-SECRET", "secret");
    let body = json!({"from": "+972501234567", "text": "hello", "id": "X1", "push_name": "\u{202e}anaD"});
    assert_eq!(send(webhook.json(&body)).await.status, 204);
    change(&api, "POST", "/api/whatsapp/send", message(), 422).await;
    // The contact's message did not undo the opt-out. A user can undo the opt-out.
    let dana = change(&api, "PUT", "/api/contacts/1/opt-out", json!({"opted_out": false}), 200).await;
    assert_eq!(dana["opted_out"], false);
    change(&api, "POST", "/api/whatsapp/send", message(), 200).await;
    assert_eq!(dana["display_name"], "anaD", "a profile name cannot reorder the text beside it");
}

#[tokio::test]
async fn notes_are_written_changed_deleted_and_restored() {
    let (daemon, _) = with_data();
    let gal = daemon.logged_in("gal", "staff").await;
    let note = change(&gal, "POST", "/api/contacts/1/notes", json!({"text": " שורה\nשנייה "}), 201).await;
    assert_eq!(
        (&note["text"], &note["author_name"], &note["contact_id"]),
        (&json!("שורה\nשנייה"), &json!("gal"), &json!(1))
    );
    assert!(note["author"].as_str().unwrap().starts_with("user:"));
    let path = format!("/api/notes/{}", note["id"]);
    let changed = change(&gal, "PATCH", &path, json!({"text": "ב"}), 200).await;
    assert_eq!((&changed["text"], &changed["created_at"]), (&json!("ב"), &note["created_at"]));
    assert_eq!((&note["edited_by"], &note["edited_at"]), (&Value::Null, &Value::Null));
    let noa = daemon.logged_in("noa", "staff").await;
    let changed = change(&noa, "PATCH", &path, json!({"text": "ג"}), 200).await;
    assert_eq!((&changed["author_name"], &changed["edited_by_name"]), (&json!("gal"), &json!("noa")));
    assert_eq!((&changed["edited_at"], &changed["author"]), (&changed["updated_at"], &note["author"]));
    assert_ne!(changed["edited_by"], note["author"]);
    let changed = change(&gal, "PATCH", &path, json!({"text": "ב"}), 200).await;
    assert_eq!((&changed["edited_by"], &changed["edited_by_name"]), (&note["author"], &json!("gal")));
    let second = change(&gal, "POST", "/api/contacts/1/notes", json!({"text": "2"}), 201).await;
    let texts =
        async |query: &str| column(&gal.get(&format!("/api/contacts/1/notes{query}")).await.json()["items"], "text");
    assert_eq!(json!(texts("").await), json!(["2", "ב"]));
    let page = gal.get("/api/contacts/1/notes?limit=1").await.json();
    assert_eq!(json!(texts(&format!("?cursor={}", page["next_cursor"].as_str().unwrap())).await), json!(["ב"]));

    change(&gal, "DELETE", &path, Value::Null, 200).await;
    assert_eq!(json!(texts("").await), json!(["2"]));
    change(&gal, "DELETE", &path, Value::Null, 404).await;
    change(&gal, "PATCH", &path, json!({"text": "x"}), 404).await;
    assert_eq!(change(&gal, "POST", &format!("{path}/restore"), Value::Null, 200).await["deleted_at"], Value::Null);
    assert_eq!(json!(texts("").await), json!(["2", "ב"]));
    for text in ["", " \n", "\u{0}", &"x".repeat(10_001)] {
        change(&gal, "POST", "/api/contacts/1/notes", json!({"text": text}), 400).await;
    }
    // The audit log has one row for each edit.
    let edits = daemon.query_value::<i64>("SELECT count(*) FROM audit_log WHERE action = 'update_note'");
    assert_eq!(edits, 3);
    change(&gal, "POST", "/api/contacts/99/notes", json!({"text": "x"}), 404).await;
    conditional(&gal, &format!("/api/notes/{}", second["id"]), json!({"text": "3"}), json!({"text": "4"})).await;
}

/// Checks that a request with the ETag of an earlier version neither changes nor deletes an item.
async fn conditional(api: &Client, path: &str, first: Value, second: Value) {
    let with = |method: Method, version: &str, body: &Value| {
        send(api.request(method, path).header("if-match", version).json(body))
    };
    let made = with(Method::PATCH, "*", &first).await;
    assert_eq!(made.status, 200, "{path}: {}", made.text());
    let version = made.header("etag").to_owned();
    assert_eq!(with(Method::PATCH, &version, &second).await.status, 200, "{path}");
    for method in [Method::PATCH, Method::DELETE] {
        let refused = with(method, &version, &first).await;
        assert_eq!((refused.status, &refused.json()["error"]["code"]), (412, &json!("changed")), "{path}");
        for (name, value) in second.as_object().unwrap() {
            assert_eq!(refused.json()["current"][name], *value, "{path}");
        }
    }
}

#[tokio::test]
async fn tags_are_named_once_and_counted() {
    let (_daemon, api) = with_data();
    let vip = change(&api, "POST", "/api/tags", json!({"name": "VIP"}), 201).await;
    assert_eq!((&vip["name"], &vip["contact_count"]), (&json!("VIP"), &json!(0)));
    change(&api, "POST", "/api/tags", json!({"name": " vip "}), 409).await;
    change(&api, "POST", "/api/tags", json!({"name": "\u{200f}"}), 400).await;
    let path = format!("/api/tags/{}", vip["id"]);
    change(&api, "PATCH", &path, json!({"name": "vip"}), 200).await;
    let tag = format!("/api/contacts/1/tags/{}", vip["id"]);
    for _ in 0..2 {
        change(&api, "PUT", &tag, Value::Null, 200).await;
    }
    assert_eq!(api.get("/api/contacts/1").await.json()["tags"], json!([{"id": vip["id"], "name": "vip"}]));
    assert_eq!(api.get("/api/tags").await.json()["items"][0]["contact_count"], 1);
    change(&api, "DELETE", &tag, Value::Null, 200).await;
    assert_eq!(api.get("/api/contacts/1").await.json()["tags"], json!([]));
    change(&api, "PUT", &tag, Value::Null, 200).await;
    conditional(&api, &path, json!({"name": "a"}), json!({"name": "b"})).await;
    change(&api, "DELETE", &path, Value::Null, 200).await;
    assert_eq!(api.get("/api/contacts/1").await.json()["tags"], json!([]));
    for (method, path) in
        [("PUT", "/api/contacts/1/tags/99"), ("PUT", "/api/contacts/99/tags/1"), ("DELETE", "/api/tags/99")]
    {
        change(&api, method, path, Value::Null, 404).await;
    }
}

#[tokio::test]
async fn tagging_many_contacts_answers_what_it_has_changed_so_that_it_can_be_undone() {
    let (_daemon, api) = with_data();
    let mut tags = Vec::new();
    for name in ["a", "b"] {
        tags.push(change(&api, "POST", "/api/tags", json!({"name": name}), 201).await["id"].clone());
    }
    let [a, b] = &tags[..] else { panic!() };
    change(&api, "PUT", &format!("/api/contacts/1/tags/{a}"), Value::Null, 200).await;
    change(&api, "PUT", &format!("/api/contacts/2/tags/{b}"), Value::Null, 200).await;
    let body = json!({"contact_ids": [1, 2, 3], "add": [a], "remove": [b]});
    let done = change(&api, "POST", "/api/contacts/tags", body.clone(), 200).await;
    assert_eq!(done, json!({"added": [[2, a], [3, a]], "removed": [[2, b]]}));
    let again = change(&api, "POST", "/api/contacts/tags", body, 200).await;
    assert_eq!(again, json!({"added": [], "removed": []}));
    for (body, status) in [
        (json!({"contact_ids": [1, 99], "add": [b]}), 404),
        (json!({"contact_ids": [1], "add": [99]}), 404),
        (json!({"contact_ids": [], "add": [b]}), 400),
        (json!({"contact_ids": [1], "add": [b], "remove": [b]}), 400),
    ] {
        change(&api, "POST", "/api/contacts/tags", body, status).await;
    }
    assert_eq!(
        column(&api.get("/api/contacts/1").await.json()["tags"], "id"),
        std::slice::from_ref(a),
        "a refused request changes nothing"
    );
}

#[tokio::test]
async fn fields_have_values_of_their_kind() {
    let (_daemon, api) = with_data();
    let mut ids = std::collections::BTreeMap::new();
    for (kind, choices) in [
        ("text", json!([])),
        ("number", json!([])),
        ("date", json!([])),
        ("choice", json!(["S", "M"])),
        ("flag", json!([])),
    ] {
        let body = json!({"name": kind, "kind": kind, "choices": choices});
        ids.insert(kind, change(&api, "POST", "/api/custom-fields", body, 201).await["id"].clone());
    }
    for (kind, good, stored, wrong) in [
        ("text", "שלום", "שלום", "\u{0}"),
        ("number", "007.50", "7.5", "1,5"),
        ("date", "2026-02-28", "2026-02-28", "2026-02-30"),
        ("choice", "M", "M", "XL"),
        ("flag", "true", "true", "yes"),
    ] {
        let path = format!("/api/contacts/1/fields/{}", ids[kind]);
        assert_eq!(change(&api, "PUT", &path, json!({"value": wrong}), 400).await["error"]["field"], "value", "{kind}");
        let dana = change(&api, "PUT", &path, json!({"value": good}), 200).await;
        let field = dana["fields"].as_array().unwrap().iter().find(|field| field["field_id"] == ids[kind]).cloned();
        let expected = json!({"field_id": ids[kind], "name": kind, "kind": kind, "value": stored});
        assert_eq!(field, Some(expected));
    }
    let text = format!("/api/contacts/1/fields/{}", ids["text"]);
    change(&api, "PUT", &text, json!({"value": null}), 200).await;
    assert_eq!(api.get("/api/contacts/1").await.json()["fields"].as_array().unwrap().len(), 4);

    let choice = format!("/api/custom-fields/{}", ids["choice"]);
    conditional(&api, &choice, json!({"name": "size"}), json!({"choices": ["L"]})).await;
    change(&api, "DELETE", &choice, Value::Null, 200).await;
    assert_eq!(
        api.get("/api/contacts/1").await.json()["fields"].as_array().unwrap().len(),
        3,
        "an archived field is not shown"
    );
    change(&api, "PUT", &format!("/api/contacts/1/fields/{}", ids["choice"]), json!({"value": "L"}), 404).await;
    // Another field may have got the name of the archived field. Without that, the field returns with its values.
    let (restore, name) = (format!("{choice}/restore"), json!({"name": "size", "kind": "text"}));
    let other = change(&api, "POST", "/api/custom-fields", name, 201).await["id"].clone();
    change(&api, "POST", &restore, Value::Null, 409).await;
    change(&api, "DELETE", &format!("/api/custom-fields/{other}"), Value::Null, 200).await;
    for _ in 0..2 {
        let restored = change(&api, "POST", &restore, Value::Null, 200).await;
        assert_eq!((&restored["name"], &restored["contact_count"]), (&json!("size"), &json!(1)));
    }
    assert_eq!(api.get("/api/contacts/1").await.json()["fields"].as_array().unwrap().len(), 4);
    change(&api, "DELETE", &choice, Value::Null, 200).await;
    change(&api, "POST", "/api/custom-fields/999/restore", Value::Null, 404).await;
    for (body, status) in [
        (json!({"name": "text", "kind": "flag"}), 409),
        (json!({"name": "size", "kind": "choice"}), 400),
        (json!({"name": "x", "kind": "text", "choices": ["a"]}), 400),
        (json!({"name": "x", "kind": "colour"}), 422),
        (json!({"name": "size", "kind": "choice", "choices": ["a", "a"]}), 201),
    ] {
        change(&api, "POST", "/api/custom-fields", body, status).await;
    }
    let version = api.get("/api/contacts/1").await.header("etag").to_owned();
    let number = format!("/api/contacts/1/fields/{}", ids["number"]);
    let set = |value: &str| {
        send(api.request(Method::PUT, &number).header("if-match", &version).json(&json!({"value": value})))
    };
    assert_eq!((set("1").await.status, set("2").await.status), (200, 412));
}

fn numbers(contact: &Value) -> Vec<(String, bool)> {
    let addresses = contact["addresses"].as_array().unwrap().iter().filter(|one| one["kind"] == "phone");
    addresses.map(|one| (one["value"].as_str().unwrap().to_owned(), one["former_at"].is_null())).collect()
}

#[tokio::test]
async fn a_number_is_added_corrected_removed_and_restored_to_its_place() {
    let (daemon, api) = with_data();
    daemon.until_backfilled().await;
    let before = api.get("/api/contacts/1").await.json();
    let list = "/api/contacts/1/numbers";
    let added = api.post_json(list, &json!({"number": "03-765-4321"})).await;
    assert_eq!((added.status, &added.json()["value"]), (201, &json!("+97237654321")), "{}", added.text());
    assert_eq!(added.header("etag"), added.json()["etag"].as_str().unwrap());
    let seen = added.header("etag").to_owned();
    let path = format!("{list}/{}", added.json()["id"]);
    let dana = api.get("/api/contacts/1").await.json();
    assert_eq!(dana["number"], "+97237654321", "a new number is the main one");

    // A number that the contact already has is rejected, because the undo of the addition would delete it.
    let again = change(&api, "POST", list, json!({"number": "+97237654321"}), 409).await;
    assert_eq!(again["error"]["code"], "conflict");
    // Adding a number again with another state changes that state: a current number becomes a former one, or a former
    // number a current one.
    let former = json!({"number": "+97237654321", "former_at": "2026-01-01T00:00:00Z"});
    for (body, is_current) in [(former, false), (json!({"number": "+97237654321"}), true)] {
        let changed = change(&api, "POST", list, body, 201).await;
        assert_eq!((&changed["id"], changed["former_at"].is_null()), (&added.json()["id"], is_current));
    }
    let corrected =
        send(api.request(Method::PATCH, &path).header("if-match", &seen).json(&json!({"number": "03-765-4322"}))).await;
    assert_eq!((corrected.status, &corrected.json()["value"]), (200, &json!("+97237654322")), "{}", corrected.text());
    // A client that read the number before the correction can neither correct nor remove it.
    for method in [Method::PATCH, Method::DELETE] {
        let late = api.request(method, &path).header("if-match", &seen).json(&json!({"number": "03-765-4323"}));
        let refused = send(late).await;
        assert_eq!((refused.status, &refused.json()["current"]["value"]), (412, &json!("+97237654322")));
    }
    for (body, field) in [(json!({"number": "12"}), "number"), (json!({"number": ""}), "number")] {
        assert_eq!(change(&api, "POST", list, body.clone(), 400).await["error"]["field"], field);
        assert_eq!(change(&api, "PATCH", &path, body, 400).await["error"]["field"], field);
    }

    // A removed number that is restored returns to its position in the middle.
    let third = change(&api, "POST", list, json!({"number": "03-765-4324"}), 201).await;
    let whole = numbers(&api.get("/api/contacts/1").await.json());
    assert_eq!(send(api.request(Method::DELETE, &path)).await.status, 200);
    assert_eq!(numbers(&api.get("/api/contacts/1").await.json()).len(), whole.len() - 1);
    assert_eq!(send(api.request(Method::DELETE, &path)).await.status, 404);
    let restored = json!({"number": "+97237654322", "restored_id": added.json()["id"]});
    change(&api, "POST", list, restored, 201).await;
    assert_eq!(numbers(&api.get("/api/contacts/1").await.json()), whole);
    assert_eq!(send(api.request(Method::DELETE, &path)).await.status, 200);
    assert_eq!(send(api.request(Method::DELETE, &format!("{list}/{}", third["id"]))).await.status, 200);
    let after = api.get("/api/contacts/1").await.json();
    assert_eq!((numbers(&after), &after["number"]), (numbers(&before), &before["number"]));
    let audited: i64 = daemon.query_value("SELECT count(*) FROM audit_log WHERE action LIKE '%_contact_number'");
    assert_eq!(audited, 9);
}

#[tokio::test]
async fn the_owner_chooses_the_main_number() {
    let (daemon, api) = with_data();
    daemon.until_backfilled().await;
    let list = "/api/contacts/1/numbers";
    let main = async || api.get("/api/contacts/1").await.json()["number"].as_str().unwrap().to_owned();
    let first = api.get("/api/contacts/1").await.json();
    let (first, number) = (first["addresses"][0]["id"].clone(), first["number"].as_str().unwrap().to_owned());
    let second = change(&api, "POST", list, json!({"number": "03-765-4321"}), 201).await["id"].clone();
    assert_eq!(main().await, "+97237654321");
    let (of_first, of_second) = (format!("{list}/{first}"), format!("{list}/{second}"));
    change(&api, "PATCH", &of_first, json!({"main": true}), 200).await;
    let row = api.get("/api/inbox").await.json();
    assert!(row["items"].as_array().unwrap().iter().any(|row| row["number"] == json!(number)), "{row}");

    // An empty change changes nothing; a former number cannot be the main one.
    change(&api, "PATCH", &of_second, json!({}), 200).await;
    assert_eq!(change(&api, "PATCH", &of_second, json!({"main": false}), 400).await["error"]["field"], "main");
    let former = json!({"number": "+97237654321", "former_at": "2026-01-01T00:00:00Z"});
    change(&api, "POST", list, former, 201).await;
    change(&api, "PATCH", &of_second, json!({"main": true}), 409).await;
    change(&api, "POST", list, json!({"number": "+97237654321"}), 201).await;

    // The main number is the main one again when its removal is undone.
    assert_eq!(main().await, "+97237654321");
    change(&api, "DELETE", &of_second, json!({}), 200).await;
    assert_eq!(main().await, number);
    let restored = json!({"number": "+97237654321", "restored_id": second, "main": true});
    change(&api, "POST", list, restored, 201).await;
    assert_eq!(main().await, "+97237654321");

    // A merge keeps the main number of the contact that is kept, also if the other contact's number is newer.
    change(&api, "PATCH", &of_first, json!({"main": true}), 200).await;
    let other =
        change(&api, "POST", "/api/contacts", json!({"display_name": "דנה", "number": "03-765-4399"}), 201).await;
    let merge = json!({"contact_id": other["id"]});
    change(&api, "POST", "/api/contacts/1/merge", merge, 200).await;
    assert_eq!(main().await, number);
}

#[tokio::test]
async fn the_spelling_of_a_number_is_no_other_address() {
    let mut daemon = super::super::support::Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    daemon.seed(
        "UPDATE addresses SET value = '+5511987654321' WHERE contact_id = 2;
         INSERT INTO addresses(business_id, contact_id, kind, value, number, created_at)
         SELECT 1, 2, 'twilio_wa', '551187654321', value, created_at FROM addresses WHERE contact_id = 2",
    );
    daemon.launch();
    daemon.until_backfilled().await;
    let api = daemon.api();
    let noa = api.get("/api/contacts/2").await.json();
    let id = noa["addresses"].as_array().unwrap().iter().find(|one| one["kind"] == "phone").unwrap()["id"].clone();
    let refused = change(&api, "DELETE", &format!("/api/contacts/2/numbers/{id}"), json!({}), 409).await;
    assert_eq!(refused["error"]["code"], "last_address");
    assert_eq!(api.get("/api/contacts/2").await.json()["addresses"], noa["addresses"]);
}

#[tokio::test]
async fn a_number_of_another_contact_is_not_taken_from_it() {
    let (daemon, api) = with_data();
    daemon.until_backfilled().await;
    let made = |number: &str| json!({"display_name": "רון", "number": number});
    let ron = change(&api, "POST", "/api/contacts", made("052-765-4321"), 201).await;
    let of_ron = format!("/api/contacts/{}/numbers", ron["id"]);
    let only = format!("{of_ron}/{}", ron["addresses"][0]["id"]);
    for (method, path) in [("POST", of_ron.as_str()), ("PATCH", only.as_str())] {
        let refused = change(&api, method, path, json!({"number": "+972501234567"}), 409).await;
        let error = &refused["error"];
        assert_eq!((&error["code"], &error["params"]["contact_id"]), (&json!("number_taken"), &json!("1")), "{method}");
    }
    assert_eq!(change(&api, "DELETE", &only, json!({}), 409).await["error"]["code"], "last_address");
    assert_eq!(numbers(&api.get(&format!("/api/contacts/{}", ron["id"])).await.json()).len(), 1);

    // Gives the contact a number that another contact had before, so the daemon suggests a merge to the users.
    let former = json!({"number": "03-765-4321", "former_at": "2026-01-01T00:00:00Z"});
    let gone = change(&api, "POST", "/api/contacts/1/numbers", former, 201).await;
    assert_eq!(gone["former_at"], "2026-01-01T00:00:00.000Z");
    let taken = change(&api, "POST", &of_ron, json!({"number": "03-765-4321"}), 201).await;
    assert_eq!((&taken["contact_id"], &taken["former_at"]), (&ron["id"], &Value::Null));
    let suggestions = api.get("/api/merge-suggestions").await.json();
    let found = suggestions["items"].as_array().unwrap().iter().find(|one| one["address"] == "+97237654321");
    assert_eq!(found.unwrap()["reason"], "number_moved", "{suggestions}");

    // A search for the number lists its present contact before its former contact.
    assert_eq!(api.get("/api/contacts?q=037654321").await.json()["items"][0]["id"], ron["id"]);
}

#[tokio::test]
async fn a_timeline_shows_who_opted_a_contact_out_and_blocked_it() {
    let (daemon, _) = with_data();
    let dana = daemon.logged_in("dana", "owner").await;
    for (what, field) in [("opt-out", "opted_out"), ("block", "blocked")] {
        for value in [true, true, false] {
            let path = format!("/api/contacts/1/{what}");
            let set =
                crate::support::client::send(dana.request(Method::PUT, &path).json(&json!({(field): value}))).await;
            assert_eq!(set.status, 200, "{}", set.text());
        }
    }
    let changes = async |contact: i64| {
        let page = dana.get(&format!("/api/contacts/{contact}/timeline?kinds=contact_change")).await.json();
        let shown = |item: &Value| json!([item["change"]["kind"], item["change"]["actor_name"]]);
        page["items"].as_array().unwrap().iter().map(shown).collect::<Vec<_>>()
    };
    let wanted = ["opted_out", "opted_in", "blocked", "unblocked"].map(|kind| json!([kind, "dana"]));
    assert_eq!(changes(1).await, wanted);
    let merged = dana.post_json("/api/contacts/2/merge", &json!({"contact_id": 1})).await.json();
    assert_eq!(changes(2).await, wanted);
    let undo = format!("/api/merges/{}/undo", merged["merge_id"]);
    assert_eq!(dana.post_json(&undo, &json!({})).await.status, 200);
    assert_eq!((changes(1).await, changes(2).await), (wanted.to_vec(), Vec::new()));
}
