//! Command lines that are read and refused.

use super::*;
use clap::CommandFactory as _;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_teaches_with_an_example() {
    for command in Cli::command().get_subcommands() {
        let help = command
            .get_long_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(help.contains("Example"), "{}", command.get_name());
    }
}

#[test]
fn what_scripts_use_is_read() {
    for line in [
        "wattledger demo --data-dir data/demo --fresh --seed 1 --once",
        "wattledger --data-dir x audit --json",
        "wattledger report revenue --by day --from 2026-03-01 --to 2026-04-01 --csv",
        "wattledger apply -f a.yaml b.yaml --dry-run",
        "wattledger tail invoice.facts --from earliest --until-end",
        "wattledger simulate --seed 7 --stations 5 --sessions 50 --out day.jsonl",
        "wattledger processor --listen 127.0.0.1:0 --ledger p.jsonl --seed 3 --replay",
        "wattledger import a.csv --delimiter ; --decimal , --zone Europe/Oslo --settle 3 --payer demo",
    ] {
        assert!(parse(line).is_ok(), "{line}: {}", parse(line).unwrap_err());
    }
}

#[test]
fn rubbish_is_refused_with_what_is_expected() {
    for (line, expect) in [
        (
            "wattledger report revenue --from yesterday",
            "expected a date such as 2026-03-01",
        ),
        (
            "wattledger report revenue --json --csv",
            "cannot be used with",
        ),
        (
            "wattledger import a.csv --delimiter ab",
            "expected one ASCII character",
        ),
        (
            "wattledger import a.csv --zone Mars",
            "expected an IANA zone",
        ),
        ("wattledger import", "required"),
        ("wattledger run --listen here", "invalid"),
        ("wattledger get sessions --limit 0", "0 is not in 1..=1000"),
        ("wattledger fly", "unrecognized subcommand"),
    ] {
        let error = parse(line).unwrap_err().to_string();
        assert!(error.contains(expect), "{line}: {error}");
    }
}
