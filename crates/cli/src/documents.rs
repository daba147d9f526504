//! Operator documents as they stand in files: YAML with many documents, or JSON, each with its lines.
//!
//! Invariant: a number keeps the digits that it was written with, and every fault names file and line.

mod check;
mod json;
mod yaml;

pub use check::{Checked, DocumentFault, check};

use crate::error::CliError;
use anyhow::Context as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The largest file that is read: 16 MiB.
const FILE_BYTES_MAX: u64 = 16_777_216;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named, or `-` for standard input.
    pub file: String,
    /// From 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A document and where each of its fields stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The document.
    pub value: Value,
    /// Where it begins.
    pub place: Place,
    /// The line of each field, by its path: `spec.evses[0].id`.
    pub lines: BTreeMap<String, usize>,
}

impl Located {
    /// The place of a field, or of the nearest thing around it that is there.
    #[must_use]
    pub fn place_of(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return Place {
                    line: *line,
                    ..self.place.clone()
                };
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = path.get(..end).unwrap_or_default(),
                None => return self.place.clone(),
            }
        }
    }
}

/// Text that is no document.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Unreadable {
    line: usize,
    reason: String,
}

/// Reads the documents of files and folders (`.yaml`, `.yml` and `.json`, in order of their names);
/// `-` is standard input.
///
/// # Errors
/// [`CliError::Refused`] with file and line for text that is no YAML or JSON and for a folder
/// without such a file; [`CliError::Broken`] for a file that cannot be read.
pub fn read_files(paths: &[PathBuf]) -> Result<Vec<Located>, CliError> {
    let mut documents = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut text = String::new();
            let input = std::io::stdin()
                .lock()
                .take(FILE_BYTES_MAX)
                .read_to_string(&mut text);
            input.context("failed to read standard input")?;
            documents.extend(read_text("-", &text)?);
            continue;
        }
        for file in files_of(path)? {
            documents.extend(read_file(&file)?);
        }
    }
    Ok(documents)
}

fn read_file(file: &Path) -> Result<Vec<Located>, CliError> {
    let name = file.display().to_string();
    let size = std::fs::metadata(file)
        .with_context(|| format!("failed to read `{name}`"))?
        .len();
    if size > FILE_BYTES_MAX {
        return Err(CliError::refused(format!("`{name}` is larger than 16 MiB")));
    }
    let bytes = std::fs::read(file).with_context(|| format!("failed to read `{name}`"))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| CliError::refused(format!("`{name}` is not UTF-8 text")))?;
    read_text(&name, &text)
}

/// Reads the documents of a text. It is JSON when its name ends so or it begins with `{` or `[`.
///
/// # Errors
/// [`CliError::Refused`] with file and line.
pub fn read_text(file: &str, text: &str) -> Result<Vec<Located>, CliError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_json = file.ends_with(".json") || text.trim_start().starts_with(['{', '[']);
    let read = if is_json {
        json::read(file, text)
    } else {
        yaml::read(file, text)
    };
    read.map_err(|Unreadable { line, reason }| {
        CliError::refused(format!("{file}:{line}: {reason}"))
    })
}

fn files_of(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    let name = path.display();
    let kind = std::fs::metadata(path).with_context(|| format!("failed to read `{name}`"))?;
    if !kind.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let name = folder.display();
        let entries =
            std::fs::read_dir(&folder).with_context(|| format!("failed to list `{name}`"))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("failed to list `{name}`"))?;
            let found = entry.path();
            let kind = entry
                .file_type()
                .with_context(|| format!("failed to read `{name}`"))?;
            if kind.is_dir() {
                folders.push(found);
            } else if found
                .extension()
                .is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end == *known))
            {
                files.push(found);
            }
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(CliError::refused(format!(
            "`{name}` holds no .yaml, .yml or .json file"
        )));
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
