//! What the targets share: what is held of every output, and how a secret is planted.

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::Bytes;
use http::Request;
use tower_bell::{Message, Redactor, Secret, capture::DEFAULT_CAPTURE_BODY};

/// The defaults, which most targets look at.
pub static REDACTOR: LazyLock<Redactor> = LazyLock::new(Redactor::default);

/// Whether any six characters in a row of the secret, which is ASCII, are in the text.
#[must_use]
pub fn leaks(text: &str, secret: &str) -> bool {
    (6..=secret.len()).any(|end| text.contains(&secret[end - 6..end]))
}

/// Panics if the secret can be seen.
pub fn assert_hidden(shown: &str, secret: &str, input: &str) {
    assert!(!leaks(shown, secret), "{secret} of\n{input:?}\nis in\n{shown:?}");
}

/// Panics if the output is out of all proportion, or has characters in it that cannot be seen.
pub fn assert_sound(shown: &str, input: usize) {
    assert!(shown.len() <= 12 * input + FRAME, "{} bytes of {input}: {shown:?}", shown.len());
    let is_control = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!shown.contains(is_control), "{shown:?}");
}

/// Bytes of what a preview says besides the payload.
const FRAME: usize = 512;

/// What a payload of this type looks like; empty if it is only described.
#[must_use]
pub fn payload(content_type: &str, body: &[u8]) -> String {
    let body = Bytes::copy_from_slice(body);
    let request = Request::post("/").header("content-type", content_type).body(body);
    let shown = REDACTOR.preview(&request.expect("a request"));
    shown.split_once("\nPayload ").map_or_else(String::new, |(_, payload)| text_of(payload))
}

/// What stands below the label, where it is indented, without the blanks at the end of a line.
fn text_of(payload: &str) -> String {
    let lines = payload.lines().skip(1).map(|line| line.strip_prefix("  ").unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// The longest payload of which all is kept.
pub const KEPT: usize = DEFAULT_CAPTURE_BODY;

/// The payload if what came of it ends at this byte of `text`: in the middle of a connection, or
/// where no more was kept. `before` fills what is kept up to there and says nothing.
#[must_use]
pub fn cut_payload(
    content_type: &str,
    text: &str,
    cut: &Cut,
    before: impl FnOnce(usize) -> String,
) -> String {
    let at = cut.within(text);
    if at == text.len() || !cut.kept || at > KEPT {
        return payload(content_type, &text.as_bytes()[..at]);
    }
    payload(content_type, (before(KEPT - at) + text).as_bytes())
}

/// Where a text ends too early.
#[derive(Debug)]
pub struct Cut {
    at: usize,
    /// More was read than is kept.
    kept: bool,
}

impl<'a> Arbitrary<'a> for Cut {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let whole = u.ratio(1, 4)?;
        let at = if whole { usize::MAX } else { usize::from(u16::arbitrary(u)?) };
        Ok(Self { at, kept: u.arbitrary()? })
    }
}

impl Cut {
    /// Whether the text is whole.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.at == usize::MAX
    }

    /// Of this text, never inside a character.
    #[must_use]
    pub fn within(&self, text: &str) -> usize {
        let mut at = if self.is_none() { text.len() } else { self.at % (text.len() + 1) };
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// Capitals and digits: nothing else in an input has six of them in a row.
#[derive(Clone, Debug)]
pub struct Planted(pub String);

impl<'a> Arbitrary<'a> for Planted {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let length = u.int_in_range(16..=24)?;
        let letter = |at: usize, byte: u8| match at % 3 {
            // So that no six of them are a number.
            0 => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[usize::from(byte) % 26],
            // And that it has a digit, without which some values are taken for words.
            1 => b"0123456789"[usize::from(byte) % 10],
            _ => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[usize::from(byte) % 36],
        };
        let letters = (0..length).map(|at| Ok(char::from(letter(at, u.arbitrary()?))));
        letters.collect::<Result<_>>().map(Self)
    }
}

/// Any text without capitals.
pub fn quiet(u: &mut Unstructured<'_>) -> Result<String> {
    let text: &str = u.arbitrary()?;
    Ok(text.chars().map(|c| c.to_ascii_lowercase()).collect())
}

/// Lower-case letters, at most this many.
pub fn word(u: &mut Unstructured<'_>, most: usize) -> Result<String> {
    let length = u.int_in_range(0..=most)?;
    (0..length).map(|_| Ok(char::from(u.int_in_range(b'a'..=b'z')?))).collect()
}

/// Keys of secrets, in the spellings that are told apart.
pub const KEYS: &[&str] = &[
    "password",
    "apiKey",
    "client_secret",
    "user.secret",
    "Authorization",
    "id_token",
    "session-id",
    "pin",
];

/// One byte too many or too few, but not in a key: another key is another key.
#[derive(Debug)]
pub struct Slip {
    place: u16,
    byte: Option<u8>,
}

impl<'a> Arbitrary<'a> for Slip {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self { place: u.arbitrary()?, byte: u.arbitrary()? })
    }
}

impl Slip {
    /// The byte too many, if it is one of these.
    #[must_use]
    pub fn added(&self, structural: &[u8]) -> Option<u8> {
        Some(structural[usize::from(self.byte?) % structural.len()])
    }

