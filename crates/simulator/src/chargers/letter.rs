//! Events as chargers send them, with their way to intake.

use crate::day::{Oddity, Scenario, Station, Visit};
use crate::draw::Draw;
use serde_json::{Value, json};
use wattledger_domain::time::Timestamp;

/// An event and when it is received, once or more.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// Its visit, -1 and below for none.
    pub visit: i64,
    /// Its number in the visit.
    pub number: i64,
    /// The CloudEvent.
    pub event: Value,
    /// When it is received.
    pub received: Vec<i64>,
}

/// What writes the events of one visit.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    visit: i64,
    station: String,
    source: String,
    oddity: Oddity,
    draw: Draw,
    written: i64,
    /// Nothing gets through before.
    offline_until: i64,
    /// Of a clock that stands in 1970: what it shows is so much less.
    clock_error: i64,
    last_received: i64,
}

impl Writer {
    pub fn new(scenario: &Scenario, visit: &Visit, oddity: Oddity) -> Self {
        let name = visit.number.to_string();
        let offline = if oddity == Oddity::OfflineStart {
            12 * 60_000
        } else {
            0
        };
        Self {
            visit: visit.number,
            station: visit.station.id(scenario),
            source: source(scenario, visit.station),
            oddity,
            draw: Draw::of(scenario.seed, &["letters", &name]),
            written: 0,
            offline_until: visit.arrives + offline,
            clock_error: if oddity == Oddity::Clock1970 {
                visit.arrives - 60_000
            } else {
                0
            },
            last_received: i64::MIN,
        }
    }

    /// What the charger's clock shows.
    pub const fn shown(&self, at: i64) -> Timestamp {
        Timestamp(at - self.clock_error)
    }

    /// Writes an event of a type, such as `session_started`, that happens at `at`.
    pub fn write(&mut self, at: i64, kind: &str, data: Value) -> Letter {
        self.written += 1;
        let number = self.written;
        let id = format!("v{}.{number}", self.visit);
        let sent = at.max(self.offline_until);
        let mut delay = self.draw.between(80..=1_500);
        let ends = kind == "session_ended";
        if self.oddity == Oddity::LateEnd && ends {
            delay = self.draw.between(20_000..=50_000);
        }
        let overtakes = self.oddity == Oddity::Reordered && kind == "session_updated";
        if overtakes && self.draw.permille(300) {
            delay = self.draw.between(5_000..=45_000);
        }
        let mut received = sent + delay;
        if self.oddity != Oddity::Reordered {
            // One connection: nothing overtakes.
            received = received.max(self.last_received + 1);
        }
        self.last_received = received;
        let mut times = vec![received];
        if self.oddity == Oddity::Duplicates && self.draw.permille(250) {
            times.push(received + self.draw.between(1..=30_000));
        }
        let event = cloud_event(kind, &self.source, &id, &self.station, self.shown(at), data);
        Letter {
            visit: self.visit,
            number,
            event,
            received: times,
        }
    }
}

impl Letter {
    /// A station's boot as the time begins.
    pub fn boot(scenario: &Scenario, station: i64) -> Self {
        let mut draw = Draw::of(scenario.seed, &["boot", &station.to_string()]);
        let at = scenario.from.0 + draw.between(1_000..=50_000);
        let station = Station::of(scenario, station);
        let data = json!({
            "reason": "PowerUp",
            "vendor": "Simulated",
            "model": if station.is_fast() { "Fast" } else { "Street" },
            "firmware": "1.4.2",
        });
        let id = format!("boot.{}", station.number);
        let source = source(scenario, station);
        let event = cloud_event(
            "station_booted",
            &source,
            &id,
            &station.id(scenario),
            Timestamp(at),
            data,
        );
        Self {
            visit: -1 - station.number,
            number: 0,
            event,
            received: vec![at + draw.between(100..=900)],
        }
    }
}

/// A gateway for each site; the start of the scenario keeps the ids of two days apart.
fn source(scenario: &Scenario, station: Station) -> String {
    format!(
        "simulator:{}:{}:{}site-{:02}",
        scenario.seed,
        scenario.from,
        scenario.network,
        station.site() + 1
    )
}

fn cloud_event(
    kind: &str,
    source: &str,
    id: &str,
    subject: &str,
    time: Timestamp,
    data: Value,
) -> Value {
    json!({
        "specversion": "1.0",
        "type": format!("wattledger.charging.{kind}.v1"),
        "source": source,
        "id": id,
        "subject": subject,
        "time": time.to_string(),
        "datacontenttype": "application/json",
        "data": data,
    })
}
