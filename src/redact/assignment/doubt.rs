//! Which words behind a key are no value: prose, and what errors are called. Only an error's own words
//! have the benefit of the doubt.

use super::{
    key::{Key, is_gap, is_header, is_key, last},
    value::word,
};
use crate::redact::{
    credential::is_prose,
    keys::{KeyRule, Verdict},
    rules::MISHAPS,
    scan::Scan,
};

/// `auth failed: InvalidToken`: of two words the last one says what happened.
pub(super) fn is_mishap(key: &Key<'_>) -> bool {
    let last = key.name.rsplit_once(' ').filter(|_| !key.quoted);
    last.is_some_and(|(_, last)| MISHAPS.contains(&last))
}

/// What an error is called: `UnknownIssuer`, `invalid_grant`, `401`.
pub(super) fn is_term(word: &str) -> bool {
    let is_name = word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    let is_code = word.len() < 4 && word.bytes().all(|b| b.is_ascii_digit());
    word.len() < LONGEST_TERM && (is_name || is_code)
}

/// `column "token": unexpected null`. A value that is written with quotes round its key is one word.
fn begins_sentence(text: &str) -> bool {
    let Some((word, rest)) = text.strip_prefix(' ').and_then(|text| text.split_once(' ')) else {
        return false;
    };
    is_prose(word) && rest.starts_with(|c: char| c.is_ascii_lowercase())
}

/// `src/token.rs:42:5`, `auth.internal:8080`: a line or a port, behind what is a file or a host by its
/// ending or by what stands before it.
pub(super) fn is_place(scan: Scan<'_>, text: &str, key: &Key<'_>, sign: usize) -> bool {
    let (before, Some(value)) = (&text[..sign], text[sign..].strip_prefix(':')) else {
        return false;
    };
    let Some(before) = before.strip_suffix(key.name).filter(|_| !key.quoted) else {
        return false;
    };
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let is_number = (1..=MOST_PLACE_DIGITS).contains(&digits)
        && !value[digits..].starts_with(|c: char| is_key(c) && c != '.');
    let is_ending = |end: &str| {
        end.len() > 1
            && end.bytes().all(|b| b.is_ascii_lowercase())
            && !matches!(scan.verdict_in_text(end), Verdict::Secret(_))
    };
    let is_file_or_host = key.name.rsplit_once('.').is_some_and(|(_, end)| is_ending(end));
    is_number && (is_file_or_host || before.ends_with("//"))
}

/// How a value is read.
#[derive(Clone, Copy, Default)]
pub(super) struct Reading {
    pub(super) doubt: Doubt,
    pub(super) header: bool,
    /// It goes on to the end of its line.
    pub(super) line: bool,
}

impl Reading {
    pub(super) const CERTAIN: Self = Self { doubt: Doubt::Value, header: false, line: false };
}

/// What may stand where a value does.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub(super) enum Doubt {
    /// Nothing but a value, whatever the word.
    Value,
    #[default]
    Prose,
    /// Prose, or what an error is called.
    Term,
}

impl Doubt {
    /// What stands behind the colon of a key where an error may be told.
    pub(super) fn of(key: &Key<'_>, rule: KeyRule<'_>, behind: &str) -> Self {
        match () {
            () if key.quoted && !begins_sentence(behind) => Self::Value,
            () if key.quoted || is_header(key.name) || is_password(rule) => Self::Prose,
            () if behind.starts_with(is_gap) => Self::Term,
            () => Self::Prose,
        }
    }

    /// Whether this word says something else, by what is behind it, too.
    pub(super) fn explains(self, word: &str, behind: &str) -> bool {
        let is_prose = || is_ordinary(word) || ALGORITHMS.contains(&word);
        match self {
            Self::Value => false,
            Self::Prose => is_prose(),
            Self::Term => is_prose() || is_identifier(word) || is_status(word, behind),
        }
    }
}

