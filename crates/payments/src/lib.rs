//! Payment processors: what a connector is, and one folder per processor.
//!
//! Invariant: an attempt always has an answer. What cannot be known is `Unknown`, never an error
//! that loses it. No card number and no secret is in any text made here.

pub mod connector;
#[cfg(feature = "testing")]
pub mod contract;
pub mod secret;
pub mod signature;
pub mod simulated;

pub use connector::{Answer, Capabilities, Connector, UnreadableWebhook, WebhookFault};
pub use secret::{Secret, WebhookSecrets};
pub use simulated::SimulatedConnector;
