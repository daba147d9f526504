//! A server that answers as it is told.

use crate::registry::Registry;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// Answers each request by its first line; hangs up where there is no answer. Its client.
pub fn server(answer: impl Fn(&str) -> Option<(u16, String)> + Send + 'static) -> Registry {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some((status, body)) = answer(&request(&stream)) else {
                continue;
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}");
            // A client that has read enough may be gone already.
            drop(write!(stream, "{head}\r\nConnection: close\r\n\r\n{body}"));
        }
    });
    Registry::new(&address, Duration::from_secs(5)).unwrap()
}

/// Reads a whole request; gives its first line.
fn request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_lowercase());
    }
    let length = lines
        .iter()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    lines.into_iter().next().unwrap_or_default()
}
