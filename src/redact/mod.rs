//! What may be said. Everything on its way out passes here once; what has passed is a
//! [`Redacted<T>`], the only thing that a transport can be handed.
//!
//! # What is never sent
//!
//! With no rule at all:
//!
//! | part | shown | hidden | show more | hide more |
//! |---|---|---|---|---|
//! | headers | names; values of a short list of harmless ones: `host`, `user-agent`, `accept-*`, `content-*`, `if-*`, `sec-fetch-*`, `x-request-id`, `traceparent`, … | all other values | [`show_header`](Redactor::show_header) | [`hide_header`](Redactor::hide_header) |
//! | `authorization`, `proxy-authorization`, `cookie`, `set-cookie`, values marked sensitive | that they were there | the value, always | - | - |
//! | query, form and JSON payload | keys; values of other keys | values of keys like `password`, `api_key`, `accessToken`, `pin`: JSON with all that is below | [`show_key`](Redactor::show_key) | [`hide_key`](Redactor::hide_key) |
//! | other payloads: multipart, XML, images, compressed, broken | type and size | the content | - | - |
//! | every text: errors and their sources, panics, responses, your own messages | the text | credentials in URLs, behind `Bearer` or `Basic`, behind `password=` or `"token":`; card numbers; JSON web tokens; private keys; keys of AWS, GitHub, Stripe and the like; webhook addresses; every secret that a transport was given | [`show_key`](Redactor::show_key) | [`hide_pattern`](Redactor::hide_pattern) |
//! | the user that the app names | as named | - | - | do not name one |
//!
//! What is hidden reads `[redacted]`, whatever its length, or with its kind: `[redacted:card]`,
//! `[redacted:jose]`, `[redacted:pem]`, `[redacted:aws]`. A part whose
//! redaction fails reads `[redaction failed]`. Control, bidirectional and invisible characters are
//! removed from everything.
//!
//! Keys are compared by their words, in any spelling: `apiKey`, `api_key` and `user[api-key]` are
//! the same. Words that only look alike stay: `author`, `max_tokens`, `primary_key`.
//!
//! It does not know what a value means: a name, an address or an e-mail under a key that no rule
//! names is shown. A transport's secret of fewer than six characters is not searched for.
//!
//! # Example
//!
//! ```
//! use tower_bell::{Message, Redactor};
//!
//! let redactor = Redactor::default().hide_key("national_id").hide_pattern(r"INV-\d+")?;
//! let said = |message: Message| redactor.message(message).plain_text();
//!
//! let text = "connect to postgres://bob:hunter2@db:5432/shop failed";
//! assert_eq!(said(Message::new(text)), "connect to postgres://[redacted]@db:5432/shop failed");
//! assert_eq!(said(Message::new("retry with password=hunter2")), "retry with password=[redacted]");
//! assert_eq!(said(Message::new("charged 4111 1111 1111 1111")), "charged [redacted:card]");
//! assert_eq!(said(Message::new("nationalId: 850712")), "nationalId: [redacted]");
//! assert_eq!(said(Message::new("INV-1017 is overdue")), "[redacted] is overdue");
//! assert_eq!(said(Message::new("unexpected token: identifier")), "unexpected token: identifier");
//! # Ok::<(), tower_bell::ConfigError>(())
//! ```

mod assignment;
mod card;
mod credential;
mod encoding;
mod form;
mod headers;
mod json;
mod jwt;
mod keys;
mod pattern;
mod payload;
mod pem;
mod report;
mod rules;
mod scan;
mod shape;
mod url;

use std::{fmt, ops::Deref, sync::Arc};

use self::{
    headers::Headers,
    keys::Keys,
    pattern::{Patterns, Secrets},
};
use crate::{
    error::ConfigError,
    message::Message,
    report::{Cause, Page, Report, Summary},
    secret::Secret,
};

/// A report or message that went through the [`Redactor`].
///
/// There is no other way to make one, so what was not redacted cannot be handed to a transport:
///
/// ```compile_fail,E0423
/// use tower_bell::{Message, redact::Redacted};
///
/// let smuggled = Redacted(Message::new("password=hunter2"));
/// ```
///
/// ```
/// use tower_bell::{Message, Redactor, redact::Redacted};
///
/// let redacted: Redacted<Message> = Redactor::default().message(Message::new("hello"));
/// assert_eq!(redacted.text(), "hello");
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Rewrites what was redacted into another form of the same words. `render` and `fit` only: what
    /// `rewrite` adds is not redacted any more.
    pub(crate) fn map<U>(self, rewrite: impl FnOnce(T) -> U) -> Redacted<U> {
        Redacted(rewrite(self.0))
    }

    /// The same thing, lent: for `map` without a clone.
    pub(crate) const fn as_ref(&self) -> Redacted<&T> {
        Redacted(&self.0)
    }
}

impl<T> Deref for Redacted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Redacted").field(&self.0).finish()
    }
}

