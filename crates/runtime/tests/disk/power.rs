//! A power loss on a real disk: a copy of a database's folder whose write-ahead log ends early.

use std::path::{Path, PathBuf};

/// The write-ahead log that is being written: the one with the highest number.
fn newest_wal(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|of| of == "log"))
        .max()
        .unwrap()
}

/// How many bytes of the write-ahead log are written.
pub fn written(folder: &Path) -> u64 {
    std::fs::metadata(newest_wal(folder)).unwrap().len()
}

/// Copies a database as it stands on the disk, its write-ahead log no longer than `kept` bytes.
pub fn copy(from: &Path, to: &Path, kept: u64) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    let wal = std::fs::OpenOptions::new()
        .write(true)
        .open(newest_wal(to))
        .unwrap();
    let written = wal.metadata().unwrap().len();
    wal.set_len(kept.min(written)).unwrap();
}
