//! A stable code for everything that can stop a task, with a page of its own under `docs/errors/`.
//!
//! Invariant: a code never means something else than it did.

use crate::fold::StateFault;
use crate::link::LinkFault;
use crate::log::{CommitError, LogError};
use crate::store::StoreError;
use crate::task::TaskError;

impl LogError {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownTopic(_) => "RUNTIME-001",
            Self::Partitions { .. } => "RUNTIME-002",
            Self::Trimmed { .. } => "RUNTIME-003",
            Self::Fenced(_) => "RUNTIME-004",
            Self::Transaction(_) => "RUNTIME-005",
            Self::Locked { .. } => "RUNTIME-006",
            Self::Storage(_) => "RUNTIME-007",
            Self::Corrupt { .. } => "RUNTIME-008",
        }
    }
}

impl CommitError {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Aborted(_) => "RUNTIME-009",
            Self::Indefinite(_) => "RUNTIME-010",
        }
    }
}

impl StoreError {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "RUNTIME-011"
    }
}

impl StateFault {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "RUNTIME-012"
    }
}

impl LinkFault {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Another { .. } => "RUNTIME-013",
            Self::Gap { .. } => "RUNTIME-014",
            Self::Epoch { .. } => "RUNTIME-015",
        }
    }
}

impl TaskError {
    /// A stable code; of an error of log, store, state or link its own.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Log(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::State(fault) => fault.code(),
            Self::Link { fault, .. } => fault.code(),
            Self::Commit(error) => error.code(),
            Self::Ahead { .. } => "RUNTIME-016",
            Self::Truncated { .. } => "RUNTIME-017",
            Self::Restore { .. } => "RUNTIME-018",
            Self::Turn { .. } => "RUNTIME-019",
            Self::Failed { .. } => "RUNTIME-020",
            Self::Parked { .. } => "RUNTIME-021",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Every code in this file.
    fn codes() -> BTreeSet<String> {
        let quoted = include_str!("codes.rs").split('"');
        let codes = quoted.filter(|text| text.starts_with("RUNTIME-") && text.len() == 11);
        codes.map(str::to_owned).collect()
    }

    #[test]
    fn every_code_has_its_page_and_every_page_its_code() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        let names = std::fs::read_dir(&folder)
            .expect("docs/errors")
            .map(|entry| entry.expect("a page").file_name());
        let pages: BTreeSet<String> = names
            .filter_map(|name| Some(name.to_str()?.strip_suffix(".md")?.to_owned()))
            .filter(|name| name.starts_with("RUNTIME-"))
            .collect();
        assert_eq!(codes(), pages);
        for code in pages {
            let page = std::fs::read_to_string(folder.join(format!("{code}.md"))).expect("a page");
            assert!(page.starts_with(&format!("# {code}: ")), "{code}");
            for part in ["## What happened", "## What to do"] {
                assert!(page.contains(part), "{code} lacks `{part}`");
            }
        }
    }

    #[test]
    fn an_error_of_the_log_keeps_its_code_through_a_task() {
        let error = TaskError::from(LogError::Fenced("a".into()));
        assert_eq!(error.code(), "RUNTIME-004");
        let error = TaskError::from(CommitError::Aborted(LogError::Fenced("a".into())));
        assert_eq!(error.code(), "RUNTIME-009");
    }
}
