//! One Apicurio registry on loopback, run by `scripts/registry.sh` in a folder of its own.
//!
//! Invariant: it does not outlive its owner: `Drop` kills it by its id, and when this process ends
//! without that, the script's watcher does.

use crate::of_checkout;
use std::process::Command;
use tempfile::TempDir;

/// A running schema registry.
#[derive(Debug)]
pub struct SchemaRegistry {
    address: String,
    folder: TempDir,
}

impl SchemaRegistry {
    /// Starts one and waits until it answers.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("wattledger-registry-")
            .tempdir()
            .unwrap();
        let address = script("start", &folder);
        Self { address, folder }
    }

    /// The address of its Confluent API.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ends it as kill -9 does.
    ///
    /// # Panics
    /// When that fails.
    pub fn kill(&self) {
        script("kill", &self.folder);
    }

    /// Starts it again at the same address with what it had.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        assert_eq!(script("start", &self.folder), self.address);
    }
}

impl Drop for SchemaRegistry {
    fn drop(&mut self) {
        self.kill();
    }
}

fn script(command: &str, folder: &TempDir) -> String {
    let mut run = Command::new(of_checkout("scripts/registry.sh"));
    run.arg(command);
    if command == "start" {
        run.arg("--owner").arg(std::process::id().to_string());
    }
    let output = run.arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command}: {said}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
