use super::*;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const ENDLESS: &str = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c";

fn pool(limit: Duration) -> (TempDir, ReaderPool) {
    let folder = tempfile::tempdir().unwrap();
    let live = folder.path().join("db.sqlite");
    open::writer(&live).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
    (folder, ReaderPool::new(live, Admission::beside_others(1), limit))
}

/// Reads run one at a time, and yield at once.
fn pool_in_turn(limit: Duration) -> (TempDir, ReaderPool) {
    let (folder, pool) = pool(limit);
    let turns = Admission::InTurn(Turns::new(Duration::ZERO));
    (folder, ReaderPool::new(pool.inner.live.clone(), turns, limit))
}

fn count(tx: &ReadTx<'_>, sql: &str) -> Result<i64> {
    Ok(tx.conn.query_row(sql, [], |row| row.get(0))?)
}

fn rows(tx: &ReadTx<'_>) -> Result<i64> {
    count(tx, "SELECT count(*) FROM t")
}

async fn endless_search(readers: &ReaderPool) -> JoinHandle<Result<i64>> {
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
    // The pool has one connection, so this read succeeds only if the endless query was interrupted.
    assert_eq!(readers.read(rows).await.unwrap(), 0);
}

#[test]
fn a_query_whose_caller_has_gone_does_not_count_as_timed_out() {
    let (_folder, readers) = pool(Duration::from_secs(100));
    let cancelled = Arc::new(AtomicBool::new(false));
    let leaves = cancelled.clone();
    let deadline = clock::instant() + Duration::from_secs(100);
    let limits = Limits::new(cancelled, Arc::default(), deadline, None);
    let outcome = readers.inner.read(limits, |tx| {
        leaves.store(true, Ordering::Relaxed);
        count(tx, ENDLESS)
    });
    assert!(matches!(outcome, Err(Error::Closed)), "{outcome:?}");
}

#[tokio::test]
async fn work_between_queries_ends_when_its_caller_has_gone_or_its_time_is_over() {
    let work_for_ever = |tx: &ReadTx<'_>| -> Result<()> {
        loop {
            rows(tx)?;
            tx.check_wanted()?;
        }
    };
    let (_folder, readers) = pool(Duration::from_millis(300));
    assert!(matches!(readers.read(work_for_ever).await, Err(Error::Slow(300))));
    let (_folder, readers) = pool(Duration::from_secs(100));
    let (began, running) = oneshot::channel();
    let work = tokio::spawn({
        let readers = readers.clone();
        async move {
            let work = move |tx: &ReadTx<'_>| {
                began.send(()).unwrap();
                work_for_ever(tx)
            };
            readers.read(work).await
        }
    });
    running.await.unwrap();
    work.abort();
    // The pool has one connection, so this read succeeds only if the work has ended.
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
                    // Work that blocks outside SQLite cannot be interrupted.
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
async fn a_long_query_yields_to_a_later_read_and_continues() {
    let (_folder, readers) = pool_in_turn(Duration::from_secs(100));
    let search = endless_search(&readers).await;
    for _ in 0..3 {
        assert_eq!(readers.read(rows).await.unwrap(), 0);
    }
    assert!(!search.is_finished());
    readers.close();
    assert!(matches!(search.await.unwrap(), Err(Error::Closed)));
}

#[tokio::test]
async fn many_long_queries_run_in_turn_until_each_has_had_its_time() {
    let (_folder, readers) = pool_in_turn(Duration::from_millis(50));
    let mut searches = Vec::new();
    for _ in 0..8 {
        let readers = readers.clone();
        searches.push(tokio::spawn(async move { readers.read(|tx| count(tx, ENDLESS)).await }));
    }
    for search in searches {
        let outcome = search.await.unwrap();
        assert!(matches!(outcome, Err(Error::Slow(50))), "{outcome:?}");
    }
    assert!(readers.inner.idle.lock().unwrap().as_ref().unwrap().len() <= 8);
}

