//! A data folder that is copied while its published file is out of date: the data that only the live database has is
//! not archived silently.

use super::store_start::{notice, run};
use super::support::small_disk::SmallDisk;
use super::support::store::{StoreFixture, color_in, integrity};
use agentlocator::domain::{Cause, Causes};
use agentlocator::store::{PublishState, StartEvent, Store};
use std::fs::File;

/// Copies the data folder, for a start as on another machine.
fn copied(fixture: &StoreFixture) -> StoreFixture {
    let copy = StoreFixture::new();
    run("cp -rp", &[&fixture.published().with_file_name("live"), copy.folder()]);
    run("cp -p", &[&fixture.published(), &copy.published()]);
    copy
}

async fn start(copy: &StoreFixture) -> (Store, String) {
    // Another machine has another boot id.
    copy.left_in_boot("another");
    let (store, _) = Store::open(copy.config()).unwrap();
    let color = store.read(|tx| tx.meta("color")).await.unwrap().unwrap_or_default();
    copy.until_current(&store).await;
    (store, color)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_copied_while_its_published_file_was_behind_uses_the_newest_valid_data() {
    // The disk is too small for a spare file, so the published file falls behind while a reader has it open.
    let Some(small) = SmallDisk::mount(48) else { return };
    let fixture = StoreFixture::on(&small);
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "old")).await.unwrap();
    let reader = File::open(fixture.published()).unwrap();
    store.write(|tx| tx.set_meta("color", "new")).await.unwrap();
    assert!(matches!(store.health().publish, PublishState::Late { .. }), "{:?}", store.health().publish);
    let (late, damaged, half_late) = (copied(&fixture), copied(&fixture), copied(&fixture));

    let (store_of_copy, color) = start(&late).await;
    assert_eq!(color, "new");
    let start_notice = notice(&store_of_copy).await.unwrap();
    assert_eq!(start_notice.event, StartEvent::LateFolderCopied);
    let kept = start_notice.archived.unwrap();
    assert_eq!((integrity(&kept), color_in(&kept)), (None, "old".into()));
    store_of_copy.close();

    // Only the published file is usable, and the start reports that it was out of date.
    std::fs::write(damaged.live(), "no database any more").unwrap();
    std::fs::remove_file(agentlocator::store::with_suffix(&damaged.live(), "-wal")).unwrap();
    let (store_of_copy, color) = start(&damaged).await;
    assert_eq!(color, "old");
    let start_notice = notice(&store_of_copy).await.unwrap();
    assert_eq!(start_notice.event, StartEvent::FolderCopied);
    assert_eq!(start_notice.reason, Cause::CopyWasBehind.into());
    store_of_copy.close();

    // The published file was copied while it was out of date, and the other files after it was current again.
    drop(reader);
    fixture.until_current(&store).await;
    store.write(|tx| tx.set_meta("other", "1")).await.unwrap();
    run("cp -rp", &[&fixture.published().with_file_name("live"), half_late.folder()]);
    let whole = copied(&fixture);
    let (store_of_copy, color) = start(&half_late).await;
    assert_eq!((color.as_str(), notice(&store_of_copy).await.unwrap().event), ("new", StartEvent::LateFolderCopied));
    store_of_copy.close();

    let (store_of_copy, color) = start(&whole).await;
    let start_notice = notice(&store_of_copy).await.unwrap();
    assert_eq!(
        (color.as_str(), start_notice.event, start_notice.reason),
        ("new", StartEvent::FolderCopied, Causes::default())
    );
    store_of_copy.close();
    store.close();
}
