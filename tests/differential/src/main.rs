//! Random pairs of tariff and session, priced by wattledger and by a peer: `ocpi-kit` 0.4.0 or `ocpi-tariffs`
//! 0.54.0. Each difference falls into a class with a reason, or the run fails.
//!
//! scripts/differential.sh 20000 1        pairs, first seed

mod classes;
mod kit;
mod pairs;
mod tariffs;

use classes::{Class, classify};
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::ExitCode;
use wattledger_domain::cost::{Rounding, StepRule, UsageRules};
use wattledger_domain::record::ReservationEnd;
use wattledger_pricing::{
    AbsentTax, Credit, Record, RecordPrice, RecordTariff, RecordTerms, TaxLiability, price_record,
};
use wattledger_wire::json_tree::JsonTree;
use wattledger_wire::ocpi::{self, OwnTariffs, Version};

/// Which peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Kit,
    Tariffs,
}

/// What a peer says of a pair.
#[derive(Debug)]
pub enum Peer {
    Says {
        before: Option<Decimal>,
        after: Option<Decimal>,
    },
    Refuses,
}

/// Pairs that are held at a time.
const CHUNK: u64 = 10_000;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let which = match arguments.next().as_deref() {
        Some("ocpi-kit") => Which::Kit,
        Some("ocpi-tariffs") => Which::Tariffs,
        Some(_) | None => {
            eprintln!("differential ocpi-kit|ocpi-tariffs [pairs] [first seed]");
            return ExitCode::FAILURE;
        }
    };
    let mut numbers = arguments.filter_map(|text| text.parse::<u64>().ok());
    let (count, first) = (
        numbers.next().unwrap_or(20_000),
        numbers.next().unwrap_or(1),
    );
    let mut classes: BTreeMap<Class, u64> = BTreeMap::new();
    let mut begin = first;
    while begin < first + count {
        let end = (begin + CHUNK).min(first + count);
        let pairs: Vec<Value> = (begin..end).map(|seed| pair(which, seed)).collect();
        let said = match which {
            Which::Kit => pairs.iter().map(kit::price).collect(),
            Which::Tariffs => tariffs::prices(&pairs),
        };
        for (pair, theirs) in pairs.iter().zip(&said) {
            let priced = ours(which, pair, StepRule::OncePerSession);
            let class = classify(which, pair, &priced, theirs);
            *classes.entry(class).or_default() += 1;
            if class == Class::Unexplained {
                println!("{pair}");
                println!("ours {:?}, theirs {theirs:?}", priced.exact);
            }
        }
        begin = end;
    }
    println!("{which:?} {count} pairs from {first}: {classes:?}");
    match classes.get(&Class::Unexplained) {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    }
}

fn pair(which: Which, seed: u64) -> Value {
    match which {
        Which::Kit => pairs::pair(seed),
        Which::Tariffs => pairs::pair_of_2_2_1(seed),
    }
}

/// What we say of a pair.
pub fn ours(which: Which, pair: &Value, steps: StepRule) -> RecordPrice {
    let version = match which {
        Which::Kit => Version::V2_3_0,
        Which::Tariffs => Version::V2_2_1,
    };
    let mut notes = Vec::new();
    let (tariff, cdr) = (JsonTree::of(&pair["tariff"]), JsonTree::of(&pair["cdr"]));
    let tariff = ocpi::tariff_under(tariff.root(), "$", version, &mut notes).expect("a tariff");
    let own = (version, OwnTariffs::Skip);
    let cdr = ocpi::cdr_under(cdr.root(), "$", own, &mut notes).expect("a record");
    let zone = pair["time_zone"].as_str().expect("a zone");
    let end = ReservationEnd::Used;
    let ready = RecordTariff::compile(&tariff, zone, end, UsageRules::default());
    let record = Record {
        start: cdr.start,
        periods: &cdr.periods,
        reservation: end,
        credit: Credit::No,
    };
    let terms = RecordTerms {
        rounding: Rounding {
            steps,
            ..Rounding::DEFAULT
        },
        places: None,
        // As the peers read it.
        absent_tax: AbsentTax::NotApplicable,
        liability: TaxLiability::Seller,
        taxes: &[],
    };
    let ready = [ready.expect("a tariff that can be priced")];
    price_record(&ready, &record, &terms).expect("a price")
}
