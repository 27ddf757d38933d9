//! An incoming webhook: one URL, one channel.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use crate::{
    error::ConfigError,
    message::Message,
    redact::Redacted,
    secret::Secret,
    transport::{
        Capabilities, Receipt, SendError, Transport,
        http::Http,
        slack::{
            self,
            answer::{self, Call},
            blocks,
        },
    },
};

/// Posts to the channel that the webhook was made for in Slack.
///
/// It cannot edit, and shows the name and icon set in Slack: [`Message::username`] goes into the
/// text, which is said once in the log. A clone may stand behind another channel's name; Slack counts
/// the messages of all clones together, and its 429s are heeded.
///
/// ```
/// use tower_bell::transport::slack::Webhook;
///
/// let webhook = Webhook::new("https://hooks.slack.com/services/T0/B0/secret")?;
/// assert_eq!(format!("{webhook:?}"), r#"Webhook { host: "hooks.slack.com", .. }"#);
/// # Ok::<(), tower_bell::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Webhook {
    http: Http,
    url: Secret,
    warned: Arc<OnceLock<()>>,
}

impl Webhook {
    /// A webhook with this URL. It is as secret as a token: nothing prints it.
    ///
    /// # Errors
    /// If it is empty, no URL, or not `https` (`http` is for `127.0.0.1`, `localhost` and `[::1]`).
    pub fn new(url: impl Into<String>) -> Result<Self, ConfigError> {
        let url = url.into();
        let http = Http::new("Slack webhook URL", &url)?;
        Ok(Self { http, url: Secret::new(url.trim()), warned: Arc::default() })
    }

    fn payload(&self, message: &Message) -> serde_json::Value {
        let mut payload = blocks::payload(message);
        if let Some(name) = &message.username {
            blocks::say_name(&mut payload, name);
        }
        if message.username.is_some() || message.icon.is_some() {
            self.warned.get_or_init(|| {
                tracing::warn!(
                    target: "tower_bell",
                    "a Slack webhook shows its own name and icon: the message's name is in its text"
                );
            });
        }
        payload
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("host", &self.http.host()).finish_non_exhaustive()
    }
}

impl Transport for Webhook {
    fn capabilities(&self) -> Capabilities {
        slack::capabilities()
    }

    fn check_mention(&self, mention: &str) -> Result<(), ConfigError> {
        slack::mention::check_mention(mention)
    }

    fn secrets(&self) -> Vec<Secret> {
        let path = self.http.path().trim_matches('/');
        let key = path.rsplit('/').next().unwrap_or_default();
        let parts = [path, key].into_iter().filter(|part| part.len() >= SHORTEST_SECRET);
        std::iter::once(self.url.clone()).chain(parts.map(Secret::new)).collect()
    }

    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        if message.is_empty() {
            return Err(SendError::refused("the message is empty"));
        }
        let answer = self.http.post(&self.payload(message), None).await?;
        answer::read(Call::Webhook, &answer)
    }
}

/// A part of the URL that is shorter is a word like any other (`hook`), not to be hidden everywhere.
const SHORTEST_SECRET: usize = 16;
