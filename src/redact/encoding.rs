//! Percent-encoding and JSON escapes, read leniently and written strictly.

use std::borrow::Cow;

/// How often a text may be percent-encoded and still be seen through.
const ROUNDS: usize = 3;

/// The text without its percent-encoding, up to [`ROUNDS`] deep. What is no encoding stays.
pub(super) fn percent_decoded(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        match decode_once(&text) {
            Some(decoded) => text = Cow::Owned(decoded),
            None => break,
        }
    }
    text
}

/// The same for a value of a query or form, where `+` is a blank.
pub(super) fn form_decoded(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        Cow::Owned(percent_decoded(&text.replace('+', " ")).into_owned())
    } else {
        percent_decoded(text)
    }
}

fn decode_once(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut at = text.find('%')?;
    let mut decoded = bytes[..at].to_vec();
    while at < bytes.len() {
        if let Some(byte) = encoded_byte(&bytes[at..]) {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    (decoded.len() < bytes.len()).then(|| String::from_utf8_lossy(&decoded).into_owned())
}

pub(super) fn encoded_byte(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else {
        return None;
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// A value for a query or form, with only that encoded which would be read as something else: what a
/// form is made of, and these.
pub(super) fn form_encoded(text: &str, also: &[u8]) -> String {
    percent_encoded(text, |b| b.is_ascii_graphic() && !b"%&;+#".contains(&b) && !also.contains(&b))
}

/// The text with every byte encoded that `plain` does not leave.
pub(super) fn percent_encoded(text: &str, plain: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    encoded
}

/// The content of a JSON string without its escapes. A lone surrogate becomes U+FFFD, an unknown
/// escape is the character itself.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            break;
        };
        rest = &rest[c.len_utf8()..];
        plain.push(match c {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => code_point(&mut rest),
            other => other,
        });
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// What stands behind `\u`, with the second half of a pair.
fn code_point(rest: &mut &str) -> char {
    let Some(first) = hex4(rest) else {
        return char::REPLACEMENT_CHARACTER;
    };
    *rest = &rest[4..];
    if let Some(second @ 0xdc00..0xe000) = rest.strip_prefix("\\u").and_then(hex4)
        && (0xd800..0xdc00).contains(&first)
    {
        *rest = &rest[6..];
        let pair = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn hex4(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    hex.then(|| u32::from_str_radix(digits, 16).ok())?
}

/// Appends the text as the content of a JSON string between these quotes.
pub(super) fn push_escaped(out: &mut String, text: &str, quote: char) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encoding_is_seen_through_three_times() {
        for (text, decoded) in [
            ("plain", "plain"),
            ("%70assword", "password"),
            ("%2570assword", "password"),
            ("%252570assword", "password"),
            ("%25252570assword", "%70assword"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%C3%A9", "é"),
            ("%é", "%é"),
        ] {
            assert_eq!(percent_decoded(text), decoded, "{text}");
        }
        assert_eq!(form_decoded("p+w%2B"), "p w+");
    }

    #[test]
    fn escapes_are_read_leniently() {
        for (text, plain) in [
            (r"pass\u0077ord", "password"),
            (r#"a\"b\\c\/d\n"#, "a\"b\\c/d\n"),
            (r"\ud83d\ude00", "😀"),
            (r"\ud800x", "\u{fffd}x"),
            (r"\ud800\u0041", "\u{fffd}A"),
            (r"\u00", "\u{fffd}00"),
            (r"\q\", "q"),
            (r"\u+123", "\u{fffd}+123"),
        ] {
            assert_eq!(unescaped(text), plain, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(text in "[^%]{0,40}") {
            let encoded = form_encoded(&text, b"@=");
            prop_assert_eq!(form_decoded(&encoded), text.as_str());
            let mut escaped = String::new();
            push_escaped(&mut escaped, &text, '"');
            prop_assert_eq!(unescaped(&escaped), text);
        }

        #[test]
        fn any_text_can_be_read(text in "[%\\\\u0-9a-fdé+]{0,40}") {
            prop_assert!(form_decoded(&text).len() <= 3 * text.len());
            prop_assert!(unescaped(&text).len() <= 3 * text.len());
        }
    }
}
