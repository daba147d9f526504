//! The peer `ocpi-tariffs` 0.54.0: a program of its own, since its lock cannot be ours; lines go in and come out.

use crate::Peer;
use rust_decimal::Decimal;
use serde_json::Value;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Command, Stdio};

/// What it says of pairs in 2.2.1, in order.
pub fn prices(pairs: &[Value]) -> Vec<Peer> {
    let here = std::env::current_exe().expect("a program");
    let program = here.with_file_name("priced-ocpi-tariffs");
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("priced-ocpi-tariffs, built beside this program: see scripts/peers.sh");
    let (input, output) = (
        child.stdin.take().expect("a pipe"),
        child.stdout.take().expect("a pipe"),
    );
    let said = std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut input = BufWriter::new(input);
            for pair in pairs {
                writeln!(input, "{pair}").expect("the peer reads");
            }
        });
        let lines = BufReader::new(output).lines();
        lines
            .map(|line| said(&line.expect("a line")))
            .collect::<Vec<Peer>>()
    });
    assert!(child.wait().expect("an end").success());
    assert_eq!(said.len(), pairs.len());
    said
}

fn said(line: &str) -> Peer {
    if line.starts_with("refused") {
        return Peer::Refuses;
    }
    let decimal = |text: &str| text.parse::<Decimal>().ok();
    let (before, after) = line.split_once('|').expect("two amounts");
    Peer::Says {
        before: decimal(before),
        after: decimal(after),
    }
}
