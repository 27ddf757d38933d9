//! Text as bytes, characters and UTF-16 units: counting, cutting, cleaning. Knows no provider.

use std::{
    any::Any,
    borrow::Cow,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// The unit in which a provider counts its limits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Unit {
    /// UTF-8 bytes.
    Bytes,
    /// Unicode scalar values.
    Chars,
    /// UTF-16 code units.
    Utf16,
}

impl Unit {
    /// How long the text is in this unit.
    #[must_use]
    pub fn count(self, text: &str) -> usize {
        match self {
            Self::Bytes => text.len(),
            Self::Chars => text.chars().count(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
        }
    }

    /// The longest beginning of `text` that is at most `most` units long, never inside a character.
    pub(crate) fn cut(self, text: &str, most: usize) -> &str {
        let mut used = 0;
        for (at, c) in text.char_indices() {
            used += match self {
                Self::Bytes => c.len_utf8(),
                Self::Chars => 1,
                Self::Utf16 => c.len_utf16(),
            };
            if used > most {
                return &text[..at];
            }
        }
        text
    }
}

/// Removes what a reader cannot see or what turns the line around: control characters but newline
/// and tab, bidirectional overrides, and all that has no width. `\r\n` becomes `\n`. What makes a sign
/// an emoji stays behind it.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if has_plain_bytes(text) { Cow::Borrowed(text) } else { seen(text) }
}

/// The same on one line: newlines and tabs become spaces.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    match seen(text) {
        Cow::Borrowed(text) if !text.contains(['\n', '\t']) => Cow::Borrowed(text),
        text => Cow::Owned(text.replace(['\n', '\t'], " ")),
    }
}

fn seen(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len());
    for c in text.chars() {
        if !is_unseen(c) || c == AS_EMOJI && seen.ends_with(may_be_emoji) {
            seen.push(c);
        }
    }
    if seen.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(seen) }
}

/// Behind a sign: shown in colours. Behind a letter it is nothing.
const AS_EMOJI: char = '\u{fe0f}';

