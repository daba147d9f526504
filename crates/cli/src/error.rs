//! How a command ends when it is not done.

use std::process::ExitCode;

/// Why a command is not done.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Read and understood, but refused: exit code 1.
    #[error("{0}")]
    Refused(String),
    /// The world is in the way: exit code 2.
    #[error(transparent)]
    Broken(#[from] anyhow::Error),
    /// Whoever reads the output has gone away, as `head` does: no failure.
    #[error("the output was closed")]
    OutputClosed,
}

impl CliError {
    /// Refused, with a sentence.
    #[must_use]
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self::Refused(sentence.into())
    }

    /// Broken, with a sentence.
    #[must_use]
    pub fn broken(sentence: impl Into<String>) -> Self {
        Self::Broken(anyhow::Error::msg(sentence.into()))
    }

    /// What the shell sees.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// 0, 1 or 2.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Refused(_) => 1,
            Self::Broken(_) => 2,
        }
    }
}

impl From<std::io::Error> for CliError {
    /// Only writing gives bare io errors: reading says what it read.
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::Broken(anyhow::Error::new(error).context("failed to write the output"))
        }
    }
}
