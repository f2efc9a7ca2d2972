use super::*;
use crate::domain::{MediaState, MessageId};
use crate::store::StoredMedia;
use crate::store::testing::{database, transact};

fn day(day: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + day * 86_400_000)
}

const PEOPLE: &str = "
    INSERT INTO contacts(id, business_id, created_at, updated_at) VALUES (1, 1, '', '');
    INSERT INTO threads(id, type, contact_id, peer_number, created_at) VALUES (1, 'call', 1, '+1', '');";

#[test]
fn a_file_goes_when_its_youngest_message_is_old_and_comes_back_if_it_is_sent_again() {
    let (_folder, conn) = database();
    conn.execute_batch(PEOPLE).unwrap();
    for (id, at) in [(1, day(1)), (2, day(20)), (3, day(1))] {
        conn.execute(
            "INSERT INTO messages(id, thread_id, direction, message_type, status, created_at)
             VALUES (?1, 1, 'in', 'media', 'received', ?2)",
            params![id, at],
        )
        .unwrap();
        conn.execute(
            "INSERT INTO message_media(message_id, position, source_url, state) VALUES (?1, 0, 'x', 'waiting')",
            [id],
        )
        .unwrap();
    }
    let file = |content: &[u8]| StoredMedia { mime: "image/png".to_owned(), content: content.to_vec() };
    transact(&conn, |tx| {
        tx.store_media(MessageId(1), 0, "shared", &file(b"both"), "/api/media/shared", day(1))?;
        tx.store_media(MessageId(2), 0, "shared", &file(b"both"), "/api/media/shared", day(20))?;
        tx.store_media(MessageId(3), 0, "alone", &file(b"alone"), "/api/media/alone", day(1))?;
        assert_eq!(tx.old_media(day(10))?, Amount { rows: 1, bytes: 5 });
        assert_eq!(tx.prune_media(day(10), 1 << 20, day(30))?, Amount { rows: 1, bytes: 5 });
        assert_eq!(tx.prune_media(day(10), 1 << 20, day(30))?, Amount::default());
        assert!(tx.media("alone")?.unwrap().is_pruned && tx.media_part("alone", 0, 9)?.is_empty());
        assert_eq!(tx.message_media(MessageId(3), 0)?.unwrap().state, MediaState::Pruned);
        assert_eq!(tx.media_part("shared", 0, 9)?, b"both");
        tx.store_media(MessageId(2), 0, "alone", &file(b"alone"), "/api/media/alone", day(31))?;
        assert_eq!(tx.media_part("alone", 2, 2)?, b"on");
        assert!(!tx.media("alone")?.unwrap().is_pruned);
        Ok(())
    });
    assert_eq!(crate::store::backup::copy::findings(&conn).unwrap(), None);
}

#[test]
fn sound_and_words_of_old_calls_go_and_the_calls_stay() {
    let (_folder, conn) = database();
    conn.execute_batch(PEOPLE).unwrap();
    for (id, at, state) in [(1, day(1), "ended"), (2, day(1), "live"), (3, day(20), "ended")] {
        conn.execute(
            "INSERT INTO calls(id, call_sid, thread_id, contact_id, direction, peer_number, own_number, state, started_at,
                 updated_at) VALUES (?1, 'CA' || ?1, 1, 1, 'in', '+1', '+2', ?3, ?2, ?2)",
            params![id, at, state],
        )
        .unwrap();
        conn.execute(
            "INSERT INTO call_turns(call_id, seq, item_id, speaker, text, started_ms, created_at)
             VALUES (?1, 1, 'a', 'caller', 'hello', 0, ?2)",
            params![id, at],
        )
        .unwrap();
        conn.execute(
            "INSERT INTO recordings(id, call_id, source, state, bytes, created_at) VALUES (?1, ?1, 'stream', 'complete', 100, ?2)",
            params![id, at],
        )
        .unwrap();
        conn.execute("INSERT INTO recording_chunks VALUES (?1, 0, zeroblob(100))", [id]).unwrap();
    }
    transact(&conn, |tx| {
        assert_eq!(tx.old_turns(day(10))?, Amount { rows: 1, bytes: 5 }, "a call that is on is left alone");
        assert_eq!(tx.prune_turns(day(10), day(21))?.rows, 1);
        assert_eq!([1, 2, 3].map(|id| tx.is_transcript_pruned(CallId(id)).unwrap()), [true, false, false]);
        assert_eq!(tx.old_recordings(day(10))?, Amount { rows: 2, bytes: 200 });
        assert_eq!(tx.prune_recordings(day(10), 50)?, Amount { rows: 1, bytes: 100 }, "one at a time if it is large");
        assert_eq!(tx.prune_recordings(day(10), 50)?.rows, 1);
        assert_eq!(tx.prune_recordings(day(10), 50)?.rows, 0);
        Ok(())
    });
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM calls"), 3);
    assert_eq!(count("SELECT count(*) FROM recording_chunks"), 1);
    assert_eq!(count("SELECT count(*) FROM recordings WHERE state = 'pruned' AND bytes = 0"), 2);
}

