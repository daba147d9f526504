//! Python with the packages that the examples name, and its programs run to their end.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use wattledger_kafka_tests::{Broker, of_checkout};

/// Longer than any program here takes; `timeout` ends one that hangs.
const SECONDS_MAX: &str = "120";

/// The interpreter, its packages installed once into the cache.
fn interpreter() -> &'static str {
    static INTERPRETER: OnceLock<String> = OnceLock::new();
    INTERPRETER.get_or_init(|| {
        let output = Command::new(of_checkout("scripts/python.sh"))
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "scripts/python.sh: {words}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    })
}

/// A program of examples/python, or of this package's own folder, ended when it hangs.
pub fn program(name: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args([SECONDS_MAX, interpreter()]);
    as_usual(command, name)
}

/// The same as a process of its own, to be killed.
pub fn direct(name: &str) -> Command {
    as_usual(Command::new(interpreter()), name)
}

fn as_usual(mut command: Command, name: &str) -> Command {
    let own = of_checkout("tests/kafka/python").join(name);
    let example = of_checkout("examples/python").join(name);
    let file: PathBuf = if own.exists() { own } else { example };
    command.arg(file).env("PYTHONDONTWRITEBYTECODE", "1");
    command.stdin(Stdio::null());
    command
}

/// The same with the shared broker named.
pub fn with_kafka(name: &str) -> Command {
    at(Broker::shared(), name)
}

/// The same with a broker named.
pub fn at(broker: &Broker, name: &str) -> Command {
    let mut command = program(name);
    command.args(["--kafka", broker.bootstrap()]);
    command
}

/// Runs a program that must end well; what it printed.
pub fn done(command: &mut Command) -> String {
    let output = ended(command);
    let words = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    let status = output.status;
    assert!(
        status.success(),
        "{command:?}: {status}\n{printed}\n{words}"
    );
    printed.into_owned()
}

/// Runs a program to whatever end.
pub fn ended(command: &mut Command) -> Output {
    command.output().unwrap()
}

/// Lines of JSON.
pub fn lines(printed: &str) -> Vec<Value> {
    let lines = printed.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Bytes in hexadecimal.
pub fn bytes(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap().as_bytes();
    let pairs = digits.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).unwrap();
        u8::from_str_radix(pair, 16).unwrap()
    });
    pairs.collect()
}

/// The other way.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