/// Signs, but no letter or digit: what is looked for has those.
fn may_be_emoji(c: char) -> bool {
    matches!(c, '©' | '®' | '\u{203c}'..='\u{2bff}' | '\u{3030}'..='\u{303d}' | '\u{3297}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// Somebody's name, unless there is nothing to see in it.
pub(crate) fn named(name: String) -> Option<String> {
    (!clean(&name).trim().is_empty()).then_some(name)
}

/// Somebody's name as it stands behind `user:`: on one line, and without anything in it that reads as the
/// name of another one. Clients may choose their names.
pub(crate) fn one_name(name: &str) -> Cow<'_, str> {
    let name = one_line(name);
    if name.chars().all(is_in_names) && !name.contains("  ") && !name.starts_with(' ') {
        return name;
    }
    let mut shown = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_whitespace() {
            let begins = !shown.is_empty() && !shown.ends_with(' ');
            shown.extend(begins.then_some(' '));
        } else if is_dot(c) || is_colon(c) && ends_with_user(&shown) {
            shown.push('.');
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether it can neither divide names nor announce one.
fn is_in_names(c: char) -> bool {
    c == ' ' || !c.is_whitespace() && !is_dot(c) && !is_colon(c)
}

/// `·`, which stands between the parts of a line, and those that look the same.
fn is_dot(c: char) -> bool {
    matches!(c, '·' | '\u{387}' | '\u{2219}' | '\u{22c5}' | '\u{2e31}' | '\u{30fb}' | '\u{ff65}')
}

fn is_colon(c: char) -> bool {
    matches!(c, ':' | '\u{2236}' | '\u{a789}' | '\u{fe13}' | '\u{fe55}' | '\u{ff1a}')
}

/// Maybe with a blank before the colon: `user :`.
fn ends_with_user(text: &str) -> bool {
    let text = text.trim_end().as_bytes();
    text.len().checked_sub(4).is_some_and(|at| text[at..].eq_ignore_ascii_case(b"user"))
}

/// Whether there is nothing but ASCII that can be seen, as most texts are. Without a way out, so that
/// many bytes are looked at in one step.
fn has_plain_bytes(text: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b'\n' | b'\t' | b' '..=b'~');
    text.bytes().fold(true, |plain, byte| plain & is_plain(byte))
}

/// Control characters, and those that Unicode calls ignorable by default.
fn is_unseen(c: char) -> bool {
    match c {
        '\n' | '\t' | ' '..='~' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' => {
            true
        }
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => true,
        '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' => true,
        '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

/// A size for people: `41 B`, `3.1 KiB`, `2.0 MiB`.
pub(crate) struct Size(pub(crate) u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
        let bytes = self.0 as f64;
        match self.0 {
            0..1024 => write!(f, "{} B", self.0),
            1024..1_048_576 => write!(f, "{:.1} KiB", bytes / 1024.0),
            _ => write!(f, "{:.1} MiB", bytes / 1_048_576.0),
        }
    }
}

/// Collects at most `room` bytes and then answers with an error, so that a `Display` that would
/// write without end is stopped.
#[derive(Debug)]
pub(crate) struct Bounded {
    text: String,
    room: usize,
    cut: bool,
}

impl Bounded {
    pub(crate) fn new(room: usize) -> Self {
        Self { text: String::new(), room, cut: false }
    }

    /// What was written, and whether something was left out.
    pub(crate) fn finish(self) -> (String, bool) {
        (self.text, self.cut)
    }
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if self.cut {
            return Err(fmt::Error);
        }
        let fits = Unit::Bytes.cut(piece, self.room - self.text.len());
        self.text.push_str(fits);
        self.cut = fits.len() < piece.len();
        if self.cut { Err(fmt::Error) } else { Ok(()) }
    }
}

/// What the app's own `Display` says, within [`SHOWN`]; it may fail, panic or never end.
pub(crate) fn shown(value: &dyn fmt::Display) -> String {
    use fmt::Write as _;
    let mut sink = Bounded::new(SHOWN);
    let written = catch_unwind(AssertUnwindSafe(|| write!(sink, "{value}")));
    let (mut text, cut) = sink.finish();
    match written {
        Err(payload) => {
            discard(payload);
            text.push_str("[its Display panicked]");
        }
        Ok(_) if cut => {
            // Half a word may be half a secret, which no detector would know.
            text.truncate(text.trim_end_matches(|c: char| !c.is_whitespace()).len());
            text.push('…');
        }
        Ok(_) => {}
    }
    text
}

/// The whole of what the app's own `Display` says; `None` if that is more than [`SHOWN`], or it
/// panics.
pub(crate) fn shown_whole(value: &dyn fmt::Display) -> Option<String> {
    use fmt::Write as _;
    let mut sink = Bounded::new(SHOWN);
    let written = catch_unwind(AssertUnwindSafe(|| write!(sink, "{value}")));
    let (text, cut) = sink.finish();
    let is_whole = !cut && written.map_err(discard).is_ok();
    is_whole.then_some(text)
}

/// Bytes kept of one value that the app hands in.
const SHOWN: usize = 4 * 1024;

/// Drops a panic's payload, whose own `Drop` may panic. What that one throws is leaked, because
/// dropping it could go on for ever.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        Box::leak(again);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_value_is_cut_at_its_last_blank_however_wide_that_is() {
        for blank in [" ", "\n", "\u{85}", "\u{3000}"] {
            let value = format!("a{blank}{}", "x".repeat(2 * SHOWN));
            assert_eq!(shown(&value), format!("a{blank}…"));
        }
        assert_eq!(shown(&"x".repeat(2 * SHOWN)), "…");
    }

    #[test]
    fn each_unit_counts_its_own_way() {
        assert_eq!(Unit::Bytes.count("aé😀"), 7);
        assert_eq!(Unit::Chars.count("aé😀"), 3);
        assert_eq!(Unit::Utf16.count("aé😀"), 4);
        assert_eq!(Unit::Utf16.cut("aé😀", 3), "aé");
        assert_eq!(Unit::Chars.cut("aé😀", 0), "");
    }

    #[test]
    fn what_cannot_be_seen_is_removed() {
        assert_eq!(clean("a\u{202e}b\r\nc\td\u{0}\u{200b}e\u{e0041}"), "ab\nc\tde");
        assert_eq!(one_line("a\nb\tc\u{2066}"), "a b c");
        assert!(matches!(clean("plain é 😀"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_has_no_width_is_removed_and_an_emoji_stays_one() {
        for unseen in [
            '\u{34f}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180b}',
            '\u{180e}',
            '\u{180f}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0e}',
            '\u{fe0f}',
            '\u{ffa0}',
            '\u{fff0}',
            '\u{1bca0}',
            '\u{1d173}',
            '\u{e0100}',
            '\u{e01ef}',
            '\u{e0fff}',
        ] {
            let text = format!("pass{unseen}word{unseen}{unseen}1{unseen} é{unseen}");
            assert_eq!(clean(&text), "password1 é", "{unseen:?}");
            assert_eq!(one_line(&text), "password1 é", "{unseen:?}");
        }
        for text in
            ["⚠\u{fe0f} disk ❤\u{fe0f} ©\u{fe0f} 🏷\u{fe0f} ㊙\u{fe0f}", "한글 монгол ᠮᠣᠩ ភាសា"]
        {
            assert!(matches!(clean(text), Cow::Borrowed(_)), "{text}");
            assert!(matches!(one_line(text), Cow::Borrowed(_)), "{text}");
        }
        assert_eq!(clean("⚠\u{fe0f}\u{fe0f}\u{200b}x"), "⚠\u{fe0f}x");
    }

    #[test]
    fn a_name_cannot_be_read_as_two() {
        for (name, shown) in [
            ("mallory · user:alice@corp.com", "mallory . user.alice@corp.com"),
            ("mallory user:alice@corp.com", "mallory user.alice@corp.com"),
            ("user:user:a", "user.user.a"),
            ("USER :a\u{200b}", "USER .a"),
            ("us\u{200b}er\u{2060}\u{3000}: a", "user . a"),
            ("a\u{387}b user\u{ff1a}c user", "a.b user.c user"),
            (" a\u{a0}\u{2003} b\n\tc  ", "a b c "),
            ("· :", ". :"),
            ("", ""),
        ] {
            assert_eq!(one_name(name), shown);
        }
        for name in [
            "alice@example.com",
            "O'Brien, Ann",
            "7f3a9c1e-0b1c-4d5e-8f90-123456789abc",
            "auth0|5f7c",
            "urn:uuid:7f3a",
            "süper user 名前",
            "arn:aws:iam::17:usr/bob",
        ] {
            assert_eq!(one_name(name), name);
        }
    }

    #[test]
    fn sizes_are_for_people() {
        let shown: Vec<_> =
            [0, 41, 1023, 1024, 70_000, 3 << 20].map(|n| Size(n).to_string()).into();
        assert_eq!(shown, ["0 B", "41 B", "1023 B", "1.0 KiB", "68.4 KiB", "3.0 MiB"]);
    }

    #[test]
    fn a_text_without_end_is_stopped() {
        use fmt::Write as _;
        let mut sink = Bounded::new(5);
        assert!(sink.write_str("abc").is_ok());
        assert!(sink.write_str("déf").is_err());
        assert!(sink.write_str("x").is_err());
        assert_eq!(sink.finish(), ("abcd".to_owned(), true));
    }

    proptest! {
        #[test]
        fn a_cut_is_the_longest_beginning_that_fits(text in ".{0,40}", most in 0usize..50) {
            for unit in [Unit::Bytes, Unit::Chars, Unit::Utf16] {
                let cut = unit.cut(&text, most);
                prop_assert!(text.starts_with(cut));
                prop_assert!(unit.count(cut) <= most);
                if let Some(next) = text[cut.len()..].chars().next() {
                    let longer = &text[..cut.len() + next.len_utf8()];
                    prop_assert!(unit.count(longer) > most);
                }
            }
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in "([a⚠😀]|[\u{fe0f}\u{200b}\n]|.){0,20}") {
            let once = clean(&text).into_owned();
            prop_assert_eq!(clean(&once), once.as_str());
        }

        #[test]
        fn no_name_announces_another_one(
            name in "(user|USER|Us|er|:|\u{ff1a}|·|[ \t\n\u{a0}\u{200b}]|[a-z@.é]){0,12}",
        ) {
            let shown = one_name(&name).into_owned();
            prop_assert!(!shown.to_lowercase().contains("user:"), "{}", shown);
            prop_assert!(!shown.contains(['·', '\n']) && !shown.contains("  "), "{}", shown);
            prop_assert_eq!(one_name(&shown), shown.as_str());
        }
    }
}
