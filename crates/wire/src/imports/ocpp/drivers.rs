//! Who asked to charge, until a start shows that they do: links a start to its request.

use serde_json::Value;
use std::collections::BTreeMap;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

/// A start this long after a request is one of its own: chargers give a driver less to plug in.
const PATIENCE: Milliseconds = Milliseconds::minutes(5);

/// A request that was not refused.
struct Request {
    at: Timestamp,
    token: String,
    authorization: String,
    /// Where its event stands.
    place: usize,
}

/// The drivers of all stations of a log.
#[derive(Default)]
pub struct Drivers {
    requests: BTreeMap<String, Vec<Request>>,
    /// Tokens of open transactions, by station and transaction.
    charging: BTreeMap<String, BTreeMap<String, String>>,
    /// What starts were linked to: a start that is told again is linked to the same.
    linked: BTreeMap<(String, String), Option<String>>,
}

impl Drivers {
    /// Whether a token has a transaction open: it is presented again to end it.
    pub fn is_charging(&self, station: &str, token: &str) -> bool {
        let open = self.charging.get(station);
        open.is_some_and(|open| open.values().any(|charging| charging == token))
    }

    /// A driver asks; `authorization` names the request.
    pub fn asked(&mut self, station: &str, at: Timestamp, token: &str, named: (String, usize)) {
        let (authorization, place) = named;
        let requests = self.requests.entry(station.to_owned()).or_default();
        requests.push(Request {
            at,
            token: token.to_owned(),
            authorization,
            place,
        });
    }

    /// The request at a place was refused.
    pub fn refused(&mut self, station: &str, place: usize) {
        if let Some(requests) = self.requests.get_mut(station) {
            requests.retain(|request| request.place != place);
        }
    }

    /// The request that a start follows, taken once; `start` is what the charger repeats when it
    /// tells the start again.
    pub fn link(
        &mut self,
        station: &str,
        start: String,
        at: Timestamp,
        token: &str,
    ) -> Option<String> {
        let key = (station.to_owned(), start);
        if let Some(known) = self.linked.get(&key) {
            return known.clone();
        }
        let requests = self.requests.entry(station.to_owned()).or_default();
        requests.retain(|request| at <= request.at.plus(PATIENCE));
        let place = requests.iter().position(|request| request.token == token);
        let linked = place.map(|place| requests.remove(place).authorization);
        self.linked.insert(key, linked.clone());
        linked
    }

    /// A transaction of a token is open.
    pub fn opened(&mut self, station: &str, transaction: &Value, token: Option<&str>) {
        if let (Some(token), Some(transaction)) = (token, word(transaction)) {
            let open = self.charging.entry(station.to_owned()).or_default();
            open.insert(transaction, token.to_owned());
        }
    }

    /// A transaction is over.
    pub fn closed(&mut self, station: &str, transaction: &Value) {
        if let (Some(transaction), Some(open)) = (word(transaction), self.charging.get_mut(station))
        {
            open.remove(&transaction);
        }
    }
}

/// An id as a word, whether it is a number or a text.
pub fn word(id: &Value) -> Option<String> {
    match id {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}
