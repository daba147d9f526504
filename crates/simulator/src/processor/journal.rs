//! The ledger's file: one JSON line for each thing that was asked, written before it is answered.
//!
//! Invariant: what was answered is in the file, whenever the process is killed. (Losing the
//! machine's power may lose the newest lines: the file is not synced.) A torn last line was never
//! answered, and is cut off. Doing the lines again, in order, gives the ledger.

use super::faults::FaultRates;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use wattledger_payments::simulated::dialect::Request;

/// What the ledger is a function of, beside its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Version of the form.
    pub ledger: u32,
    /// The seed of the faults.
    pub seed: u64,
    /// How often things go wrong.
    pub faults: FaultRates,
}

/// Something that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    /// The clock was set.
    Clock {
        /// To this, milliseconds since 1970.
        at: i64,
    },
    /// An operation was asked for.
    Asked {
        /// The processor's time.
        at: i64,
        /// The idempotency key.
        key: String,
        /// Number of the attempt.
        attempt: i32,
        /// The payment.
        payment: String,
        /// `authorize`, `capture` and so on.
        action: String,
        /// The request.
        request: Request,
    },
    /// What became of an operation was asked.
    Retrieved {
        /// The processor's time.
        at: i64,
        /// The idempotency key.
        key: String,
        /// Number of the attempt.
        attempt: i32,
        /// The payment.
        payment: String,
        /// The operation.
        op: i32,
    },
    /// Webhooks up to this one were taken by their receiver.
    Delivered {
        /// Its sequence.
        sequence: u64,
    },
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system refuses.
    #[error("failed to use the ledger `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A line before the last cannot be read.
    #[error("line {line} of the ledger `{}` cannot be read", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// It was made with another seed or other fault rates.
    #[error("the ledger `{}` was made with another seed or other faults", path.display())]
    OtherHead {
        /// The file.
        path: PathBuf,
    },
}

pub(super) struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Opens or makes the file and gives the lines in it.
    pub fn open(path: &Path, head: Head) -> Result<(Self, Vec<Line>), JournalError> {
        let io = |cause| JournalError::Io {
            path: path.to_owned(),
            cause,
        };
        let options = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let mut file = options.map_err(io)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at.saturating_add(1));
        bytes.truncate(whole);
        file.set_len(u64::try_from(whole).unwrap_or(0))
            .map_err(io)?;
        file.seek(SeekFrom::End(0)).map_err(io)?;
        let mut journal = Self {
            file,
            path: path.to_owned(),
        };
        let mut texts = bytes
            .split(|byte| *byte == b'\n')
            .filter(|text| !text.is_empty());
        let damaged = |line| JournalError::Damaged {
            path: path.to_owned(),
            line,
        };
        match texts.next() {
            None => journal.append(&head)?,
            Some(text) => {
                let found: Head = serde_json::from_slice(text).map_err(|_| damaged(1))?;
                if found != head {
                    return Err(JournalError::OtherHead {
                        path: path.to_owned(),
                    });
                }
            }
        }
        let lines = texts
            .zip(2_usize..)
            .map(|(text, line)| serde_json::from_slice(text).map_err(|_| damaged(line)));
        let lines = lines.collect::<Result<Vec<Line>, JournalError>>()?;
        Ok((journal, lines))
    }

    /// Writes a line; it is the system's when this returns.
    pub fn write(&mut self, line: &Line) -> Result<(), JournalError> {
        self.append(line)
    }

    fn append(&mut self, line: &impl Serialize) -> Result<(), JournalError> {
        let io = |cause| JournalError::Io {
            path: self.path.clone(),
            cause,
        };
        let mut bytes = serde_json::to_vec(line)
            .map_err(std::io::Error::other)
            .map_err(io)?;
        bytes.push(b'\n');
        self.file.write_all(&bytes).map_err(io)
    }
}
