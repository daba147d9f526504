//! The program under test: built once, run in a directory, killed by process id.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Longer than any run here may take; reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often a running process is looked at.
const GLANCE: Duration = Duration::from_millis(2);

/// The program, built by the cargo that runs these tests, in the profile of these tests.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        // <target>/<profile>/deps/simulation-<hash>
        let test = std::env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).unwrap();
        let mut build = Command::new(env!("CARGO"));
        build
            .args(["build", "--quiet", "--package", "wattledger-cli"])
            .arg("--target-dir")
            .arg(profile.parent().unwrap())
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        match profile.file_name().and_then(|name| name.to_str()) {
            Some("debug") => {}
            Some(name) => drop(build.args(["--profile", name])),
            None => panic!("{} is in no profile's folder", test.display()),
        }
        assert!(build.status().unwrap().success(), "the program builds");
        // A link of our own: another cargo may replace the program while it runs, and a program
        // that was replaced cannot start its processor.
        let own = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wattledger-simulation");
        let _ = std::fs::remove_file(&own);
        std::fs::hard_link(profile.join("wattledger"), &own).unwrap();
        own
    })
}

/// A command line of the program, with its environment.
pub struct Invocation {
    command: Command,
    directory: PathBuf,
}

impl Invocation {
    /// `wattledger ARGUMENTS --data-dir DIRECTORY`.
    pub fn new(directory: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(program());
        command.args(arguments).arg("--data-dir").arg(directory);
        command.stdin(Stdio::null());
        let directory = directory.to_owned();
        Self { command, directory }
    }

    /// With a variable of the environment.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.command.env(name, value.to_string());
        self
    }

    /// Starts it; its words go to a numbered file in its directory, and are shown when it fails.
    pub fn start(mut self, number: usize) -> Running {
        let words = self.directory.join(format!("words-{number}.txt"));
        let file = std::fs::File::create(&words).unwrap();
        self.command.stdout(Stdio::null()).stderr(file);
        let child = self.command.spawn().unwrap();
        Running { child, words }
    }

    /// Runs it to its end, which must be a good one; gives what it printed.
    pub fn output(mut self) -> String {
        let output = self.command.output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        let line = &self.command;
        assert!(output.status.success(), "{line:?}\n{printed}\n{words}");
        printed
    }
}

/// A running program; killed when dropped.
pub struct Running {
    child: Child,
    words: PathBuf,
}

impl Running {
    /// Waits until it ends or `until` holds: `Some` when it has ended.
    pub fn wait_until(&mut self, until: impl FnMut() -> bool) -> Option<ExitStatus> {
        self.wait_until_within(PATIENCE, until)
    }

    fn wait_until_within(
        &mut self,
        patience: Duration,
        mut until: impl FnMut() -> bool,
    ) -> Option<ExitStatus> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            if until() {
                return None;
            }
            assert!(began.elapsed() < patience, "it hangs: {}", self.words());
            std::thread::park_timeout(GLANCE);
        }
    }

    /// Waits so long, or until it ends.
    pub fn wait(&mut self, so_long: Duration) -> Option<ExitStatus> {
        let began = Instant::now();
        self.wait_until(|| began.elapsed() >= so_long)
    }

    /// Waits for its end, which must be a good one.
    pub fn finish(self) {
        self.finish_within(PATIENCE);
    }

    /// The same for work that takes longer than usual.
    pub fn finish_within(mut self, patience: Duration) {
        let status = self.wait_until_within(patience, || false).unwrap();
        assert!(status.success(), "{status}: {}", self.words());
    }

    /// What it said on standard error.
    pub fn words(&self) -> String {
        std::fs::read_to_string(&self.words).unwrap_or_default()
    }

    /// Its own process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Takes note of an end that a kill has brought about.
    pub fn bury(&mut self) {
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Its processor ends with it: its standard input closes.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Process ids of a process's children.
pub fn children(of: u32) -> Vec<u32> {
    let parent = format!("PPid:\t{of}");
    let processes = std::fs::read_dir("/proc").unwrap();
    processes
        .filter_map(|process| process.ok()?.file_name().to_str()?.parse().ok())
        .filter(|id: &u32| {
            std::fs::read_to_string(format!("/proc/{id}/status"))
                .is_ok_and(|status| status.lines().any(|line| line == parent))
        })
        .collect()
}

/// `kill -9` of processes, in this order and at once; one that has just ended is no fault.
pub fn kill(ids: &[u32]) {
    let ids = ids.iter().map(u32::to_string);
    let killed = Command::new("kill")
        .arg("-9")
        .args(ids)
        .stderr(Stdio::null())
        .status();
    killed.unwrap();
}

/// Chance from a seed (splitmix64).
pub struct Draw(pub u64);

impl Draw {
    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)).checked_rem(bound).unwrap()
    }
}
