//! The command line. The doc comments are the help: they teach with examples.

mod anomaly;
mod desk;
mod engine;
mod journal;
mod letters;
mod report;
mod rerate;
mod tariff;

pub use desk::{
    ReviewArguments, ReviewCommand, ReviewDecideArguments, ReviewListArguments, ReviewListOrder,
    ReviewShowArguments, ReviewWord,
};

pub use engine::{
    CsvArguments, DemoArguments, ImportArguments, ImportFormat, ProcessorArguments, Role,
    RunArguments, SimulateArguments,
};

pub use journal::{JournalAction, JournalArguments, JournalExport};

pub use letters::{
    LetterArguments, LetterCommand, LetterFilterArguments, LetterListArguments,
    LetterRedriveArguments, LetterShowArguments, ParkedArguments, ParkedCommand,
    ParkedListArguments, ParkedOrderArguments,
};

pub use rerate::RerateArguments;

pub use report::{ReportArguments, ReportBy, ReportKind};

pub use tariff::{
    CdrArguments, CdrCommand, SimulateTariffArguments, TariffArguments, TariffCommand,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Charging sessions in, numbered invoices out, each cent explained.
///
/// An engine keeps everything in one directory (--data-dir). Commands that ask find the engine that
/// runs on it, or open it themselves when none does.
///
/// Start here:
///   wattledger demo                          a simulated day, billed, then kept running
///   wattledger report revenue --by day       what it came to
///   wattledger audit                         whether every promise holds
///
/// Data goes to standard output, words to standard error. Exit codes: 0 done, 1 refused, 2 broken.
#[derive(Debug, Parser)]
#[command(
    name = "wattledger",
    version,
    verbatim_doc_comment,
    max_term_width = 110
)]
pub struct Cli {
    /// Where the engine keeps everything
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = "data",
        env = "WATTLEDGER_DATA_DIR"
    )]
    pub data_dir: PathBuf,
    /// Brokers of the Kafka cluster that the engine works on, host:port, separated by commas; left
    /// out: the log inside --data-dir. Remembered there
    #[arg(long, global = true, value_name = "BROKERS", env = "WATTLEDGER_KAFKA")]
    pub kafka: Option<String>,
    /// File of librdkafka properties for --kafka, such as security.protocol=SASL_SSL
    #[arg(long, global = true, value_name = "FILE", requires = "kafka")]
    pub kafka_properties: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[allow(
    missing_docs,
    reason = "each is told at its arguments, which is the help"
)]
pub enum Command {
    Run(RunArguments),
    Demo(DemoArguments),
    Apply(ApplyArguments),
    Get(GetArguments),
    Import(Box<ImportArguments>),
    Simulate(SimulateArguments),
    Report(ReportArguments),
    Session(SessionArguments),
    Invoice(InvoiceArguments),
    Journal(JournalArguments),
    Review(ReviewArguments),
    Rerate(Box<RerateArguments>),
    DeadLetter(LetterArguments),
    Parked(ParkedArguments),
    Status(StatusArguments),
    Tail(TailArguments),
    Audit(AuditArguments),
    Topics(TopicsArguments),
    Price(PriceArguments),
    Tariff(TariffArguments),
    Cdr(CdrArguments),
    Processor(ProcessorArguments),
}

