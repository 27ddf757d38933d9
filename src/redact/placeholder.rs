//! What stands for a hidden value. Of fixed length, because a secret's length is told too.

use super::rules::SHAPES;

/// `[redacted]`.
pub(super) const REDACTED: &str = "[redacted]";

/// How every placeholder begins: `[redacted]`, `[redacted:card]`.
pub(super) const OPEN: &str = "[redacted";

/// What stands for a value of this kind; the kind may be empty.
pub(super) fn of(kind: &str) -> String {
    if kind.is_empty() { REDACTED.to_owned() } else { format!("{OPEN}:{kind}]") }
}

/// Where placeholders stand, from where to where. What only looks like one may hold a secret.
pub(super) fn all(text: &str) -> impl Iterator<Item = (usize, usize)> {
    text.match_indices(OPEN).filter_map(|(at, _)| Some((at, at + length(&text[at..])?)))
}

/// The length of the one that the text begins with.
fn length(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(OPEN)?;
    let end = rest.bytes().take(LONGEST).position(|b| b == b']')?;
    let is_one = end == 0 || rest[..end].strip_prefix(':').is_some_and(is_kind);
    is_one.then_some(OPEN.len() + end + 1)
}

fn is_kind(kind: &str) -> bool {
    KINDS.contains(&kind) || SHAPES.iter().any(|(known, ..)| *known == kind)
}

/// The kind of the one that the text ends with; empty if it says none.
pub(super) fn last(text: &str) -> Option<&str> {
    let inside = text.strip_suffix(']')?;
    let kind = &inside[inside.trim_end_matches(char::is_alphabetic).len()..];
    let before = &inside[..inside.len() - kind.len()];
    match before.strip_suffix(':') {
        Some(before) if before.ends_with(OPEN) && is_kind(kind) => Some(kind),
        _ => inside.ends_with(OPEN).then_some(""),
    }
}

/// The text with a `0` in the place of each: a word of which no rule knows anything.
pub(super) fn unnamed(text: &str) -> String {
    replaced(text, "0")
}

/// What is left of the text: no more than there was.
pub(super) fn without(text: &str) -> String {
    replaced(text, "")
}

fn replaced(text: &str, with: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut done = 0;
    for (from, to) in all(text).filter(|(from, to)| from < to) {
        kept.push_str(text.get(done..from).unwrap_or_default());
        kept.push_str(with);
        done = to;
    }
    kept.push_str(text.get(done..).unwrap_or_default());
    kept
}

/// What detectors say beside those of [`SHAPES`].
const KINDS: [&str; 6] = ["card", "email", "iban", "ip", "jose", "pem"];
/// Bytes of the longest kind, and then some.
const LONGEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_and_make_no_names() {
        assert_eq!(
            all("a[redacted]b[redacted:card][redacted").collect::<Vec<_>>(),
            [(1, 11), (12, 27)]
        );
        assert_eq!(unnamed("a[redacted]b[redacted:card]c[redacted"), "a0b0c[redacted");
        assert_eq!(without("a[redacted]b[redacted:card]c[redacted"), "abc[redacted");
        assert_eq!([of(""), of("card")], ["[redacted]", "[redacted:card]"]);
        let lasts = ["a[redacted:card]", "a[redacted]", "[redacted]a", "card]", "[redacted:card"];
        for text in ["[redactedx7f3a]", "[redacted:x7f3a]", "[redacted:password]", "[redacted:é]"]
        {
            assert_eq!((all(text).next(), last(text)), (None, None), "{text}");
        }
        assert_eq!(lasts.map(last), [Some("card"), Some(""), None, None, None]);
    }
}
