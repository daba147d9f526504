//! Words for people, on standard error: failures, notes, progress.

use crate::error::CliError;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write as _;

/// Says why a command ends: the chain of causes on one line.
pub fn failure(error: &CliError) {
    match error {
        CliError::OutputClosed => {}
        CliError::Refused(sentence) => note(&format!("refused: {sentence}")),
        CliError::Broken(error) => note(&format!("broken: {error:#}")),
    }
}

/// Says something beside the data.
pub fn note(sentence: &str) {
    // Nothing is left to do about a terminal that has gone away.
    let _ = writeln!(std::io::stderr(), "{sentence}");
}

/// A bar for long work of a known length; it shows on a terminal only.
#[must_use]
pub fn progress(what: &str, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length).with_message(what.to_owned());
    styled(
        bar,
        "{msg:<28} {bar:30} {human_pos:>9}/{human_len} {percent:>3} % {elapsed} (eta {eta})",
    )
}

/// A sign of life for long work of an unknown length.
#[must_use]
pub fn waiting(what: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(what.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    styled(bar, "{spinner} {msg} {elapsed}")
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
