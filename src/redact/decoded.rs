//! A text as those see it who decode it, and where each byte of that stands: what is known by its value
//! hides in any encoding, however strictly that is written.

use std::ops::Range;

use super::encoding::encoded_byte;

/// Looks at the text decoded by each encoding alone, because what looks like another one may be meant
/// as it is, and by all of them at once, which may stand in each other. A text without their signs is
/// not looked at.
pub(super) fn each_decoded(text: &str, mut look: impl FnMut(&Decoded)) {
    let signs = SIGNS.iter().filter(|sign| text.as_bytes().contains(sign));
    let signs: Vec<_> = signs.copied().collect();
    if signs.len() > 1 {
        let alone = signs.iter().filter_map(|sign| Decoded::of(text).without(&[*sign]));
        alone.for_each(|decoded| look(&decoded));
    }
    if !signs.is_empty() {
        let mut decoded = Decoded::of(text);
        for _ in 0..ROUNDS {
            let Some(next) = decoded.without(&SIGNS) else { break };
            look(&next);
            decoded = next;
        }
    }
}

/// A text without some of its encodings.
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// Where each byte came from, and where the text ends.
    from: Vec<usize>,
}

impl Decoded {
    fn of(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), from: (0..=text.len()).collect() }
    }

    /// Where this part of it stands in the text.
    pub(super) fn in_text(&self, part: Range<usize>) -> Range<usize> {
        self.from[part.start]..self.from[part.end]
    }

    /// Without the encodings that begin with these signs; `None` if there is nothing of them.
    fn without(&self, signs: &[u8]) -> Option<Self> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut from = Vec::with_capacity(self.from.len());
        let mut at = 0;
        while let Some(first) = self.bytes.get(at) {
            let encoded = if signs.contains(first) { decode(&self.bytes[at..]) } else { None };
            let (piece, length) = encoded.unwrap_or((Piece::Byte(*first), 1));
            match piece {
                Piece::Byte(byte) => bytes.push(byte),
                Piece::Char(c) => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            }
            from.resize(bytes.len(), self.from[at]);
            at += length;
        }
        from.push(self.from[at]);
        (bytes.len() < self.bytes.len()).then_some(Self { bytes, from })
    }
}

/// What something encoded stands for.
enum Piece {
    Byte(u8),
    Char(char),
}

/// What begins here, and its length, if it is encoded.
fn decode(bytes: &[u8]) -> Option<(Piece, usize)> {
    match bytes {
        [b'%', ..] => Some((Piece::Byte(encoded_byte(bytes)?), 3)),
        [b'\\', b'u', rest @ ..] => {
            let (c, length) = utf16(rest)?;
            Some((Piece::Char(c), 2 + length))
        }
        [b'\\', b'x', rest @ ..] => Some((Piece::Char(char::from_u32(hex(rest.get(..2)?)?)?), 4)),
        [b'\\', escape, ..] => Some((Piece::Byte(escaped(*escape)?), 2)),
        [b'&', rest @ ..] => {
            let end = rest.iter().take(LONGEST_REFERENCE).position(|byte| *byte == b';')?;
            Some((Piece::Char(referenced(&rest[..end])?), end + 2))
        }
        _ => None,
    }
}

fn escaped(escape: u8) -> Option<u8> {
    match escape {
        b'b' => Some(8),
        b'f' => Some(12),
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        sign => sign.is_ascii_punctuation().then_some(sign),
    }
}

/// What stands behind `\u`, with the second half of a pair.
fn utf16(bytes: &[u8]) -> Option<(char, usize)> {
    let first = hex(bytes.get(..4)?)?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, 4));
    }
    let second = hex(bytes.get(4..)?.strip_prefix(b"\\u")?.get(..4)?)?;
    let (high, low) = (first.checked_sub(0xd800)?, second.checked_sub(0xdc00)?);
    let c = char::from_u32(0x1_0000 + (high << 10) + low)?;
    Some((c, 10))
}

fn referenced(name: &[u8]) -> Option<char> {
    match name {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hex(digits)?),
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?),
        _ => None,
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    number(digits, 16)
}

/// Without a sign, and of a length that has been checked.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digit = |number: u32, digit: &u8| {
        number.checked_mul(radix)?.checked_add(char::from(*digit).to_digit(radix)?)
    };
    digits.iter().try_fold(0, digit)
}

/// Of percent-encoding, of the escapes of JSON and of languages that write strings as it does, and of
/// the references of HTML and XML.
const SIGNS: [u8; 3] = *b"%\\&";
/// How often a text may be encoded and still be seen through.
const ROUNDS: usize = 3;
/// Bytes of `#x10ffff;` and some zeros.
const LONGEST_REFERENCE: usize = 12;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        each_decoded(text, |decoded| {
            all.push(String::from_utf8_lossy(&decoded.bytes).into_owned());
        });
        all
    }

    #[test]
    fn each_encoding_is_read_alone_and_with_the_others() {
        for (text, decoded) in [
            ("plain 100% \\q & so", &[][..]),
            ("a%2Fb%c3%a9", &["a/bé"]),
            ("%25252F", &["%252F", "%2F", "/"]),
            (r#"a\/b\u0026\"\n\ud83d\ude00\x41\ud83d"#, &["a/b&\"\n😀A\\ud83d"]),
            ("&lt;&#38;&#x2F;&apos;&nbsp;&#99999999;", &["<&/'&nbsp;&#99999999;"]),
            (r"\u0025\u0032\u0046", &["%2F", "/"]),
            (r"%26amp;\/", &["&amp;\\/", "%26amp;/", "&amp;/", "&/"]),
        ] {
            assert_eq!(all(text), decoded, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_decoded_stands_where_it_stood(text in "([a-zé&%;\\\\/#u0-9]|%[0-9a-f]{2}|\\\\u00[0-9]{2}|&amp;){0,30}") {
            each_decoded(&text, |decoded| {
                assert_eq!(decoded.from.len(), decoded.bytes.len() + 1);
                assert!(decoded.from.is_sorted());
                assert_eq!(decoded.in_text(0..decoded.bytes.len()), 0..text.len());
            });
        }
    }
}
