//! Holds the structure of the workspace against its rules; see `tests/`.
