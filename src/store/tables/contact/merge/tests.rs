//! Tests merges, and random sequences of merges, moves and undos.

use super::*;
use crate::domain::{ActorId, OutboundAuthor, Provider, ThreadId, ThreadType, UserId};
use crate::store::Error;
use crate::store::testing::{database, transact, try_out};
use proptest::prelude::*;

#[test]
fn every_table_that_points_to_a_contact_is_moved() {
    let (_folder, conn) = database();
    let mut query = conn
        .prepare(
            "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND c.name = 'contact_id' ORDER BY m.name",
        )
        .unwrap();
    let found: Vec<String> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut known: Vec<_> = TABLES.into_iter().chain(copied::COPIED_TABLES).map(str::to_owned).collect();
    known.sort();
    assert_eq!(found, known);
}

#[test]
fn following_merges_ends_at_the_kept_contact() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let now = Timestamp::from_millis(0);
        let [a, b, c] = [(); 3].map(|()| tx.insert_contact(BusinessId::FIRST, "", now).unwrap());
        tx.merge_contacts(BusinessId::FIRST, b, a, "test", now)?;
        tx.merge_contacts(BusinessId::FIRST, c, b, "test", now)?;
        assert_eq!(tx.kept_contact(a)?, c);
        assert_eq!(tx.kept_contact(c)?, c);
        Ok(())
    });
}

#[derive(Clone, Debug)]
enum Op {
    AddTask(usize),
    MoveTask(usize, usize),
    AddMessage(usize),
    AddCall(usize),
    Schedule(usize),
    Merge(usize, usize),
    Undo(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let contact = 0..4_usize;
    prop_oneof![
        1 => contact.clone().prop_map(Op::AddTask),
        1 => (0..20_usize, contact.clone()).prop_map(|(task, to)| Op::MoveTask(task, to)),
        1 => contact.clone().prop_map(Op::AddMessage),
        1 => contact.clone().prop_map(Op::AddCall),
        1 => contact.clone().prop_map(Op::Schedule),
        3 => (contact.clone(), contact).prop_map(|(kept, merged)| Op::Merge(kept, merged)),
        3 => (0..10_usize).prop_map(Op::Undo),
    ]
}

/// The rows, each with the contacts to which it was assigned.
struct Harness<'t, 'c> {
    tx: &'t WriteTx<'c>,
    contacts: [ContactId; 4],
    tasks: Vec<(i64, Vec<ContactId>)>,
    /// Rows of threads, with their table.
    rows: Vec<(&'static str, i64, ContactId)>,
    merges: Vec<i64>,
    now: i64,
}

impl Harness<'_, '_> {
    fn apply(&mut self, op: &Op) -> Result<()> {
        self.now += 1000;
        let now = Timestamp::from_millis(self.now);
        let root = |contact: usize| self.tx.kept_contact(self.contacts[contact]);
        match *op {
            Op::AddTask(contact) => {
                let contact = root(contact)?;
                let sql =
                    "INSERT INTO tasks(business_id, title, contact_id, source, created_by, created_at, updated_at)
                           VALUES (1, 't', ?1, 'user', 'agent', ?2, ?2)";
                self.tx.conn.execute(sql, params![contact, now])?;
                self.tasks.push((self.tx.conn.last_insert_rowid(), vec![contact]));
            }
            Op::MoveTask(task, to) if !self.tasks.is_empty() => {
                let to = root(to)?;
                let at = task % self.tasks.len();
                let (id, given) = &mut self.tasks[at];
                self.tx.conn.execute("UPDATE tasks SET contact_id = ?2 WHERE id = ?1", params![*id, to])?;
                given.push(to);
            }
            Op::AddMessage(contact) => self.add("messages", root(contact)?, now)?,
            Op::AddCall(contact) => self.add("calls", root(contact)?, now)?,
            Op::Schedule(contact) => self.add("scheduled_messages", root(contact)?, now)?,
            Op::Merge(kept, merged) => {
                let (kept, merged) = (root(kept)?, root(merged)?);
                if kept != merged {
                    self.merges.push(self.tx.merge_contacts(BusinessId::FIRST, kept, merged, "test", now)?);
                }
            }
            Op::Undo(merge) if !self.merges.is_empty() => {
                let merge = self.merges[merge % self.merges.len()];
                if self.tx.later_merge(merge)?.is_none() {
                    self.tx.undo_merge(merge, now)?;
                    self.merges.retain(|id| *id != merge);
                }
            }
            Op::MoveTask(..) | Op::Undo(_) => {}
        }
        Ok(())
    }

