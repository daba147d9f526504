//! OCPI JSON: tariffs and charge detail records, read tolerantly, numbers as exact decimals.
//!
//! Tariffs of 2.1.1, 2.2.1 and 2.3.0; records of 2.2.1 with what 2.1.1 and 2.3.0 call otherwise.
//! What is odd but readable is a [`Warning`] with its path; what cannot be read is a [`Fault`].

mod cdr;
mod periods;
mod tariff;
mod value;

pub use cdr::{OcpiCdr, cdr};
pub use tariff::{tariff, tariff_value};

/// JSON that is no OCPI object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Fault {
    /// JSON path.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

/// Something odd that was read all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// JSON path.
    pub path: String,
    /// What is odd and how it was read.
    pub message: String,
}

#[cfg(test)]
mod tests;
