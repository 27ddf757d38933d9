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
    is_ascii: bool,
}

impl Normal {
    /// Formats the app's own `Display`, which may panic or never end; what it wrote before counts.
    pub(crate) fn of(text: &dyn Display) -> Self {
        let mut raw = Raw { bytes: [0; RAW], len: 0 };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| write!(raw, "{text}").is_ok())) {
            discard(payload);
        }
        Self::of_bytes(&raw.bytes[..raw.len])
    }

    /// The text as it is, up to [`CHARS`].
    pub(crate) fn verbatim(text: &str) -> Self {
        let mut normal = Self::empty(text.is_ascii());
        normal.put(text.as_bytes());
        normal
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }

    fn of_bytes(raw: &[u8]) -> Self {
        let mut normal = Self::empty(raw.is_ascii());
        let rest = normal.line(without_blank_lines(raw));
        let second = without_blank_lines(rest);
        if !second.is_empty() && normal.chars < CHARS {
            normal.put(b" ");
            normal.line(second);
        }
        normal
    }

    const fn empty(is_ascii: bool) -> Self {
        Self { bytes: [0; CHARS * 4], len: 0, chars: 0, is_ascii }
    }

    /// Gives what stands behind the line.
    fn line<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let end = Line { normal: self, text, stays: 0 }.put();
        text.get(end + 1..).unwrap_or_default()
    }

    /// Whole characters only, up to [`CHARS`].
    fn put(&mut self, text: &[u8]) {
        let room = CHARS - self.chars;
        let starts = || text.iter().enumerate().filter(|(_, byte)| **byte & 0xc0 != 0x80);
        let mut chars = if self.is_ascii { text.len() } else { starts().count() };
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

fn without_blank_lines(raw: &[u8]) -> &[u8] {
    let text = raw.trim_ascii_start();
    let blank = &raw[..raw.len() - text.len()];
    let lines = blank.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
    if text.is_empty() { text } else { &raw[lines..] }
}

/// A line on its way. What stays is put in one piece, when something else comes.
struct Line<'a> {
    normal: &'a mut Normal,
    text: &'a [u8],
    /// Where what stays begins.
    stays: usize,
}

impl Line<'_> {
    /// 1. Find what may change: a digit, `@`, `/` or `=`, as far as characters are needed.
    /// 2. If it is in a word see [`Self::word`], behind `=` see [`Self::value`].
    /// 3. Go on behind that.
    ///
    /// Gives where the line ends.
    fn put(mut self) -> usize {
        let mut at = 0;
        while at < self.text.len() && !self.fills(at) {
            let needed = CHARS - self.normal.chars - (at - self.stays);
            let ahead = &self.text[at..self.text.len().min(at + needed)];
            let mark = at + ahead.iter().take_while(|b| class(b) & MARK == 0).count();
            at = match self.text.get(mark) {
                None => mark,
                Some(b'\n') => {
                    at = mark;
                    break;
                }
                Some(b'=') => self.value(mark + 1),
                Some(_) => self.word(at, mark),
            };
        }
        self.normal.put(&self.text[self.stays..at]);
        at
    }

    /// Whether no more is needed than what stands before.
    fn fills(&mut self, at: usize) -> bool {
        if self.normal.chars + (at - self.stays) >= CHARS {
            self.normal.put(&self.text[self.stays..at]);
            self.stays = at;
        }
        self.normal.chars == CHARS
    }

    fn replace(&mut self, from: usize, to: usize, with: &[u8]) -> usize {
        self.normal.put(&self.text[self.stays..from]);
        self.normal.put(with);
        self.stays = to;
        to
    }

    /// The word round `mark`, not from before `at`. Gives where it ends, like the others below.
    fn word(&mut self, at: usize, mark: usize) -> usize {
        let before = self.text[at..mark].iter().rev().take_while(|b| class(b) & WORD != 0);
        let start = mark - before.count();
        let rest = &self.text[start..];
        let (length, classes) = run(rest, WORD);
        let (word, end) = (&rest[..length], start + length);
        if classes & SLASH != 0 && is_url(word) {
            return self.replace(start, start + url_length(rest), b"<url>");
        }
        if classes & AT != 0 && is_email(word) {
            return self.replace(start, end, b"<email>");
        }
        if classes & DIGIT != 0 {
            self.ids_and_numbers(start, end);
        }
        end
    }

    /// Numbers with dots, colons and commas between them (addresses, versions, times) are one.
    fn ids_and_numbers(&mut self, start: usize, end: usize) {
        let mut at = start;
        while at < end && self.normal.chars < CHARS {
            let rest = &self.text[at..end];
            let alone = at == start || !self.text[at - 1].is_ascii_alphanumeric();
            // Only so far ahead, so that `a-a-a-...` stays linear.
            let id = if alone { id_length(&rest[..rest.len().min(64)]) } else { 0 };
            at = if id > 0 {
                self.replace(at, at + id, b"<id>")
            } else if rest[0].is_ascii_digit() {
                self.replace(at, at + number_length(rest), b"<n>")
            } else {
                at + 1
            };
        }
    }

    /// Quoted values and booleans go.
    fn value(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        if let [quote @ (b'"' | b'\''), value @ ..] = rest {
            let end = value.iter().position(|b| b == quote || *b == b'\n');
            let end = end.filter(|end| value[*end] == *quote);
            return end.map_or(at, |end| self.replace(at, at + end + 2, b"<s>"));
        }
        let (length, _) = run(rest, WORD);
        match &rest[..length] {
            b"true" | b"false" => self.replace(at, at + length, b"<b>"),
            _ => at,
        }
    }
}

