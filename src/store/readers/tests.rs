use super::*;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const ENDLESS: &str = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c";

/// One connection, on an empty database.
fn pool(limit: Duration) -> (TempDir, Readers) {
    let folder = tempfile::tempdir().unwrap();
    let live = folder.path().join("db.sqlite");
    open::writer(&live).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
    (folder, Readers::new(live, 1, limit))
}

fn count(tx: &ReadTx<'_>, sql: &str) -> Result<i64> {
    Ok(tx.conn.query_row(sql, [], |row| row.get(0))?)
}

fn rows(tx: &ReadTx<'_>) -> Result<i64> {
    count(tx, "SELECT count(*) FROM t")
}

/// A search that is running and never ends by itself.
async fn endless_search(readers: &Readers) -> JoinHandle<Result<i64>> {
    let (began, running) = oneshot::channel();
    let search = tokio::spawn({
        let readers = readers.clone();
        async move {
            let query = |tx: &ReadTx<'_>| {
                began.send(()).unwrap();
                count(tx, ENDLESS)
            };
            readers.read(query).await
        }
    });
    running.await.unwrap();
    search
}

#[tokio::test]
async fn a_query_is_interrupted_at_its_deadline_and_the_connection_serves_on() {
    let (_folder, readers) = pool(Duration::from_millis(300));
    let outcome = readers.read(|tx| count(tx, ENDLESS)).await;
    assert!(matches!(outcome, Err(Error::Slow(300))), "{outcome:?}");
    assert_eq!(readers.read(rows).await.unwrap(), 0);
}

#[tokio::test]
async fn a_query_whose_caller_has_gone_gives_its_connection_back() {
    let (_folder, readers) = pool(Duration::from_secs(100));
    let search = endless_search(&readers).await;
    search.abort();
    assert!(search.await.unwrap_err().is_cancelled());
    // The pool has one connection, so this answers only if the endless query ended.
    assert_eq!(readers.read(rows).await.unwrap(), 0);
}

#[tokio::test]
async fn waiting_for_a_connection_counts_towards_the_deadline() {
    let (_folder, readers) = pool(Duration::from_millis(300));
    let (began, running) = oneshot::channel();
    let (release, released) = oneshot::channel::<()>();
    let holder = tokio::spawn({
        let readers = readers.clone();
        async move {
            readers
                .read(|_| {
                    began.send(()).unwrap();
                    // A caller that blocks outside SQLite cannot be interrupted.
                    released.blocking_recv().unwrap();
                    Ok(())
                })
                .await
        }
    });
    running.await.unwrap();
    let outcome = readers.read(rows).await;
    assert!(matches!(outcome, Err(Error::Slow(300))), "{outcome:?}");
    release.send(()).unwrap();
    holder.await.unwrap().unwrap();
    assert_eq!(readers.read(rows).await.unwrap(), 0);
}

#[tokio::test]
async fn closing_interrupts_what_runs() {
    let (_folder, readers) = pool(Duration::from_secs(100));
    let search = endless_search(&readers).await;
    readers.close();
    assert!(matches!(search.await.unwrap(), Err(Error::Closed)));
    assert!(matches!(readers.read(rows).await, Err(Error::Closed)));
}

#[tokio::test]
async fn the_pools_do_not_wait_for_each_other() {
    let (folder, _) = pool(Duration::from_secs(100));
    let pools = Pools::new(&folder.path().join("db.sqlite"), 1);
    let mut searches = Vec::new();
    for _ in 0..8 {
        let long = pools.long.clone();
        searches.push(tokio::spawn(async move { long.read(|tx| count(tx, ENDLESS)).await }));
    }
    assert_eq!(pools.short.read(rows).await.unwrap(), 0);
    assert_eq!(pools.probe.read(rows).await.unwrap(), 0);
    pools.close();
    for search in searches {
        assert!(matches!(search.await.unwrap(), Err(Error::Closed)));
    }
}
