//! Prometheus text.

use super::Service;
use std::collections::BTreeMap;
use std::fmt::Write;
use wattledger_views::{ReviewList, Totals};

impl Service {
    /// Counters and gauges, by stage and partition; amounts by currency.
    pub fn metrics(&self) -> String {
        let mut text = String::new();
        let (accepted, rejected, revoke_max) = {
            let state = self.state();
            (state.accepted, state.rejected, state.revoke_max)
        };
        counter(
            &mut text,
            "engine_events_accepted_total",
            "Events taken over HTTP.",
            accepted,
        );
        counter(
            &mut text,
            "engine_requests_rejected_total",
            "Requests with an event that cannot be taken.",
            rejected,
        );
        let _ = writeln!(
            text,
            "# HELP engine_revoke_microseconds_max Longest time to let go of partitions that moved.\n\
             # TYPE engine_revoke_microseconds_max gauge\n\
             engine_revoke_microseconds_max {}",
            revoke_max.as_micros()
        );
        self.stages(&mut text);
        if let Ok(workers) = self.workers() {
            let rows = workers.iter().map(|row| (row.worker, row.lag));
            gauges(
                &mut text,
                ("engine_worker_lag_records", "worker"),
                "Records that a worker has yet to deal with.",
                rows,
            );
        }
        if let Ok(totals) = self.views.totals() {
            money(&mut text, &totals);
            counts(&mut text, &totals);
        }
        if let Ok(list) = self.review_sums() {
            review(&mut text, &list);
        }
        text
    }

    fn stages(&self, text: &mut String) {
        type Value = fn(&crate::pipeline::Standing) -> i128;
        let gauges: [(&str, &str, &str, Value); 10] = [
            (
                "runtime_lag_records",
                "gauge",
                "Records not folded yet.",
                |s| s.lag.into(),
            ),
            (
                "runtime_timers_pending",
                "gauge",
                "Timers still to come.",
                |s| i128::try_from(s.task.timers).unwrap_or(0),
            ),
            (
                "runtime_parked_records",
                "gauge",
                "Records held back.",
                |s| s.task.parked.into(),
            ),
            (
                "runtime_logical_time_seconds",
                "gauge",
                "The last tick.",
                |s| i128::from(s.task.logical_time) / 1_000,
            ),
            ("runtime_turns_total", "counter", "Turns committed.", |s| {
                s.task.counters.turns.into()
            }),
            ("runtime_records_total", "counter", "Records folded.", |s| {
                s.task.counters.records.into()
            }),
            ("runtime_outputs_total", "counter", "Records sent.", |s| {
                s.task.counters.outputs.into()
            }),
            (
                "runtime_dead_letters_total",
                "counter",
                "Records set aside.",
                |s| s.task.counters.dead_letters.into(),
            ),
            (
                "runtime_fold_microseconds_total",
                "counter",
                "Time in folds.",
                |s| s.task.counters.fold_micros.into(),
            ),
            (
                "runtime_commit_microseconds_total",
                "counter",
                "Time in commits.",
                |s| s.task.counters.commit_micros.into(),
            ),
        ];
        let standings = self.standings();
        for (name, kind, help, value) in gauges {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for standing in &standings {
                let _ = writeln!(
                    text,
                    "{name}{{stage=\"{}\",partition=\"{}\"}} {}",
                    standing.task.stage,
                    standing.task.partition,
                    value(standing)
                );
            }
        }
    }
}

fn counter(text: &mut String, name: &str, help: &str, value: u64) {
    let _ = writeln!(
        text,
        "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}"
    );
}

fn gauges<'a>(
    text: &mut String,
    (name, label): (&str, &str),
    help: &str,
    rows: impl Iterator<Item = (&'a str, i64)>,
) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (value, count) in rows {
        let _ = writeln!(text, "{name}{{{label}=\"{value}\"}} {count}");
    }
}

/// Closed sets of words, counted over all that the views hold.
fn counts(text: &mut String, totals: &Totals) {
    let sets = [
        (
            "billing_sessions_held",
            "Sessions that wait for a person.",
            &totals.held_by_reason,
        ),
        (
            "billing_authorizations_refused",
            "Authorisations that were refused.",
            &totals.refused_by_reason,
        ),
        (
            "billing_event_outcomes",
            "Events that were not simply folded.",
            &totals.outcomes,
        ),
    ];
    for (name, help, rows) in sets {
        let rows = rows.iter().map(|row| (row.reason.as_str(), row.count));
        gauges(text, (name, "reason"), help, rows);
    }
}

/// What waits for people, over how much and for how long.
fn review(text: &mut String, list: &ReviewList) {
    let in_all = list.totals.iter();
    let money = in_all.filter_map(|row| Some((row.currency.as_deref()?, row.proposed_minor)));
    gauges(
        text,
        ("billing_review_proposed_minor", "currency"),
        "What sessions that wait for a person would come to.",
        money,
    );
    let mut ages: BTreeMap<&str, i64> = BTreeMap::new();
    for row in &list.by_age {
        let count = ages.entry(&row.of).or_insert(0);
        *count = count.saturating_add(row.sessions);
    }
    gauges(
        text,
        ("billing_review_sessions", "age"),
        "Sessions that wait for a person, by how long.",
        ages.into_iter(),
    );
}

fn money(text: &mut String, totals: &Totals) {
    let Ok(json) = serde_json::to_value(totals) else {
        return;
    };
    for (name, help) in [
        ("captured", "Taken from drivers."),
        ("receivable", "Still owed by drivers."),
        ("gross", "Invoiced less credited."),
    ] {
        let _ = writeln!(
            text,
            "# HELP billing_{name}_minor {help}\n# TYPE billing_{name}_minor gauge"
        );
        for row in json["money"].as_array().into_iter().flatten() {
            let currency = row["currency"].as_str().unwrap_or("XXX");
            let _ = writeln!(
                text,
                "billing_{name}_minor{{currency=\"{currency}\"}} {}",
                row[name]
            );
        }
    }
}
