//! A cause's text without what changes from one failure to the next, made on the stack: it is made
//! for every failure, known or new.

use std::{
    fmt::{self, Display, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::text::{Unit, discard};

/// Characters of the normalised text that count.
const CHARS: usize = 128;
/// Bytes of the raw text that are looked at. More than four times [`CHARS`], so that ids and
/// addresses, which shrink, do not let the cut be felt.
const RAW: usize = 768;
/// An unbroken run of letters and digits with a digit in it that is at least this long is an id.
const ID: usize = 12;

/// The normalised text: URLs, e-mail addresses, ids, numbers, quoted values and booleans behind
/// `=` are collapsed; of several lines the first two that are not empty count.
pub(crate) struct Normal {
    bytes: [u8; CHARS * 4],
    len: usize,
    chars: usize,
}

impl Normal {
    pub(crate) const fn empty() -> Self {
        Self { bytes: [0; CHARS * 4], len: 0, chars: 0 }
    }

    /// Formats the app's own `Display`, which may panic or never end; what it wrote before counts.
    pub(crate) fn of(text: &dyn Display) -> Self {
        let mut raw = Raw { bytes: [0; RAW], len: 0 };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| write!(raw, "{text}").is_ok())) {
            discard(payload);
        }
        Self::of_text(raw.as_str())
    }

    /// The text as it is, up to [`CHARS`].
    pub(crate) fn verbatim(text: &str) -> Self {
        let mut normal = Self::empty();
        normal.put(text.as_bytes());
        normal
    }

    fn of_text(raw: &str) -> Self {
        let mut normal = Self::empty();
        let mut lines = raw.split('\n').filter(|line| !line.trim_ascii().is_empty());
        if let Some(first) = lines.next() {
            normal.line(first.as_bytes());
        }
        if let Some(second) = lines.next() {
            normal.put(b" ");
            normal.line(second.as_bytes());
        }
        normal
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }

    /// 1. Split into words and what stands between them. 2. A word without a digit, `@` and `/`
    /// stays; of the others see [`Self::changing`]. 3. Behind `=`, quoted values and booleans go.
    ///
    /// What stays is put in one piece when something else comes.
    fn line(&mut self, line: &[u8]) {
        let (mut stays, mut at) = (0, 0);
        while at < line.len() && self.chars < CHARS {
            if at - stays > CHARS {
                self.put(&line[stays..at]);
                stays = at;
            }
            let (word, classes) = first_word(&line[at..]);
            let mut end = at + word.len();
            let is_flag = || matches!(word, b"true" | b"false") && line[..at].ends_with(b"=");
            if classes > STAYS || is_flag() {
                self.put(&line[stays..at]);
                end = at + self.changing(word, classes, &line[at..]);
                stays = end;
            }
            if let Some(quoted) = quoted(&line[end..]) {
                self.put(&line[stays..=end]);
                self.put(b"<s>");
                end += quoted;
                stays = end + 1;
            }
            at = end + 1;
        }
        self.put(&line[stays.min(line.len())..]);
    }

    /// Puts what stands for the word that `rest` begins with. Gives how many bytes that was: a URL
    /// goes on to the next blank, quote or bracket.
    fn changing(&mut self, word: &[u8], classes: u8, rest: &[u8]) -> usize {
        if classes & SLASH != 0 && is_url(word) {
            self.put(b"<url>");
            let ends = |b: &u8| b.is_ascii_whitespace() || b"\"'`<>()[]{}".contains(b);
            return rest.iter().position(ends).unwrap_or(rest.len());
        }
        match word {
            b"true" | b"false" => self.put(b"<b>"),
            _ if classes & AT != 0 && is_email(word) => self.put(b"<email>"),
            _ => self.collapse(word),
        }
        word.len()
    }

    /// Ids become `<id>`, numbers `<n>`; numbers with dots, colons and commas between them (addresses,
    /// versions, times) are one.
    fn collapse(&mut self, word: &[u8]) {
        let (mut stays, mut at) = (0, 0);
        while at < word.len() && self.chars < CHARS {
            let rest = &word[at..];
            let alone = at == 0 || !word[at - 1].is_ascii_alphanumeric();
            // Only so far ahead, so that `a-a-a-...` stays linear.
            let id = if alone { id_length(&rest[..rest.len().min(64)]) } else { 0 };
            if id == 0 && !rest[0].is_ascii_digit() {
                at += 1;
                continue;
            }
            self.put(&word[stays..at]);
            self.put(if id > 0 { b"<id>" } else { b"<n>" });
            at += if id > 0 { id } else { number_length(rest) };
            stays = at;
        }
        self.put(&word[stays..]);
    }

    /// Whole characters only, up to [`CHARS`].
    fn put(&mut self, text: &[u8]) {
        let room = CHARS - self.chars;
        let starts = || text.iter().enumerate().filter(|(_, byte)| **byte & 0xc0 != 0x80);
        let mut chars = if text.is_ascii() { text.len() } else { starts().count() };
        let mut fits = text;
        if chars > room {
            fits = starts().nth(room).map_or(text, |(end, _)| &text[..end]);
            chars = room;
        }
        self.bytes[self.len..self.len + fits.len()].copy_from_slice(fits);
        self.len += fits.len();
        self.chars += chars;
    }
}

