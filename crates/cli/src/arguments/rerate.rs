//! Arguments of `rerate`.

use clap::Args;

/// Price billed sessions again by another tariff: what they would have come to, and corrections
///
/// Reads the newest rating of each session from charging.sessions and prices its periods again, all but
/// the tariff as it was pinned: seller's policy, site, taxes, time zone, market prices. Without --apply
/// nothing is written. Benefits of accounts do not count: both columns are before them.
///
/// --apply makes one decision a session whose bill changes: it is priced by that version from then on,
/// from its readings, and gets a credit note and a new invoice, a refund or a charge, by the seller's
/// policy. The same once more changes nothing. The tariff must have been applied before (`wattledger
/// apply`), and an engine must run. What cannot be corrected, such as after the correction window (35
/// days), is listed with the reason. Exit code 1 when a correction was refused or is still on its way.
///
/// --from and --to are about the end of the session: a date is one on the clock of its site, a time
/// names its offset.
///
/// Examples:
///   wattledger rerate --tariff ad-hoc@2 --from 2026-03-01 --to 2026-04-01
///   wattledger rerate --tariff new.json --replaces ad-hoc --site berlin-1 --json | jq .sums
///   wattledger rerate --tariff ad-hoc@2 --from 2026-03-01 --to 2026-04-01 --apply --by ada
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct RerateArguments {
    /// By which tariff: an applied one as ID or ID@VERSION, or a file with one, as a document or in
    /// OCPI; - for standard input
    #[arg(long, value_name = "NEW")]
    pub tariff: String,
    /// Sessions that ended on this day or at this time or later, such as 2026-03-01 or
    /// 2026-03-01T12:00:00+01:00
    #[arg(long, value_name = "DAY|TIME")]
    pub from: String,
    /// Sessions that ended before this day or time, so that --to 2026-04-01 ends with March
    #[arg(long, value_name = "DAY|TIME")]
    pub to: String,
    /// Only sessions at this site
    #[arg(long, value_name = "SITE")]
    pub site: Option<String>,
    /// Only sessions at this station
    #[arg(long, value_name = "STATION")]
    pub station: Option<String>,
    /// Only this session
    #[arg(long, value_name = "SESSION")]
    pub session: Option<String>,
    /// Only sessions that were priced by this tariff, in any version; left out: by the one that NEW
    /// is a version of
    #[arg(long, value_name = "TARIFF")]
    pub replaces: Option<String>,
    /// Sessions that were priced by whichever tariff
    #[arg(long, conflicts_with = "replaces")]
    pub all_tariffs: bool,
    /// Correct those whose bill changes
    #[arg(long, requires = "by")]
    pub apply: bool,
    /// Who orders the corrections: on record
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Why, in your words: on record
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Answer in JSON: rows, counts and sums, in whole minor units
    #[arg(long)]
    pub json: bool,
}