#[test]
fn freed_pages_are_returned_to_the_disk_in_slices() {
    let (_folder, conn) = database();
    for _ in 0..100 {
        conn.execute(
            "INSERT INTO webhook_journal(received_at, source, path, body, outcome) VALUES ('', 'x', '/', zeroblob(20000), 'malformed')",
            [],
        )
        .unwrap();
    }
    conn.execute("DELETE FROM webhook_journal", []).unwrap();
    let full = transact(&conn, |tx| tx.page_usage());
    assert!(full.free_pages > 400, "{full:?}");
    assert_eq!(transact(&conn, |tx| tx.release_pages(100)), 100);
    while transact(&conn, |tx| tx.release_pages(100)) > 0 {}
    let lean = transact(&conn, |tx| tx.page_usage());
    assert!(lean.free_pages == 0 && lean.pages + 400 < full.pages, "{lean:?}");
    assert_eq!(crate::store::backup::copy::findings(&conn).unwrap(), None);
}

#[test]
fn a_file_that_is_still_to_be_sent_is_not_old() {
    let (_folder, conn) = database();
    conn.execute_batch(PEOPLE).unwrap();
    transact(&conn, |tx| {
        for (id, state) in [("waits", "waiting"), ("sent", "cancelled")] {
            tx.insert_upload(id, ("text/plain", None), b"file", &crate::store::MediaDetails::default(), day(1))?;
            tx.conn.execute(
                "INSERT INTO scheduled_messages(thread_id, text, media_id, send_at, state, author, created_at, updated_at)
                 VALUES (1, '', ?1, ?3, ?2, 'agent', ?3, ?3)",
                params![id, state, day(1)],
            )?;
        }
        assert_eq!(tx.prune_media(day(10), 1 << 20, day(30))?, Amount { rows: 1, bytes: 4 });
        assert!(!tx.media("waits")?.unwrap().is_pruned && tx.media("sent")?.unwrap().is_pruned);
        Ok(())
    });
}

#[test]
fn the_content_of_pruned_and_compressed_data_is_overwritten() {
    let (folder, conn) = database();
    conn.execute_batch(PEOPLE).unwrap();
    let marked = |count: usize| b"UNIQUE-CONTENT__".repeat(count);
    conn.execute_batch(
        "INSERT INTO calls(id, call_sid, thread_id, contact_id, direction, peer_number, own_number, state, started_at, updated_at)
             VALUES (1, 'CA1', 1, 1, 'in', '+1', '+2', 'ended', '2020-01-01T00:00:00.000Z', '');
         INSERT INTO recordings(id, call_id, source, mime, state, bytes, created_at)
             VALUES (1, 1, 'stream', 'audio/wav', 'complete', 160000, '2020-01-01T00:00:00.000Z'),
                    (2, 1, 'stream', 'audio/ogg', 'complete', 160000, '2020-01-01T00:00:00.000Z');",
    )
    .unwrap();
    for recording in [1, 2] {
        conn.execute("INSERT INTO recording_chunks VALUES (?1, 0, ?2)", params![recording, marked(10_000)]).unwrap();
    }
    conn.execute(
        "INSERT INTO webhook_journal(received_at, source, path, body, outcome) VALUES ('2020', 'x', '/', ?1, 'malformed')",
        [marked(1000)],
    )
    .unwrap();
    conn.execute(
        "INSERT INTO media(sha256, mime, bytes, content, created_at) VALUES ('a', 'x', 160000, ?1, '2020')",
        [marked(10_000)],
    )
    .unwrap();
    let in_file = || {
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        let files =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        files.map(|file| memchr::memmem::find_iter(&file, b"UNIQUE-CONTENT__").count()).sum::<usize>()
    };
    assert!(in_file() >= 30_000);
    transact(&conn, |tx| {
        let opus =
            crate::store::CompressedFile { mime: "audio/ogg", channels: 1, duration_ms: 1, chunks: vec![vec![1]] };
        assert!(tx.replace_wav(RecordingId(1), 160_000, &opus)?);
        assert_eq!(tx.prune_webhook_log(day(0), 1 << 20, 100)?, Amount { rows: 1, bytes: 16_000 });
        assert_eq!(tx.prune_media(day(0), 1 << 20, day(0))?.rows, 1);
        assert_eq!(tx.prune_recordings(day(0), 1 << 20)?.rows, 2);
        Ok(())
    });
    assert_eq!(in_file(), 0);
}

#[test]
fn uploaded_files_that_nothing_refers_to_are_deleted() {
    let (_folder, conn) = database();
    conn.execute_batch(PEOPLE).unwrap();
    transact(&conn, |tx| {
        let upload = |id: &str, at| {
            tx.insert_upload(id, ("text/plain", None), b"file", &crate::store::MediaDetails::default(), at)
        };
        for id in ["scheduled", "unused", "uploaded-again"] {
            upload(id, day(1))?;
        }
        upload("young", day(3))?;
        upload("uploaded-again", day(3))?;
        tx.conn.execute(
            "INSERT INTO scheduled_messages(thread_id, text, media_id, send_at, state, author, created_at, updated_at)
             VALUES (1, '', 'scheduled', ?1, 'waiting', 'agent', ?1, ?1)",
            [day(1)],
        )?;
        assert_eq!(tx.unused_files(day(2), 10)?, ["unused"]);
        for id in ["scheduled", "unused", "uploaded-again", "young"] {
            tx.delete_unused_file(id, day(2))?;
        }
        let is_stored = |id| tx.media(id).unwrap().is_some();
        assert_eq!(["scheduled", "unused", "uploaded-again", "young"].map(is_stored), [true, false, true, true]);
        Ok(())
    });
    assert_eq!(crate::store::backup::copy::findings(&conn).unwrap(), None);
}