    fn add(&mut self, table: &'static str, contact: ContactId, now: Timestamp) -> Result<()> {
        let kind = if table == "calls" { ThreadType::Call } else { ThreadType::WhatsApp };
        let (thread, _) = self.tx.find_or_insert_thread(BusinessId::FIRST, kind, contact, None, now)?;
        let (columns, values) = match table {
            "messages" => ("direction, message_type, status, created_at", "'in', 'text', 'received', ?2"),
            "calls" => (
                "call_sid, contact_id, direction, peer_number, own_number, state, started_at, updated_at",
                "?2, ?3, 'in', '', '', 'ended', ?2, ?2",
            ),
            _ => ("text, send_at, state, author, created_at, updated_at", "'s', ?2, 'waiting', 'agent', ?2, ?2"),
        };
        let sql = format!("INSERT INTO {table}(thread_id, {columns}) SELECT ?1, {values} WHERE ?3 IS NOT NULL");
        self.tx.conn.execute(&sql, params![thread, now, contact])?;
        self.rows.push((table, self.tx.conn.last_insert_rowid(), contact));
        Ok(())
    }

    /// Checks that every row belongs to the contact into which its assigned contact has been merged.
    fn check(&self) -> Result<()> {
        let contact_of =
            |sql: &str, id: i64| -> Result<ContactId> { Ok(self.tx.conn.query_row(sql, [id], |row| row.get(0))?) };
        for (id, given) in &self.tasks {
            let now = contact_of("SELECT contact_id FROM tasks WHERE id = ?1", *id)?;
            let given = given.iter().map(|contact| self.tx.kept_contact(*contact)).collect::<Result<Vec<_>>>()?;
            assert!(given.contains(&now), "task {id} is at {now}, and was given to {given:?}");
        }
        for (table, id, given) in &self.rows {
            let sql =
                format!("SELECT t.contact_id FROM {table} r JOIN threads t ON t.id = r.thread_id WHERE r.id = ?1");
            let at = match *table {
                "scheduled_messages" => self.tx.scheduled_message(*id)?.unwrap().contact_id,
                _ => contact_of(&sql, *id)?,
            };
            assert_eq!(at, self.tx.kept_contact(*given)?, "{table} {id}, given to {given}");
            if *table == "calls" {
                assert_eq!(contact_of("SELECT contact_id FROM calls WHERE id = ?1", *id)?, at, "call {id}");
            }
        }
        Ok(())
    }
}

#[test]
fn no_row_is_lost_or_at_a_contact_that_never_had_it() {
    let (_folder, conn) = database();
    proptest!(ProptestConfig::with_cases(400), |(ops in prop::collection::vec(op(), 1..40))| {
        try_out(&conn, |tx| {
            let now = 1_000_000;
            let contacts = [(); 4].map(|()| tx.insert_contact(BusinessId::FIRST, "", Timestamp::from_millis(now)).unwrap());
            let mut harness = Harness { tx, contacts, tasks: Vec::new(), rows: Vec::new(), merges: Vec::new(), now };
            for op in &ops {
                harness.apply(op)?;
                harness.check()?;
            }
            Ok(())
        });
    });
}

/// Records of earlier versions lack fields that were added later.
#[test]
fn a_record_of_an_earlier_version_can_be_read() {
    let old =
        r#"{"rows":{"tasks":[1]},"threads":[{"from":1,"into":2,"messages":[1],"calls":[],"unread":0}],"name":null}"#;
    let record: MergeRecord = serde_json::from_str(old).unwrap();
    assert_eq!((record.newest, record.threads.len()), (None, 1));
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

/// The values that depend on the newest messages of a thread.
fn thread_values(tx: &WriteTx<'_>, thread: ThreadId) -> Vec<Option<String>> {
    let sql =
        "SELECT opted_out_at, waiting_since, agent_since, provider, last_message_at, last_in_at, last_in_provider,
                   last_in_twilio_at FROM threads WHERE id = ?1";
    tx.conn.query_row(sql, [thread], |row| (0..8).map(|column| row.get(column)).collect()).unwrap()
}

/// Two contacts with a WhatsApp thread each: the first one was answered, then the second one wrote to Twilio's sender.
fn answered_and_waiting(tx: &WriteTx<'_>) -> Result<[(ContactId, ThreadId); 2]> {
    let contacts = [(); 2].map(|()| {
        let contact = tx.insert_contact(BusinessId::FIRST, "", at(0)).unwrap();
        let thread = tx.find_or_insert_thread(BusinessId::FIRST, ThreadType::WhatsApp, contact, None, at(0));
        (contact, thread.unwrap().0)
    });
    let [(_, answered), (_, waiting)] = contacts;
    tx.record_inbound(answered, Provider::Baileys, at(1), at(1), false, at(1))?;
    tx.record_outbound(answered, Provider::Baileys, at(2), OutboundAuthor::User)?;
    tx.record_inbound(waiting, Provider::Twilio, at(5), at(5), true, at(5))?;
    Ok(contacts)
}

#[test]
fn a_merge_that_is_undone_restores_the_values_of_both_threads() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let [(kept, own), (merged, other)] = answered_and_waiting(tx)?;
        tx.set_opted_out(other, at(6))?;
        let before = [own, other].map(|thread| thread_values(tx, thread));
        let merge = tx.merge_contacts(BusinessId::FIRST, kept, merged, "test", at(7))?;
        assert_eq!(thread_values(tx, own)[..2], [Some(at(6).to_string()), Some(at(5).to_string())]);
        tx.undo_merge(merge, at(8))?;
        assert_eq!([own, other].map(|thread| thread_values(tx, thread)), before);
        let sql = "SELECT last_activity_at FROM contacts WHERE id = ?1";
        let last_activity: String = tx.conn.query_row(sql, [kept], |row| row.get(0))?;
        assert_eq!(last_activity, at(2).to_string());
        Ok(())
    });
}