/// Up to the first byte that is no word's, and the classes of its bytes.
fn first_word(rest: &[u8]) -> (&[u8], u8) {
    let mut classes = 0;
    let ends = |byte: &u8| {
        let class = CLASSES[usize::from(*byte)];
        classes |= class;
        class == BETWEEN
    };
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    (&rest[..length], classes)
}

/// How many bytes behind `=` are a quoted value.
fn quoted(rest: &[u8]) -> Option<usize> {
    let [b'=', quote @ (b'"' | b'\''), value @ ..] = rest else { return None };
    Some(value.iter().position(|b| b == quote)? + 2)
}

fn is_url(word: &[u8]) -> bool {
    word.windows(3).any(|three| three == b"://")
}

fn is_email(word: &[u8]) -> bool {
    let Some(at) = word.iter().position(|b| *b == b'@') else {
        return false;
    };
    at > 0 && word[at..].contains(&b'.')
}

/// The length of the id that `rest` begins with, 0 if none: `0x…`, eight or more hexadecimal digits
/// and dashes with a digit among them (UUIDs, hashes), or a long run of letters and digits.
fn id_length(rest: &[u8]) -> usize {
    let run = |is: fn(&u8) -> bool| rest.iter().take_while(|b| is(b)).count();
    let has_digit = |length: usize| rest[..length].iter().any(u8::is_ascii_digit);
    let alnum = run(u8::is_ascii_alphanumeric);
    if rest.starts_with(b"0x") {
        return alnum;
    }
    let hex = run(|b| b.is_ascii_hexdigit() || *b == b'-');
    let hex_alone = rest.get(hex).is_none_or(|next| !next.is_ascii_alphanumeric());
    if hex >= 8 && hex_alone && has_digit(hex) && rest[..hex].iter().any(u8::is_ascii_alphabetic) {
        return hex;
    }
    if alnum >= ID && has_digit(alnum) && rest[..alnum].iter().any(u8::is_ascii_alphabetic) {
        return alnum;
    }
    0
}

/// The length of the number that `rest` begins with.
fn number_length(rest: &[u8]) -> usize {
    let mut length = 0;
    loop {
        length += rest[length..].iter().take_while(|b| b.is_ascii_digit()).count();
        match rest[length..] {
            [b'.' | b':' | b',', next, ..] if next.is_ascii_digit() => length += 1,
            _ => return length,
        }
    }
}

/// The first [`RAW`] bytes of what is written; says `Err` when full, so that formatting stops.
struct Raw {
    bytes: [u8; RAW],
    len: usize,
}

