//! A live processor posts its webhooks itself.

use super::*;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

/// A webhook as it came over the wire.
struct Posted {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Reads one HTTP request and answers it.
fn receive(stream: TcpStream, status: &str) -> Posted {
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim().split_once(": ") {
            Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut body = vec![0; length.unwrap().1.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let reply = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    reader.get_mut().write_all(reply.as_bytes()).unwrap();
    Posted { headers, body }
}

#[test]
fn a_live_webhook_is_posted_again_until_it_is_taken() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("http://{}/hook", receiver.local_addr().unwrap());
    let (sender, posted) = mpsc::channel();
    std::thread::spawn(move || {
        for (stream, status) in receiver.incoming().zip(["500 No", "200 OK", "200 OK"]) {
            // The test may be over: then nobody listens.
            let _ = sender.send(receive(stream.unwrap(), status));
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let config = ProcessorConfig {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        ledger_path: folder.path().join("ledger.jsonl"),
        seed: 42,
        faults: FaultRates::default(),
        secrets: secrets(),
        mode: Mode::Live { webhooks: Some(to) },
    };
    let processor = Processor::start(config).unwrap();
    let wait = Duration::from_secs(5);
    let connector = SimulatedConnector::new(processor.base(), secrets(), wait).unwrap();
    for number in 0..8 {
        let what = authorize(5_000, "tok_approved");
        connector.execute(&command(&pay(&format!("live {number}")), 1, 1, what));
    }
    let next = || posted.recv_timeout(Duration::from_secs(30)).unwrap();
    let (refused, again, other) = (next(), next(), next());
    assert_eq!(refused.body, again.body, "refused, so sent again");
    assert_ne!(again.body, other.body, "taken, so the next");
    let now = super::super::server::wall_clock();
    assert_eq!(
        connector.verify_webhook(&again.headers, &again.body, now),
        Ok(())
    );
    processor.stop().unwrap();
}
