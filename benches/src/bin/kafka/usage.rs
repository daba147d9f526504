//! What this process has used, from the system's accounting: CPU by threads, memory.

use std::collections::BTreeMap;
use std::time::Duration;

/// What this process has used so far.
#[derive(Clone, Debug)]
pub struct Usage {
    /// CPU of all threads, user and system.
    pub cpu: Duration,
    /// The same by the beginnings of the threads' names; threads that have ended are left out.
    pub threads: BTreeMap<String, Duration>,
    /// Resident memory now, KiB.
    pub rss_kib: u64,
    /// The most resident memory so far, KiB.
    pub rss_max_kib: u64,
}

impl Usage {
    /// Reads it.
    pub fn now() -> Self {
        let mut threads: BTreeMap<String, Duration> = BTreeMap::new();
        for task in std::fs::read_dir("/proc/self/task").unwrap() {
            let Ok(stat) = std::fs::read_to_string(task.unwrap().path().join("stat")) else {
                continue;
            };
            let (before, fields) = stat.rsplit_once(") ").unwrap();
            let (_, name) = before.split_once('(').unwrap();
            *threads.entry(family(name)).or_default() += cpu(fields);
        }
        let whole = std::fs::read_to_string("/proc/self/stat").unwrap();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let kib = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            let digits = line.split_whitespace().nth(1).unwrap();
            digits.parse().unwrap()
        };
        Self {
            cpu: cpu(whole.rsplit_once(") ").unwrap().1),
            threads,
            rss_kib: kib("VmRSS:"),
            rss_max_kib: kib("VmHWM:"),
        }
    }
}

/// Threads of one kind have names that begin alike: `rdk:broker1`, `rdk:main`, `rocksdb:low0`.
fn family(name: &str) -> String {
    name.trim_end_matches(|last: char| last.is_ascii_digit() || last == '-')
        .to_owned()
}

/// User and system time of a `stat` line, from behind its name.
fn cpu(fields: &str) -> Duration {
    let ticks = fields.split(' ').skip(11).take(2);
    let ticks: u64 = ticks.map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1_000 / rustix::param::clock_ticks_per_second())
}
