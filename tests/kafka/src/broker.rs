//! One Kafka node on loopback, run by `scripts/kafka.sh` in a folder of its own.
//!
//! Invariant: the broker does not outlive its owner: `Drop` kills it by its id, and when this
//! process ends without that (a static, a kill -9), the script's watcher does.

use crate::of_checkout;
use std::process::{Command, Output};
use std::sync::OnceLock;
use tempfile::TempDir;

/// How a broker differs from the usual one; `Setup::default()` is the usual one.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Lines of `server.properties`, `KEY=VALUE`, over those of `deploy/kafka/server.properties`.
    pub settings: Vec<String>,
    /// `HOST:PORT` that a second listener tells its clients to come back to: a [`crate::Proxy`]; `itself`
    /// for where it listens.
    pub proxied: Option<String>,
    /// `NAME=PASSWORD` of whom a listener with SCRAM-SHA-512 lets in.
    pub users: Vec<String>,
}

/// CPU and memory of a broker, from the system's accounting of its process.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Milliseconds of CPU, user and system, since its start.
    pub cpu_ms: u64,
    /// Resident memory now, in KiB.
    pub rss_kib: u64,
    /// The most resident memory so far, in KiB.
    pub rss_max_kib: u64,
}

/// A running broker. Starting takes 5 to 7 seconds, so share one where a test does not break it.
#[derive(Debug)]
pub struct Broker {
    bootstrap: String,
    proxied: Option<String>,
    place: TempDir,
}

impl Broker {
    /// Starts a broker of its own and waits until it coordinates transactions and groups.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_as(&Setup::default())
    }

    /// The same, set up otherwise.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_as(setup: &Setup) -> Self {
        let place = tempfile::Builder::new()
            .prefix("wattledger-kafka-")
            .tempdir()
            .unwrap();
        let mut options: Vec<&str> = Vec::new();
        for line in &setup.settings {
            options.extend(["--set", line]);
        }
        if let Some(address) = &setup.proxied {
            options.extend(["--proxied", address]);
        }
        for user in &setup.users {
            options.extend(["--user", user]);
        }
        let bootstrap = start(&place, &options);
        let proxied = setup.proxied.as_ref().map(|_| {
            let address = std::fs::read_to_string(place.path().join("proxied")).unwrap();
            address.trim().to_owned()
        });
        Self {
            bootstrap,
            proxied,
            place,
        }
    }

    /// The broker that all tests of this binary share: they take topics of their own names on it
    /// and must not kill or pause it.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Broker> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// `host:port` for clients.
    #[must_use]
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// `host:port` of the listener behind the proxy: what the proxy forwards to.
    ///
    /// # Panics
    /// When it was started without one.
    #[must_use]
    pub fn proxied(&self) -> &str {
        let proxied = self.proxied.as_deref();
        proxied.expect("start_as was told no `proxied` address")
    }

    /// Ends the broker as kill -9 does.
    ///
    /// # Panics
    /// When that fails.
    pub fn kill(&self) {
        self.tell("kill");
    }

    /// Starts it again after [`Self::kill`], on the same ports with the same data.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        let bootstrap = start(&self.place, &[]);
        assert_eq!(bootstrap, self.bootstrap, "a restart keeps the ports");
    }

    /// Stops its process with SIGSTOP: connections stay open and nothing is answered.
    ///
    /// # Panics
    /// When it does not run.
    pub fn pause(&self) {
        self.tell("pause");
    }

    /// Lets it go on after [`Self::pause`].
    ///
    /// # Panics
    /// When it does not run.
    pub fn resume(&self) {
        self.tell("resume");
    }

    /// CPU and memory so far.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let told = self.tell("stats");
        let field = |name: &str| {
            let words = told.split_whitespace();
            let value = words
                .filter_map(|word| word.split_once('='))
                .find(|(key, _)| *key == name);
            let digits = value.unwrap().1.replace('.', "");
            digits.parse::<u64>().unwrap()
        };
        Usage {
            cpu_ms: field("cpu_seconds").checked_mul(10).unwrap(),
            rss_kib: field("rss_kib"),
            rss_max_kib: field("rss_max_kib"),
        }
    }

    fn tell(&self, command: &str) -> String {
        script(&[command, self.place.path().to_str().unwrap()])
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Not `tell`: a panic in a drop would hide the test's own. What is left the watcher ends.
        let _ = run(&["kill", self.place.path().to_str().unwrap_or_default()]);
    }
}

/// Starts the broker of `place` for as long as this process lives and returns its address.
fn start(place: &TempDir, options: &[&str]) -> String {
    let owner = std::process::id().to_string();
    let mut arguments = vec!["start", "--owner", &owner];
    arguments.extend(options);
    arguments.push(place.path().to_str().unwrap());
    script(&arguments).trim().to_owned()
}

fn script(arguments: &[&str]) -> String {
    let output = run(arguments).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "kafka.sh {arguments:?}: {complaint}"
    );
    String::from_utf8(output.stdout).unwrap()
}

fn run(arguments: &[&str]) -> std::io::Result<Output> {
    Command::new(of_checkout("scripts/kafka.sh"))
        .args(arguments)
        .output()
}
