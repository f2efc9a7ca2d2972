//! Reads ranges of a recording, which is stored in chunks.

use crate::domain::RecordingId;
use crate::store::{Error, ReadTx, Result};
use rusqlite::OptionalExtension;

impl ReadTx<'_> {
    /// In bytes.
    pub fn recording_length(&self, id: RecordingId) -> Result<u64> {
        let sql = "SELECT coalesce(sum(length(content)), 0) FROM recording_chunks WHERE recording_id = ?1";
        let length: i64 = self.conn.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
        Ok(u64::try_from(length).unwrap_or(0))
    }

    /// The first and the last chunk; `None` if the recording has no chunks.
    pub fn recording_ends(&self, id: RecordingId) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
        let sql = "SELECT (SELECT content FROM recording_chunks WHERE recording_id = ?1 ORDER BY seq LIMIT 1), content
                   FROM recording_chunks WHERE recording_id = ?1 ORDER BY seq DESC LIMIT 1";
        let mut query = self.conn.prepare_cached(sql)?;
        Ok(query.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// The first chunk has the number 0. `None` if there is no such chunk.
    pub fn recording_chunk(&self, id: RecordingId, seq: i64) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT content FROM recording_chunks WHERE recording_id = ?1 AND seq = ?2";
        Ok(self.conn.prepare_cached(sql)?.query_row((id, seq), |row| row.get(0)).optional()?)
    }

    /// Up to `most` bytes from `offset`; fewer at the end of the recording. Fails with [`Error::NotFound`] if there is
    /// no recording with this MIME type: it was deleted, or it was compressed, and a reader of several parts would then
    /// mix two files.
    pub fn recording_part(&self, id: RecordingId, mime: &str, offset: u64, most: usize) -> Result<Vec<u8>> {
        let mut has_type = self.conn.prepare_cached("SELECT 1 FROM recordings WHERE id = ?1 AND mime = ?2")?;
        if !has_type.exists((id, mime))? {
            return Err(Error::NotFound("recording"));
        }
        let sql = "SELECT seq, length(content) FROM recording_chunks WHERE recording_id = ?1 ORDER BY seq";
        let mut lengths = self.conn.prepare_cached(sql)?;
        let mut lengths = lengths.query([id])?;
        let (mut begins, mut part) = (0_u64, Vec::with_capacity(most));
        while let Some(row) = lengths.next()? {
            let (seq, length): (i64, i64) = (row.get(0)?, row.get(1)?);
            let ends = begins.saturating_add(u64::try_from(length).unwrap_or(0));
            if ends > offset && part.len() < most {
                let skip = usize::try_from(offset.saturating_sub(begins)).unwrap_or(usize::MAX);
                let take = most - part.len();
                self.append_chunk(id, seq, skip, take, &mut part)?;
            }
            if part.len() >= most {
                break;
            }
            begins = ends;
        }
        Ok(part)
    }

    fn append_chunk(&self, id: RecordingId, seq: i64, skip: usize, take: usize, part: &mut Vec<u8>) -> Result<()> {
        let sql = "SELECT content FROM recording_chunks WHERE recording_id = ?1 AND seq = ?2";
        self.conn.prepare_cached(sql)?.query_row((id, seq), |row| {
            let content = row.get_ref(0)?.as_blob()?;
            part.extend(content.iter().skip(skip).take(take));
            Ok(())
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::CompressedFile;
    use crate::store::testing::{database, transact};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_part_is_that_of_the_whole(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..8),
            offset in 0_u64..300,
            most in 0_usize..300,
        ) {
            let (_folder, conn) = database();
            conn.execute_batch(RECORDING).unwrap();
            for (seq, chunk) in chunks.iter().enumerate() {
                conn.execute("INSERT INTO recording_chunks VALUES (1, ?1, ?2)", (i64::try_from(seq).unwrap(), chunk)).unwrap();
            }
            let whole = chunks.concat();
            let (length, part) = transact(&conn, |tx| {
                Ok((tx.recording_length(RecordingId(1))?, tx.recording_part(RecordingId(1), "audio/wav", offset, most)?))
            });
            let wanted: Vec<u8> = whole.iter().copied().skip(usize::try_from(offset).unwrap()).take(most).collect();
            prop_assert_eq!(length, whole.len() as u64);
            prop_assert_eq!(part, wanted);
        }
    }

    #[test]
    fn a_part_of_a_recording_that_was_compressed_meanwhile_is_not_found() {
        let (_folder, conn) = database();
        conn.execute_batch(RECORDING).unwrap();
        conn.execute("INSERT INTO recording_chunks VALUES (1, 0, x'52494646')", []).unwrap();
        let id = RecordingId(1);
        let compressed =
            CompressedFile { mime: "audio/ogg", channels: 2, duration_ms: 1, chunks: vec![b"OggS".to_vec()] };
        transact(&conn, |tx| {
            assert_eq!(tx.recording_part(id, "audio/wav", 0, 2)?, b"RI");
            assert!(tx.replace_wav(id, 4, &compressed)?);
            assert!(matches!(tx.recording_part(id, "audio/wav", 2, 2), Err(Error::NotFound(_))));
            assert_eq!(tx.recording_part(id, "audio/ogg", 2, 2)?, b"gS");
            Ok(())
        });
    }

    const RECORDING: &str = "
        INSERT INTO contacts(id, business_id, created_at, updated_at) VALUES (1, 1, '', '');
        INSERT INTO threads(id, type, contact_id, peer_number, created_at) VALUES (1, 'call', 1, '+1', '');
        INSERT INTO calls(id, call_sid, thread_id, contact_id, direction, peer_number, own_number, state, started_at,
                          updated_at)
            VALUES (1, 'CA1', 1, 1, 'in', '+1', '+2', 'ended', '', '');
        INSERT INTO recordings(id, call_id, source, state, created_at) VALUES (1, 1, 'stream', 'complete', '');";
}
