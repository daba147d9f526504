//! State values as stores and changelogs keep them.

use wattledger_engine::stage::StageFold;
use wattledger_engine::stage::accounts::Accounts;
use wattledger_engine::stage::control::Control;
use wattledger_engine::stage::invoices::Invoices;
use wattledger_engine::stage::sessions::Sessions;
use wattledger_runtime::Fold;

/// Changelogs, by the first byte of an input of [`stored_state`].
pub const STAGES: [&str; 4] = [
    "control-changelog",
    "sessions-changelog",
    "accounts-changelog",
    "invoices-changelog",
];

/// The first byte chooses the stage, the others are a value of its state: what is read is written
/// again so that it reads as the same.
pub fn stored_state(bytes: &[u8]) {
    let _read = is_read(bytes);
}

/// Whether the bytes were a value.
///
/// # Panics
/// When what was read is not written again as it was.
#[must_use]
pub fn is_read(bytes: &[u8]) -> bool {
    let Some((stage, value)) = bytes.split_first() else {
        return false;
    };
    match stage % 4 {
        0 => round::<StageFold<Control>>(value),
        1 => round::<StageFold<Sessions>>(value),
        2 => round::<StageFold<Accounts>>(value),
        _ => round::<StageFold<Invoices>>(value),
    }
}

fn round<F: Fold>(bytes: &[u8]) -> bool {
    let Ok(value) = F::decode(b"E", bytes) else {
        return false;
    };
    let (mut once, mut twice) = (Vec::new(), Vec::new());
    F::encode(&value, &mut once);
    F::encode(&F::decode(b"E", &once).unwrap(), &mut twice);
    assert_eq!(once, twice);
    true
}
