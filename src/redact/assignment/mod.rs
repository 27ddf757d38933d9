//! `key=value` and `key: value` in free text: connection strings, command lines, Rust's `Debug`,
//! query strings, JSON inside a sentence. One detector for all, by the rules of the keys.
//!
//! It looks at every `=` and `:`, backwards for the key and forwards for the value. Prose stays
//! readable: "invalid token: expected identifier" gives no value, "token: x7f3a" does.

mod beside;
mod doubt;
mod key;
mod separator;
mod strings;
mod value;

use std::{borrow::Cow, ops::Range};

pub(super) use self::{beside::hide_beside, key::is_gap};
use self::{
    doubt::{
        Doubt, Reading, is_mishap, is_of_path, is_parsed, is_path, is_place, is_term, is_told,
    },
    key::{Key, first, is_cookie, is_header, is_key, last, without_end},
    separator::Separator,
    strings::{Strings, closing_quote},
    value::value,
};
use super::{
    keys::{KeyRule, Keys, Verdict},
    placeholder::{self, OPEN, REDACTED},
    rules::{NAME_KEYS, VALUE_KEY},
    scan::{Rewrite, Scan},
    trail::Why,
};

/// Hides the values of secret keys.
pub(super) fn hide<'t>(scan: Scan<'_>, text: &'t str) -> Cow<'t, str> {
    let mut rewrite = Rewrite::of(text);
    let (mut at, mut done) = (0, 0);
    let (mut strings, mut hidden) = (Strings::default(), 0);
    while let Some(found) = text.as_bytes()[at..].iter().position(|b| matches!(b, b'=' | b':')) {
        let sign = at + found;
        at = sign + 1;
        let Some(separator) = Separator::at(text.as_bytes(), sign) else {
            continue;
        };
        if let Some((name, value_at)) = named(&text[done..], sign - done, separator.end - done)
            && names_secret(scan, name)
            && let Some(value) = value(text, done + value_at, Reading::CERTAIN)
        {
            scan.under(name).hid(Why::Key(KeyRule::Named), &text[value.clone()]);
            (at, done) = (value.end, value.end);
            rewrite.replace(value, REDACTED);
            continue;
        }
        let Some((key, rule)) = secret_key(scan, text, done, sign) else {
            continue;
        };
        if is_place(scan, text, &key, sign) {
            continue;
        }
        let quote = closing_quote(&text[separator.end..]).map(|quote| separator.end + quote);
        let ends = |quote| quote < hidden || strings.are_open(text.as_bytes(), quote);
        if quote.is_some_and(ends) {
            continue;
        }
        let told = is_told(scan, rule, &text[sign..]);
        if told && is_path(&text[..sign], &key) && is_of_path(&text[separator.end..]) {
            continue;
        }
        let is_mishap = is_mishap(&key);
        let behind = &text[separator.end..];
        let doubt = match () {
            () if is_mishap => Doubt::Prose,
            () if !told || separator.assigns => Doubt::Value,
            () => Doubt::of(&key, rule, behind),
        };
        let line = rule == KeyRule::Stem("passphrase");
        let reading = Reading { doubt, header: is_header(key.name), line };
        let Some(value) = value(text, separator.end, reading) else {
            continue;
        };
        let behind = &text[value.end..];
        if is_mishap && is_term(&text[value.clone()]) || told && is_parsed(key.name, behind) {
            continue;
        }
        let name = key.name.rsplit(' ').next().unwrap_or_default();
        scan.under(name).hid(Why::Key(rule), &text[value.clone()]);
        // Whether it opened a string or closed one: what stands behind a closing one has keys.
        let end = if quote.is_some() { value.start } else { value.end };
        (at, done, hidden) = (end, end, value.end);
        if is_cookie(key.name) && text[value.clone()].split(';').any(|c| cookie_name(c).is_some()) {
            cookies(text, value, &mut rewrite);
        } else {
            rewrite.replace(value, REDACTED);
        }
    }
    rewrite.finish()
}