    /// The text with the slip, if the place allows it.
    #[must_use]
    pub fn of(&self, mut text: String, structural: &[u8], keys: &[&str]) -> String {
        let place = usize::from(self.place) % (text.len() + 1);
        let added = self.added(structural);
        let in_key = |key: &&str| {
            let mut all = text.match_indices(*key);
            all.any(|(at, _)| (at..at + key.len() + usize::from(added.is_some())).contains(&place))
        };
        let is_structural =
            text.as_bytes().get(place).is_some_and(|byte| structural.contains(byte));
        match added {
            _ if keys.iter().any(in_key) || !text.is_char_boundary(place) => {}
            Some(byte) => text.insert(place, char::from(byte)),
            None if is_structural => drop(text.remove(place)),
            None => {}
        }
        text
    }
}

/// What is held of any payload of this type. `is_one` if what is shown is one still.
pub fn assert_any_payload(content_type: &str, data: &[u8], is_one: impl Fn(&str) -> bool) {
    let shown = payload(content_type, data);
    assert_sound(&shown, data.len());
    if data.len() <= KEPT && shown.len() <= KEPT && !shown.is_empty() && is_one(&shown) {
        let twice = payload(content_type, shown.as_bytes());
        assert_eq!(twice, shown, "twice, of {:?}", String::from_utf8_lossy(data));
    }
}

/// Pairs of a query or form with this one among them: lower-case letters, blanks and whatever else,
/// percent-encoded.
pub fn pairs(u: &mut Unstructured<'_>, planted: &str, separator: &str) -> Result<String> {
    let mut pairs = Vec::new();
    for _ in 0..u.int_in_range(0..=2)? {
        pairs.push(format!("{}={}", word(u, 6)?, encoded(&quiet(u)?)));
    }
    pairs.push(planted.to_owned());
    for _ in 0..u.int_in_range(0..=2)? {
        pairs.push(format!("{}={}", word(u, 6)?, encoded(&quiet(u)?)));
    }
    Ok(pairs.join(separator))
}

/// Percent-encoded, but for letters, digits and some signs; a blank becomes a `+`.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            _ if byte.is_ascii_alphanumeric() || b"-._~:/@!*,".contains(&byte) => {
                encoded.push(char::from(byte));
            }
            _ => encoded += &format!("%{byte:02x}"),
        }
    }
    encoded
}

/// A secret that the app configured, of whatever characters, in one of the forms that it takes.
#[derive(Debug)]
pub struct Configured {
    before: String,
    secret: String,
    form: usize,
    after: String,
}

impl<'a> Arbitrary<'a> for Configured {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let signs: Vec<char> = "ABXYZ019+/=&<>\"'\\%:@;,é😀 \t\n".chars().collect();
        let length = u.int_in_range(6..=12)?;
        let secret = (0..length).map(|_| u.choose(&signs).copied()).collect::<Result<_>>()?;
        let form = u.choose_index(4)?;
        Ok(Self { before: quiet(u)?, secret, form, after: quiet(u)? })
    }
}

impl Configured {
    /// Panics if it can be seen in an error's text or in a payload, in any form.
    pub fn assert_hidden(&self) {
        let Self { before, secret, form, after } = self;
        let redactor = Redactor::default().hide_secret(Secret::new(secret.as_str()));
        let forms = forms(secret);
        let text = format!("{before}{}{after}", forms[*form]);
        let json = serde_json::Value::from(text.as_str()).to_string();
        let request = |kind, body: &str| {
            let body = Bytes::copy_from_slice(body.as_bytes());
            let request = Request::post("/").header("content-type", kind).body(body);
            redactor.preview(&request.expect("a request"))
        };
        for shown in [
            redactor.text(&text),
            redactor.message(Message::new(text.as_str()).user(text.as_str())).plain_text(),
            request("application/json", &format!("{{\"a\":{json}}}")),
            request("application/x-www-form-urlencoded", &format!("a={text}")),
            request("text/plain", &text),
        ] {
            let seen = forms.iter().find(|form| shown.contains(form.as_str()));
            assert!(seen.is_none(), "{seen:?} of {text:?} is in {shown:?}");
        }
    }
}

/// As it is, percent-encoded in capitals and not, and escaped for JSON.
fn forms(secret: &str) -> [String; 4] {
    let encode = |byte: u8| match byte {
        _ if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).into(),
        _ => format!("%{byte:02X}"),
    };
    let encoded: String = secret.bytes().map(encode).collect();
    let lower = encoded.split('%').enumerate().map(|(at, part)| match at {
        0 => part.to_owned(),
        _ => format!("%{}{}", part[..2].to_ascii_lowercase(), &part[2..]),
    });
    let escaped = serde_json::Value::from(secret).to_string();
    let escaped = escaped[1..escaped.len() - 1].to_owned();
    [secret.to_owned(), encoded.clone(), lower.collect(), escaped]
}

/// A message out of [`pieces`], and a text that is shown as code: heading, name, field, value, label,
/// address, user, code.
#[must_use]
pub fn message(text: &str) -> (Message, String) {
    let mut pieces = pieces(text);
    let mut piece = || pieces.next().unwrap_or_default();
    let mut message = Message::new(piece()).username(piece());
    message = message.field(piece(), piece());
    let (label, address) = (piece(), piece());
    if !address.is_empty() {
        message = message.link(label, address);
    }
    (message.user(piece()), piece())
}

/// What stands between each `^` of a text, as often as its beginning says.
pub fn pieces(text: &str) -> impl Iterator<Item = String> {
    let (times, pieces) = text.split_once('^').unwrap_or(("", text));
    let times = times.parse::<u8>().map_or(1, usize::from);
    pieces.split('^').map(move |piece| piece.repeat(times))
}
