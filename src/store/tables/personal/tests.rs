//! Tests that every table is listed, and that SQLite can run every condition.

use super::*;
use crate::domain::{BusinessId, Timestamp};
use crate::store::testing::{database, transact};
use std::collections::BTreeSet;

#[test]
fn every_table_is_erased_or_exempt() {
    let (_folder, conn) = database();
    let mut query = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let mut found: BTreeSet<String> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    // The full-text table `search_index` stores its content in these tables.
    found.retain(|name| !name.starts_with("search_index_"));
    let personal = PERSONAL.iter().map(|table| table.name);
    let known: Vec<&str> = personal.chain(EXEMPT.iter().map(|(name, _)| *name)).collect();
    let unnamed: Vec<_> = found.iter().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(unnamed.is_empty(), "name these tables in PERSONAL or, with the reason, in EXEMPT: {unnamed:?}");
    assert_eq!(known.iter().collect::<BTreeSet<_>>().len(), known.len(), "a table is named twice");
    for table in &PERSONAL {
        assert!(found.contains(table.name), "there is no table {}", table.name);
    }
}

#[test]
fn the_order_of_deletion_follows_the_references() {
    let (_folder, conn) = database();
    let place = |name: &str| PERSONAL.iter().position(|table| table.name == name);
    for (at, table) in PERSONAL.iter().enumerate() {
        let mut query = conn.prepare("SELECT \"table\" FROM pragma_foreign_key_list(?1)").unwrap();
        let targets: Vec<String> =
            query.query_map([table.name], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for target in targets.iter().filter(|target| *target != table.name && *target != "media") {
            assert!(place(target).is_none_or(|place| place > at), "{} refers to {target}", table.name);
        }
    }
    assert!(place("media") > place("message_media"), "a file is deleted after what refers to it");
}

#[test]
fn a_contact_without_anything_is_erased_and_no_other() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let now = Timestamp::from_millis(0);
        let [one, other] = [(); 2].map(|()| tx.insert_contact(BusinessId::FIRST, "", now).unwrap());
        let data = tx.personal_data(one)?;
        assert_eq!(data.contacts, [one.0]);
        let mut erased = Erased::new();
        let rest = tx.erase_contact(one, &data, &mut erased, now)?;
        assert!(!tx.erase_rest(&rest, &mut erased)?);
        assert_eq!(erased, Erased::from([("contacts".to_owned(), 1)]));
        assert!(tx.contact(one)?.is_none() && tx.contact(other)?.is_some());
        Ok(())
    });
}
