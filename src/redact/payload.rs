//! The payload: JSON, forms, multipart, XML and plain text are shown, redacted; everything else is
//! described.
//!
//! The content type is a hint, not trusted: clients send JSON as a form and as text.

use std::{borrow::Cow, fmt};

use super::{
    json::looks_like_json,
    multipart,
    scan::{Hiding, Scan, without_half},
    trail::Why,
    xml::looks_like_xml,
};
use crate::{
    report::Payload,
    text::{Size, clean},
};

impl Scan<'_> {
    pub(super) fn payload(self, payload: Payload) -> Payload {
        match payload {
            Payload::None => Payload::None,
            Payload::NotShown(reason) => {
                Payload::NotShown(self.value(&clean(&reason)).into_owned())
            }
            Payload::NotRead { length } => Payload::NotRead { length },
            Payload::Raw { prefix, read, complete, content_type, content_encoding } => {
                let kind = Kind::of(content_type.as_deref(), content_encoding.as_deref());
                self.body(Body { prefix: &prefix, read, complete }, &kind)
            }
            // It has been here before.
            Payload::Shown { text, hidden, read, kept, complete, language } => {
                let text = self.known_hidden(&clean(&text)).into_owned();
                Payload::Shown { text, hidden, read, kept, complete, language }
            }
        }
    }

    fn body(self, body: Body<'_>, kind: &Kind) -> Payload {
        if body.read == 0 && body.prefix.is_empty() {
            return Payload::None;
        }
        let shown = self.shown_body(body, kind);
        if body.is_cut() && self.is_followed() {
            self.cut_behind(&String::from_utf8_lossy(body.prefix));
        }
        let Some((Hiding { text, hidden }, language)) = shown else {
            self.hid(Why::Kind, "");
            return Payload::NotShown(format!("{kind}, {}", Size(body.read)));
        };
        let kept = body.prefix.len() as u64;
        Payload::Shown { text, hidden, read: body.read, kept, complete: body.complete, language }
    }

    fn shown_body(self, body: Body<'_>, kind: &Kind) -> Option<(Hiding, Option<&'static str>)> {
        if body.prefix.is_empty() {
            return None;
        }
        if let Kind::Multipart { boundary, .. } = kind {
            let shown = self.multipart(body.prefix, boundary.as_deref()?, body.is_cut())?;
            return Some((shown, None));
        }
        if matches!(kind, Kind::Form | Kind::Text | Kind::Xml(_))
            && let Some(boundary) = multipart::boundary_of(body.prefix)
        {
            return Some((self.multipart(body.prefix, boundary, body.is_cut())?, None));
        }
        let text = body.text()?;
        // As a whole first: a secret may go over the borders of names and values.
        let text = self.known_hidden(&text);
        let cut = body.is_cut();
        match kind.seen_in(&text)? {
            Shape::Json => Some((self.json(&text, cut)?, Some("json"))),
            Shape::Xml => Some((self.xml(&text, cut), Some("xml"))),
            Shape::Form => Some((self.form(&text, cut), None)),
            // Nothing in it has a key that could be listed.
            Shape::Plain if self.shows_only_listed() => None,
            Shape::Plain => Some((self.plain(&text, cut), None)),
        }
    }

    /// Plain text; `cut` if more of it was not kept.
    pub(super) fn plain(self, text: &str, cut: bool) -> Hiding {
        if cut {
            self.cut_text(text);
        }
        let text = if cut { without_half(text) } else { text };
        let shown = self.value(text);
        Hiding { hidden: usize::from(*shown != *text), text: shown.into_owned() }
    }
}

/// How a text is read.
enum Shape {
    Form,
    Json,
    Plain,
    Xml,
}

#[derive(Clone, Copy)]
struct Body<'a> {
    prefix: &'a [u8],
    read: u64,
    complete: bool,
}

impl<'a> Body<'a> {
    fn is_cut(self) -> bool {
        !self.complete || self.read > self.prefix.len() as u64
    }

    /// The text, unless it is none: with bytes that no text has. A few that are no UTF-8 are
    /// replaced, because one wrong byte in a form must not hide the rest.
    fn text(self) -> Option<Cow<'a, str>> {
        let binary = self.prefix.contains(&0) || self.prefix.starts_with(&[0xff, 0xfe]);
        let text = String::from_utf8_lossy(self.prefix);
        let replaced = match &text {
            Cow::Owned(text) => text.matches(char::REPLACEMENT_CHARACTER).count(),
            Cow::Borrowed(_) => 0,
        };
        (!binary && replaced <= self.prefix.len() / 8 + 1).then(|| Scan::seen(text))
    }
}

