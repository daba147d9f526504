//! What every source file owes its reader: an opening sentence and a bounded length.

use std::path::PathBuf;

/// A file longer than this does more than one job.
const LINES_MAX: usize = 400;

fn sources() -> Vec<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut pending = vec![
        PathBuf::from(format!("{root}/crates")),
        format!("{root}/tests").into(),
    ];
    let mut found = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn every_file_opens_with_what_it_is() {
    for path in sources() {
        let text = std::fs::read_to_string(&path).expect("source");
        assert!(
            text.starts_with("//!"),
            "{} has no opening `//!`",
            path.display()
        );
    }
}

#[test]
fn no_file_outgrows_its_job() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter_map(|path| {
            let lines = std::fs::read_to_string(&path)
                .expect("source")
                .lines()
                .count();
            (lines > LINES_MAX).then(|| format!("{} has {lines}", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "files over {LINES_MAX} lines: {long:#?}");
}
