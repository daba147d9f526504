//! The simulated processor: our own, over HTTP, with a ledger on disk (crate `simulator` serves
//! it).

pub mod dialect;

use crate::connector::{Answer, Capabilities, Connector, UnreadableWebhook, WebhookFault};
use crate::secret::WebhookSecrets;
use crate::signature;
use dialect::{Notice, Reply, Request, Status};
use reqwest::blocking::{Client, RequestBuilder, Response};
use std::time::Duration;
use wattledger_domain::payment::{Operation, OutcomeVia, PaymentCommand, PaymentOutcome};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

/// Client of the simulated processor.
#[derive(Clone, Debug)]
pub struct SimulatedConnector {
    client: Client,
    base: String,
    secrets: WebhookSecrets,
}

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("failed to set up the HTTP client of the simulated processor")]
pub struct SetupError(#[source] reqwest::Error);

impl SimulatedConnector {
    /// A client of the processor at `base`, such as `http://127.0.0.1:4010`, that waits up to
    /// `timeout` for an answer. Not to be made inside an async task: the client blocks.
    ///
    /// # Errors
    /// [`SetupError`] when the system refuses a client.
    pub fn new(
        base: impl Into<String>,
        secrets: WebhookSecrets,
        timeout: Duration,
    ) -> Result<Self, SetupError> {
        let client = Client::builder()
            .timeout(timeout)
            .no_proxy()
            .build()
            .map_err(SetupError)?;
        let base = base.into().trim_end_matches('/').to_owned();
        Ok(Self {
            client,
            base,
            secrets,
        })
    }

    fn request(&self, command: &PaymentCommand) -> RequestBuilder {
        let payment = command.payment.as_str();
        let request = match (Request::of(command), &command.operation) {
            (Some((action, body)), _) => {
                let address = format!("{}/v1/payments/{payment}/{action}", self.base);
                self.client.post(address).json(&body)
            }
            (None, Operation::Retrieve { op }) => self.retrieval(payment, *op),
            // Only a retrieval has no request body.
            (None, _) => self.retrieval(payment, command.op),
        };
        request
            .header(dialect::KEY_HEADER, command.command.as_str())
            .header(dialect::ATTEMPT_HEADER, command.attempt)
    }

    fn retrieval(&self, payment: &str, op: i32) -> RequestBuilder {
        let address = format!("{}/v1/payments/{payment}/operations/{op}", self.base);
        self.client.get(address)
    }
}

impl Connector for SimulatedConnector {
    fn execute(&self, command: &PaymentCommand) -> Answer {
        match self.request(command).send() {
            Ok(response) => read(command, response),
            Err(error) if error.is_timeout() => Answer::unknown(command, "no answer in time"),
            Err(error) if error.is_connect() => Answer::unknown(command, "could not be reached"),
            Err(_) => Answer::unknown(command, "the connection broke"),
        }
    }

    fn verify_webhook(
        &self,
        headers: &[(String, String)],
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), WebhookFault> {
        signature::verify(&self.secrets, headers, dialect::SIGNATURE_HEADER, body, now)
    }

    fn parse_webhook(&self, body: &[u8]) -> Result<Vec<PaymentOutcome>, UnreadableWebhook> {
        let unreadable = |reason: String| UnreadableWebhook {
            processor: "simulated",
            reason,
        };
        let notice: Notice = serde_json::from_slice(body).map_err(|error| {
            unreadable(format!("line {}, column {}", error.line(), error.column()))
        })?;
        if notice.result == Status::UnheardOf {
            return Ok(Vec::new());
        }
        let result = notice
            .result
            .into_result()
            .map_err(|error| unreadable(error.to_string()))?;
        Ok(vec![PaymentOutcome {
            payment: wattledger_domain::ids::PaymentId::new(notice.payment),
            account: wattledger_domain::ids::AccountId::new(notice.account),
            op: notice.op,
            attempt: 0,
            via: OutcomeVia::Webhook(notice.id.into()),
            reference: Some(notice.reference.into()),
            result,
            at: Timestamp(notice.at),
        }])
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            increments_max: 10,
            hold_validity: dialect::HOLD_VALIDITY,
            key_lifetime: dialect::KEY_LIFETIME,
            charge_minimum_minor: 50,
        }
    }
}

/// A reply with a status that we do not know is `Pending`: the processor has it, and will say.
fn read(command: &PaymentCommand, response: Response) -> Answer {
    let status = response.status();
    let readable = status.is_success() || matches!(status.as_u16(), 402 | 404);
    if !readable {
        return Answer::unknown(command, format!("HTTP status {}", status.as_u16()));
    }
    let Ok(reply) = response.json::<Reply>() else {
        return Answer::unknown(command, "the answer broke off or could not be read");
    };
    match reply.result.into_result() {
        Ok(result) => Answer {
            result,
            reference: reply
                .reference
                .map(Into::into)
                .or_else(|| command.reference.clone()),
            at: Timestamp(reply.at),
        },
        Err(_) => Answer::unknown(command, "the answer has an amount that cannot be read"),
    }
}

/// A span in the processor's documentation, as milliseconds.
const fn hours(hours: i64) -> Milliseconds {
    Milliseconds(hours.saturating_mul(3_600_000))
}

#[cfg(test)]
mod tests;
