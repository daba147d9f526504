//! The commands of the desk: what waits for a person, and what they decide.

use clap::{Args, Subcommand, ValueEnum};

/// Look at sessions that wait for a person, and decide about them
///
/// A session waits when its bill cannot be justified without a look: nobody pays, nothing prices it, its
/// register makes no sense, it is too long or too dear. A decision is on record with who made it and
/// why; the same one twice counts once, and one about what has changed since is refused.
///
/// Examples:
///   wattledger review list --order money
///   wattledger review show ses_5y8x0v3k1m9q7r2t4w6z8b0d2f
///   wattledger review decide ses_5y8x… bill --reason "driver confirmed" --by ada
///   wattledger review decide ses_5y8x… correct --meter-stop 18250 --reason "photo of the meter" --by ada
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ReviewArguments {
    /// What to do
    #[command(subcommand)]
    pub command: ReviewCommand,
}

/// What to do at the review desk.
#[derive(Debug, Subcommand)]
pub enum ReviewCommand {
    /// What waits, for how long, for what, over how much
    List(ReviewListArguments),
    /// All about one: readings, what was odd, why it waits, the proposed bill, what was decided
    Show(ReviewShowArguments),
    /// Decide about one
    Decide(ReviewDecideArguments),
}

/// What waits.
#[derive(Args, Debug)]
pub struct ReviewListArguments {
    /// What comes first
    #[arg(long, default_value = "age")]
    pub order: ReviewListOrder,
    /// Only those that wait for this, such as no_payer
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,
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

/// What comes first in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReviewListOrder {
    /// What waits longest
    Age,
    /// What is dearest
    Money,
}

/// One session at the desk.
#[derive(Args, Debug)]
pub struct ReviewShowArguments {
    /// The session, as `review list` lists it
    pub session: String,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// A decision.
#[derive(Args, Debug)]
pub struct ReviewDecideArguments {
    /// The session, as `review list` lists it
    pub session: String,
    /// What is decided
    pub verdict: ReviewWord,
    /// correct: energy register at the start, Wh
    #[arg(long, value_name = "WH", allow_negative_numbers = true)]
    pub meter_start: Option<String>,
    /// correct: energy register at the end, Wh
    #[arg(long, value_name = "WH", allow_negative_numbers = true)]
    pub meter_stop: Option<String>,
    /// correct: when it ended, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub ended_at: Option<String>,
    /// set-payer: the account
    #[arg(long, value_name = "ACCOUNT", required_if_eq("verdict", "set-payer"))]
    pub account: Option<String>,
    /// Why, in your words: on record
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who decides: on record
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// The round that was looked at, as `review show` shows it; left out: what it is now
    #[arg(long, value_name = "N")]
    pub round: Option<u32>,
    /// The version that was looked at, as `review show` shows it; left out: what it is now
    #[arg(long, value_name = "N")]
    pub version: Option<u32>,
    /// Names the decision: the same again is the same one; left out: made of what it says
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReviewWord {
    /// Bill what is proposed, in spite of the doubts
    Bill,
    /// Bill by what you read: --meter-start, --meter-stop, --ended-at
    Correct,
    /// --account pays; whoever was billed before gets it back
    SetPayer,
    /// Bill nothing; what was billed is credited and given back
    Waive,
    /// Look up station, seller, policy and tariff again, as in force at its start
    Reprice,
}

impl ReviewWord {
    /// The word in the request.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bill => "bill",
            Self::Correct => "correct",
            Self::SetPayer => "set_payer",
            Self::Waive => "waive",
            Self::Reprice => "reprice",
        }
    }
}
