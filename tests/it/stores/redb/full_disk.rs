//! A disk without room: a file system of 4 MiB.

use std::{fs, path::PathBuf};

use scs::store::{Created, Entry, Purge as _, SessionId, Store as _, StoreErrorKind, Updated};
use scs_stores::{RedbDurability, RedbStore};

use super::tables::Tables;
use crate::support::{Folder, HOUR, MINUTE, SmallDisk};

struct Disk {
    folder: Folder,
    _mounted: SmallDisk,
}

impl Disk {
    fn new() -> Self {
        let folder = Folder::new("redb");
        let mounted = SmallDisk::mount(folder.path());
        Self { folder, _mounted: mounted }
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }

    /// Fills the disk up with something else.
    fn fill(&self) {
        let mut size = 4 * 1024 * 1024;
        while size > 0 {
            let mut file = fs::OpenOptions::new().append(true).create(true).open(self.ballast()).unwrap();
            if std::io::Write::write_all(&mut file, &vec![0; size]).is_err() {
                size /= 2;
            }
        }
    }
}

fn id(number: u64) -> SessionId {
    SessionId::from_bytes([number.to_be_bytes(); 2].concat().try_into().unwrap())
}

fn large() -> Entry {
    Entry::new(vec![1; 50_000], HOUR)
}

/// Creates sessions until there is no room, and gives their number.
async fn create_until_full(store: &RedbStore) -> u64 {
    for number in 0..200 {
        match store.create(id(number), &large()).await {
            Ok(created) => assert_eq!(created, Created::Created),
            Err(error) => {
                assert_eq!(error.kind(), StoreErrorKind::Full, "{error}");
                assert!(error.to_string().contains("free some space"), "{error}");
                return number;
            }
        }
    }
    panic!("10 MB fit on a disk of 4 MiB");
}

#[tokio::test]
#[cfg_attr(not(mounts), ignore = "needs the right to mount a file system")]
async fn a_full_disk_is_an_error_that_loses_nothing() {
    let disk = Disk::new();
    // Without a cache, so that what is read is read from the disk.
    let store = RedbStore::builder(disk.folder.file("sessions.redb")).cache_size(0).open().unwrap();
    let created = create_until_full(&store).await;
    assert!(created > 10, "{created}");
    for number in 0..created {
        assert!(store.load(id(number)).await.unwrap().is_some(), "{number} is lost");
    }
    assert!(store.load(id(created)).await.unwrap().is_none(), "what failed is not there");
    drop(store);
    Tables::of_file(&disk.folder.file("sessions.redb")).assert_agree();
}

#[tokio::test]
#[cfg_attr(not(mounts), ignore = "needs the right to mount a file system")]
async fn deleting_makes_room_on_a_full_disk() {
    let disk = Disk::new();
    let store = RedbStore::open(disk.folder.file("sessions.redb")).unwrap();
    let created = create_until_full(&store).await;
    for number in 0..created / 2 {
        assert!(store.delete(id(number)).await.unwrap());
    }
    for number in 0..created / 4 {
        assert_eq!(store.create(id(number), &large()).await.unwrap(), Created::Created);
    }
}

#[tokio::test]
#[cfg_attr(not(mounts), ignore = "needs the right to mount a file system")]
async fn a_store_goes_on_when_there_is_room_again() {
    let disk = Disk::new();
    let store = RedbStore::open(disk.folder.file("sessions.redb")).unwrap();
    let one = Entry::new("one", MINUTE);
    let _ = store.create(id(1000), &one).await.unwrap();
    disk.fill();
    create_until_full(&store).await;
    fs::remove_file(disk.ballast()).unwrap();
    for number in 500..520 {
        assert_eq!(store.create(id(number), &large()).await.unwrap(), Created::Created);
    }
    assert_eq!(store.update(id(1000), one.revision(), &Entry::new("two", MINUTE)).await.unwrap(), Updated::Updated);
    assert_eq!(store.purge(10).await.unwrap(), 0);
}

#[tokio::test]
#[cfg_attr(not(mounts), ignore = "needs the right to mount a file system")]
async fn a_relaxed_store_loses_on_a_full_disk_no_more_than_in_a_crash() {
    let disk = Disk::new();
    let store =
        RedbStore::builder(disk.folder.file("sessions.redb")).durability(RedbDurability::Within(HOUR)).open().unwrap();
    let _ = store.create(id(1000), &Entry::new("kept", HOUR).with_full_durability()).await.unwrap();
    disk.fill();
    let mut refused = 0;
    for number in 0..50 {
        let _ = store.create(id(number), &large()).await;
        refused += u32::from(store.create(id(100 + number), &large().with_full_durability()).await.is_err());
    }
    assert!(refused > 0, "the disk is not full");
    assert!(store.load(id(1000)).await.unwrap().is_some());
    fs::remove_file(disk.ballast()).unwrap();
    assert_eq!(store.create(id(2000), &large()).await.unwrap(), Created::Created);
}
