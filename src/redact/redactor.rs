//! The rules as the app sets them.

use std::{fmt, sync::Arc};

use serde::Deserialize;

use super::{
    Finding, Hide, Redacted, Rules, Shown,
    scan::{Scan, Tier},
    secrets::Secrets,
    trail::Trail,
};
use crate::{
    error::ConfigError,
    message::{Message, USER},
    report::{Cause, Page, Report, Summary},
    secret::Secret,
    sensitive::Sensitive,
    text::Unit,
};

/// The rules of what may be said: the [defaults](crate::redact#what-is-never-sent) and the app's own,
/// in code or [in a file](crate::redact#in-a-file).
///
/// Cheap to clone. Where two calls name the same key or header, the last one counts.
///
/// ```
/// use http::Request;
/// use tower_bell::Redactor;
///
/// let redactor = Redactor::default().hide_key("national_id").show_header("x-tenant");
/// let request = Request::post("/register").header("x-tenant", "acme").body(r#"{"nationalId":850712}"#.into())?;
/// let shown = redactor.preview(&request);
/// assert!(shown.contains("x-tenant: acme") && shown.contains(r#"{"nationalId":"[redacted]"}"#));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Default)]
#[must_use = "a redactor does nothing until a bell is given it"]
pub struct Redactor {
    rules: Arc<Rules>,
}

/// Whether what speaks of people is hidden.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Pii {
    /// In what was captured; never in what the app sends itself, nor the user that it names.
    #[default]
    Hide,
    /// Nowhere.
    Show,
}

impl Redactor {
    /// Hides the values of a header that is shown by default, or, with a `*` at the end, of all
    /// headers whose names begin so: `sec-*`. A whole name counts before a beginning; a `*` elsewhere is a
    /// `*`.
    pub fn hide_header(self, name: &str) -> Self {
        self.with(|rules| rules.headers.hide(name))
    }

    /// Hides the values of keys that have these words in a row: `national_id` hides `nationalId` and
    /// `user[national-id]` too, but no plural. Holds for queries, forms, JSON, XML, tags, fields and texts.
    ///
    /// ```
    /// use tower_bell::Redactor;
    ///
    /// let redactor = Redactor::default().hide_key("national_id");
    /// let text = "no user with nationalId=850712";
    /// assert_eq!(redactor.text(text), "no user with nationalId=[redacted]");
    /// ```
    pub fn hide_key(self, name: &str) -> Self {
        self.with(|rules| rules.keys.hide(name))
    }

