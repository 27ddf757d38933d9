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
//! | query, and JSON, form, multipart and XML payloads | keys; values of other keys | values of keys like `password`, `api_key`, `accessToken`, `pin`, with all that is below them | [`show_key`](Redactor::show_key) | [`hide_key`](Redactor::hide_key), [`show_only`](Redactor::show_only) |
//! | the same, and headers | everything else | what speaks of people: values of keys like `email`, `phone`, `ip`; e-mail addresses, IP addresses and IBANs wherever they stand | [`pii`](Redactor::pii) | [`hide_route`](Redactor::hide_route) |
//! | files in multipart payloads; images, compressed or unknown payloads | name, type and size | the content | - | - |
//! | every text: errors and their sources, panics, responses, your own messages | the text | credentials in URLs, behind `Bearer` or `Basic`, behind `password=` or `"token":`, in `<password>`; long segments behind `/reset/` and the like; card numbers; JSON web tokens; private keys; keys of AWS, GitHub, Stripe and others by their shape; webhook addresses; every secret that a transport was given | [`show_key`](Redactor::show_key) | [`hide_pattern`](Redactor::hide_pattern), [`hide_secret`](Redactor::hide_secret), [`hide_with`](Redactor::hide_with) |
//! | errors, panics and responses of a failed request | the text | e-mail addresses and IBANs; each value of six bytes or more that was hidden in the request, but for IP addresses; what the app called [`sensitive`](crate::context::sensitive) | [`pii`](Redactor::pii) | - |
//! | the user that the app names | as named | - | - | do not name one |
//!
//! What is hidden reads `[redacted]`, whatever its length, or with its kind: `[redacted:card]`,
//! `[redacted:email]`, `[redacted:jose]` (a JSON web token). A part whose redaction fails reads
//! `[redaction failed]`. Control, bidirectional and invisible characters are removed from everything.
//! [Each rule](#each-rule) stands at the end of this page.
//!
//! Keys are compared by their words, in any spelling: `apiKey`, `api_key` and `user[api-key]` are
//! the same. Words that only look alike stay: `author`, `max_tokens`, `primary_key`.
//!
//! It does not know what a value means: a name, or a diagnosis, under a key that no rule names is
//! shown. Of a payload only its beginning is captured: what is cut at its end, and known only by its
//! whole, is left out up to the last blank.
//!
//! # Rules of your own
//!
//! ```
//! use tower_bell::Redactor;
//!
//! let redactor = Redactor::default().hide_key("national_id").hide_pattern(r"INV-\d+")?;
//!
//! let text = "connect to postgres://bob:hunter2@db:5432/shop failed";
//! assert_eq!(redactor.text(text), "connect to postgres://[redacted]@db:5432/shop failed");
//! assert_eq!(redactor.text("retry with password=hunter2"), "retry with password=[redacted]");
//! assert_eq!(redactor.text("charged 4111 1111 1111 1111"), "charged [redacted:card]");
//! assert_eq!(redactor.text("nationalId: 850712"), "nationalId: [redacted]");
//! assert_eq!(redactor.text("INV-1017 is overdue"), "[redacted] is overdue");
//! assert_eq!(redactor.text("unexpected token: identifier"), "unexpected token: identifier");
//! # Ok::<(), tower_bell::ConfigError>(())
//! ```
//!
//! [`text`](Redactor::text) shows what an error would look like, [`preview`](Redactor::preview) what a
//! request would; [`explain`](Redactor::explain) says which rule hides what. That is all that a test of
//! your own rules needs.
//!
//! # In a file
//!
//! Several services share one file, in any format that serde reads. All parts may be left out. An
//! unknown name is an error with its place, and so is a bad pattern. What stands in two lists is hidden.
//! Secrets do not stand in it, but in the environment.
//!
//! ```
//! use tower_bell::Redactor;
//!
//! let file = r#"{
//!     "hide_keys": ["national_id"],
//!     "hide_headers": ["user-agent"],
//!     "hide_patterns": ["INV-\\d+"],
//!     "hide_routes": ["/login", "/admin/*"],
//!     "hide_secrets": [{ "env": "PATH" }],
//!     "show_keys": ["session"],
//!     "show_headers": ["x-tenant", "x-shop-*"],
//!     "user_field": "email",
//!     "pii": "hide"
//! }"#;
//! let redactor: Redactor = serde_json::from_str(file)?;
//! assert_eq!(redactor.text("national-id=850712"), "national-id=[redacted]");
//!
//! let error = serde_json::from_str::<Redactor>(r#"{ "hide_key": [] }"#).unwrap_err().to_string();
//! assert!(error.starts_with("unknown field `hide_key`, expected one of `hide_headers`"));
//! assert!(error.ends_with("at line 1 column 12"));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! With `"show_only": ["plan", "sku"]` only what is listed is shown of queries and payloads.
//!
#![doc = include_str!("rules.md")]

mod assignment;
mod card;
mod credential;
mod decoded;
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

    /// As it is written, and as a server may read it.
    fn hides_route(&self, route: &str) -> bool {
        if self.routes.is_empty() {
            return false;
        }
        let read = url::read_path(route);
        self.routes.iter().any(|hidden| match hidden.strip_suffix('*') {
            Some(prefix) => [route, &read].iter().any(|path| path.starts_with(prefix)),
            None => {
                let whole = |path: &str| path.trim_end_matches('/') == hidden.trim_end_matches('/');
                whole(route) || whole(&read)
            }
        })
    }

    fn names_user(&self, field: &str) -> bool {
        self.user_field.as_ref().is_some_and(|name| keys::is_same(field, name))
    }
}

#[cfg(test)]
mod tests;