/// What the payload says it is.
enum Kind {
    /// Compressed, by this coding.
    Encoded(String),
    Form,
    Json(String),
    Multipart {
        name: String,
        boundary: Option<String>,
    },
    Text,
    Other(String),
    Unknown,
    Xml(String),
}

impl Kind {
    fn of(content_type: Option<&str>, content_encoding: Option<&str>) -> Self {
        if let Some(coding) = content_encoding {
            return Self::Encoded(safe_name(coding));
        }
        let content_type = content_type.unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        let suffix = essence.rsplit(['/', '+']).next().unwrap_or_default();
        match (essence.as_str(), suffix) {
            ("", _) => Self::Unknown,
            ("application/x-www-form-urlencoded", _) => Self::Form,
            ("text/plain", _) => Self::Text,
            (name, "json" | "ndjson" | "x-ndjson") => Self::Json(safe_name(name)),
            (name, "xml") => Self::Xml(safe_name(name)),
            (name, _) if name.starts_with("multipart/") => Self::Multipart {
                name: safe_name(name),
                boundary: multipart::boundary(content_type).map(str::to_owned),
            },
            (name, _) => Self::Other(safe_name(name)),
        }
    }

    /// How this text of it is read; `None` if it is only described.
    fn seen_in(&self, text: &str) -> Option<Shape> {
        match self {
            Self::Encoded(_) | Self::Multipart { .. } | Self::Other(_) => None,
            Self::Json(_) => Some(Shape::Json),
            Self::Form | Self::Text | Self::Unknown if looks_like_json(text) => Some(Shape::Json),
            // Half of it may be missing, and then nothing would say that it is XML.
            Self::Xml(_) => Some(Shape::Xml),
            Self::Text | Self::Unknown if looks_like_xml(text) => Some(Shape::Xml),
            // Without a single `=` it is no form, whatever it says.
            Self::Form => text.contains('=').then_some(Shape::Form),
            Self::Text => Some(Shape::Plain),
            Self::Unknown => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoded(coding) => write!(f, "compressed ({coding})"),
            Self::Form => f.write_str("form"),
            Self::Text => f.write_str("text/plain"),
            Self::Json(name)
            | Self::Multipart { name, .. }
            | Self::Other(name)
            | Self::Xml(name) => f.write_str(name),
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
    use crate::redact::{Rules, scan::Tier};

    fn payload(content_type: Option<&str>, prefix: &[u8], read: u64) -> Payload {
        let rules = Rules::default();
        Scan::new(&rules, Tier::Captured).payload(Payload::Raw {
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
        let rules = Rules::default();
        let payload = Scan::new(&rules, Tier::Captured).payload(Payload::Raw {
            prefix: b"\x1f\x8b".to_vec(),
            read: 3174,
            complete: true,
            content_type: Some("application/json".to_owned()),
            content_encoding: Some("gzip".to_owned()),
        });
        assert_eq!(payload, Payload::NotShown("compressed (gzip), 3.1 KiB".to_owned()));
    }

    #[test]
    fn what_looks_like_multipart_is_read_as_it_whatever_it_says() {
        let body = "--B0undary'x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nhunter2\r\n\
                    --B0undary'x\r\ncontent-disposition: form-data; name=\"cv\"; filename=\"a.txt\"\r\n\r\n\
                    I was born\r\n--B0undary'x--\r\n";
        let as_parts = "password: [redacted]\ncv: a.txt (10 B)";
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "text/xml"] {
            for before in ["", "\r\n", "\n \n"] {
                let body = format!("{before}{body}");
                assert_eq!(shown(content_type, &body).0, as_parts, "{content_type}");
                let lines = body.replace("\r\n", "\n");
                assert_eq!(shown(content_type, &lines).0, as_parts, "{content_type}");
            }
        }
        for text in ["--\nContent-Type: x", "-- a line\nof text", "--x", "--x\nno header", "--x\n"]
        {
            assert_eq!(shown("text/plain", text).0, text);
        }
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