    /// Hides what matches, in every text that is sent but the user that the app names, the error's type
    /// and its place in the code. The syntax is that of the `regex` crate, whose time is linear.
    ///
    /// # Errors
    ///
    /// If the pattern is no regular expression.
    ///
    /// ```
    /// use tower_bell::Redactor;
    ///
    /// let redactor = Redactor::default().hide_pattern(r"INV-\d+")?;
    /// assert_eq!(redactor.text("paid INV-17"), "paid [redacted]");
    ///
    /// let error = Redactor::default().hide_pattern("(").unwrap_err();
    /// assert_eq!(error.to_string(), "hide_pattern: unclosed group");
    /// # Ok::<(), tower_bell::ConfigError>(())
    /// ```
    pub fn hide_pattern(mut self, pattern: &str) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.rules).patterns.add(pattern)?;
        Ok(self)
    }

    /// Hides the query, the header values, the payload and the response's text of every request of a
    /// route, by its template (`/users/{id}`) or its path, also as a server may read that: `/%6Cogin`,
    /// `//login/` and `/login;a=b` are `/login`. With a `*` at the end, of all that begin so: `/admin/*`,
    /// but not `/admin`. A `*` elsewhere is a `*`. What an error says stays, without what it repeats of
    /// the request; and the [user](Self::user_field) is still named.
    ///
    /// [`preview`](Self::preview) knows no templates: it shows what a path hides.
    ///
    /// ```
    /// use http::Request;
    /// use tower_bell::Redactor;
    ///
    /// let redactor = Redactor::default().hide_route("/login");
    /// let shown = redactor.preview(&Request::post("/login?next=cart").body("name=alice".into())?);
    /// assert!(!shown.contains("alice") && !shown.contains("cart"), "{shown}");
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn hide_route(self, route: &str) -> Self {
        self.with(|rules| rules.routes.push(route.to_owned()))
    }

    /// Hides a value wherever it stands, also percent-encoded, escaped for JSON or HTML, or all of that; of
    /// a URL its path, long segments and password too. Of more than 64 bytes the first ones are enough, and
    /// what goes on like the value hides with them. A secret of fewer than six bytes is not looked for:
    /// too much of what is harmless would be hidden. The secrets of the bell's transports are hidden
    /// without this.
    ///
    /// ```
    /// use tower_bell::{Redactor, Secret};
    ///
    /// let redactor = Redactor::default().hide_secret(Secret::new("correct horse"));
    /// assert_eq!(redactor.text("no such key: correct horse"), "no such key: [redacted]");
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "who gives a secret away need not keep it")]
    pub fn hide_secret(self, secret: Secret) -> Self {
        self.with(|rules| rules.secrets.add(secret.expose()))
    }

    /// Hides what your own function says, of every text but the user that the app names, the error's type
    /// and its place in the code: all of it (`true`) or ranges of bytes, which hide everything if the text
    /// does not have them. It is called with what all other rules leave, so that it can hide
    /// more and show nothing. Where it panics, the text is `[redaction failed]`.
    ///
    /// ```
    /// use tower_bell::Redactor;
    ///
    /// let redactor = Redactor::default()
    ///     .hide_with(|shown| shown.is_named("memo"))
    ///     .hide_with(|shown| shown.text().find("K-").map(|at| at..at + 4));
    /// assert_eq!(redactor.text("order K-17 failed"), "order [redacted] failed");
    /// ```
    pub fn hide_with<H: Into<Hide>>(
        self,
        hide: impl Fn(&Shown<'_>) -> H + Send + Sync + 'static,
    ) -> Self {
        self.with(|rules| rules.hooks.add(move |shown| hide(shown).into()))
    }

    /// Whether what speaks of people is shown: keys like `email`, `phone` and `ip` of queries and
    /// payloads, and e-mail addresses, IP addresses and IBANs wherever they stand in what was captured.
    /// In errors and responses only e-mail addresses and IBANs are hidden: in "connect to 10.0.0.5
    /// refused" the address is the cause. Default: [`Pii::Hide`].
    ///
    /// ```
    /// use tower_bell::{Pii, Redactor};
    ///
    /// let text = "no user bob@example.com";
    /// assert_eq!(Redactor::default().text(text), "no user [redacted:email]");
    /// assert_eq!(Redactor::default().pii(Pii::Show).text(text), text);
    /// ```
    pub fn pii(self, pii: Pii) -> Self {
        self.with(|rules| rules.pii = pii)
    }

    /// Shows the values of a header, or, with a `*` at the end, of all headers whose names begin so and
    /// do not sound like a credential's: `x-shop-*`. Does not hold for `authorization`,
    /// `proxy-authorization`, `cookie`, `set-cookie` and values marked sensitive, which nothing shows;
    /// `referer` and `origin` are shown as URLs in any case.
    pub fn show_header(self, name: &str) -> Self {
        self.with(|rules| rules.headers.show(name))
    }

    /// Shows the values of the keys with exactly these words: `session` shows `Session`, but not
    /// `session_id`.
    ///
    /// ```
    /// use tower_bell::Redactor;
    ///
    /// let redactor = Redactor::default().show_key("session");
    /// let text = "session=morning, session_id=7f3a";
    /// assert_eq!(redactor.text(text), "session=morning, session_id=[redacted]");
    /// ```
    pub fn show_key(self, name: &str) -> Self {
        self.with(|rules| rules.keys.show(name))
    }

    /// Shows of queries and payloads only the values of these keys (exactly these words, in any
    /// spelling), whoever they speak of; all other values are hidden, and plain text is not shown.
    /// Lists of several calls add up. What other rules hide as secret stays hidden.
    ///
    /// ```
    /// use http::Request;
    /// use tower_bell::Redactor;
    ///
    /// let redactor = Redactor::default().show_only(["plan", "sku"]);
    /// let payload = r#"{"plan":"pro","name":"Alice","items":[{"sku":17,"note":"blue"}]}"#;
    /// let shown = redactor.preview(&Request::post("/").body(payload.into())?);
    /// let payload = r#"{"plan":"pro","name":"[redacted]","items":[{"sku":17,"note":"[redacted]"}]}"#;
    /// assert!(shown.contains(payload), "{shown}");
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn show_only<N: AsRef<str>>(self, names: impl IntoIterator<Item = N>) -> Self {
        self.with(|rules| {
            rules.keys.show_none();
            names.into_iter().for_each(|name| rules.keys.show_only(name.as_ref()));
        })
    }

    /// The field of the payload that says who a request failed for, if the app does not say it: its
    /// value stands as `user:…` in the message, so that searching the chat finds it. Of several the
    /// one that is nested least counts. Default: none.
    ///
    /// ```
    /// use http::Request;
    /// use tower_bell::Redactor;
    ///
    /// let redactor = Redactor::default().user_field("email");
    /// let request = Request::post("/register").body(r#"{"email":"alice@example.com"}"#.into())?;
    /// assert!(redactor.preview(&request).contains("user:alice@example.com"));
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn user_field(self, name: &str) -> Self {
        self.with(|rules| rules.user_field = Some(name.to_owned()))
    }

    /// What a text would look like in chat if it were an error's.
    ///
    /// ```
    /// use tower_bell::Redactor;
    ///
    /// let text = "connect to postgres://bob:hunter2@db:5432/shop failed";
    /// let shown = "connect to postgres://[redacted]@db:5432/shop failed";
    /// assert_eq!(Redactor::default().text(text), shown);
    /// ```
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        Scan::new(&self.rules, Tier::Error).block(text)
    }

    /// Which rules hide what in an error's text, in the order in which they do.
    #[must_use]
    pub fn explain_text(&self, text: &str) -> Vec<Finding> {
        let trail = Trail::with_findings();
        trail.enter("text");
        Scan::new(&self.rules, Tier::Error).followed_by(&trail).block(text);
        trail.findings()
    }

    /// Redacts a message of the app's own.
    #[must_use]
    pub fn message(&self, message: Message) -> Redacted<Message> {
        Redacted::new(self.rules.message(message))
    }

    /// Redacts a captured failure.
    pub(crate) fn report(&self, report: Report) -> Redacted<Report> {
        Redacted::new(self.rules.report(report, &Trail::with_echoes()))
    }

    /// Which rules hide what in it.
    pub(crate) fn explain_report(&self, report: Report) -> Vec<Finding> {
        let trail = Trail::with_findings();
        self.rules.report(report, &trail);
        trail.findings()
    }

    /// Redacts whom it failed for: only what is configured is hidden, so that searching finds the rest.
    pub(crate) fn user(&self, user: &str, sensitive: &Sensitive) -> Redacted<String> {
        let known = Secrets::of(sensitive, &[]);
        let user = Unit::Chars.cut(user, USER);
        Redacted::new(Scan::new(&self.rules, Tier::Own).knowing(&known).user(user))
    }

    /// Redacts the path of a page that is not there.
    pub(crate) fn page(&self, page: Page) -> Redacted<Page> {
        Redacted::new(self.rules.page(page))
    }

    /// Redacts why a job failed.
    pub(crate) fn cause(&self, cause: Cause) -> Redacted<Cause> {
        Redacted::new(Scan::new(&self.rules, Tier::Error).cause(cause))
    }

    /// Redacts what stands for lost details.
    pub(crate) fn summary(&self, mut summary: Summary) -> Redacted<Summary> {
        summary.line = Scan::new(&self.rules, Tier::Captured).block(&summary.line);
        Redacted::new(summary)
    }

    /// [`hide_secret`](Self::hide_secret) for several.
    pub(crate) fn with_secrets(self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        secrets.into_iter().fold(self, Self::hide_secret)
    }

    /// Only what keys hide. For the benchmark, which tells what the detectors cost.
    #[doc(hidden)]
    pub fn by_keys_only(self) -> Self {
        self.with(|rules| rules.keys_only = true)
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(Arc::make_mut(&mut self.rules));
        self
    }
}

/// Patterns and secrets only by their number: a pattern may spell a secret.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rules { headers, hooks, keys, patterns, pii, routes, secrets, user_field, .. } =
            &*self.rules;
        f.debug_struct("Redactor")
            .field("headers", headers)
            .field("hooks", &hooks.len())
            .field("keys", keys)
            .field("patterns", &patterns.len())
            .field("pii", pii)
            .field("routes", routes)
            .field("secrets", &secrets.len())
            .field("user_field", user_field)
            .finish()
    }
}
