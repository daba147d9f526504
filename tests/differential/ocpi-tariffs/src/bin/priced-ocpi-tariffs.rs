//! Prices pairs of tariff and record by `ocpi-tariffs`: a line of JSON in (`time_zone`, `tariff`, `cdr`), a line out:
//! the total before tax and after it, parted by a bar, either empty where there is none.

use ocpi_tariffs::{Version, cdr, json, price, tariff};
use rust_decimal::Decimal;
use std::io::{BufRead, BufWriter, Write};

fn main() {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let pair: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        writeln!(out, "{}", priced(&pair)).expect("somebody listens");
    }
    out.flush().expect("somebody listens");
}

fn priced(pair: &serde_json::Value) -> String {
    let zone = pair["time_zone"]
        .as_str()
        .expect("a zone")
        .parse()
        .expect("a zone");
    let (of_tariff, of_record) = (pair["tariff"].to_string(), pair["cdr"].to_string());
    let document = json::parse_object(&of_tariff).expect("JSON");
    let tariff = tariff::from_json(document, Version::V221).ignore_warnings();
    let document = json::parse_object(&of_record).expect("JSON");
    let record = cdr::from_json(document, Version::V221).ignore_warnings();
    let source = price::TariffSource::Override(vec![tariff]);
    let report = match cdr::price(&record, source, zone) {
        Ok(report) => report.ignore_warnings(),
        Err(errors) => return format!("refused: {}", errors.into_parts().0.warning()),
    };
    let Some(total) = report.total_cost.calculated else {
        return "|".to_owned();
    };
    let after = total.incl_vat.map(|after| Decimal::from(after).to_string());
    format!(
        "{}|{}",
        Decimal::from(total.excl_vat),
        after.unwrap_or_default()
    )
}