/// Whether prose may stand behind this sign: not in what was captured, not for what the app calls a
/// secret, and not behind `password:` without a blank. `token:write` may be a scope.
pub(super) fn is_told(scan: Scan<'_>, rule: KeyRule<'_>, text: &str) -> bool {
    let is_tight = text[1..].starts_with(|c: char| !c.is_whitespace());
    let is_own = matches!(rule, KeyRule::Own(_));
    scan.tells_errors() && !is_own && !(is_tight && is_password(rule))
}

/// `GET /oauth/token: …`: the key is a segment of a path.
pub(super) fn is_path(before: &str, key: &Key<'_>) -> bool {
    let outer = before.strip_suffix(key.name).filter(|outer| outer.ends_with('/') && !key.quoted);
    let path = outer.map(|outer| last(outer, |c| !c.is_whitespace()));
    path.is_some_and(|path| path.starts_with('/') || path.contains("://"))
}

/// What is said of a path: a status, or a word without digits.
pub(super) fn is_of_path(text: &str) -> bool {
    let Some(text) = text.strip_prefix(' ') else {
        return false;
    };
    let word = word(text);
    let behind = &text[word.len()..];
    let is_word = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    let opens = behind.trim_start_matches(' ').starts_with(['{', '(', '[', '<', '"', '\'', '`']);
    is_status(word, behind) || is_word && !opens
}

/// `401 Unauthorized`.
fn is_status(word: &str, behind: &str) -> bool {
    let is_code = word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit());
    let name = behind.strip_prefix(' ').unwrap_or_default();
    is_code && name.starts_with(|c: char| c.is_ascii_uppercase())
}

/// `ExpiredSignature`, `invalid_client`: at least two words of three letters.
fn is_identifier(word: &str) -> bool {
    let is_lower = |word: &str| word.len() > 2 && word.bytes().all(|b| b.is_ascii_lowercase());
    let is_snake = || word.contains('_') && word.split('_').all(is_lower);
    word.len() < LONGEST_TERM && (is_camel(word) || is_snake())
}

fn is_camel(word: &str) -> bool {
    let (mut words, mut length) = (0, 3);
    for byte in word.bytes() {
        match byte {
            b'A'..=b'Z' if length > 2 => (words, length) = (words + 1, 1),
            b'a'..=b'z' if words > 0 => length += 1,
            _ => return false,
        }
    }
    words > 1 && length > 2
}

/// `unexpected token: 'foo9' at 3:4` quotes what was parsed.
pub(super) fn is_parsed(key: &str, behind: &str) -> bool {
    let behind = behind.strip_prefix(['"', '\'', '`']);
    let place = behind.and_then(|behind| behind.strip_prefix(" at "));
    let place = place.map(|place| place.strip_prefix("line ").unwrap_or(place));
    key == "unexpected token"
        && place.is_some_and(|at| at.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_password(rule: KeyRule<'_>) -> bool {
    let (KeyRule::Stem(name) | KeyRule::Word(name)) = rule else {
        return false;
    };
    name.starts_with("pass") && name != "pass" || matches!(name, "pin" | "pw" | "pwd")
}

/// `$1` in SQL stands for a value and is none.
pub(super) fn is_parameter(word: &str) -> bool {
    let number = word.strip_prefix('$').unwrap_or_default();
    (1..3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}

/// What a sentence says behind a colon: an ordinary word, a short one in capitals (`EOF`), or a small
/// number.
pub(super) fn is_ordinary(word: &str) -> bool {
    is_prose(word)
        || word.len() < 5 && word.bytes().all(|b| b.is_ascii_uppercase())
        || word.len() < 3 && word.bytes().all(|b| b.is_ascii_digit())
        || !word.contains(char::is_alphanumeric)
}

/// What hashes a password, in `hash password: argon2 failed`.
const ALGORITHMS: &[&str] = &["argon2", "md5", "pbkdf2", "sha1", "sha256", "sha512"];

const LONGEST_TERM: usize = 32;

/// Digits of the longest port.
const MOST_PLACE_DIGITS: usize = 5;