/// The rules of what may be said: the [defaults](self#what-is-never-sent) and the app's own.
///
/// Cheap to clone. Where two calls name the same key or header, the last one counts.
#[derive(Clone, Default)]
#[must_use = "a redactor does nothing until a bell is given it"]
pub struct Redactor {
    rules: Arc<Rules>,
}

/// The defaults are in [`rules`]; these are the app's own beside them.
#[derive(Clone, Default)]
struct Rules {
    headers: Headers,
    keys: Keys,
    patterns: Patterns,
    secrets: Secrets,
}

impl Redactor {
    /// Hides the values of a header that is shown by default.
    pub fn hide_header(self, name: &str) -> Self {
        self.with(|rules| rules.headers.hide(name))
    }

    /// Hides the values of keys that have these words in a row: `national_id` hides `nationalId` and
    /// `user[national-id]` too. Holds for queries, forms, JSON, tags, fields and texts.
    ///
    /// ```
    /// use tower_bell::{Message, Redactor};
    ///
    /// let redactor = Redactor::default().hide_key("national_id");
    /// let message = redactor.message(Message::new("no user with nationalId=850712"));
    /// assert_eq!(message.text(), "no user with nationalId=[redacted]");
    /// ```
    pub fn hide_key(self, name: &str) -> Self {
        self.with(|rules| rules.keys.hide(name))
    }

    /// Hides what matches, in every text that is sent but the user that the app names. The syntax is that of the `regex` crate, whose
    /// time is linear.
    ///
    /// # Errors
    ///
    /// If the pattern is no regular expression.
    ///
    /// ```
    /// use tower_bell::{Message, Redactor};
    ///
    /// let redactor = Redactor::default().hide_pattern(r"INV-\d+")?;
    /// assert_eq!(redactor.message(Message::new("paid INV-17")).text(), "paid [redacted]");
    ///
    /// let error = Redactor::default().hide_pattern("(").unwrap_err();
    /// assert_eq!(error.to_string(), "hide_pattern: unclosed group");
    /// # Ok::<(), tower_bell::ConfigError>(())
    /// ```
    pub fn hide_pattern(mut self, pattern: &str) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.rules).patterns.add(pattern)?;
        Ok(self)
    }

    /// Shows the values of a header. Does not hold for `authorization`, `proxy-authorization`,
    /// `cookie`, `set-cookie` and values marked sensitive, which nothing shows.
    pub fn show_header(self, name: &str) -> Self {
        self.with(|rules| rules.headers.show(name))
    }

    /// Shows the values of the keys with exactly these words: `session` shows `Session`, but not
    /// `session_id`.
    ///
    /// ```
    /// use tower_bell::{Message, Redactor};
    ///
    /// let redactor = Redactor::default().show_key("session");
    /// let shown = redactor.message(Message::new("session=morning, session_id=7f3a"));
    /// assert_eq!(shown.text(), "session=morning, session_id=[redacted]");
    /// ```
    pub fn show_key(self, name: &str) -> Self {
        self.with(|rules| rules.keys.show(name))
    }

    /// Redacts a message of the app's own.
    #[must_use]
    pub fn message(&self, message: Message) -> Redacted<Message> {
        Redacted(self.rules.message(message))
    }

    /// Redacts a captured failure.
    pub(crate) fn report(&self, report: Report) -> Redacted<Report> {
        Redacted(self.rules.report(report))
    }

    /// Redacts the path of a page that is not there.
    pub(crate) fn page(&self, page: Page) -> Redacted<Page> {
        Redacted(self.rules.page(page))
    }

    /// Redacts why a job failed.
    pub(crate) fn cause(&self, cause: Cause) -> Redacted<Cause> {
        Redacted(self.rules.cause(cause))
    }

    /// Redacts what stands for lost details.
    pub(crate) fn summary(&self, mut summary: Summary) -> Redacted<Summary> {
        summary.line = self.rules.block(&summary.line);
        Redacted(summary)
    }

    /// Values to scrub wherever they stand, with their percent-encoded and JSON-escaped forms; of a
    /// URL its path, long segments and password too. Those shorter than six characters are left out.
    pub(crate) fn with_secrets(self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        self.with(|rules| secrets.into_iter().for_each(|secret| rules.secrets.add(&secret)))
    }

    /// Scrubs the configured secrets and runs the detectors over one text: for the bell's own logs
    /// and errors.
    pub(crate) fn text(&self, text: &str) -> String {
        self.rules.block(text)
    }

    fn with(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(Arc::make_mut(&mut self.rules));
        self
    }
}

/// Patterns and secrets only by their number: a pattern may spell a secret.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rules { headers, keys, patterns, secrets } = &*self.rules;
        f.debug_struct("Redactor")
            .field("headers", headers)
            .field("keys", keys)
            .field("patterns", &patterns.len())
            .field("secrets", &secrets.len())
            .finish()
    }
}

#[cfg(test)]
mod tests;
