//! Where a value ends that begins here: a word, a string, a subtree, a line.

use std::{mem, ops::Range};

use super::{
    doubt::{Doubt, Reading, is_ordinary, is_parameter},
    key::{first, is_gap, is_key},
};
use crate::redact::{
    placeholder::OPEN,
    scan::{is_literal, without_punctuation},
};

/// The content of the string that begins here, or all of the subtree.
pub(super) fn string_or_nested(text: &str) -> Option<Range<usize>> {
    match string(text) {
        Some(string) => string,
        None => nested(text).map(|length| 0..length),
    }
}

/// Where the value is that begins at `at`; `None` if there is none, or it is prose or a literal.
pub(super) fn value(text: &str, at: usize, reading: Reading) -> Option<Range<usize>> {
    let Reading { doubt, header, line } = reading;
    let start = at + text[at..].len() - text[at..].trim_start_matches(is_gap).len();
    let rest = &text[start..];
    if let Some(string) = string(rest) {
        return string.map(|at| start + at.start..start + at.end);
    }
    if let Some(lines) = lines_below(rest, doubt) {
        return Some(start + lines.start..start + lines.end);
    }
    let is_os_error = doubt == Doubt::Term && rest.starts_with("Os { code: ");
    if is_literal(rest) || rest.starts_with('\n') || is_os_error {
        return None;
    }
    if let Some(length) = nested(rest) {
        let more = without_punctuation(word(&rest[length..]).trim_end_matches('\\'));
        return Some(start..start + length + more.len());
    }
    let word = word(rest);
    let shown = is_literal(word) || is_parameter(word) || doubt.explains(word, &rest[word.len()..]);
    if line && !shown {
        let end = rest.find(['\n', '"', '<']).unwrap_or(rest.len());
        return Some(start..start + end);
    }
    if header && word.contains('=') {
        return Some(start..start + rest.find('\n').unwrap_or(rest.len()));
    }
    if header && let Some(end) = credential(&rest[word.len()..]) {
        let (from, end) = (start + word.len(), start + word.len() + end);
        return Some(if shown { from + " ".len()..end } else { start..end });
    }
    let behind = &rest[word.len()..];
    let length = words(behind).filter(|_| doubt == Doubt::Value).unwrap_or_else(|| more(behind));
    (!shown).then(|| start..start + word.len() + length)
}

/// The indented lines below a key of YAML: a block behind `|` or `>`, or a list where no error tells
/// anything.
fn lines_below(text: &str, doubt: Doubt) -> Option<Range<usize>> {
    let block = text.strip_prefix(['|', '>']).map(|text| text.trim_start_matches(['-', '+']));
    let below = block.unwrap_or(text).strip_prefix('\n')?;
    let value = below.trim_start_matches(' ');
    let is_list = doubt == Doubt::Value && (value.starts_with("- ") || value.starts_with(OPEN));
    if value.len() == below.len()
        || value.trim_ascii_start().is_empty()
        || block.is_none() && !is_list
    {
        return None;
    }
    let is_last = |(at, _): &(usize, &str)| !value[at + 1..].starts_with([' ', '\n']);
    let end = value.match_indices('\n').find(is_last).map_or(value.len(), |(at, _)| at);
    let start = text.len() - value.len();
    Some(start..start + value[..end].trim_ascii_end().len())
}

/// The length of the other words of a value in a connection string: `Password=abc x7f3a;Encrypt=yes`.
pub(super) fn words(behind: &str) -> Option<usize> {
    let words = first(behind, |c| !"=;:,\"'`<>\n".contains(c));
    let next = behind[words.len()..].strip_prefix(';').filter(|_| words.starts_with(' '))?;
    let key = first(next, |c| is_key(c) || c == ' ');
    let is_key = key.starts_with(is_key) && next[key.len()..].starts_with('=');
    is_key.then_some(words.len())
}

/// The length of what a `&` divides from a value and what is no pair of its own: `password=a&b7`.
pub(super) fn more(behind: &str) -> usize {
    let mut length = 0;
    while let Some(part) = behind[length..].strip_prefix('&') {
        let part = word(part);
        let is_pair = part.contains('=') || behind[length + 1 + part.len()..].starts_with(';');
        if part.is_empty() || is_pair {
            break;
        }
        length += "&".len() + part.len();
    }
    length
}

/// Where the credential ends that stands behind its scheme: `Negotiate YIIZ…`, `Hawk id="…", mac="…"`.
pub(super) fn credential(behind: &str) -> Option<usize> {
    let rest = behind.strip_prefix(' ')?;
    let next = word(rest);
    let quotes = next.ends_with('=') && rest[next.len()..].starts_with('"');
    let is_one = next.len() > 3 && !is_ordinary(next) && !next.contains('=');
    let begins = next.starts_with(|c: char| c.is_ascii_alphanumeric() || "+/-._~".contains(c));
    match () {
        () if quotes => Some(behind.find('\n').unwrap_or(behind.len())),
        () if begins && is_one => Some(" ".len() + next.len()),
        () => None,
    }
}

