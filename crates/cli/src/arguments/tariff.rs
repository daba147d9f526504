//! Arguments of the commands around tariffs and records.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Check, explain, simulate and convert an OCPI tariff
///
/// Needs no engine.
///
/// Examples:
///   wattledger tariff lint tariff.json
///   wattledger tariff explain tariff.json --language de
///   wattledger tariff simulate tariff.json --kwh 20 --charge 90 --park 30 --time-zone Europe/Berlin
///   wattledger tariff simulate tariff.json --week --time-zone Europe/Berlin --svg week.svg
///   wattledger tariff compile tariff.json --to 2.2.1
///   wattledger tariff compile dynamic.json --prices day.yaml --time-zone Europe/Berlin
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct TariffArguments {
    /// What to do with it
    #[command(subcommand)]
    pub command: TariffCommand,
}

/// What to do with a tariff.
#[derive(Debug, Subcommand)]
pub enum TariffCommand {
    /// Find what is odd: prices that never hold, gaps, contradictions
    Lint {
        /// OCPI tariff object
        file: PathBuf,
        /// Exit with 1 where anything is found
        #[arg(long)]
        strict: bool,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Tell it in words that a driver understands
    Explain {
        /// OCPI tariff object
        file: PathBuf,
        /// en, de, fr or nl
        #[arg(long, default_value = "en")]
        language: String,
    },
    /// Price a session that never was, or show the prices of a week
    Simulate(SimulateTariffArguments),
    /// Check it as an engine would, and write it as OCPI
    Compile {
        /// OCPI tariff object
        file: PathBuf,
        /// The version to write: 2.1.1, 2.2.1 or 2.3.0
        #[arg(long, default_value = "2.3.0", value_name = "VERSION")]
        to: String,
        /// MarketPrices documents: an element for each published price, where it follows a market
        #[arg(long, value_name = "FILE")]
        prices: Option<PathBuf>,
        /// With --prices: IANA zone of the site
        #[arg(long, value_name = "ZONE", default_value = "UTC")]
        time_zone: String,
    },
}

/// A session that never was.
#[derive(Args, Debug)]
pub struct SimulateTariffArguments {
    /// OCPI tariff object
    pub file: PathBuf,
    /// IANA zone of the site
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub time_zone: String,
    /// When it starts, RFC 3339; of a week, its first instant
    #[arg(long, value_name = "TIME", default_value = "2026-01-05T12:00:00Z")]
    pub start: String,
    /// Energy charged, kWh
    #[arg(long, default_value = "20")]
    pub kwh: String,
    /// Minutes of charging
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub charge: u32,
    /// Minutes of parking after it
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub park: u32,
    /// MarketPrices documents, where it follows a market; SiteOccupancy documents, where parking costs only
    /// while the site is busy
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Suppose that so much of the site's places is taken all along
    #[arg(long, value_name = "PERCENT", conflicts_with_all = ["week", "prices"])]
    pub busy: Option<String>,
    /// Taxes that the place levies on prices without a rate, as of `price`
    #[arg(long, value_name = "FILE", conflicts_with = "week")]
    pub taxes: Option<PathBuf>,
    /// Show the prices of seven days instead
    #[arg(long)]
    pub week: bool,
    /// With --week: also draw the price of energy
    #[arg(long, value_name = "FILE", requires = "week")]
    pub svg: Option<PathBuf>,
    /// Rounding and the like, as of `price`
    #[arg(long, value_name = "P")]
    pub policy: Option<String>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Check charge detail records of partners
///
/// Example:
///   wattledger cdr verify cdr.json --tariff agreed.json --time-zone Europe/Amsterdam
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct CdrArguments {
    /// What to do with it
    #[command(subcommand)]
    pub command: CdrCommand,
}

/// What to do with a record.
#[derive(Debug, Subcommand)]
pub enum CdrCommand {
    /// Compute it again and name the first total that differs; exit 1 where one does
    Verify {
        /// OCPI CDR object
        file: PathBuf,
        /// OCPI tariff object; left out: those inside the record
        #[arg(long, value_name = "FILE")]
        tariff: Option<PathBuf>,
        /// IANA zone of the site; left out: the record's, else UTC
        #[arg(long, value_name = "ZONE")]
        time_zone: Option<String>,
        /// Rounding and the like, as of `price`
        #[arg(long, value_name = "P")]
        policy: Option<String>,
        /// MarketPrices documents; required where the tariff follows a market. SiteOccupancy documents of the
        /// record's site; required where parking costs only while it is busy
        #[arg(long, value_name = "FILE")]
        prices: Option<PathBuf>,
        /// Taxes that the place levies on prices without a rate, as of `price`
        #[arg(long, value_name = "FILE")]
        taxes: Option<PathBuf>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}
