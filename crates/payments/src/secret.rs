//! Secrets that cannot be printed.

use std::fmt;

/// A secret text. Its Debug is mute and it has no Display.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes a secret; `None` for an empty text, which would protect nothing.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Option<Self> {
        let text = text.into();
        (!text.is_empty()).then_some(Self(text))
    }

    /// The bytes, for a MAC or a request header only.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The secrets that sign a processor's webhooks. Two are live while one replaces the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookSecrets {
    /// The newer; absent means that no webhook is believed.
    pub current: Option<Secret>,
    /// The one being replaced.
    pub previous: Option<Secret>,
}

impl WebhookSecrets {
    /// One secret, none being replaced.
    #[must_use]
    pub const fn one(secret: Secret) -> Self {
        Self {
            current: Some(secret),
            previous: None,
        }
    }

    /// Those that are live.
    pub fn live(&self) -> impl Iterator<Item = &Secret> {
        self.current.iter().chain(self.previous.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows() {
        let secrets = WebhookSecrets::one(Secret::new("whsec_hush").unwrap());
        assert!(!format!("{secrets:?}").contains("hush"));
    }

    #[test]
    fn an_empty_text_is_no_secret() {
        assert_eq!(Secret::new(""), None);
    }
}
