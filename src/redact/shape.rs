//! Keys and tokens that are known by how they look: a vendor's prefix and enough random characters
//! behind it, or a JWT.
//!
//! One that was cut is known by its prefix and [`SHORTEST_CUT`] characters, if nothing but the end
//! of the text or an ellipsis follows and they look random.

use std::sync::LazyLock;

use super::{
    assignment::end_of_value,
    jwt,
    rules::{Alphabet, SHAPES},
    scan::Found,
};

/// Characters of the shortest prefix with the shortest rest.
pub(super) const SHORTEST: usize = 3 + SHORTEST_CUT;

/// The next one at or behind `from`.
pub(super) fn next(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    // What is too near to the end is not long enough.
    let last = bytes.len().saturating_sub(SHORTEST_CUT);
    (from..last).find_map(|at| {
        let may_begin = BY_INITIAL.may_begin(bytes[at]) && begins_word(&bytes[..at]);
        let (kind, end) = may_begin.then(|| at_word(text, at)).flatten()?;
        Some(Found::of(kind, at..end_of_value(text, at..end)))
    })
}

/// Behind no letter, or behind one that is part of an escape: `\n`, `%3D`.
fn begins_word(before: &[u8]) -> bool {
    match before {
        [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => true,
        [.., last] => !last.is_ascii_alphanumeric(),
        [] => true,
    }
}

/// What the word is that begins here, and where it ends.
fn at_word(text: &str, at: usize) -> Option<(&'static str, usize)> {
    let (before, word) = text.as_bytes().split_at(at);
    let key = |(kind, prefix, alphabet, least): &(_, &str, Alphabet, usize)| {
        let rest = word.strip_prefix(prefix.as_bytes())?;
        let length = alphabet.run(rest);
        if length < *least && !is_cut(&text[at + prefix.len()..], length) {
            return None;
        }
        let tail = Alphabet::Url.run(&rest[length..]);
        Some((*kind, at + prefix.len() + length + tail))
    };
    let is_candidate = |kind: &str| kind != TELEGRAM || ends_with_bot(before);
    let jwt = jwt::length(before, word).map(|length| (jwt::KIND, at + length));
    let mut shapes = BY_INITIAL.with(word[0]).iter().filter(|(kind, ..)| is_candidate(kind));
    jwt.or_else(|| shapes.find_map(key))
}

type Shape = (&'static str, &'static str, Alphabet, usize);

/// The shapes by their first letter: most letters begin none.
struct ByInitial([Vec<Shape>; 128]);

static BY_INITIAL: LazyLock<ByInitial> = LazyLock::new(|| {
    let begins = |shape: &&Shape, i| usize::from(shape.1.as_bytes()[0]) == i;
    let with = |i| SHAPES.iter().filter(move |shape| begins(shape, i)).copied().collect();
    ByInitial(std::array::from_fn(with))
});

impl ByInitial {
    fn with(&self, byte: u8) -> &[Shape] {
        self.0.get(usize::from(byte)).map_or(&[], Vec::as_slice)
    }

    fn may_begin(&self, byte: u8) -> bool {
        byte == jwt::INITIAL || !self.with(byte).is_empty()
    }
}

/// Whether so many characters are what was left of a longer key.
fn is_cut(rest: &str, length: usize) -> bool {
    let (rest, after) = rest.split_at(length);
    // Blanks at the end may not be there the next time.
    let at_end =
        after.trim_start().is_empty() || after.starts_with("...") || after.starts_with('…');
    length >= SHORTEST_CUT && at_end && looks_random(rest.as_bytes())
}

/// Has a digit, or capitals where no word has them.
fn looks_random(rest: &[u8]) -> bool {
    let capitals = rest.iter().filter(|b| b.is_ascii_uppercase()).count();
    let lower = rest.iter().any(u8::is_ascii_lowercase);
    rest.iter().any(u8::is_ascii_digit) || capitals > 1 && lower
}

/// Of a Telegram token the number of the bot and a colon stand in front: `123456:AAF…`.
fn ends_with_bot(before: &[u8]) -> bool {
    let Some(before) = before.strip_suffix(b":") else {
        return false;
    };
    let digits = before.iter().rev().take(17).take_while(|b| b.is_ascii_digit()).count();
    (5..=16).contains(&digits)
}

impl Alphabet {
    /// How many of the first bytes are in it.
    fn run(self, bytes: &[u8]) -> usize {
        bytes.iter().take_while(|byte| self.has(**byte)).count()
    }

    fn has(self, byte: u8) -> bool {
        match self {
            Self::Base32 => matches!(byte, b'A'..=b'Z' | b'2'..=b'7'),
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
            Self::Dotted => Self::Url.has(byte) || matches!(byte, b'.' | b'='),
        }
    }
}

const SHORTEST_CUT: usize = 8;
const TELEGRAM: &str = "telegram";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redact::tests::{leaks, replaced};

    fn hide(text: &str) -> String {
        replaced(text, next)
    }

    /// One key for each row of the rules: kind, what stands in front, prefix, secret part.
    const KEYS: &[(&str, &str, &str, &str)] = &[
        ("anthropic", "", "sk-ant-", "api03-Zb7Q_k2mX9-pL4vT8wN1sR6y"),
        ("aws", "", "A3T", "XQ7WTZ5MLK2RVJ4NY"),
        ("aws", "", "ABIA", "Q7WTZ5MLK2RVJ4NY"),
        ("aws", "", "ACCA", "Q7WTZ5MLK2RVJ4NY"),
        ("aws", "", "AKIA", "Q7WTZ5MLK2RVJ4NY"),
        ("aws", "", "ASIA", "Q7WTZ5MLK2RVJ4NY"),
        (
            "digitalocean",
            "",
            "dop_v1_",
            "3f9c2ab1d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a93f9c2ab1d4e5f6a7b8c9d0e1",
        ),
        ("github", "", "ghp_", "q7WtZ5mLk2RvJ4nYb8XcD1fGh3KpS6uAe9Tz"),
        ("github", "", "gho_", "q7WtZ5mLk2RvJ4nYb8XcD1fGh3KpS6uAe9Tz"),
        ("github", "", "ghu_", "q7WtZ5mLk2RvJ4nYb8XcD1fGh3KpS6uAe9Tz"),
        ("github", "", "ghs_", "q7WtZ5mLk2RvJ4nYb8XcD1fGh3KpS6uAe9Tz"),
        ("github", "", "ghr_", "q7WtZ5mLk2RvJ4nYb8XcD1fGh3KpS6uAe9Tz"),
        (
            "github",
            "",
            "github_pat_",
            "11AB7WTZ50q7WtZ5mLk2Rv_J4nYb8XcD1fGh3KpS6uAe9Tzq7WtZ5mLk2RvJ4nYb8XcD1fGh3KpS6uAe9Tz",
        ),
        ("gitlab", "", "glpat-", "q7WtZ5_mLk2RvJ4-nYb8"),
        ("google", "", "AIza", "SyQ7WtZ5_mLk2RvJ4-nYb8XcD1fGh3KpS6u"),
        ("huggingface", "", "hf_", "qwWtZamLkbRvJcnYbdXcDefGhfKpSguAeh"),
        ("npm", "", "npm_", "q7WtZ5mLk2RvJ4nYb8XcD1fGh3KpS6uAe9Tz"),
        ("openai", "", "sk-", "q7WtZ5mLk2RvJ4nYb8XcD1fGh3KpS6uAe9Tz0123456789ab"),
        ("openai", "", "sk-proj-", "q7WtZ5_mLk2RvJ4-nYb8XcD1fGh3"),
        (
            "pypi",
            "",
            "pypi-AgEIcHlwaS5vcmc",
            "q7WtZ5_mLk2RvJ4-nYb8XcD1fGh3KpS6uAe9Tzq7WtZ5mLk2RvJ4nY",
        ),
        (
            "sendgrid",
            "",
            "SG.",
            "q7WtZ5mLk2RvJ4nYb8XcD1.fGh3KpS6uAe9Tzq7WtZ5mLk2RvJ4nYb8XcD1fGh3KpS",
        ),
        ("shopify", "", "shpat_", "3f9c2ab1d4e5f6a7b8c9d0e1f2a3b4c5"),
        ("slack", "", "xapp-", "1-A0B1C2D3E4F-1234567890123-3f9c2ab1d4e5f6"),
        ("slack", "", "xoxa-", "2-1234567890-q7WtZ5mLk2Rv"),
        ("slack", "", "xoxb-", "1234567890-1234567890123-q7WtZ5mLk2RvJ4nYb8XcD1fG"),
        ("slack", "", "xoxe-", "1-q7WtZ5mLk2RvJ4nYb8XcD1fG"),
        ("slack", "", "xoxp-", "1234567890-1234567890-q7WtZ5mLk2Rv"),
        ("slack", "", "xoxr-", "1234567890-q7WtZ5mLk2RvJ4"),
        ("slack", "", "xoxs-", "1234567890-q7WtZ5mLk2RvJ4"),
        ("stripe", "", "rk_live_", "51q7WtZ5mLk2RvJ4nYb8XcD1"),
        ("stripe", "", "rk_prod_", "51q7WtZ5mLk2RvJ4nYb8XcD1"),
        ("stripe", "", "rk_test_", "51q7WtZ5mLk2RvJ4nYb8XcD1"),
        ("stripe", "", "sk_live_", "51q7WtZ5mLk2RvJ4nYb8XcD1"),
        ("stripe", "", "sk_prod_", "51q7WtZ5mLk2RvJ4nYb8XcD1"),
        ("stripe", "", "sk_test_", "51q7WtZ5mLk2RvJ4nYb8XcD1"),
        ("stripe", "", "whsec_", "q7WtZ5mLk2/vJ4nYb8+cD1fGh3KpS6uA="),
        ("telegram", "110201543:", "A", "AHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"),
    ];

    #[test]
    fn each_shape_hides() {
        for (kind, before, prefix, secret) in KEYS {
            for (start, end) in
                [("", ""), ("with ", ", and"), ("'", "'"), ("%3D", "&x=1"), ("\\n", "\\n")]
            {
                assert_eq!(
                    hide(&format!("{start}{before}{prefix}{secret}{end}")),
                    format!("{start}{before}[redacted:{kind}]{end}"),
                );
            }
        }
    }

    #[test]
    fn each_row_has_a_key_here() {
        let rows = SHAPES.iter().map(|(kind, prefix, ..)| (*kind, *prefix));
        assert!(rows.eq(KEYS.iter().map(|(kind, _, prefix, _)| (*kind, *prefix))));
    }

    #[test]
    fn a_key_that_was_shortened_hides() {
        assert_eq!(hide("sk_live_51q7WtZ5…, no"), "[redacted:stripe]…, no");
        assert_eq!(hide("ghp_51q7WtZ5... no"), "[redacted:github]... no");
        assert_eq!(hide("ghp_51q7WtZ5 \u{3000}\n"), "[redacted:github] \u{3000}\n");
        assert_eq!(hide("ghp_51q7WtZ5, no"), "ghp_51q7WtZ5, no", "nobody cut it");
    }

    #[test]
    fn words_stay() {
        for text in [
            "task-list disk-usage risk-assessment-2026 desk-7f3a9c1e0b1c4d5e8f90123456789abc",
            "AKIA",
            "AKIA is a prefix of AWS",
            "ASIA PACIFIC",
            "regions: ASIAPACIFIC",
            "3f9c2ab1d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9",
            "7f3a9c1e-0b1c-4d5e-8f90-123456789abc",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "order SG-2026-000123 of 2026-11-23T06:40:13.123456Z, SG.Singapore",
            "npm_config_registry npm_package_version hf_hub_download sk_test_mode",
            "expected xoxb-..., got nothing; set sk-... or whsec_<secret>",
            "sk-learn-contrib-of-many-words sk-7f3a9c1e-0b1c-4d5e-8f90-123456789abc, as it is",
            "dGhlIHF1aWNrIGJyb3duIGZveA== VGhpcyBpcyBhIHRlc3Q=",
            "at 10000:APPLICATION, 12345:AB",
            "0123456789abcdef0123456789abcdef:ABCD",
            "xAKIAQ7WTZ5MLK2RVJ4NY is no word of its own",
            "",
            "é",
            "A",
        ] {
            assert_eq!(hide(text), text);
        }
    }

    proptest! {
        #[test]
        fn a_planted_key_never_shows(
            before in "([ -~é]{0,20}[ =:\"/,.\\n])?", after in "([ \"&,/\\n][ -~é]{0,20})?",
            row in 0..KEYS.len(),
        ) {
            let (_, bot, prefix, secret) = KEYS[row];
            let text = format!("{before}{bot}{prefix}{secret}{after}");
            let shown = hide(&text);
            prop_assert!(!leaks(&shown, secret), "{text} -> {shown}");
            prop_assert_eq!(hide(&shown), shown);
        }

        #[test]
        fn what_is_left_of_a_cut_key_hides(
            before in "([ -~é]{0,20}[ =\"/,\\n])?", row in 0..KEYS.len(),
            length in any::<prop::sample::Index>(),
        ) {
            let (_, bot, prefix, secret) = KEYS[row];
            let length = SHORTEST_CUT + length.index(secret.len() - SHORTEST_CUT + 1);
            let text = format!("{before}{bot}{prefix}{}", &secret[..length]);
            let shown = hide(&text);
            prop_assert!(!leaks(&shown, secret), "{text} -> {shown}");
        }

        #[test]
        fn a_text_without_a_shape_stays(text in "[a-z0-9é .,:=/]{0,80}") {
            prop_assert_eq!(hide(&text), text);
        }

        #[test]
        fn any_text_is_read(text in any::<String>()) {
            let once = hide(&text);
            prop_assert_eq!(hide(&once), once);
        }
    }
}
