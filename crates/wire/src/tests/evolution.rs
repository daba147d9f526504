//! Schemas evolve FULL_TRANSITIVE: every committed version of a record reads every other. Bytes of
//! every version ever committed are read for ever.

use super::samples;
use super::schema_files::{newest, root, stem, update};
use crate::json;
use crate::resolution::{RELEASED, Writer};
use apache_avro::Schema;
use apache_avro::schema_compatibility::{Compatibility, SchemaCompatibility};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Why two versions of a record cannot read each other, both ways.
fn conflict(one: &Value, other: &Value) -> Option<String> {
    let parse = |schema: &Value| Schema::parse_str(&schema.to_string()).unwrap();
    let (one, other) = (parse(one), parse(other));
    let reads =
        |writer: &Schema, reader: &Schema| match SchemaCompatibility::can_read(writer, reader) {
            Ok(Compatibility::Full) => None,
            Ok(Compatibility::Partial) => {
                Some("not every value of the writer can be read".to_owned())
            }
            Err(error) => Some(error.to_string()),
        };
    reads(&one, &other).or_else(|| reads(&other, &one))
}

/// Every committed schema, by record and version.
fn committed() -> BTreeMap<String, BTreeMap<String, Value>> {
    let mut all: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    let folders = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for folder in folders.filter(|path| path.is_dir() && !path.ends_with("golden")) {
        for path in fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
        {
            let file = path.file_name().unwrap().to_str().unwrap();
            let (record, version) = file
                .strip_suffix(".avsc")
                .unwrap()
                .rsplit_once('.')
                .unwrap();
            let name = format!("{}/{record}", folder.file_name().unwrap().to_str().unwrap());
            let schema = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            all.entry(name)
                .or_default()
                .insert(version.to_owned(), schema);
        }
    }
    all
}

#[test]
fn every_version_of_a_record_reads_every_other() {
    let all = committed();
    assert!(all.len() >= 30, "{}", all.len());
    for (name, versions) in &all {
        for (one, first) in versions {
            for (other, second) in versions {
                assert_eq!(conflict(first, second), None, "{name}: {one} and {other}");
            }
        }
    }
}

/// What was written by an older version must be read for ever, without a registry.
#[test]
fn every_version_but_the_newest_is_compiled_in() {
    let mut older = BTreeSet::new();
    for (stem, versions) in committed() {
        let last = format!("v{}", newest(&stem));
        let texts = versions.into_iter().filter(|(version, _)| *version != last);
        let writers = texts.map(|(_, schema)| Writer::parse(&schema.to_string()).unwrap());
        older.extend(writers.map(|writer| writer.fingerprint()));
    }
    let compiled = RELEASED.iter().map(|text| Writer::parse(text).unwrap());
    let compiled: BTreeSet<u64> = compiled.map(|writer| writer.fingerprint()).collect();
    assert_eq!(compiled, older);
}

#[test]
fn no_schema_is_left_over() {
    let known = crate::topics::published()
        .into_iter()
        .map(|known| stem(&known.name));
    let known: BTreeSet<String> = known.collect();
    assert_eq!(committed().into_keys().collect::<BTreeSet<_>>(), known);
}

/// The field list of a committed record, changed.
fn changed(change: impl Fn(&mut Vec<Value>)) -> Option<String> {
    let all = committed();
    let original = &all["charging/session_updated"]["v1"];
    let mut planted = original.clone();
    change(planted["fields"].as_array_mut().unwrap());
    conflict(original, &planted)
}

#[test]
fn incompatible_changes_are_caught() {
    let required = json!({ "name": "tariff", "doc": "New.", "type": "string" });
    let optional =
        json!({ "name": "tariff", "doc": "New.", "type": ["null", "string"], "default": null });
    assert_eq!(changed(|fields| fields.push(optional.clone())), None);
    assert!(
        changed(|fields| fields.push(required.clone())).is_some(),
        "a field without default"
    );
    assert!(
        changed(|fields| drop(fields.remove(0))).is_some(),
        "a field removed"
    );
    assert!(
        changed(|fields| fields[0]["type"] = "long".into()).is_some(),
        "another type"
    );
    let state = |fields: &mut Vec<Value>| {
        let place = fields
            .iter()
            .position(|field| field["name"] == "state")
            .unwrap();
        fields[place]["type"][1]["symbols"]
            .as_array_mut()
            .unwrap()
            .push("REVERSED".into());
    };
    assert!(
        changed(state).is_some(),
        "a symbol that old readers do not know"
    );
}

#[test]
fn goldens_of_every_version_are_read_and_written() {
    let folder = root().join("golden");
    let mut named = BTreeSet::new();
    for sample in samples::all() {
        let record = stem(&sample.name).replace('/', ".");
        if !named.insert(record.clone()) {
            continue;
        }
        let version = newest(&stem(&sample.name));
        let path = folder.join(format!("{record}.v{version}.avro"));
        if update("UPDATE_GOLDEN") {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &sample.bytes).unwrap();
        }
        let golden = fs::read(&path).unwrap_or_default();
        assert!(
            golden == sample.bytes,
            "{} differs: UPDATE_GOLDEN=1 rewrites",
            path.display()
        );
        assert_eq!((sample.same)(&golden), Ok(true), "{record}");
    }
    for path in fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let bytes = fs::read(&path).unwrap();
        json::render(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}