/// The content of a quoted string that begins with so many backslashes and a quote. It ends with the
/// string, else with the text.
pub(super) fn quoted(text: &str, backslashes: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = backslashes + 1;
    let quote = bytes[backslashes];
    let (mut slashes, mut doubled) = (0, false);
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'\\' => slashes += 1,
            // `'it''s'` in SQL and connection strings.
            _ if mem::take(&mut doubled) => {}
            byte if *byte == quote && slashes == 0 && bytes.get(at + 1) == Some(&quote) => {
                doubled = true;
            }
            byte if *byte == quote && closes(slashes, backslashes) => {
                let content = start..at - slashes.min(backslashes);
                return is_secret_content(&text[content.clone()]).then_some(content);
            }
            _ => slashes = 0,
        }
    }
    (start < text.len()).then_some(start..text.len())
}

/// Whether a quote behind so many backslashes closes a string that opened behind so many: one more of
/// them escapes it, two are a backslash of the string.
pub(super) fn closes(slashes: usize, opened: usize) -> bool {
    slashes <= opened || (slashes - opened).is_multiple_of(2 * (opened + 1))
}

/// "unexpected token: '}'" quotes no secret.
fn is_secret_content(content: &str) -> bool {
    !is_literal(content) && content.contains(char::is_alphanumeric)
}

/// What the string holds that begins here, if one does: `None` inside if that is no secret.
pub(super) fn string(text: &str) -> Option<Option<Range<usize>>> {
    let prefix = literal_prefix(text);
    let quote = text[prefix..].trim_start_matches('\\');
    let content = quote
        .starts_with(['"', '\'', '`'])
        .then(|| quoted(&text[prefix..], text.len() - prefix - quote.len()))?;
    Some(content.map(|at| prefix + at.start..prefix + at.end))
}

/// The length of what says of a string what it is: `b"…"`, `r#"…"#`.
fn literal_prefix(text: &str) -> usize {
    let bytes = text.strip_prefix('b').unwrap_or(text);
    let content = bytes.strip_prefix('r').map_or(bytes, |raw| raw.trim_start_matches('#'));
    let quotes = content.trim_start_matches('\\').starts_with(['"', '\'']);
    if quotes { text.len() - content.len() } else { 0 }
}

/// The length of a type's parameters: `<Vec<u8>>`.
fn parameters(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in
        first(text, |c| c.is_alphanumeric() || "_:<>[]()&';, *".contains(c)).char_indices()
    {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return if c == '>' { at + 1 } else { 0 };
        }
    }
    0
}

/// The length of `{…}`, `[…]`, `Some(…)` or `Name { … }`, up to the bracket that closes it or the
/// end.
fn nested(text: &str) -> Option<usize> {
    let name = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"_:".contains(b)).count();
    let name = name + parameters(&text[name..]);
    let bracket = text[name..].strip_prefix(' ').filter(|rest| rest.starts_with('{'));
    let bracket = bracket.unwrap_or(&text[name..]);
    if !bracket.starts_with(['{', '[', '(']) {
        return None;
    }
    let mut brackets = Brackets::default();
    for (at, byte) in text.bytes().enumerate().skip(text.len() - bracket.len()) {
        brackets.read(byte);
        if brackets.depth == 0 {
            return Some(at + 1);
        }
    }
    Some(text.len())
}

/// The open brackets of a subtree. Those inside strings, as in `Some("p)a")`, are none.
#[derive(Default)]
struct Brackets {
    depth: usize,
    /// The quote that opened a string, and how many backslashes stood before it.
    pub(super) string: Option<(u8, usize)>,
    slashes: usize,
    /// The last byte that is no blank.
    pub(super) before: u8,
}

impl Brackets {
    pub(super) fn read(&mut self, byte: u8) {
        if byte == b'\\' {
            self.slashes += 1;
            return;
        }
        let slashes = mem::take(&mut self.slashes);
        match (self.string, byte) {
            (Some((quote, opened)), _) if byte == quote && closes(slashes, opened) => {
                self.string = None;
            }
            (Some(_), _) => {}
            // An apostrophe opens nothing.
            (None, b'\'') if !b"{[(,:='".contains(&self.before) => {}
            (None, b'"' | b'\'') => self.string = Some((byte, slashes)),
            (None, b'{' | b'[' | b'(') => self.depth += 1,
            (None, b'}' | b']' | b')') => self.depth = self.depth.saturating_sub(1),
            (None, _) => {}
        }
        if byte != b' ' {
            self.before = byte;
        }
    }
}

/// Up to the next blank, quote or separator, without the punctuation of the sentence around it.
pub(super) fn word(text: &str) -> &str {
    let is_end = |c: char| c.is_whitespace() || "\"'`<>;&".contains(c);
    let word = &text[..text.find(is_end).unwrap_or(text.len())];
    without_punctuation(word)
}
