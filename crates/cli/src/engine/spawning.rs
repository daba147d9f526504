//! Starting the simulated processor as a process, and passing on what it says.

use super::child::{CHILD_VARIABLE, ChildConfig, ChildTime, Faults};
use crate::words;
use anyhow::{Context as _, anyhow};
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// How often a start that someone kills is tried.
const STARTS: usize = 5;

/// Starts a processor; one that is killed while it starts is started again.
///
/// # Errors
/// When it does not start, with its own words.
pub fn spawn(config: &ChildConfig, listen: &str) -> anyhow::Result<(Child, String)> {
    for _ in 0..STARTS {
        if let Some(started) = spawn_once(config, listen)? {
            return Ok(started);
        }
    }
    Err(anyhow!(
        "the simulated processor was killed {STARTS} times while it started"
    ))
}

/// This program as it was started. Linux keeps it there when its file has been replaced since: an
/// upgrade in place does not keep a processor from coming back.
fn this_program() -> anyhow::Result<Command> {
    let kept = Path::new("/proc/self/exe");
    let mut command = if kept.exists() {
        Command::new(kept)
    } else {
        Command::new(std::env::current_exe().context("failed to find this program")?)
    };
    command.arg0("wattledger");
    Ok(command)
}

/// `None` when the child was killed before it said where it listens.
fn spawn_once(config: &ChildConfig, listen: &str) -> anyhow::Result<Option<(Child, String)>> {
    let faults = match config.faults {
        Faults::Demo => "demo",
        Faults::None => "none",
    };
    let mut command = this_program()?;
    command
        .arg("processor")
        .args(["--listen", listen])
        .arg("--ledger")
        .arg(&config.ledger)
        .args(["--seed", &config.seed.to_string()])
        .args(["--faults", faults])
        .env(CHILD_VARIABLE, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    match &config.time {
        ChildTime::Replay => {
            command.arg("--replay");
        }
        ChildTime::Live { webhooks } => {
            webhooks.iter().for_each(|to| {
                command.args(["--webhooks", to]);
            });
        }
    }
    let mut child = command
        .spawn()
        .context("failed to start the simulated processor")?;
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let (output, errors) = output.zip(errors).context("the processor has no output")?;
    let said = Said::of(errors)?;
    let mut line = String::new();
    BufReader::new(output)
        .read_line(&mut line)
        .context("failed to read the processor's address")?;
    let address = line
        .trim()
        .rsplit(' ')
        .next()
        .filter(|address| address.contains(':'));
    if let Some(address) = address {
        said.pass_on();
        return Ok(Some((child, format!("http://{address}"))));
    }
    if !line.is_empty() {
        let _ = child.kill();
    }
    // Its output has ended, and so has it; no exit code means that a signal ended it.
    let status = child.wait().context("failed to await the processor")?;
    if line.is_empty() && status.code().is_none() {
        return Ok(None);
    }
    let said = said.all();
    let why = said.trim().trim_start_matches("broken: ");
    let why = if why.is_empty() {
        "it said nothing"
    } else {
        why
    };
    Err(anyhow!("{why}")).context(format!("the simulated processor did not start ({status})"))
}

/// What a child says on standard error: kept until it has started, passed on from then.
struct Said {
    kept: Arc<Mutex<Option<Vec<String>>>>,
    reading: JoinHandle<()>,
}

impl Said {
    fn of(errors: ChildStderr) -> anyhow::Result<Self> {
        let kept = Arc::new(Mutex::new(Some(Vec::new())));
        let reading = {
            let kept = Arc::clone(&kept);
            std::thread::Builder::new()
                .name("processor-words".to_owned())
                .spawn(move || read(errors, &kept))
                .context("no thread for the processor's words")?
        };
        Ok(Self { kept, reading })
    }

    /// The child has started: people see what it says.
    fn pass_on(self) {
        let kept = self
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        kept.into_iter()
            .flatten()
            .for_each(|line| words::note(&line));
    }

    /// All that a child said that has ended.
    fn all(self) -> String {
        let _ = self.reading.join();
        let kept = self
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        kept.unwrap_or_default().join("; ")
    }
}

fn read(errors: impl Read, kept: &Mutex<Option<Vec<String>>>) {
    for line in BufReader::new(errors).lines().map_while(Result::ok) {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.as_mut() {
            Some(lines) => lines.push(line),
            None => words::note(&line),
        }
    }
}
