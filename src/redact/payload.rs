//! The payload: JSON, forms and plain text are shown, redacted; everything else is described.
//!
//! The content type is a hint, not trusted: clients send JSON as a form and as text.

use super::{
    Rules,
    json::looks_like_json,
    scan::{Hiding, Scan, without_half},
};
use crate::{
    report::Payload,
    text::{Size, clean},
};

impl Rules {
    pub(super) fn payload(&self, payload: Payload) -> Payload {
        match payload {
            Payload::None => Payload::None,
            Payload::NotShown(reason) => Payload::NotShown(self.line(&reason)),
            Payload::NotRead { length } => Payload::NotRead { length },
            Payload::Raw { prefix, read, complete, content_type, content_encoding } => {
                let kind = Kind::of(content_type.as_deref(), content_encoding.as_deref());
                let body = Body { prefix: &prefix, read, complete };
                self.body(body, &kind)
            }
            // It has been here before.
            Payload::Shown { text, hidden, read, kept, complete, language } => {
                let text = self.secrets.hide(&clean(&text)).into_owned();
                Payload::Shown { text, hidden, read, kept, complete, language }
            }
        }
    }

    fn body(&self, body: Body<'_>, kind: &Kind) -> Payload {
        if body.read == 0 && body.prefix.is_empty() {
            return Payload::None;
        }
        if body.prefix.is_empty() {
            return Payload::NotShown(format!("{kind}, {}", Size(body.read)));
        }
        let shown = body.text().and_then(|text| self.body_text(&text, body.is_cut(), kind));
        let Some((Hiding { text, hidden }, language)) = shown else {
            return Payload::NotShown(format!("{kind}, {}", Size(body.read)));
        };
        let kept = body.prefix.len() as u64;
        Payload::Shown { text, hidden, read: body.read, kept, complete: body.complete, language }
    }

    fn body_text(
        &self,
        text: &str,
        cut: bool,
        kind: &Kind,
    ) -> Option<(Hiding, Option<&'static str>)> {
        // As a whole first: a secret may go over the borders of names and values.
        let text = &*self.secrets.hide(text);
        let scan = Scan::new(self);
        let json = match kind {
            Kind::Encoded(_) | Kind::Other(_) => return None,
            Kind::Json(_) => true,
            Kind::Form | Kind::Text | Kind::Unknown => looks_like_json(text),
        };
        if json {
            return Some((scan.json(text, cut)?, Some("json")));
        }
        match kind {
            // Without a single `=` it is no form, whatever it says.
            Kind::Form if text.contains('=') => Some((scan.form(text, cut), None)),
            Kind::Text => Some((scan.plain(text, cut), None)),
            _ => None,
        }
    }
}

impl Scan<'_> {
    /// Plain text; `cut` if more of it was not kept.
    pub(super) fn plain(self, text: &str, cut: bool) -> Hiding {
        let text = if cut { without_half(text) } else { text };
        let shown = self.value(text);
        Hiding { hidden: usize::from(*shown != *text), text: shown.into_owned() }
    }
}

#[derive(Clone, Copy)]
struct Body<'a> {
    prefix: &'a [u8],
    read: u64,
    complete: bool,
}

impl Body<'_> {
    fn is_cut(&self) -> bool {
        !self.complete || self.read > self.prefix.len() as u64
    }

    /// The text, unless it is none: with bytes that no text has. A few that are no UTF-8 are
    /// replaced, because one wrong byte in a form must not hide the rest.
    fn text(&self) -> Option<String> {
        let binary = self.prefix.contains(&0) || self.prefix.starts_with(&[0xff, 0xfe]);
        let text = String::from_utf8_lossy(self.prefix);
        let replaced = text.matches(char::REPLACEMENT_CHARACTER).count();
        (!binary && replaced <= self.prefix.len() / 8 + 1).then(|| clean(&text).into_owned())
    }
}

/// What the payload says it is.
enum Kind {
    /// Compressed, by this coding.
    Encoded(String),
    Form,
    Json(String),
    Text,
    Other(String),
    Unknown,
}

impl Kind {
    fn of(content_type: Option<&str>, content_encoding: Option<&str>) -> Self {
        if let Some(coding) = content_encoding {
            return Self::Encoded(safe_name(coding));
        }
        let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        let json = essence.ends_with("+json") || essence.ends_with("/json");
        match essence.as_str() {
            "" => Self::Unknown,
            "application/x-www-form-urlencoded" => Self::Form,
            "text/plain" => Self::Text,
            name if json || name.ends_with("ndjson") => Self::Json(safe_name(name)),
            name => Self::Other(safe_name(name)),
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Encoded(coding) => write!(f, "compressed ({coding})"),
            Self::Form => f.write_str("form"),
            Self::Text => f.write_str("text/plain"),
            Self::Json(name) | Self::Other(name) => f.write_str(name),
            Self::Unknown => f.write_str("unknown type"),
        }
    }
}

