//! The program as people run it: built, started on a directory of its own, asked and stopped.
//!
//! Invariant: every process is ended by its own id, ports come from the system, and each wait is a
//! condition with an end.

#![allow(
    clippy::unwrap_used,
    reason = "only tests use this; a failure must fail the test"
)]

mod engine;
pub mod events;

pub use engine::{Answer, Engine};

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(20);

/// The program, built when it is not fresh.
///
/// # Panics
/// When it cannot be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--offline", "-p", "wattledger-cli"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
            .status()
            .unwrap();
        assert!(built.success(), "wattledger-cli does not build");
        let test = std::env::current_exe().unwrap();
        let program = test.parent().unwrap().parent().unwrap().join("wattledger");
        assert!(program.exists(), "{} was not built", program.display());
        program
    })
}

/// A file of the checkout.
#[must_use]
pub fn of_checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// Looks until there is something, at most [`PATIENCE`].
///
/// # Panics
/// When it does not come; `what` says what was waited for.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(LOOK);
    }
}

/// A place for an engine and for the files of a test.
pub struct Place(TempDir);

/// What a command answered.
#[derive(Debug)]
pub struct Told {
    /// Exit code; 255 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Told {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let code = output.status.code().unwrap_or(255);
        Self {
            code,
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Standard output, a JSON object a line.
    ///
    /// # Panics
    /// When a line is none.
    #[must_use]
    pub fn lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    /// A new one.
    ///
    /// # Panics
    /// When the disk refuses.
    #[must_use]
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The engine's directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// Writes a file beside the engine's directory.
    ///
    /// # Panics
    /// When the disk refuses.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The path of a file beside the engine's directory.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// A command about the engine's directory, to be started.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(program(), arguments)
    }

    /// The same, of a copy of the program.
    #[must_use]
    pub fn command_of(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .arg("--data-dir")
            .arg(self.data())
            .stdin(Stdio::null());
        for variable in [
            "WATTLEDGER_DATA_DIR",
            "WATTLEDGER_LOG",
            "WATTLEDGER_PARTITIONS",
        ] {
            command.env_remove(variable);
        }
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// When it panics.
    #[must_use]
    pub fn ask(&self, arguments: &[&str]) -> Told {
        let told = Told::of(self.command(arguments).output().unwrap());
        assert!(!told.err.contains("panicked"), "{arguments:?}: {told:?}");
        told
    }

    /// Runs a command that must be done.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    pub fn done(&self, arguments: &[&str]) -> Told {
        let told = self.ask(arguments);
        assert_eq!(told.code, 0, "{arguments:?}: {told:?}");
        told
    }

    /// Starts the engine and waits for its address.
    ///
    /// # Panics
    /// When it does not say one.
    #[must_use]
    pub fn start(&self) -> Engine {
        self.start_as(self.command(&["run", "--listen", "127.0.0.1:0"]))
    }

    /// Starts an engine by a command of one's own and waits for its address.
    ///
    /// # Panics
    /// When it does not say one.
    #[must_use]
    pub fn start_as(&self, mut command: Command) -> Engine {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(self.words_file())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let base = format!(
            "http://{}",
            address.unwrap_or_else(|| panic!("no address: {line}"))
        );
        Engine::new(child, base)
    }

    /// Starts the engine and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready.
    #[must_use]
    pub fn ready(&self) -> Engine {
        let engine = self.start();
        eventually("a ready engine", || engine.is_ready().then_some(()));
        engine
    }

    /// Where engines of this place speak.
    ///
    /// # Panics
    /// When the disk refuses.
    #[must_use]
    pub fn words_file(&self) -> std::fs::File {
        let mut options = std::fs::File::options();
        options.create(true).append(true);
        options.open(self.path("engine.err")).unwrap()
    }

    /// What the engines of this place said on standard error.
    #[must_use]
    pub fn words(&self) -> String {
        std::fs::read_to_string(self.path("engine.err")).unwrap_or_default()
    }
}

/// Starts an engine with the demo configuration, which it takes whole.
///
/// # Panics
/// When it does not.
#[must_use]
pub fn configured(place: &Place) -> Engine {
    let engine = place.ready();
    let demo = std::fs::read_to_string(of_checkout("crates/cli/demo/demo.yaml")).unwrap();
    let told = place
        .done(&["apply", "-f", &place.write("demo.yaml", demo), "--json"])
        .json();
    let documents = told["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 8, "{told}");
    assert!(
        documents
            .iter()
            .all(|document| document["result"] == "recorded"),
        "{told}"
    );
    engine
}

/// Asks as a guest and waits until the charger may go.
///
/// # Panics
/// When it may not.
pub fn allowed(place: &Place, engine: &Engine, name: &str) {
    engine.take(&[events::asked(name)]);
    let tail = [
        "tail",
        "charging.commands",
        "--from",
        "earliest",
        "--until-end",
        "--json",
    ];
    eventually("an Allow in charging.commands", || {
        let told = place.done(&tail);
        let is_ours =
            |line: &&str| line.contains("Allow") && line.contains(&format!("auth-{name}\""));
        told.out.lines().find(is_ours).map(|_| ())
    });
}