impl Raw {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl fmt::Write for Raw {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = RAW - self.len;
        let fits = if piece.len() <= room { piece } else { Unit::Bytes.cut(piece, room) };
        self.bytes[self.len..self.len + fits.len()].copy_from_slice(fits.as_bytes());
        self.len += fits.len();
        if fits.len() == piece.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Words hold what ids, numbers, addresses and URLs are made of.
const CLASSES: [u8; 256] = {
    let mut classes = [BETWEEN; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'@' => AT,
            b'/' => SLASH,
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => STAYS,
            b'_' | b'-' | b'.' | b':' | b'%' | b'+' | b'#' | b'&' | b'?' | b'~' => STAYS,
            _ => BETWEEN,
        };
        byte += 1;
    }
    classes
};
const BETWEEN: u8 = 0;
const STAYS: u8 = 1;
// Only words with one of these change from one failure to the next.
const DIGIT: u8 = 2;
const AT: u8 = 4;
const SLASH: u8 = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normal(text: &str) -> String {
        Normal::of(&text).as_str().to_owned()
    }

    #[test]
    fn what_changes_from_one_failure_to_the_next_is_collapsed() {
        for (text, expected) in [
            (
                "connect to 10.0.0.5:5432 refused (os error 111)",
                "connect to <n> refused (os error <n>)",
            ),
            ("row 42 of orders", "row <n> of orders"),
            ("user 7f3a9c1e-0b1c-4d5e-8f90-123456789abc gone", "user <id> gone"),
            ("no such object 0xdeadbeef", "no such object <id>"),
            ("at 3f9c2ab1", "at <id>"),
            ("customer cus_NffrFeUfNV2Hib", "customer cus_<id>"),
            ("get https://api.example.com/v1/x?y=1 failed", "get <url> failed"),
            ("mail to alice@example.com bounced", "mail to <email> bounced"),
            ("key=\"alice\" retry=true n=17", "key=<s> retry=<b> n=<n>"),
            ("took 1.25s at 2026-11-23T06:40:13Z", "took <n>s at <n>-<n>-<n>T<n>Z"),
            ("invalid utf8 in decode", "invalid utf<n> in decode"),
            ("deadbeef is no word", "deadbeef is no word"),
            ("first\n\n  \nsecond 2\nthird", "first second <n>"),
            ("", ""),
        ] {
            assert_eq!(normal(text), expected, "{text}");
        }
    }

    #[test]
    fn texts_that_say_different_things_stay_apart() {
        let texts = ["card declined", "card expired", "connection refused", "connection reset"];
        for (i, a) in texts.iter().enumerate() {
            for b in &texts[i + 1..] {
                assert_ne!(normal(a), normal(b));
            }
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        for text in
            ["é".repeat(200), format!("x1{}", "é".repeat(200)), format!("1 {}", "日".repeat(200))]
        {
            assert_eq!(normal(&text).chars().count(), CHARS, "{text}");
        }
    }

    #[test]
    fn a_display_that_panics_or_never_ends_is_survived() {
        struct Panics;
        impl Display for Panics {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half a text")?;
                panic!("no more");
            }
        }
        struct Endless;
        impl Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("é and on ")?;
                }
            }
        }
        assert_eq!(Normal::of(&Panics).as_str(), "half a text");
        assert_eq!(Normal::of(&Endless).as_str().chars().count(), CHARS);
    }

    proptest! {
        #[test]
        fn any_text_gives_at_most_128_characters(text in any::<String>()) {
            prop_assert!(normal(&text).chars().count() <= CHARS);
        }

        #[test]
        fn numbers_do_not_tell_texts_apart(a in any::<u32>(), b in any::<u32>()) {
            let text = |n: u32| normal(&format!("order {n}: item #{n} at 10.0.0.{} missing", n % 256));
            prop_assert_eq!(text(a), text(b));
        }

        #[test]
        fn how_a_text_is_written_does_not_matter(text in "[ -~é\n]{0,900}", at in 0usize..900) {
            struct Split<'a>(&'a str, &'a str);
            impl Display for Split<'_> {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(self.0)?;
                    f.write_str(self.1)
                }
            }
            let at = (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
            let (left, right) = text.split_at(at);
            let split = Normal::of(&Split(left, right));
            prop_assert_eq!(split.as_str(), normal(&text));
        }
    }
}