/// The key of a secret before this sign. What was hidden is no part of a key, but may be a whole one:
/// `"pin": token = x7f3a`.
fn secret_key<'r, 't>(
    scan: Scan<'r>,
    text: &'t str,
    hidden: usize,
    sign: usize,
) -> Option<(Key<'t>, KeyRule<'r>)> {
    let before = &text[hidden..sign];
    let (key, whole) = (Key::before(before), Key::before(&text[..sign]));
    // A placeholder's own colon, and what stands behind one: its kind is no key.
    let behind = placeholder::last(before.trim_end_matches(' '));
    if key.name.ends_with(OPEN) || behind.is_some_and(|kind| !kind.is_empty()) {
        return None;
    }
    let whole = Some(whole).filter(|key| hidden > 0 && !key.name.contains(OPEN));
    let key = Key::of_columns(text, sign).unwrap_or(key);
    [Some(key), whole].into_iter().flatten().find_map(|key| match scan.verdict_in_text(key.name) {
        Verdict::Secret(rule) => Some((key, rule)),
        _ => None,
    })
}

/// What a member says that names the value of the next one, and where that begins: `name: "password",
/// value: "x7f3a"`.
fn named(text: &str, sign: usize, name_at: usize) -> Option<(&str, usize)> {
    let key = text[..sign].trim_end_matches(|c| is_gap(c) || "\"'`\\]".contains(c));
    let before = NAME_KEYS.iter().find_map(|name| without_end(key, name))?;
    let outer = last(before, is_key);
    if outer.ends_with(|c: char| c.is_alphanumeric() || "_-".contains(c)) {
        return None;
    }
    let near = first(&text[name_at..], |_| true);
    let name = value(near, 0, Reading::CERTAIN)?;
    let is_between = |c: char| c.is_whitespace() || "\"'`\\,;&".contains(c);
    let behind = near[name.end..].trim_start_matches(is_between);
    // A line break, as it is escaped.
    let behind = behind.strip_prefix("n ").map_or(behind, |line| line.trim_start_matches(' '));
    let member = behind.strip_prefix(outer).unwrap_or(behind);
    let length = VALUE_KEY.len();
    member.get(..length).filter(|member| member.eq_ignore_ascii_case(VALUE_KEY))?;
    let rest = member[length..].trim_start_matches(|c| is_gap(c) || "\"'`\\]".contains(c));
    let sign = near.len() - rest.len();
    rest.starts_with(['=', ':']).then_some(())?;
    let separator = Separator::at(near.as_bytes(), sign)?;
    Some((&near[name], name_at + separator.end))
}

/// Whether another value's name is a secret's; no sentence is a name, and nothing that has a value of its
/// own: `name="a client_secret=x7f3a"`.
fn names_secret(scan: Scan<'_>, name: &str) -> bool {
    let blanks = name.bytes().filter(|byte| *byte == b' ').count();
    let has_value = name.contains(['=', ':']);
    blanks <= MOST_BLANKS && !has_value && scan.rules.keys.is_secret(name)
}

/// Where the value ends whose key was taken for a secret itself: `xoxs-7a8b9c0d_password=x7f3a`. The end
/// of what was taken, if it has none.
pub(super) fn end_of_value(text: &str, taken: Range<usize>) -> usize {
    let behind = text[taken.end..].trim_start_matches(is_gap);
    let sign = text.len() - behind.len();
    let is_key = behind.starts_with(['=', ':']) && Keys::default().is_secret(&text[taken.clone()]);
    let separator = is_key.then(|| Separator::at(text.as_bytes(), sign)).flatten();
    let reading = |tight| if tight { Reading::CERTAIN } else { Reading::default() };
    let value = separator.and_then(|sign| value(text, sign.end, reading(sign.tight)));
    value.map_or(taken.end, |value| value.end)
}

/// Hides the values of a line of cookies. Their names stay, if they are some.
fn cookies(text: &str, line: Range<usize>, rewrite: &mut Rewrite<'_>) {
    let mut at = line.start;
    for cookie in text[line].split_inclusive(';') {
        let end = at + cookie.trim_end_matches(';').len();
        let value = cookie_name(cookie).map_or(at, |name| at + name.len() + 1);
        rewrite.replace(value..end, REDACTED);
        at += cookie.len();
    }
}

fn cookie_name(cookie: &str) -> Option<&str> {
    let (name, _) = cookie.split_once('=')?;
    let is_sign = |c| is_key(c) || "!#&'*+^`|~".contains(c);
    name.trim_start_matches(' ').chars().all(is_sign).then_some(name)
}

/// Blanks in a value that names another one.
const MOST_BLANKS: usize = 3;

#[cfg(test)]
mod tests;
