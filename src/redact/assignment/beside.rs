//! What stands beside a secret's name with no sign between: arguments of a command line, pairs.

use std::{borrow::Cow, ops::Range};

use super::{
    doubt::is_ordinary,
    key::{LONGEST_KEY, first, is_key},
    value::{quoted, string_or_nested, word},
};
use crate::redact::{
    keys::Verdict,
    placeholder::REDACTED,
    scan::{Rewrite, Scan},
    trail::Why,
};

/// Hides what stands beside a secret's name with no sign between: `--password x7` on a command line,
/// and `("password", "x7")`, as `Debug` writes a pair.
pub(in crate::redact) fn hide_beside<'t>(scan: Scan<'_>, text: &'t str) -> Cow<'t, str> {
    let mut rewrite = Rewrite::of(text);
    let mut at = 0;
    let begins = |byte: &u8| matches!(byte, b'-' | b'(' | b'[');
    while let Some(found) = text.as_bytes()[at..].iter().position(begins) {
        at += found;
        let beside = argument(text, at).or_else(|| pair(text, at));
        at += 1;
        let Some((name, start, value)) = beside else {
            continue;
        };
        // The name first: of the others no value is looked for.
        let verdict = scan.verdict_in_text(name);
        if let Verdict::Secret(rule) = verdict
            && let Some(value) = value(&text[start..])
        {
            let value = start + value.start..start + value.end;
            scan.under(name).hid(Why::Key(rule), &text[value.clone()]);
            at = at.max(value.end);
            rewrite.replace(value, REDACTED);
        }
    }
    rewrite.finish()
}

/// Where a value is that begins here, if it is one.
type ValueOf = fn(&str) -> Option<Range<usize>>;

/// A name behind two dashes, and where what may be its value begins.
pub(super) fn argument(text: &str, at: usize) -> Option<(&str, usize, ValueOf)> {
    // Of a line of dashes only the first ones.
    let rest = text[at..].strip_prefix("--").filter(|_| !text[..at].ends_with(is_key))?;
    let name = first(rest, is_key);
    let behind = &rest[name.len()..];
    let quoted = behind.trim_start_matches('\\').strip_prefix(['"', '\'']);
    let (value, value_of): (_, ValueOf) = match quoted {
        Some(behind) => {
            (behind.strip_prefix(", ").or_else(|| behind.strip_prefix([',', ' '])), quoted_argument)
        }
        None => (behind.strip_prefix(' '), |text| {
            quoted_argument(text).or_else(|| plain_argument(text))
        }),
    };
    value.map(|value| (name, text.len() - value.len(), value_of))
}

/// A word, unless it is prose.
fn plain_argument(text: &str) -> Option<Range<usize>> {
    let value = word(text);
    let begins = value.starts_with(|c: char| c.is_alphanumeric());
    (begins && !is_ordinary(value)).then_some(0..value.len())
}

/// A string, unless it is the next argument's name or a placeholder.
fn quoted_argument(text: &str) -> Option<Range<usize>> {
    let value = text.trim_start_matches('\\');
    let content = value.strip_prefix(['"', '\''])?;
    let is_other = content.starts_with("--") || content.starts_with('<');
    if is_other { None } else { quoted(text, text.len() - value.len()) }
}

/// A string behind a bracket, and where the one behind it begins.
pub(super) fn pair(text: &str, at: usize) -> Option<(&str, usize, ValueOf)> {
    let rest = text[at..].strip_prefix(['(', '['])?;
    let quote = rest.trim_start_matches('\\');
    let name = first(quote.strip_prefix('"')?, |c| c != '"' && c != '\\');
    let behind = quote[1 + name.len()..].trim_start_matches('\\').strip_prefix("\",")?;
    let value = behind.strip_prefix(' ').unwrap_or(behind);
    let is_list = text[at..].starts_with('[');
    Some((name, text.len() - value.len(), if is_list { last_of_list } else { string_or_nested }))
}

/// `["password", "x7"]`, but not `["password", "email", "name"]`.
fn last_of_list(text: &str) -> Option<Range<usize>> {
    let value = string_or_nested(text)?;
    let behind = text[value.end..].trim_start_matches(['\\', '"']);
    let is_last = behind.is_empty() || behind.starts_with(']');
    // No subtree is a name, and none is that long.
    let is_name = value.start > 0 && value.len() < LONGEST_KEY;
    (is_last || !is_name).then_some(value)
}