/// How many bytes of these classes `rest` begins with, and which classes they are.
fn run(rest: &[u8], of: u8) -> (usize, u8) {
    let mut seen = 0;
    let goes_on = |byte: &&u8| {
        seen |= class(byte);
        class(byte) & of != 0
    };
    let length = rest.iter().take_while(goes_on).count();
    // Without those of the byte behind.
    (length, seen & of)
}

fn class(byte: &u8) -> u8 {
    CLASSES[usize::from(*byte)]
}

/// A URL goes on to the next blank, quote or bracket.
fn url_length(rest: &[u8]) -> usize {
    let ends = |b: &u8| b.is_ascii_whitespace() || b"\"'`<>()[]{}".contains(b);
    rest.iter().position(ends).unwrap_or(rest.len())
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
    let (alnum, alnum_classes) = run(rest, DIGIT | HEX | LETTER);
    if rest.starts_with(b"0x") {
        return alnum;
    }
    if alnum < 8 && rest.get(alnum) != Some(&b'-') {
        // The usual case: a number.
        return 0;
    }
    let (hex, hex_classes) = run(rest, DIGIT | HEX | DASH);
    let hex_alone = rest.get(hex).is_none_or(|next| !next.is_ascii_alphanumeric());
    let is_mixed = |classes: u8| classes & DIGIT != 0 && classes & (HEX | LETTER) != 0;
    if hex >= 8 && hex_alone && is_mixed(hex_classes) {
        hex
    } else if alnum >= ID && is_mixed(alnum_classes) {
        alnum
    } else {
        0
    }
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

impl fmt::Write for Raw {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = RAW - self.len;
        let fits = if piece.len() <= room { piece } else { Unit::Bytes.cut(piece, room) };
        self.bytes[self.len..self.len + fits.len()].copy_from_slice(fits.as_bytes());
        self.len += fits.len();
        if fits.len() == piece.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// The classes of bytes. Words hold what ids, numbers, addresses and URLs are made of; what is of no
/// class stands between them.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' | b'A'..=b'F' => HEX,
            b'g'..=b'z' | b'G'..=b'Z' => LETTER,
            b'-' => DASH,
            b'@' => AT,
            b'/' => SLASH,
            b'=' | b'\n' => EQUALS_OR_END,
            b'_' | b'.' | b':' | b'%' | b'+' | b'#' | b'&' | b'?' | b'~' | 0x80.. => OTHER,
            _ => 0,
        };
        byte += 1;
    }
    classes
};
const DIGIT: u8 = 1;
const HEX: u8 = 2;
const LETTER: u8 = 4;
const DASH: u8 = 8;
const AT: u8 = 16;
const SLASH: u8 = 32;
const OTHER: u8 = 64;
const EQUALS_OR_END: u8 = 128;
const WORD: u8 = !EQUALS_OR_END;
/// What may change from one failure to the next holds one of these.
const MARK: u8 = DIGIT | AT | SLASH | EQUALS_OR_END;

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
    fn a_cut_never_falls_inside_a_character() {
        for lead in ["1", "1x", "1xy"] {
            let long = normal(&format!("{lead}{}", "é".repeat(200)));
            assert_eq!(long.chars().count(), CHARS, "{long:?}");
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
