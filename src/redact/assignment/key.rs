//! What a key is, and where it begins.

/// The text before this end, in any case.
pub(super) fn without_end<'t>(text: &'t str, end: &str) -> Option<&'t str> {
    let at = text.len().checked_sub(end.len())?;
    let found = text.get(at..)?.eq_ignore_ascii_case(end);
    found.then(|| &text[..at])
}

/// The longest beginning of such characters, within [`LONGEST_KEY`].
pub(super) fn first(text: &str, is: impl Fn(char) -> bool) -> &str {
    let near = text.char_indices().take_while(|(at, c)| *at < LONGEST_KEY && is(*c));
    &text[..near.last().map_or(0, |(at, c)| at + c.len_utf8())]
}

pub(super) struct Key<'t> {
    pub(super) name: &'t str,
    pub(super) quoted: bool,
}

impl<'t> Key<'t> {
    /// `Key (tenant, token)=(1, x7f3a) already exists`, as Postgres says it.
    pub(super) fn of_columns(text: &'t str, sign: usize) -> Option<Self> {
        let before = text[..sign].strip_suffix(')').filter(|_| text[sign..].starts_with("=("))?;
        let name = last(before, |c| is_key(c) || ", \"".contains(c));
        before[..before.len() - name.len()].ends_with('(').then_some(Self { name, quoted: true })
    }

    /// The key that ends the text: a word or a quoted string. One word before it belongs to it, for
    /// "api key" and "primary key".
    pub(super) fn before(text: &'t str) -> Self {
        let text = text.trim_end_matches(is_gap);
        let inner = text.trim_end_matches(['"', '\'', '`']);
        if inner.len() < text.len() {
            let inner = inner.trim_end_matches('\\');
            return Self { name: last(inner, |c| !"\"'`\\\n".contains(c)), quoted: true };
        }
        let word = last(text, is_key);
        let before = &text[..text.len() - word.len()];
        let first =
            before.strip_suffix(' ').map(|before| last(before, |c| c.is_ascii_alphabetic()));
        let start = before.len() - first.map_or(0, |first| first.len() + 1);
        // The end of an address is no word.
        let name = if text[..start].ends_with(['.', '@']) { word } else { &text[start..] };
        Self { name, quoted: false }
    }
}

/// The longest end of the text of such characters, within [`LONGEST_KEY`].
pub(super) fn last(text: &str, is: impl Fn(char) -> bool) -> &str {
    let near = text.len().saturating_sub(LONGEST_KEY);
    let start = text.char_indices().rev().take_while(|(at, c)| *at >= near && is(*c)).last();
    &text[start.map_or(text.len(), |(at, _)| at)..]
}

/// A blank within a line.
pub(in crate::redact) fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}')
}

pub(super) fn is_key(c: char) -> bool {
    c.is_alphanumeric() || "_-.[]%$".contains(c)
}

/// Lines like `Cookie: a=b; c=d`, of which all is secret.
pub(super) fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("cookie") || name.ends_with("authorization")
}

pub(super) fn is_cookie(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("cookie")
}

/// Bytes looked back for a key, and on for the value that a name stands before.
pub(super) const LONGEST_KEY: usize = 128;
