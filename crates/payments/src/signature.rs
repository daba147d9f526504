//! Signatures of webhooks: `t=<seconds>,v1=<hex>`, an HMAC-SHA256 over `<seconds>.<body>`.
//!
//! The form is Stripe's (payments §4.2), which several processors share. Invariant: compared in
//! constant time, on the raw bytes.

use crate::connector::WebhookFault;
use crate::secret::{Secret, WebhookSecrets};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

/// How far the time of signing may be from now (Stripe's 300 s).
pub const TOLERANCE: Milliseconds = Milliseconds(300_000);

/// The value of the signature header of a body signed at `at`, which counts in whole seconds.
#[must_use]
pub fn sign(secret: &Secret, at: Timestamp, body: &[u8]) -> String {
    let seconds = at.0.div_euclid(1_000).to_string();
    let bytes = mac(secret, &seconds, body).finalize().into_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

/// Whether a live secret signed the body within [`TOLERANCE`] of `now`. `name` is the header's.
///
/// # Errors
/// [`WebhookFault`], the first that applies in its order.
pub fn verify(
    secrets: &WebhookSecrets,
    headers: &[(String, String)],
    name: &'static str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), WebhookFault> {
    if secrets.live().next().is_none() {
        return Err(WebhookFault::NoSecret);
    }
    let header = headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .ok_or(WebhookFault::Unsigned(name))?;
    let (seconds, signatures) = read(&header.1).ok_or(WebhookFault::Malformed(name))?;
    let signed_at = seconds
        .parse::<i64>()
        .ok()
        .and_then(|seconds| seconds.checked_mul(1_000))
        .map(Timestamp)
        .ok_or(WebhookFault::Malformed(name))?;
    if now.since(signed_at).0.unsigned_abs() > TOLERANCE.0.unsigned_abs() {
        return Err(WebhookFault::Stale {
            signed_at,
            now,
            tolerance_seconds: TOLERANCE.0.div_euclid(1_000),
        });
    }
    let genuine = secrets.live().any(|secret| {
        let expected = mac(secret, seconds, body);
        signatures
            .iter()
            .any(|signature| expected.clone().verify_slice(signature).is_ok())
    });
    if genuine {
        Ok(())
    } else {
        Err(WebhookFault::Forged)
    }
}

fn mac(secret: &Secret, seconds: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose()).expect("HMAC takes keys of any length");
    mac.update(seconds.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

/// The time as it was written, and every `v1`.
fn read(header: &str) -> Option<(&str, Vec<Vec<u8>>)> {
    let mut seconds = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=')? {
            ("t", text) => seconds = Some(text),
            ("v1", text) => signatures.push(bytes(text)?),
            _ => {}
        }
    }
    Some((seconds?, signatures)).filter(|(_, signatures)| !signatures.is_empty())
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let text = std::str::from_utf8(pair)
                .ok()
                .filter(|text| text.len() == 2)?;
            u8::from_str_radix(text, 16).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests;
