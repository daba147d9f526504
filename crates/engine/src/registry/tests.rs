//! The client against answers that no good registry gives; a real one is in `tests/kafka`.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

pub(super) mod server;

use super::*;
use server::server;
use std::net::TcpListener;
use wattledger_wire::DecodeError;
use wattledger_wire::topics::charging;

fn id_answers(status: u16, body: &str) -> Result<Arc<Writer>, SourceFault> {
    let body = body.to_owned();
    let registry = server(move |request| {
        Some(if request.contains("/schemas/ids/7") {
            (status, body.clone())
        } else {
            (200, "[]".to_owned())
        })
    });
    registry.by_id(7)
}

#[test]
fn only_a_registry_that_says_no_makes_an_id_unknown() {
    let unknown = id_answers(404, r#"{"error_code":40403,"message":"no such schema"}"#);
    assert_eq!(unknown.unwrap_err(), SourceFault::Unknown);
    for (status, body) in [
        (500, "{}"),
        (503, "busy"),
        (401, "{}"),
        (403, "{}"),
        (429, "{}"),
        (302, ""),
        (200, "<html>"),
        (200, "{}"),
        (200, r#"{"schema":7}"#),
    ] {
        let fault = id_answers(status, body).unwrap_err();
        assert!(
            matches!(fault, SourceFault::Unreachable(_)),
            "{status} {body}: {fault}"
        );
    }
    for body in [
        r#"{"schema":"syntax = \"proto3\";","schemaType":"PROTOBUF"}"#,
        r#"{"schema":"\"string\""}"#,
        r#"{"schema":"{"}"#,
    ] {
        let fault = id_answers(200, body).unwrap_err();
        assert!(matches!(fault, SourceFault::Unusable(_)), "{body}: {fault}");
    }
}

#[test]
fn a_proxy_without_its_registry_is_waited_for() {
    let registry = server(|_| Some((404, "<html>no such page</html>".to_owned())));
    let fault = registry.by_id(7).unwrap_err();
    assert!(matches!(fault, SourceFault::Unreachable(_)), "{fault}");
}

#[test]
fn a_registry_that_is_not_there_or_hangs_up_makes_a_record_wait() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let closed = format!("http://{}", closed.unwrap());
    let gone = Registry::new(&closed, Duration::from_secs(5)).unwrap();
    for registry in [gone, server(|_| None)] {
        let read = charging::decode_with(&[0, 0, 0, 0, 7, 1, 2], &registry);
        let error = read.unwrap_err();
        assert!(
            matches!(error, DecodeError::Unreachable { id: 7, .. }),
            "{error}"
        );
        assert!(error.is_retriable());
        let register = registry.register("a", "{}").unwrap_err();
        assert!(
            matches!(register, RegistryError::Unreachable { .. }),
            "{register}"
        );
    }
}

#[test]
fn an_id_is_asked_for_once() {
    let schema = published().remove(0);
    let body = json!({ "schema": schema.schema.to_string() }).to_string();
    let asked = std::sync::atomic::AtomicU32::new(0);
    let registry = server(move |_| {
        let before = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        (before == 0).then(|| (200, body.clone()))
    });
    for _ in 0..3 {
        assert_eq!(registry.by_id(7).unwrap().fingerprint(), schema.fingerprint);
    }
}

#[test]
fn an_answer_without_end_is_cut() {
    let long = "x".repeat(3 << 20);
    let fault = id_answers(200, &format!(r#"{{"schema":"{long}"}}"#)).unwrap_err();
    assert!(matches!(fault, SourceFault::Unusable(_)), "{fault}");
}

#[test]
fn records_of_ours_are_framed_and_nothing_else() {
    let framing = Framing([(1, 258)].into());
    let ours = [&[0xC3, 0x01], &1_u64.to_le_bytes()[..], b"body"].concat();
    assert_eq!(framing.frame(ours.clone()), b"\0\0\0\x01\x02body");
    let other = [&[0xC3, 0x01], &2_u64.to_le_bytes()[..], b"body"].concat();
    for bytes in [other, b"\xC3\x01short".to_vec(), b"{}".to_vec(), Vec::new()] {
        assert_eq!(framing.frame(bytes.clone()), bytes);
    }
}
