//! The commands about the journal.

use clap::{ArgGroup, Args, Subcommand};

/// Export the double-entry journal for bookkeeping
///
/// Example:
///   wattledger journal export --csv --from 2026-03-01 --to 2026-04-01 > march.csv
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct JournalArguments {
    /// What to do with it.
    #[command(subcommand)]
    pub action: JournalAction,
}

/// What to do with the journal.
#[derive(Debug, Subcommand)]
#[allow(
    missing_docs,
    reason = "each is told at its arguments, which is the help"
)]
pub enum JournalAction {
    Export(JournalExport),
}

/// Write every entry of a period, with totals that balance
///
/// A row of the CSV is one side of an entry: date, entry_id, document_number, account, debit, credit,
/// currency, text. Amounts are decimals with a point. An entry counts to the date on the document that
/// caused it, else to the day, in the seller's zone, on which money moved. An entry of a payment
/// names the document that it pays. The totals go to standard error; when debits and credits differ
/// the export ends with 1. The ledger accounts are told in docs/operations.md.
///
/// Examples:
///   wattledger journal export --csv --from 2026-03-01 --to 2026-04-01 > march.csv
///   wattledger journal export --json --entity demo-energy
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
#[group(skip)]
#[command(group = ArgGroup::new("form").required(true))]
pub struct JournalExport {
    /// Write CSV
    #[arg(long, group = "form")]
    pub csv: bool,
    /// Write JSON: whole minor units
    #[arg(long, group = "form")]
    pub json: bool,
    /// First day, such as 2026-03-01
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    pub from: Option<String>,
    /// First day after, so that --to 2026-04-01 ends with March
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    pub to: Option<String>,
    /// Of this legal entity alone
    #[arg(long, value_name = "ID")]
    pub entity: Option<String>,
}
