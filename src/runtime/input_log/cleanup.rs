//! Deletes input logs: after some days, when their call was deleted, and when they need too much space.

use super::{InputLogs, StoredLog, list};
use crate::clock;
use crate::domain::CallSid;
use crate::store::Store;
use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The space in bytes that all logs together may use.
const MAX_TOTAL_BYTES: u64 = 2 << 30;

impl InputLogs {
    /// Deletes the logs that are older than `days`, the logs of calls that are no longer in the database, and the
    /// oldest logs if all need too much space. The deletion of a contact deletes its calls, so the next clean-up
    /// deletes their logs.
    pub async fn clean_up(&self, store: &Store, days: u32) {
        if let Err(error) = self.delete_expired(store, days).await {
            let error = format!("{error:#}");
            tracing::warn!(
                event = "CALL_INPUTS_FAILED",
                error,
                "Not all old input logs of calls could be deleted; the next clean-up retries"
            );
        }
    }

    async fn delete_expired(&self, store: &Store, days: u32) -> anyhow::Result<()> {
        let folder = self.folder().to_owned();
        let logs = tokio::task::spawn_blocking(move || list(&folder)).await??;
        let sids: HashSet<CallSid> = logs.iter().map(|log| log.sid.clone()).collect();
        let known = store.read(move |tx| {
            let mut known = HashSet::new();
            for sid in sids {
                if tx.stored_call(&sid)?.is_some() {
                    known.insert(sid);
                }
            }
            Ok(known)
        });
        let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(clock::now().as_millis()).unwrap_or(0));
        let before = now.checked_sub(Duration::from_hours(24 * u64::from(days))).unwrap_or(UNIX_EPOCH);
        let (delete, folder) = (expired(logs, &known.await?, before, MAX_TOTAL_BYTES), self.folder().to_owned());
        tokio::task::spawn_blocking(move || remove_all(&folder, &delete)).await??;
        Ok(())
    }
}

/// Returns the first error after all files were tried. A missing file is no error, because another clean-up may have
/// deleted it.
fn remove_all(folder: &Path, logs: &[StoredLog]) -> std::io::Result<()> {
    let removed = logs.iter().map(|log| std::fs::remove_file(folder.join(&log.name)));
    let failures: Vec<_> =
        removed.filter_map(Result::err).filter(|error| error.kind() != std::io::ErrorKind::NotFound).collect();
    failures.into_iter().next().map_or(Ok(()), Err)
}

/// `logs` starts with the oldest.
fn expired(logs: Vec<StoredLog>, known: &HashSet<CallSid>, before: SystemTime, most: u64) -> Vec<StoredLog> {
    let is_kept = |log: &StoredLog| log.written_at >= before && known.contains(&log.sid);
    let mut total: u64 = logs.iter().filter(|log| is_kept(log)).map(|log| log.bytes).sum();
    logs.into_iter()
        .filter(|log| {
            if !is_kept(log) {
                return true;
            }
            let is_too_much = total > most;
            if is_too_much {
                total -= log.bytes;
            }
            is_too_much
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_logs_orphans_and_what_is_too_much_are_deleted() {
        let sid = |n: u8| format!("CA{n:032x}").parse::<CallSid>().unwrap();
        let at = |hours: u64| UNIX_EPOCH + Duration::from_hours(hours);
        let log = |n: u8, hours| StoredLog { sid: sid(n), name: n.to_string(), bytes: 10, written_at: at(hours) };
        let logs = vec![log(1, 1), log(2, 50), log(3, 60), log(4, 70), log(5, 80)];
        let known = HashSet::from([sid(1), sid(3), sid(4), sid(5)]);
        let names = |most| -> Vec<String> {
            expired(logs.clone(), &known, at(48), most).into_iter().map(|log| log.name).collect()
        };
        assert_eq!(names(30), ["1", "2"]);
        assert_eq!(names(25), ["1", "2", "3"]);
        assert_eq!(names(0), ["1", "2", "3", "4", "5"]);
    }

    #[test]
    fn a_file_that_cannot_be_deleted_keeps_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let sid = format!("CA{:032x}", 1).parse::<CallSid>().unwrap();
        let log = |name: &str| StoredLog { sid: sid.clone(), name: name.to_owned(), bytes: 1, written_at: UNIX_EPOCH };
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("c"), "x").unwrap();
        assert!(remove_all(folder.path(), &[log("a"), log("b"), log("c")]).is_err());
        assert!(!folder.path().join("c").exists());
        assert!(remove_all(folder.path(), &[log("b"), log("c")]).is_ok(), "deleted by another clean-up");
    }
}