/// A client's word for a type or coding, if it is one at all.
fn safe_name(name: &str) -> String {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"/+-._".contains(&b);
    let safe = name.len() <= LONGEST_NAME && name.bytes().all(is_name);
    if safe { name.to_owned() } else { "unknown type".to_owned() }
}

const LONGEST_NAME: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(content_type: Option<&str>, prefix: &[u8], read: u64) -> Payload {
        Rules::default().payload(Payload::Raw {
            prefix: prefix.to_vec(),
            read,
            complete: true,
            content_type: content_type.map(str::to_owned),
            content_encoding: None,
        })
    }

    fn shown(content_type: &str, prefix: &str) -> (String, usize) {
        match payload(Some(content_type), prefix.as_bytes(), prefix.len() as u64) {
            Payload::Shown { text, hidden, .. } => (text, hidden),
            other => (format!("{other:?}"), 0),
        }
    }

    #[test]
    fn text_kinds_are_shown_redacted() {
        let json = r#"{"password":"hunter2","plan":"pro"}"#;
        let safe = (r#"{"password":"[redacted]","plan":"pro"}"#.to_owned(), 1);
        for content_type in
            ["application/json; charset=utf-8", "application/vnd.api+json", "text/plain"]
        {
            assert_eq!(shown(content_type, json), safe, "{content_type}");
        }
        // curl's default for `-d`.
        assert_eq!(shown("application/x-www-form-urlencoded", json), safe);
        assert_eq!(
            shown("application/x-www-form-urlencoded", "pin=1234&a=b").0,
            "pin=[redacted]&a=b"
        );
        assert_eq!(shown("text/plain", "password: hunter2").0, "password: [redacted]");
    }

    #[test]
    fn what_is_not_understood_is_described() {
        let reason = |content_type, prefix: &[u8], read| match payload(content_type, prefix, read) {
            Payload::NotShown(reason) => reason,
            other => format!("{other:?}"),
        };
        assert_eq!(reason(Some("image/png"), b"\x89PNG", 49_357), "image/png, 48.2 KiB");
        assert_eq!(
            reason(Some("multipart/form-data; boundary=x"), b"--x", 3),
            "multipart/form-data, 3 B"
        );
        assert_eq!(reason(Some("application/json"), b"5ecret", 6), "application/json, 6 B");
        let form = Some("application/x-www-form-urlencoded");
        assert_eq!(reason(form, b"hunter2", 7), "form, 7 B");
        assert_eq!(reason(None, b"hunter2", 7), "unknown type, 7 B");
        assert_eq!(reason(Some("application/json"), b"hunter2", 7), "application/json, 7 B");
        assert_eq!(reason(Some("application/json"), b"{\0\"", 3), "application/json, 3 B");
        assert_eq!(reason(Some("text/plain"), &[0xe9; 40], 40), "text/plain, 40 B");
        assert_eq!(reason(Some("text/plain"), b"", 40), "text/plain, 40 B");
        assert_eq!(reason(Some("text/\u{202e}x"), b"x", 1), "unknown type, 1 B");
    }

    #[test]
    fn compressed_payloads_are_described() {
        let payload = Rules::default().payload(Payload::Raw {
            prefix: b"\x1f\x8b".to_vec(),
            read: 3174,
            complete: true,
            content_type: Some("application/json".to_owned()),
            content_encoding: Some("gzip".to_owned()),
        });
        assert_eq!(payload, Payload::NotShown("compressed (gzip), 3.1 KiB".to_owned()));
    }

    #[test]
    fn an_empty_payload_is_none() {
        assert_eq!(payload(Some("application/json"), b"", 0), Payload::None);
    }

    #[test]
    fn what_was_cut_shows_no_half_secret() {
        let cut =
            |content_type, prefix: &str| match payload(Some(content_type), prefix.as_bytes(), 1000)
            {
                Payload::Shown { text, kept, .. } => {
                    assert_eq!(kept, prefix.len() as u64);
                    text
                }
                other => format!("{other:?}"),
            };
        assert_eq!(cut("text/plain", "pay with 4111 1111 1111 1"), "pay with");
        assert_eq!(cut("text/plain", "db is postgres://u:p"), "db is ");
        assert_eq!(cut("application/json", r#"{"a":"x postgres://u:p"#), r#"{"a":"x "#);
        assert_eq!(cut("application/json", r#"{"a":1,"n":4111111"#), r#"{"a":1,"n":"#);
        assert_eq!(cut("application/json", r#"{"password":"hunt"#), r#"{"password":"[redacted]""#);
    }
}