/// Holds the turn until the returned sender is used.
async fn holder(readers: &ReaderPool) -> (JoinHandle<Result<()>>, oneshot::Sender<()>) {
    let (began, running) = oneshot::channel();
    let (release, released) = oneshot::channel::<()>();
    let readers = readers.clone();
    let holder = tokio::spawn(async move {
        let work = |_: &ReadTx<'_>| {
            began.send(()).unwrap();
            let _ = released.blocking_recv();
            Ok(())
        };
        readers.read(work).await
    });
    running.await.unwrap();
    (holder, release)
}

#[tokio::test]
async fn waiting_for_a_turn_does_not_count_towards_the_deadline() {
    let limit = Duration::from_secs(2);
    let (_folder, readers) = pool_in_turn(limit);
    let (holder, release) = holder(&readers).await;
    let mut waiting = Box::pin(readers.read(rows));
    let too_short = tokio::time::timeout(limit + Duration::from_millis(1), &mut waiting).await;
    assert!(too_short.is_err(), "{too_short:?}");
    release.send(()).unwrap();
    assert_eq!(waiting.await.unwrap(), 0);
    holder.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_paused_query_whose_caller_has_gone_ends_at_once() {
    let (_folder, readers) = pool_in_turn(Duration::from_secs(100));
    let (began, running) = oneshot::channel();
    let (ended, has_ended) = oneshot::channel::<()>();
    let search = tokio::spawn({
        let readers = readers.clone();
        async move {
            let query = |tx: &ReadTx<'_>| {
                let _ended = ended;
                began.send(()).unwrap();
                count(tx, ENDLESS)
            };
            readers.read(query).await
        }
    });
    running.await.unwrap();
    // The search is paused while this read has the turn.
    let (holder, release) = holder(&readers).await;
    search.abort();
    assert!(has_ended.await.is_err());
    release.send(()).unwrap();
    holder.await.unwrap().unwrap();
    assert_eq!(readers.read(rows).await.unwrap(), 0);
}

#[tokio::test]
async fn closing_the_pool_interrupts_running_queries() {
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

#[tokio::test]
async fn connections_that_are_not_needed_any_more_are_closed() {
    let folder = tempfile::tempdir().unwrap();
    let live = folder.path().join("db.sqlite");
    open::writer(&live).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
    let readers = ReaderPool::new(live, Admission::beside_others(3), Duration::from_secs(20));
    let idle = || readers.inner.idle.lock().unwrap().as_ref().unwrap().len();
    let meet = Arc::new(std::sync::Barrier::new(3));
    let reads = (0..3).map(|_| {
        let (readers, meet) = (readers.clone(), meet.clone());
        tokio::spawn(async move {
            readers
                .read(move |tx| {
                    meet.wait();
                    rows(tx)
                })
                .await
        })
    });
    for read in reads.collect::<Vec<_>>() {
        assert_eq!(read.await.unwrap().unwrap(), 0);
    }
    let all_used = clock::instant();
    assert_eq!(idle(), 3);
    readers.close_idle(all_used);
    assert_eq!(idle(), 3, "they were used a moment ago");
    readers.close_idle(all_used + IDLE);
    assert_eq!(idle(), 0);
    assert_eq!(readers.read(rows).await.unwrap(), 0, "another one is opened");
}

#[tokio::test]
async fn a_long_read_has_a_lower_priority_than_a_short_one_and_does_not_lower_that_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let live = folder.path().join("db.sqlite");
    open::writer(&live).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
    let pools = Pools::new(&live, 1);
    // On Linux the priority is that of the thread.
    let niceness =
        async |pool: &ReaderPool| pool.read(|_| Ok(rustix::process::getpriority_process(None).unwrap())).await.unwrap();
    let normal = niceness(&pools.short).await;
    assert_eq!(niceness(&pools.long).await, (normal + LONG_READ_NICENESS).min(19));
    assert_eq!(niceness(&pools.short).await, normal);
    let panicked = pools.long.read::<()>(|_| panic!("a search")).await;
    assert!(matches!(panicked, Err(Error::Panicked)), "{panicked:?}");
}
