//! Everything that reads what comes from outside.

use serde_json::Value;
use wattledger_domain::charging::{ChargingRecord, TokenRef};
use wattledger_domain::ids::TokenHash;
use wattledger_domain::tariff::Tariff;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{CompiledTariff, Language, explain_tariff, lint};
use wattledger_wire::card_numbers;
use wattledger_wire::cloud_events::{self, Intake};
use wattledger_wire::imports::{Imported, acn, lines, ocpp, sessions_csv};
use wattledger_wire::json_tree::JsonTree;
use wattledger_wire::ocpi::{self, Version};
use wattledger_wire::schema::RECORD_BYTES_MAX;
use wattledger_wire::{documents, json, topics};

/// Events in JSON, one or a batch: what is taken fits a record and reads back.
pub fn event_json(bytes: &[u8]) {
    let token = |token: &str, _: Timestamp| TokenRef {
        hash: TokenHash([u8::try_from(token.len() % 256).unwrap(); 16]),
        account: None,
        group: None,
        tax: None,
    };
    let intake = Intake {
        received_at: Timestamp(1_772_409_600_000),
        token: &token,
    };
    let single = cloud_events::single(bytes, &intake).map(|event| vec![event]);
    for events in [single, cloud_events::batch(bytes, &intake)] {
        for event in events.into_iter().flatten() {
            let record = ChargingRecord::Field(event);
            let written = topics::charging::encode(&record);
            assert!(written.len() <= RECORD_BYTES_MAX, "{}", written.len());
            assert_eq!(topics::charging::decode(&written).as_ref(), Ok(&record));
            let shown = json::render(&written).unwrap();
            assert_eq!(card_numbers::find_in(&shown, ""), None);
        }
    }
    let kept = card_numbers::scrubbed(bytes);
    assert!(kept.len() <= bytes.len());
    let text = String::from_utf8_lossy(&kept);
    assert_eq!(card_numbers::find(&text), None, "{text}");
}

/// Records in Avro, of every topic, in any framing.
pub fn avro_record(bytes: &[u8]) {
    if let Ok(record) = topics::charging::decode(bytes) {
        let written = topics::charging::encode(&record);
        assert_eq!(topics::charging::decode(&written), Ok(record));
    }
    drop(topics::account::decode(bytes));
    drop(topics::invoice::decode(bytes));
    drop(topics::control::decode(bytes));
    drop(topics::analytics::decode(bytes));
    drop(topics::charging_command::decode(bytes));
    drop(topics::rated::decode(bytes));
    drop(topics::payment_command::decode(bytes));
    drop(topics::issued::decode(bytes));
    drop(topics::journal::decode(bytes));
    drop(topics::payment_fact::decode(bytes));
    drop(topics::outcome::decode(bytes));
    drop(topics::directory::decode(bytes));
    drop(json::render(bytes));
}

/// Files of an import: lines of events, a CSV file of sessions, an ACN export.
pub fn import_files(bytes: &[u8]) {
    let columns = sessions_csv::Columns {
        source: "import:csv".to_owned(),
        delimiter: b';',
        missing: "NA".to_owned(),
        decimal: ',',
        zone: "Europe/Oslo".to_owned(),
        time_format: "%d.%m.%Y %H:%M".to_owned(),
        session: "session_ID".to_owned(),
        station: "Garage_ID+User_ID".to_owned(),
        token: Some("User_ID".to_owned()),
        start: "Start_plugin".to_owned(),
        end: "End_plugout".to_owned(),
        energy: "El_kWh".to_owned(),
        duration: Some("Duration_hours".to_owned()),
    };
    let read = [
        lines::read(bytes),
        acn::read(bytes),
        sessions_csv::read(bytes, &columns),
    ];
    read.iter().flatten().for_each(told);
}

/// Lines of an OCPP-J log, read as either version: what an event is made of is taken at the door.
pub fn ocpp_log(bytes: &[u8]) {
    let _version = ocpp::Version::of(bytes);
    for version in [ocpp::Version::OneSix, ocpp::Version::Two] {
        told(&ocpp::read(bytes, version).unwrap());
    }
}

/// What an import says carries no card number.
fn told(imported: &Imported) {
    for refused in &imported.refused {
        assert_eq!(card_numbers::find(&refused.reason), None);
    }
}

/// A tariff in OCPI's JSON: what is read compiles or says why, and what is exported reads back.
pub fn tariff_json(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok((tariff, _)) = ocpi::tariff(text) {
        worked(&tariff);
    }
}

fn worked(tariff: &Tariff) {
    drop(CompiledTariff::compile(tariff, "Europe/Berlin"));
    drop(lint(tariff));
    for language in Language::ALL {
        drop(explain_tariff(tariff, language));
    }
    let owner = ocpi::Owner {
        country_code: "DE",
        party_id: "ABC",
        last_updated: Timestamp(0),
    };
    for version in [Version::V2_1_1, Version::V2_2_1, Version::V2_3_0] {
        if let Ok(written) = ocpi::tariff_json(tariff, version, &owner) {
            let tree = JsonTree::of(&written);
            let read = ocpi::tariff_under(tree.root(), "$", version, &mut Vec::new());
            assert!(read.is_ok(), "{written} is not read: {read:?}");
        }
    }
}

/// A charge detail record in OCPI's JSON.
pub fn cdr_json(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok((record, _)) = ocpi::cdr(text) {
        record.tariffs.iter().for_each(worked);
    }
}

/// A document of an operator: what is read is what its canonical text says.
pub fn document_json(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let hash = |token: &str| TokenHash([u8::try_from(token.len() % 256).unwrap(); 16]);
    if let Ok(submission) = documents::submission(&value, &hash) {
        let document = submission.document;
        let again = documents::content(document.content.kind(), &document.text);
        assert_eq!(again, Ok(document.content));
    }
}
