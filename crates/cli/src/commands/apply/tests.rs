//! The command `apply` on answers and files made for it.

use super::*;
use axum::routing::post;
use axum::{Json, Router};
use std::path::PathBuf;

const POLICY: &str = "kind: Policy\nid: p\nspec: {}\n---\nkind: Policy\nid: q\nspec: {}\n";

fn engine(answer: Value) -> Transport {
    let route = post(move |Json(sent): Json<Value>| async move {
        assert_eq!(sent.as_array().map(Vec::len), Some(2));
        Json(answer)
    });
    Transport::in_process(Router::new().route("/v1/reference", route)).unwrap()
}

fn applied(text: &str, json: bool, answer: Value) -> (Result<(), CliError>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    std::fs::write(&file, text).unwrap();
    let arguments = ApplyArguments {
        files: vec![file],
        dry_run: false,
        json,
    };
    let mut out = Vec::new();
    let done = run(&arguments, || Ok(engine(answer)), &mut out);
    (done, String::from_utf8(out).unwrap())
}

#[test]
fn results_stand_in_a_table_with_their_places() {
    let answer = json!({ "documents": [
        { "index": 0, "kind": "Policy", "id": "p", "result": "recorded" },
        { "index": 1, "kind": "Policy", "id": "q", "result": "unchanged" },
    ]});
    let (done, shown) = applied(POLICY, false, answer);
    assert!(done.is_ok());
    let lines: Vec<&str> = shown.lines().collect();
    assert!(
        lines[2].contains("recorded") && lines[2].ends_with("a.yaml:1"),
        "{shown}"
    );
    assert!(
        lines[3].contains("unchanged") && lines[3].ends_with("a.yaml:5"),
        "{shown}"
    );
}

#[test]
fn a_refused_document_ends_with_1_and_its_line() {
    let answer = json!({ "documents": [
        { "index": 0, "result": "recorded" },
        { "index": 1, "result": "refused", "field": "spec", "reason": "is not liked" },
    ]});
    let (done, shown) = applied(POLICY, true, answer);
    assert_eq!(done.unwrap_err().code(), 1);
    let told: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(told["documents"][1]["line"], 7);
    assert_eq!(told["documents"][1]["reason"], "is not liked");
}

#[test]
fn nothing_is_sent_when_one_document_is_wrong_or_none_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    for text in [
        format!("{POLICY}---\nkind: Policy\nid: r\n"),
        "# nothing\n".to_owned(),
    ] {
        std::fs::write(&file, text).unwrap();
        let arguments = ApplyArguments {
            files: vec![file.clone()],
            dry_run: true,
            json: false,
        };
        let none = || -> Result<Transport, CliError> { panic!("nothing may be sent") };
        assert_eq!(
            run(&arguments, none, &mut Vec::new()).unwrap_err().code(),
            1
        );
    }
    let files = vec![PathBuf::from("/nowhere/a.yaml")];
    let arguments = ApplyArguments {
        files,
        dry_run: false,
        json: false,
    };
    let none = || -> Result<Transport, CliError> { panic!("nothing may be sent") };
    assert_eq!(
        run(&arguments, none, &mut Vec::new()).unwrap_err().code(),
        2
    );
}
