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
mod email;
mod encoding;
mod file;
mod form;
mod headers;
mod hooks;
mod iban;
mod ip;
mod json;
mod jwt;
mod keys;
mod message;
mod multipart;
mod pattern;
mod payload;
mod pem;
mod placeholder;
mod redacted;
mod redactor;
mod report;
mod rules;
mod scan;
mod secrets;
mod shape;
mod signs;
mod trail;
mod url;
mod xml;

use self::{headers::Headers, hooks::Hooks, keys::Keys, pattern::Patterns, secrets::Secrets};
pub use self::{
    hooks::{Hide, Shown},
    redacted::Redacted,
    redactor::{Pii, Redactor},
    trail::Finding,
};

/// The defaults are in [`rules`]; these are the app's own beside them.
#[derive(Clone, Default)]
struct Rules {
    headers: Headers,
    hooks: Hooks,
    keys: Keys,
    patterns: Patterns,
    pii: Pii,
    routes: Vec<String>,
    secrets: Secrets,
    user_field: Option<String>,
    /// Only for the benchmark: what the detectors cost.
    keys_only: bool,
}

impl Rules {
    fn hides_people(&self) -> bool {
        self.pii == Pii::Hide
    }

    fn hides_route(&self, route: &str) -> bool {
        self.routes.iter().any(|hidden| match hidden.strip_suffix('*') {
            Some(prefix) => route.starts_with(prefix),
            None => route == hidden,
        })
    }

    fn names_user(&self, field: &str) -> bool {
        self.user_field.as_ref().is_some_and(|name| keys::is_same(field, name))
    }
}

#[cfg(test)]
mod tests;
