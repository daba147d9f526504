//! Live webhooks: posted in order, each again until it is taken.

use super::Webhook;
use super::server::Desk;
use reqwest::Client;
use std::sync::Arc;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(200);
const BACK_OFF_MAX: Duration = Duration::from_secs(30);

/// Posts webhooks to `to` until aborted.
pub(super) async fn deliver(desk: Arc<Desk>, to: String) {
    let client = Client::builder()
        .timeout(Duration::from_secs(10))
        .no_proxy()
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(error = %error, "webhooks cannot be posted");
            return;
        }
    };
    let mut pause = PAUSE;
    loop {
        tokio::time::sleep(pause).await;
        for webhook in desk.undelivered() {
            if !post(&client, &to, &webhook).await {
                pause = pause.saturating_mul(2).min(BACK_OFF_MAX);
                break;
            }
            desk.delivered(webhook.sequence);
            pause = PAUSE;
        }
    }
}

async fn post(client: &Client, to: &str, webhook: &Webhook) -> bool {
    let mut request = client.post(to).body(webhook.body.clone());
    for (name, value) in &webhook.headers {
        request = request.header(name, value);
    }
    match request.send().await {
        Ok(response) => response.status().is_success(),
        Err(_) => false,
    }
}
