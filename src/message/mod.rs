//! The neutral message: what is said, before any provider's form of saying it.

mod limits;
mod plain;

use std::fmt;

pub use self::limits::Limits;
pub(crate) use self::limits::{USER, fit};
use crate::{sensitive::Sensitive, severity::Severity, text, topic::Topic};

/// A message to the team: provider-neutral, built by setters, sent with
/// [`Bell::send`](crate::Bell::send) or [`Bell::deliver`](crate::Bell::deliver).
///
/// The text is the app's own words: emoji codes (`:rocket:`) work in it. Everything else is shown
/// literally. All of it passes the redactor.
///
/// ```
/// use tower_bell::{Message, Severity};
///
/// let message = Message::new(":rocket: Nice job, I'm all set up!")
///     .channel("#test")
///     .username("MyApp Bot")
///     .severity(Severity::Info)
///     .user("alice@example.com")
///     .field("plan", "pro");
/// assert!(message.plain_text().contains("user:alice@example.com"));
/// ```
#[derive(Clone, Eq, PartialEq)]
#[must_use = "a message does nothing until it is sent"]
pub struct Message {
    /// What changed since the message that it replaces, in one line: `×2 #a1f3k9q2 500 · POST
    /// /checkout`. Shown only where a replaced message cannot be seen to change.
    pub(crate) change: Option<String>,
    /// Where it goes. Not shown.
    pub(crate) channel: Option<String>,
    /// Short facts on the user's line: `took 1.2 s`.
    pub(crate) facts: Vec<String>,
    pub(crate) fields: Vec<Field>,
    pub(crate) icon: Option<String>,
    /// The fingerprint's short id, shown with a `#` before it.
    pub(crate) id: Option<String>,
    pub(crate) links: Vec<Link>,
    /// Whom to call, in the service's own words. Only a route sets it.
    pub(crate) mention: Option<String>,
    pub(crate) literals: Vec<Literal>,
    /// What is said last, on the id's line: when, what was hidden, what was cut.
    pub(crate) notes: Vec<String>,
    /// The line of code, beside the quote.
    pub(crate) place: Option<String>,
    /// The error's own words, which may have several lines.
    pub(crate) quote: Option<String>,
    /// What may stand nowhere in it. The redactor empties it.
    pub(crate) sensitive: Sensitive,
    pub(crate) severity: Severity,
    /// Without a sound. Only a route sets it.
    pub(crate) silent: bool,
    /// What failed and where, beside the text but literal: `500 · POST /checkout`.
    pub(crate) subject: Option<String>,
    /// The heading, or all that the app says. The only part in which emoji codes work.
    pub(crate) text: String,
    pub(crate) topic: Option<Topic>,
    /// Shown with `user:` before it.
    pub(crate) user: Option<String>,
    pub(crate) username: Option<String>,
}

/// A name and a value, shown side by side.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// A text that is shown exactly as it is, as code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Literal {
    /// `Request`, `Headers`, `Payload`, `Response`.
    pub(crate) label: &'static str,
    /// What is said beside the label: `41 B, 1 value hidden`.
    pub(crate) note: Option<String>,
    /// Empty if there is only the note.
    pub(crate) text: String,
    /// For highlighting: `json`.
    pub(crate) language: Option<&'static str>,
}

/// A link that the app builds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Link {
    pub(crate) label: String,
    pub(crate) url: String,
}

impl Message {
    /// A message with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            change: None,
            channel: None,
            facts: Vec::new(),
            fields: Vec::new(),
            icon: None,
            id: None,
            links: Vec::new(),
            literals: Vec::new(),
            mention: None,
            notes: Vec::new(),
            place: None,
            quote: None,
            sensitive: Sensitive::default(),
            severity: Severity::Info,
            silent: false,
            subject: None,
            text: text.into(),
            topic: None,
            user: None,
            username: None,
        }
    }

    /// The channel it goes to, by the name given to the builder. Default: the first channel. An
    /// unknown name goes to the default channel with a note, and is counted.
    pub fn channel(mut self, name: impl Into<String>) -> Self {
        self.channel = Some(name.into());
        self
    }

    /// Adds a name and a value, shown side by side. Of more than a transport shows
    /// ([`Limits::fields`]: 20) the last ones are cut, and the message says so.
    pub fn field(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.fields.push(Field { name: name.into(), value: text::shown(&value) });
        self
    }

    /// The picture beside the name: an emoji code (`:bell:`) or an `https://` URL, where the
    /// transport can show one.
    pub fn icon(mut self, icon: impl Into<String>) -> Self {
        self.icon = Some(icon.into());
        self
    }

    /// Adds a link with a label. Only `http` and `https` URLs become links; others are shown as
    /// text.
    pub fn link(mut self, label: impl Into<String>, url: impl Into<String>) -> Self {
        self.links.push(Link { label: label.into(), url: url.into() });
        self
    }

    /// How bad it is. Default: [`Severity::Info`].
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// What it is about.
    pub fn topic(mut self, topic: impl Into<Topic>) -> Self {
        self.topic = Some(topic.into());
        self
    }

    /// Whom it is about: stands as `user:…` in the text, unbroken and unredacted, so that searching
    /// the chat finds it. At most 256 characters of it are shown, which is more than an e-mail address
    /// has. A blank one is nobody.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = text::named(user.into());
        self
    }

    /// The name it is posted under, where the transport can; elsewhere the name goes into the text.
    pub fn username(mut self, name: impl Into<String>) -> Self {
        self.username = Some(name.into());
        self
    }

    /// The text, as the app wrote it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How bad it is, as [`severity`](Self::severity) set it.
    #[must_use]
    pub fn level(&self) -> Severity {
        self.severity
    }

    /// What it is about, as [`topic`](Self::topic) set it.
    #[must_use]
    pub fn about(&self) -> Option<&Topic> {
        self.topic.as_ref()
    }

    /// Whom to call, as the route of its channel says ([`Route::mention`](crate::Route::mention)), in
    /// the service's own words. Not escaped: the one text that a transport may take for a mention.
    #[must_use]
    pub fn mentions(&self) -> Option<&str> {
        self.mention.as_deref()
    }

    /// Whether it is to make no sound, as the route of its channel says
    /// ([`Route::silent`](crate::Route::silent)).
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// The id as it is shown and searched for: `#a1f3k9q2`.
    pub(crate) fn shown_id(&self) -> Option<String> {
        self.id.as_ref().map(|id| format!("#{id}"))
    }

    /// Whether it says nothing: such a message is refused, not sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let blank = |text: &str| text::clean(text).trim().is_empty();
        blank(&self.text) && self.fields.is_empty() && self.links.is_empty()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A message may still be unredacted: its own words stay out of every log.
        f.debug_struct("Message")
            .field("severity", &self.severity)
            .field("topic", &self.topic)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
