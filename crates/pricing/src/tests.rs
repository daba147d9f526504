//! Worked examples and laws.