#[test]
fn an_undone_merge_restores_an_opt_out_only_if_the_contact_has_not_written_since() {
    for writes in [false, true] {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            let [(kept, own), (merged, _)] = answered_and_waiting(tx)?;
            tx.set_opted_out(own, at(3))?;
            let merge = tx.merge_contacts(BusinessId::FIRST, kept, merged, "test", at(7))?;
            assert_eq!(thread_values(tx, own)[0], None, "the merged contact wrote after the opt-out");
            if writes {
                tx.record_inbound(own, Provider::Baileys, at(8), at(8), false, at(8))?;
            }
            tx.undo_merge(merge, at(9))?;
            let [opted_out_at, waiting_since, _, provider, last_message_at, last_in_at, _, last_in_twilio_at] =
                <[_; 8]>::try_from(thread_values(tx, own)).unwrap();
            let newest = |otherwise| Some(at(if writes { 8 } else { otherwise }).to_string());
            assert_eq!(opted_out_at, (!writes).then(|| at(3).to_string()), "{writes}");
            assert_eq!(waiting_since.is_some(), writes);
            assert_eq!(provider.as_deref(), Some("baileys"), "{writes}");
            assert_eq!((last_message_at, last_in_at), (newest(2), newest(1)));
            assert_eq!(last_in_twilio_at, None, "{writes}");
            Ok(())
        });
    }
}

#[test]
fn a_merge_of_an_earlier_version_can_be_undone() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let [(kept, own), (merged, other)] = answered_and_waiting(tx)?;
        let merge = tx.merge_contacts(BusinessId::FIRST, kept, merged, "test", at(7))?;
        tx.conn.execute("UPDATE contact_merges SET moved = json_remove(moved, '$.threads[0].values')", [])?;
        let with_both = thread_values(tx, own);
        tx.undo_merge(merge, at(8))?;
        assert_eq!(thread_values(tx, own), with_both);
        assert_eq!(tx.thread_with(BusinessId::FIRST, ThreadType::WhatsApp, merged)?, Some(other));
        Ok(())
    });
}

#[test]
fn both_drafts_of_a_user_are_kept_and_an_undo_separates_them() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let [kept, merged] = [(); 2].map(|()| tx.insert_contact(BusinessId::FIRST, "", at(0)).unwrap());
        let [into, from] = [kept, merged].map(|contact| {
            tx.find_or_insert_thread(BusinessId::FIRST, ThreadType::WhatsApp, contact, None, at(0)).unwrap().0
        });
        let [one, other] = [1, 2].map(|user| ActorId::User(UserId(user)));
        for (actor, thread, text) in [(one, into, "a"), (one, from, "b"), (other, into, "c"), (other, from, "c")] {
            tx.put_draft(actor, thread, text, at(1))?;
        }
        let text = |actor, thread| Ok::<_, Error>(tx.drafts(actor, &[thread])?.remove(&thread).map(|draft| draft.text));
        let merge = tx.merge_contacts(BusinessId::FIRST, kept, merged, "test", at(2))?;
        assert_eq!([text(one, into)?, text(other, into)?].map(Option::unwrap), ["a\nb", "c"]);
        tx.undo_merge(merge, at(3))?;
        assert_eq!([text(one, into)?, text(one, from)?].map(Option::unwrap), ["a", "b"]);

        // What was written after the merge stays.
        let merge = tx.merge_contacts(BusinessId::FIRST, kept, merged, "test", at(4))?;
        tx.put_draft(one, into, "d", at(5))?;
        tx.undo_merge(merge, at(6))?;
        assert_eq!([text(one, into)?, text(one, from)?].map(Option::unwrap), ["d", "b"]);
        Ok(())
    });
}
