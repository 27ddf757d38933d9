//! A bot: posts to any channel it is in, under any name, edits what it posted and answers it.

use std::{fmt, sync::Arc, time::Duration};

use serde_json::Value;

use crate::{
    error::ConfigError,
    message::Message,
    redact::Redacted,
    secret::Secret,
    text,
    transport::{
        Capabilities, Receipt, SendError, Transport,
        http::Http,
        slack::{
            self,
            answer::{self, Call},
            blocks, escape,
        },
    },
};

/// A bot's token. Not a transport by itself: [`to`](Bot::to) a channel is.
///
/// ```
/// use tower_bell::transport::slack::Bot;
///
/// let slack = Bot::new("xoxb-1-2-abc")?;
/// let errors = slack.to("C0123");
/// let payments = slack.to("C0456");
/// # Ok::<(), tower_bell::ConfigError>(())
/// ```
///
/// ```compile_fail,E0277
/// use tower_bell::transport::{Transport, slack::Bot};
///
/// fn channel(transport: impl Transport) {}
/// channel(Bot::new("xoxb-1-2-abc").unwrap()); // `.to("C0123")` was forgotten
/// ```
#[derive(Clone)]
pub struct Bot {
    http: Http,
    token: Secret,
}

impl Bot {
    /// A bot with this token (`xoxb-…`).
    ///
    /// # Errors
    /// If it is empty, a URL, or has spaces or characters in it that no token has.
    pub fn new(token: impl Into<String>) -> Result<Self, ConfigError> {
        let token = token.into();
        let token = token.trim();
        let wrong = |problem| Err(ConfigError::new("Slack bot token", problem));
        match token {
            "" => wrong("is empty"),
            _ if token.contains("://") => wrong("is a URL: a webhook's, for `Webhook::new`?"),
            _ if !token.bytes().all(|b| b.is_ascii_graphic()) => wrong("is not a token"),
            _ => Ok(Self { http: Http::new(API_URL_SETTING, API_URL)?, token: Secret::new(token) }),
        }
    }

    /// Posts to another address than `https://slack.com/api`: a proxy of your own, or a stand-in
    /// for Slack in tests.
    ///
    /// # Errors
    /// If it is empty, no URL, or not `https` (`http` is for `127.0.0.1`, `localhost` and `[::1]`).
    pub fn api_url(mut self, url: impl Into<String>) -> Result<Self, ConfigError> {
        self.http = Http::new(API_URL_SETTING, &url.into())?;
        Ok(self)
    }

    /// The channel with this ID (`C0123…`: in Slack at the end of the channel's details). A name
    /// (`#alerts`) works for posting to public channels.
    #[must_use]
    pub fn to(&self, channel: impl Into<Arc<str>>) -> BotChannel {
        BotChannel { bot: self.clone(), channel: channel.into() }
    }
}

impl fmt::Debug for Bot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bot").field("host", &self.http.host()).finish_non_exhaustive()
    }
}

/// The shortest time between two messages of a bot in one channel, edits among them: Slack takes one
/// message a second, and 50 edits a minute.
///
/// See [Rate limits](https://docs.slack.dev/apis/web-api/rate-limits) and
/// [chat.update](https://docs.slack.dev/reference/methods/chat.update), which is of tier 3.
pub const BOT_PACE: Duration = Duration::from_millis(1_200);

/// A bot in one channel: made by [`Bot::to`].
#[derive(Clone)]
pub struct BotChannel {
    bot: Bot,
    channel: Arc<str>,
}

impl BotChannel {
    async fn call(&self, call: Call, payload: Value) -> Result<Receipt, SendError> {
        let method = if call == Call::Edit { UPDATE } else { POST };
        let answer = self.bot.http.below(method).post(&payload, Some(&self.bot.token)).await?;
        answer::read(call, &answer)
    }
}

impl fmt::Debug for BotChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BotChannel").field("channel", &self.channel).finish_non_exhaustive()
    }
}

impl Transport for BotChannel {
    fn capabilities(&self) -> Capabilities {
        slack::capabilities().edit(true).thread(true).username(true).pace(BOT_PACE)
    }

    fn check_mention(&self, mention: &str) -> Result<(), ConfigError> {
        slack::mention::check_mention(mention)
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![self.bot.token.clone()]
    }

    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        self.call(Call::Post, posted(message, &self.channel)?).await
    }

    async fn edit(
        &self,
        receipt: &Receipt,
        message: &Redacted<Message>,
    ) -> Result<Receipt, SendError> {
        let (channel, ts) = anchor(receipt)?;
        // Slack takes no name or icon here: the message keeps its own.
        let mut payload = payload(message)?;
        payload["channel"] = channel.into();
        payload["ts"] = ts.into();
        // It keeps its name, also where Slack does not repeat it.
        self.call(Call::Edit, payload).await.map(|_| receipt.clone())
    }

    async fn reply(
        &self,
        receipt: &Receipt,
        message: &Redacted<Message>,
    ) -> Result<Receipt, SendError> {
        let (channel, ts) = anchor(receipt)?;
        let mut payload = posted(message, channel)?;
        payload["thread_ts"] = ts.into();
        // Without it only those who wrote in the thread would hear of it: nobody.
        payload["reply_broadcast"] = true.into();
        self.call(Call::Reply, payload).await
    }
}

/// The channel's ID and the time stamp of what stands there.
fn anchor(receipt: &Receipt) -> Result<(&str, &str), SendError> {
    answer::anchor(receipt).ok_or_else(|| SendError::lost_anchor("Slack did not name the message"))
}

/// The payload with where it goes and who says it.
fn posted(message: &Message, channel: &str) -> Result<Value, SendError> {
    let mut payload = payload(message)?;
    payload["channel"] = channel.into();
    if let Some(name) = message.username.as_deref().and_then(name) {
        payload["username"] = name.into();
    }
    if let Some((key, icon)) = message.icon.as_deref().and_then(icon) {
        payload[key] = icon.into();
    }
    Ok(payload)
}

fn payload(message: &Message) -> Result<Value, SendError> {
    if message.is_empty() {
        return Err(SendError::refused("the message is empty"));
    }
    Ok(blocks::payload(message))
}

fn name(name: &str) -> Option<String> {
    let name = escape::plain_within(&text::one_line(name), blocks::NAME);
    (!name.trim().is_empty()).then_some(name)
}

/// `:bell:` or a picture on the web; anything else is left out.
fn icon(icon: &str) -> Option<(&'static str, &str)> {
    let name = icon.strip_prefix(':').and_then(|rest| rest.strip_suffix(':'));
    let is_code = name.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-'".contains(&b))
    });
    if is_code {
        return Some(("icon_emoji", icon));
    }
    let url = reqwest::Url::parse(icon).ok()?;
    (url.scheme() == "https").then_some(("icon_url", icon))
}

/// See [chat.postMessage](https://docs.slack.dev/reference/methods/chat.postMessage).
const POST: &str = "chat.postMessage";
/// See [chat.update](https://docs.slack.dev/reference/methods/chat.update).
const UPDATE: &str = "chat.update";

const API_URL: &str = "https://slack.com/api";
const API_URL_SETTING: &str = "Slack API URL";
