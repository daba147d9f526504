//! The commands about what was set aside or held back.

use clap::{Args, Subcommand};

/// Look at records that were set aside, and drive them in again
///
/// What no stage can read or fold lies among the dead letters with its bytes, where it stood and why, for
/// 90 days. Once the cause is mended it is driven in again, each at most once; what it says then counts
/// as if it had come late.
///
/// Examples:
///   wattledger dead-letter list --code WIRE-010
///   wattledger dead-letter show charging.events/0/4711
///   wattledger dead-letter redrive --code WIRE-010 --reason "registry is back" --by ada
///   wattledger dead-letter redrive gateway.events/3/17 --event mended.json --reason typo --by ada
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct LetterArguments {
    /// What to do
    #[command(subcommand)]
    pub command: LetterCommand,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub enum LetterCommand {
    /// What was set aside, and sums by reason
    List(LetterListArguments),
    /// One with its bytes
    Show(LetterShowArguments),
    /// Drive some in again
    Redrive(LetterRedriveArguments),
}

/// Which dead letters.
#[derive(Args, Debug)]
pub struct LetterFilterArguments {
    /// Only those of this reason, such as WIRE-010 or skipped
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    /// Only those from this topic
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// Only those that this stage set aside, or intake
    #[arg(long, value_name = "STAGE")]
    pub stage: Option<String>,
}

/// What was set aside.
#[derive(Args, Debug)]
pub struct LetterListArguments {
    /// Which
    #[command(flatten)]
    pub filter: LetterFilterArguments,
    /// Only those that were not driven in again
    #[arg(long)]
    pub waiting: bool,
    /// Most rows, 1 to 1000
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// Rows to skip
    #[arg(long, default_value_t = 0)]
    pub skip: u32,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// One dead letter.
#[derive(Args, Debug)]
pub struct LetterShowArguments {
    /// topic/partition/offset, as `dead-letter list` lists it
    pub letter: String,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// What is driven in again.
#[derive(Args, Debug)]
pub struct LetterRedriveArguments {
    /// topic/partition/offset of each; left out: all that wait and that the filter names
    pub letters: Vec<String>,
    /// Which
    #[command(flatten)]
    pub filter: LetterFilterArguments,
    /// Drive in all that wait, without a filter
    #[arg(long)]
    pub all: bool,
    /// A CloudEvent in JSON that stands in place of the one letter named
    #[arg(long, value_name = "FILE")]
    pub event: Option<std::path::PathBuf>,
    /// Why, in your words: on record
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who does it: on record
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Look at what a fold had to hold back, and release or skip it
///
/// A record on which a fold panics holds back its unit (a station, an account, a draft, a payment), so
/// that all others go on. Once the program is mended the unit is released: its records are folded in
/// their order. One that cannot be mended is skipped: its records go among the dead letters.
///
/// Examples:
///   wattledger parked list
///   wattledger parked release sessions S-17 --reason "mended in 1.4.1" --by ada
///   wattledger parked skip sessions S-17 --reason "a test bench" --by ada
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ParkedArguments {
    /// What to do
    #[command(subcommand)]
    pub command: ParkedCommand,
}

/// What to do with what is held back.
#[derive(Debug, Subcommand)]
pub enum ParkedCommand {
    /// Whose records are held back, and how many
    List(ParkedListArguments),
    /// Fold them
    Release(ParkedOrderArguments),
    /// Put them among the dead letters
    Skip(ParkedOrderArguments),
}

/// What is held back.
#[derive(Args, Debug)]
pub struct ParkedListArguments {
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// What becomes of a unit.
#[derive(Args, Debug)]
pub struct ParkedOrderArguments {
    /// The stage that holds it back
    pub stage: String,
    /// The unit, as `parked list` lists it
    pub unit: String,
    /// Why, in your words: on record
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who orders: on record
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}
