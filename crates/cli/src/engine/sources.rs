//! Where a replay's events come from: files, or simulated chargers.

use crate::arguments::{CsvArguments, ImportArguments, ImportFormat};
use crate::error::CliError;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use wattledger_domain::charging::ChargingCommand;
use wattledger_domain::time::Timestamp;
use wattledger_engine::replay::Source;
use wattledger_simulator::Chargers;
use wattledger_simulator::chargers::{Received, Told};
use wattledger_wire::imports::{
    Imported, ImportedEvent, Named, Odd, Refused, acn, lines, ocpp, sessions_csv,
};
use wattledger_wire::times;

/// Events of files, merged by received time.
pub struct FileSource {
    events: Vec<ImportedEvent>,
    next: usize,
}

/// What the files of an import gave.
pub struct Files {
    /// The events.
    pub source: FileSource,
    /// What was not taken, with its file.
    pub refused: Vec<(String, Refused)>,
    /// What was taken though it is odd, by file and sentence.
    pub odd: BTreeMap<(String, String), Odd>,
    /// Stations named.
    pub stations: BTreeMap<String, Named>,
    /// Hash parts: names do not matter, contents do.
    pub contents: Vec<Vec<u8>>,
}

/// Reads the files of an import.
///
/// # Errors
/// When a file cannot be read at all.
pub fn files(arguments: &ImportArguments) -> Result<Files, CliError> {
    let mut files = Files {
        source: FileSource {
            events: Vec::new(),
            next: 0,
        },
        refused: Vec::new(),
        odd: BTreeMap::new(),
        stations: BTreeMap::new(),
        contents: Vec::new(),
    };
    for path in &arguments.files {
        let contents = std::fs::read(path)
            .map_err(|error| CliError::refused(format!("{}: {error}", path.display())))?;
        let imported = read(path, &contents, arguments)
            .map_err(|error| CliError::refused(format!("{}: {error}", path.display())))?;
        let name = path.display().to_string();
        files.refused.extend(
            imported
                .refused
                .into_iter()
                .map(|refused| (name.clone(), refused)),
        );
        files.source.events.extend(imported.events);
        for (what, odd) in imported.odd {
            files.odd.insert((name.clone(), what), odd);
        }
        for (station, named) in imported.stations {
            let known = files.stations.entry(station).or_default();
            *known = std::mem::take(known).and(named);
        }
        files.contents.push(contents);
    }
    files.source.events.sort_by_key(|event| event.received_at);
    if arguments.payer.is_some() || arguments.config.is_none() {
        files.source.answer_for_all();
    }
    Ok(files)
}

fn read(path: &Path, contents: &[u8], arguments: &ImportArguments) -> std::io::Result<Imported> {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    let format = match (arguments.format, extension) {
        (ImportFormat::Auto, "csv") => ImportFormat::Csv,
        (ImportFormat::Auto, "json") => ImportFormat::Acn,
        (ImportFormat::Auto, _) => match ocpp::Version::of(contents) {
            Some(ocpp::Version::OneSix) => ImportFormat::Ocpp16,
            Some(ocpp::Version::Two) => ImportFormat::Ocpp201,
            None => ImportFormat::Events,
        },
        (format, _) => format,
    };
    match format {
        ImportFormat::Csv => sessions_csv::read(contents, &columns(&arguments.csv)),
        ImportFormat::Acn => acn::read(contents),
        ImportFormat::Ocpp16 => ocpp::read(contents, ocpp::Version::OneSix),
        ImportFormat::Ocpp201 => ocpp::read(contents, ocpp::Version::Two),
        ImportFormat::Events | ImportFormat::Auto => lines::read(contents),
    }
}

fn columns(csv: &CsvArguments) -> sessions_csv::Columns {
    sessions_csv::Columns {
        source: csv.source.clone(),
        delimiter: csv.delimiter,
        missing: csv.missing.clone(),
        decimal: csv.decimal,
        zone: csv.zone.clone(),
        time_format: csv.time_format.clone(),
        session: csv.session.clone(),
        station: csv.station.clone(),
        token: csv.token.clone(),
        start: csv.start.clone(),
        end: csv.end.clone(),
        energy: csv.energy.clone(),
        duration: csv.duration.clone(),
    }
}

impl FileSource {
    /// Sessions without a token or an authorisation present one that nobody claims, so that the
    /// payer of the import answers for them.
    fn answer_for_all(&mut self) {
        for imported in &mut self.events {
            let started = imported.event["type"]
                .as_str()
                .is_some_and(|kind| kind.contains("session_started"));
            let data = &mut imported.event["data"];
            if started
                && data["token"].is_null()
                && data["authorization"].is_null()
                && data.is_object()
            {
                data["token"] = json!("import:nobody");
            }
        }
    }

    /// When the first event was received.
    #[must_use]
    pub fn first(&self) -> Option<Timestamp> {
        self.events.first().map(|event| event.received_at)
    }

    /// When the last event was received.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        self.events.last().map(|event| event.received_at)
    }

    /// How many events there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.events.len()
    }
}

impl Source for FileSource {
    fn next(&self, _: Timestamp) -> Option<Timestamp> {
        self.events.get(self.next).map(|event| event.received_at)
    }

    fn take(&mut self, to: Timestamp, _: &[ChargingCommand]) -> Vec<ImportedEvent> {
        let rest = self.events.get(self.next..).unwrap_or_default();
        let count = rest.partition_point(|event| event.received_at <= to);
        let taken = rest.get(..count).unwrap_or_default().to_vec();
        self.next = self.next.saturating_add(count);
        taken
    }
}

/// Simulated chargers: they look around every minute.
pub struct ChargerSource(pub Chargers);

impl Source for ChargerSource {
    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        Some(Timestamp(after.0.saturating_add(1)))
    }

    fn take(&mut self, to: Timestamp, commands: &[ChargingCommand]) -> Vec<ImportedEvent> {
        let told: Vec<Told> = commands.iter().map(Told::from).collect();
        self.0
            .step(to, &told)
            .into_iter()
            .map(|Received { at, event }| ImportedEvent {
                received_at: at,
                event,
            })
            .collect()
    }
}

/// Takes the received time out of an event of a charger.
pub fn received(mut event: Value, otherwise: Timestamp) -> ImportedEvent {
    let stated = event.as_object_mut().and_then(|fields| {
        fields
            .remove("received_at")
            .or_else(|| fields.remove("receivedat"))
    });
    let received_at = stated
        .as_ref()
        .and_then(Value::as_str)
        .and_then(times::parse);
    ImportedEvent {
        received_at: received_at.unwrap_or(otherwise),
        event,
    }
}

/// Writes events one a line, with `receivedat`.
///
/// # Errors
/// When the file cannot be written.
pub fn write_lines(path: &Path, events: impl Iterator<Item = Value>) -> anyhow::Result<u64> {
    use std::io::Write as _;
    let file =
        File::create(path).with_context(|| format!("failed to make `{}`", path.display()))?;
    let mut file = std::io::BufWriter::new(file);
    let mut count: u64 = 0;
    for event in events {
        let mut imported = received(event, Timestamp(0));
        imported.event["receivedat"] = imported.received_at.to_string().into();
        writeln!(file, "{}", imported.event)?;
        count = count.saturating_add(1);
    }
    file.flush()?;
    Ok(count)
}
