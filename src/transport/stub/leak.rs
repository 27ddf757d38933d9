//! Looking for a secret in everything that rang, however it is escaped.

use crate::{message::Message, redact::Redacted, transport::console};

/// Where the secret stands: `2. message, as Slack JSON: ..card=<the secret>..`.
pub(super) fn find<'a>(
    messages: &'a [Redacted<Message>],
    secret: &'a str,
) -> impl Iterator<Item = String> + 'a {
    let numbered = messages.iter().enumerate();
    let forms = numbered
        .flat_map(|(at, message)| forms(message).map(move |(form, text)| (at + 1, form, text)));
    forms.filter_map(move |(at, form, text)| {
        let near = near(&text, secret)?;
        Some(format!("{at}. message, as {form}: {near}"))
    })
}

/// The message in every form that this crate can send it in.
fn forms(message: &Message) -> impl Iterator<Item = (&'static str, String)> {
    #[cfg(feature = "slack")]
    let slack = Some(("Slack JSON", crate::transport::slack::payload(message).to_string()));
    #[cfg(not(feature = "slack"))]
    let slack = None;
    let console = console::block(message, false);
    let change = console::change(message, false).map(|line| ("change on a console", line));
    let plain = [("plain text", message.plain_text()), ("console", console)];
    plain.into_iter().chain(change).chain(slack)
}

/// The surroundings of the secret, without the secret.
fn near(text: &str, secret: &str) -> Option<String> {
    let readings = std::iter::successors(Some(text.replace('\u{200b}', "")), |text| {
        let decoded = percent_decoded(text);
        (decoded != *text).then_some(decoded)
    });
    readings.take(READINGS).find_map(|text| {
        written(secret).iter().find_map(|needle| {
            let at = text.find(needle.as_str())?;
            let before: String = text[..at].chars().rev().take(NEAR).collect();
            let before: String = before.chars().rev().collect();
            let after: String = text[at + needle.len()..].chars().take(NEAR).collect();
            Some(format!("{before}<the secret>{after}").replace(needle, "<the secret>"))
        })
    })
}

/// The secret as it is written here and there.
fn written(secret: &str) -> [String; 4] {
    let json = |text: &str| {
        let quoted = serde_json::Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    [secret.to_owned(), json(&json(secret)), json(&html), json(secret)]
}

/// `%41` and `+` read as a form's reader does; what is no escape stays.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = (*first == b'%').then(|| byte(tail)).flatten();
        bytes.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn byte(hex: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(hex.get(..2)?).ok()?;
    // `from_str_radix` would take a sign.
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(())?;
    u8::from_str_radix(digits, 16).ok()
}

/// How often an escape may be escaped again.
const READINGS: usize = 4;

/// How many characters round the secret are shown.
const NEAR: usize = 40;