/// Submit reference documents: sellers, sites, stations, tariffs, accounts, tokens
///
/// A file holds YAML documents parted by `---`, or JSON: one document, several, or an array. All are
/// checked first; when one is wrong, nothing is sent, and each fault names file, line and field.
/// Applying the same documents again changes nothing.
///
/// Examples:
///   wattledger apply -f tariffs.yaml
///   wattledger apply -f config/ --dry-run          say what would change
///   generate-sites | wattledger apply -f -
///
/// A document:
///   kind: Site
///   id: berlin-1
///   spec:
///     timeZone: Europe/Berlin
///     legalEntity: demo-energy
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ApplyArguments {
    /// Files, folders (their .yaml, .yml and .json files) or - for standard input
    #[arg(short, long = "file", value_name = "FILE|DIR", required = true, num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// Check and compare, change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Show reference documents, sessions or invoices
///
/// Without an ID: the newest version of each document of the kind. With one: all its versions.
///
/// Examples:
///   wattledger get Tariff
///   wattledger get tariff demo-tariff --json
///   wattledger get sessions --limit 50
///   wattledger get held                            sessions that wait for a person
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct GetArguments {
    /// Policy, LegalEntity, Site, Station, Tariff, TariffAssignment, Account, Token, MarketPrices,
    /// DeviceProfile, SiteOccupancy; or sessions, held, invoices
    pub kind: String,
    /// Which one
    pub id: Option<String>,
    /// Most rows of sessions, held and invoices, 1 to 1000
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Tell the whole story of a session: heard, decided, priced, billed, paid
///
/// Times are those of the site, with their offset from UTC.
///
/// While it runs, --price tells what it costs so far and when its price changes next; --at what it will cost
/// then, and --reaches when it will come to an amount, if it goes on as it does: in its present state, and while it
/// charges at the mean power of its charging so far.
///
/// Examples:
///   wattledger session ses_5y8x0v3k1m9q7r2t4w6z8b0d2f
///   wattledger session ses_5y8x0v3k1m9q7r2t4w6z8b0d2f --at 2026-11-26T18:00:00Z --reaches 20.00
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct SessionArguments {
    /// The session, as `get sessions` lists it
    pub id: String,
    /// Tell what it costs so far, while it runs
    #[arg(long)]
    pub price: bool,
    /// Tell what it will cost then, while it runs: RFC 3339, at most a week ahead
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Tell when it will cost so much after tax, while it runs: an amount in its tariff's currency
    #[arg(long, value_name = "AMOUNT")]
    pub reaches: Option<String>,
    /// Where it runs, to tell what it costs before anybody answers for its token
    #[arg(long, value_name = "STATION")]
    pub station: Option<String>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Tell the whole story of an invoice or credit note: lines, why each, payments, books
///
/// Example:
///   wattledger invoice DE-2026-000001
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct InvoiceArguments {
    /// Its number or id
    pub number: String,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Show where the engine stands: stages, partitions, offsets, what is still to do
///
/// Exit 2 when it has stopped. Answers while it restores, and from the directory when no engine runs.
///
/// Example:
///   wattledger status
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct StatusArguments {
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Read the records of a topic, decoded
///
/// Examples:
///   wattledger tail charging.events                         what comes from now on
///   wattledger tail billing.invoices --until-end           what is there
///   wattledger tail event.outcomes --from earliest --json | jq .data
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct TailArguments {
    /// The topic
    pub topic: String,
    /// Where to begin: earliest with --until-end, else latest
    #[arg(long)]
    pub from: Option<TailFrom>,
    /// Stop at the end instead of waiting for more
    #[arg(long)]
    pub until_end: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// Where `tail` begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TailFrom {
    /// The oldest record kept
    Earliest,
    /// What comes after now
    Latest,
}

/// Check every promise on a cut of all topics
///
/// Exit 1 and the first offender when one is broken.
///
/// Every event is accounted for, every billable session has one invoice, numbers run without gaps,
/// hashes chain, the books balance, money adds up, and the processor's ledger agrees. What is still
/// in flight is named with its deadline.
///
/// Example:
///   wattledger audit && echo clean
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct AuditArguments {
    /// Instead, make the state of every stage from its directory, from its changelog and from its
    /// input, and compare the three; no engine may run
    #[arg(long)]
    pub refold: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Make the topics on a Kafka cluster, or say how they differ from what they should be
///
/// One table in the program says what each topic keeps, how it is compressed and who reads it. `create`
/// makes what is missing and lets every group begin at its start; nothing that exists is altered. A
/// partition count is fixed for ever: keys would move.
///
/// Examples:
///   wattledger topics create --kafka 127.0.0.1:9092 --partitions 12 --replication 3
///   wattledger topics check
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct TopicsArguments {
    /// What to do
    pub action: TopicsAction,
    /// Partitions of the topics that scale, 1 to 256; left out: as they are, else 12
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub partitions: Option<u32>,
    /// Brokers that keep each partition
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=9))]
    pub replication: u32,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// What is done with topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TopicsAction {
    /// Make what is missing
    Create,
    /// Name every difference
    Check,
}

/// Price OCPI charge detail records and explain each line
///
/// Needs no engine. The total that a record states, if any, is compared.
///
/// Examples:
///   wattledger price --tariff tariff.json --cdr cdr.json
///   wattledger price --cdr cdr.json --time-zone Europe/Amsterdam --json    its own tariff
///   wattledger price --batch lines.jsonl --json --policy gross_first
///
/// A line of a batch: {"id", "version", "time_zone", "tariff" or "tariffs", "cdr",
/// "reservation_expired", "taxes"}; its taxes come before those of --taxes. A line comes out for each, in order; one that cannot be priced has an
/// "error" with path and reason.
#[derive(Args, Debug, Default)]
#[command(verbatim_doc_comment)]
pub struct PriceArguments {
    /// OCPI tariff object; left out: those inside the record
    #[arg(long, value_name = "FILE", conflicts_with = "batch")]
    pub tariff: Option<PathBuf>,
    /// OCPI CDR object
    #[arg(long, value_name = "FILE", required_unless_present = "batch")]
    pub cdr: Option<PathBuf>,
    /// JSON lines, each with a record and its tariffs; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "cdr")]
    pub batch: Option<PathBuf>,
    /// IANA zone of the site; left out: the record's, else UTC
    #[arg(long, value_name = "ZONE", conflicts_with = "batch")]
    pub time_zone: Option<String>,
    /// net_first, gross_first, half=up|even|down, steps=off, start_fee=with_energy, tax=buyer,
    /// places=N, parted by commas; or a JSON file, such as a Policy document
    #[arg(long, value_name = "P")]
    pub policy: Option<String>,
    /// MarketPrices documents; required where a tariff follows a market. SiteOccupancy documents of the
    /// records' site; required where parking costs only while it is busy
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Taxes that the place levies on prices without a rate: a Site document with `taxes`, or a list of
    /// {name, percent, stack, accountNumber}
    #[arg(long, value_name = "FILE")]
    pub taxes: Option<PathBuf>,
    /// Answer in JSON; a batch always does
    #[arg(long)]
    pub json: bool,
}

pub(crate) fn date(text: &str) -> Result<String, String> {
    match chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(date) => Ok(date.format("%Y-%m-%d").to_string()),
        Err(_) => Err("expected a date such as 2026-03-01".to_owned()),
    }
}

#[cfg(test)]
mod tests;
