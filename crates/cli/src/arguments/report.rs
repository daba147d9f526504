//! Arguments of `report`.

use super::date;
use crate::error::CliError;
use clap::{Args, ValueEnum};

/// Add up usage, revenue, taxes, or what waits for a person
///
/// A session counts where and when its charging began, on the wall clock of its site. Sums of
/// revenue are the invoices less the credit notes, to the cent. What waits at the review desk is
/// counted as it stands now, by reason and by age, with what it would be billed as; a session with
/// several reasons counts for each. Taxes are by seller, country, and name or rate, in the month or
/// quarter of the document's own date, as the journal posts them.
///
/// Examples:
///   wattledger report revenue --by site
///   wattledger report usage --by day --from 2026-03-01 --to 2026-04-01
///   wattledger report revenue --by station --csv > march.csv
///   wattledger report taxes --by quarter --from 2026-01-01 --to 2027-01-01
///   wattledger report review --by reason
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ReportArguments {
    /// What to add up
    pub report: ReportKind,
    /// What a row stands for; left out: a day, for taxes a month, for review reasons and ages
    #[arg(long)]
    pub by: Option<ReportBy>,
    /// First local day, such as 2026-03-01; not for review
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub from: Option<String>,
    /// First local day after, so that --to 2026-04-01 ends with March; not for review
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub to: Option<String>,
    /// Answer in JSON: whole minor units, mWh and ms
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Answer in CSV: decimal amounts and kWh
    #[arg(long)]
    pub csv: bool,
}

impl ReportArguments {
    /// What a row stands for, as the API has it; `all` of a review is reasons and ages.
    ///
    /// # Errors
    /// [`CliError::Refused`] for what the report does not know.
    pub fn by_word(&self) -> Result<&'static str, CliError> {
        let review = self.report == ReportKind::Review;
        if review && (self.from.is_some() || self.to.is_some()) {
            return Err(CliError::refused(
                "--from and --to are not for review: it counts what waits now",
            ));
        }
        match (self.report, self.by) {
            (ReportKind::Review, None) => Ok("all"),
            (ReportKind::Review, Some(ReportBy::Reason)) => Ok("reason"),
            (ReportKind::Review, Some(ReportBy::Age)) => Ok("age"),
            (ReportKind::Review, Some(_)) => {
                Err(CliError::refused("review is --by reason or --by age"))
            }
            (ReportKind::Taxes, None | Some(ReportBy::Month)) => Ok("month"),
            (ReportKind::Taxes, Some(ReportBy::Quarter)) => Ok("quarter"),
            (ReportKind::Taxes, Some(_)) => {
                Err(CliError::refused("taxes are --by month or --by quarter"))
            }
            (ReportKind::Usage | ReportKind::Revenue, by) => usual(by),
        }
    }
}

/// Of usage and revenue.
fn usual(by: Option<ReportBy>) -> Result<&'static str, CliError> {
    match by {
        None | Some(ReportBy::Day) => Ok("day"),
        Some(ReportBy::Station) => Ok("station"),
        Some(ReportBy::Site) => Ok("site"),
        Some(ReportBy::Hour) => Ok("hour"),
        Some(ReportBy::Reason | ReportBy::Age | ReportBy::Month | ReportBy::Quarter) => {
            Err(CliError::refused(
                "--by reason and --by age are for review, month and quarter for taxes; usage and \
                 revenue are by station, site, day or hour",
            ))
        }
    }
}

/// What a report adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportKind {
    /// Sessions, energy and time
    Usage,
    /// Invoices less credit notes
    Revenue,
    /// Taxes by seller, country, and name or rate
    Taxes,
    /// Sessions that wait for a person, and what they would be billed as
    Review,
}

/// What a row of a report stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportBy {
    /// Stations
    Station,
    /// Sites
    Site,
    /// Local days
    Day,
    /// Local hours
    Hour,
    /// Months
    Month,
    /// Quarters
    Quarter,
    /// Why a session waits
    Reason,
    /// How long a session waits
    Age,
}
