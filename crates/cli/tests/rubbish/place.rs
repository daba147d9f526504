//! A folder with an engine that runs on it and files of rubbish beside it.

use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No command may take longer over rubbish.
const PATIENCE: Duration = Duration::from_secs(60);
/// One that stays has understood what it was told by then.
const STAYED: Duration = Duration::from_secs(2);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);

pub struct Place(TempDir);

/// How a command ended, and what it said on standard error.
pub struct Told {
    pub code: i32,
    pub said: String,
}

impl Place {
    pub fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let write = |name: &str, bytes: &[u8]| std::fs::write(place.path(name), bytes).unwrap();
        write("binary", &[0xff, 0x00, 0xfe, 0xc3, 0x01, b'\n', 0x80]);
        write("empty", b"");
        write("other.json", br#"[1, {"kind": 7, "spec": []}, null]"#);
        write("twice.json", br#"{"id": "a", "id": "b"}"#);
        std::fs::create_dir(place.path("folder")).unwrap();
        let huge = std::fs::File::create(place.path("huge")).unwrap();
        huge.set_len(24 << 20).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub fn binary(&self) -> String {
        self.text("binary")
    }

    pub fn missing(&self) -> String {
        self.text("missing")
    }

    /// Values that no argument means.
    pub fn rubbish(&self) -> Vec<String> {
        let mut all: Vec<String> = [
            "",
            "\u{7}\u{1b}[31m",
            "-1",
            "99999999999999999999999999",
            "2026-02-30",
            "../../x",
        ]
        .map(str::to_owned)
        .into();
        all.push("x".repeat(60_000));
        for name in [
            "binary",
            "empty",
            "other.json",
            "twice.json",
            "folder",
            "huge",
            "missing",
        ] {
            all.push(self.text(name));
        }
        all
    }

    fn command(&self, words: &[String], data: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wattledger"));
        command
            .args(words)
            .env("WATTLEDGER_DATA_DIR", data)
            // Not even then is a trace shown.
            .env("RUST_BACKTRACE", "1")
            .env_remove("WATTLEDGER_KAFKA")
            .current_dir(self.path("folder"))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// What a command says beside the engine that runs; `None` when it stays and was ended.
    pub fn told(&self, words: &[String], stays: bool) -> Option<Told> {
        self.ended(self.command(words, &self.path("data")), stays)
    }

    /// What a command says that must end, where no engine is.
    pub fn alone(&self, words: &[String]) -> Told {
        let command = self.command(words, &self.path("nowhere"));
        self.ended(command, false).unwrap()
    }

    fn ended(&self, mut command: Command, stays: bool) -> Option<Told> {
        let words = self.path("words");
        let file = std::fs::File::create(&words).unwrap();
        let mut child = command.stderr(file).spawn().unwrap();
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                let said = std::fs::read(&words).unwrap();
                return Some(Told {
                    code: status.code().unwrap_or(255),
                    said: String::from_utf8_lossy(&said).into_owned(),
                });
            }
            if stays && began.elapsed() > STAYED {
                child.kill().unwrap();
                child.wait().unwrap();
                return None;
            }
            assert!(began.elapsed() < PATIENCE, "{command:?} does not end");
            std::thread::sleep(LOOK);
        }
    }

    /// No file of the engine has these bytes.
    pub fn holds_nowhere(&self, bytes: &[u8]) {
        let mut folders = vec![self.path("data")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let held = std::fs::read(&path).unwrap_or_default();
                let found = held.windows(bytes.len()).any(|window| window == bytes);
                assert!(!found, "{}", path.display());
            }
        }
    }

    /// An engine on the folder, ready.
    pub fn engine(&self) -> Engine {
        let words = self.path("engine.err");
        let line = ["run", "--listen", "127.0.0.1:0"].map(str::to_owned);
        let mut child = self
            .command(&line, &self.path("data"))
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&words).unwrap())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut first).unwrap();
        let address = first
            .split("http://")
            .nth(1)
            .unwrap_or_else(|| panic!("{first}"));
        let base = format!("http://{}", address.split_whitespace().next().unwrap());
        std::thread::spawn(move || out.read_to_end(&mut Vec::new()));
        let engine = Engine {
            child,
            base,
            words,
            client: reqwest::blocking::Client::builder()
                .no_proxy()
                // A connection is closed after a body that was too large.
                .pool_max_idle_per_host(0)
                .timeout(PATIENCE)
                .build()
                .unwrap(),
        };
        let began = Instant::now();
        while !engine.is_ready() {
            assert!(began.elapsed() < PATIENCE, "the engine is not ready");
            std::thread::sleep(LOOK);
        }
        engine
    }
}

/// A running engine.
pub struct Engine {
    child: Child,
    base: String,
    words: PathBuf,
    client: reqwest::blocking::Client,
}

impl Engine {
    pub fn is_ready(&self) -> bool {
        let answer = self
            .client
            .get(format!("{}/health", self.base))
            .send()
            .unwrap();
        answer.json::<Value>().unwrap_or_default()["state"] == "ready"
    }

    /// Asks, and holds the answer against what every answer must be.
    pub fn answers(&self, method: &str, path: &str, body: &[u8]) {
        let shown: String = format!("{method} {path}").chars().take(120).collect();
        let answer = self
            .client
            .request(method.parse().unwrap(), format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .body(body.to_vec())
            .send();
        let answer = answer.unwrap_or_else(|error| panic!("{shown}: {error}"));
        let status = answer.status().as_u16();
        let text = answer.text().unwrap();
        assert!(!text.contains("panicked"), "{shown}: {text}");
        assert!((200..500).contains(&status), "{shown}: {status} {text}");
        if status < 400 {
            return;
        }
        let error = &serde_json::from_str::<Value>(&text).unwrap_or_default()["error"];
        let code = error["code"]
            .as_str()
            .unwrap_or_else(|| panic!("{shown}: {status} {text}"));
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.len() > 10, "{shown}: {text}");
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
        assert!(
            Path::new(page).join(format!("{code}.md")).exists(),
            "{shown}: no page {code}"
        );
    }

    /// What it says to a body.
    pub fn answer(&self, method: &str, path: &str, body: &[u8]) -> Value {
        let asked = self
            .client
            .request(method.parse().unwrap(), format!("{}{path}", self.base));
        let answer = asked.body(body.to_vec()).send().unwrap();
        serde_json::from_str(&answer.text().unwrap()).unwrap()
    }

    pub fn never_panicked(&self) {
        let said = std::fs::read_to_string(&self.words).unwrap();
        assert!(!said.contains("panicked"), "{said}");
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
