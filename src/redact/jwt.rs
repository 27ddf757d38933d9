//! JSON web tokens, signed or encrypted: parts in base64url with dots between, of which the first is
//! a JSON object and so begins with `eyJ`.
//!
//! The first part alone is no token and says nothing secret, so one that was cut in it stays.

/// Not `jwt`: a placeholder that stands in a key may not make it a secret one.
pub(super) const KIND: &str = "jose";

pub(super) const INITIAL: u8 = b'e';

/// The length of the token that `word` begins with.
pub(super) fn length(before: &[u8], word: &[u8]) -> Option<usize> {
    if !word.starts_with(b"eyJ") {
        return None;
    }
    // Inside another word only so far, or a long one would be read again from each of its dashes.
    let inside = matches!(before.last(), Some(b'-' | b'_'));
    let header = if inside { word.len().min(LONGEST_INSIDE) } else { word.len() };
    let header = run(&word[..header], is_part);
    let rest = word[header..].strip_prefix(b".").filter(|_| header >= SHORTEST_HEADER)?;
    // An encrypted token may have an empty second part.
    let length = run(rest, |byte| is_part(byte) || byte == b'.');
    let dots = rest[..length].iter().rev().take_while(|byte| **byte == b'.').count();
    let length = length - dots;
    (length >= SHORTEST_REST).then_some(header + 1 + length)
}

fn run(bytes: &[u8], is: fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is(**byte)).count()
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

const LONGEST_INSIDE: usize = 512;
/// Characters of `{"alg":1}`.
const SHORTEST_HEADER: usize = 12;
/// Fewer give nothing away, and may be the ending of a file's name.
const SHORTEST_REST: usize = 6;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::redact::{
        shape,
        tests::{leaks, replaced},
    };

    fn hide(text: &str) -> String {
        replaced(text, shape::next)
    }

    const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
    const REST: &str = "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

    #[test]
    fn tokens_hide() {
        for token in [
            format!("{HEADER}.{REST}"),
            format!("{HEADER}.eyJzdWIi"),
            format!("{HEADER}..iv-1234567.Y2lwaGVy.dGFn"),
        ] {
            for (before, after) in
                [("", ""), ("token ", ". It"), ("\"", "\""), ("jwt_", ""), ("\\n", "\\n")]
            {
                assert_eq!(
                    hide(&format!("{before}{token}{after}")),
                    format!("{before}[redacted:jose]{after}")
                );
            }
        }
    }

    #[test]
    fn other_base64_stays() {
        for text in [
            "eyJhIjoxfQ",
            "eyJhIjoxfSwieCI6MX0 and so on",
            "in eyJhIjoxfSwieCI6MX0. It",
            "in eyJhIjoxfSwieCI6MX0.json",
            "eyJ.is.no.header",
            "heyJhIjoxfSwieCI6MX0.aaaaaaaaaaaa",
            "eyJhIjoxfSwieCI6MX0.........",
        ] {
            assert_eq!(hide(text), text);
        }
    }

    proptest! {
        #[test]
        fn a_token_cut_anywhere_never_shows(
            before in "([ -~é]{0,20}[ =:\"/,\\n])?", after in "([ \"&,/\\n][ -~é]{0,20})?",
            length in 0..=REST.len(),
        ) {
            let text = format!("{before}{HEADER}.{}{after}", &REST[..length]);
            let shown = hide(&text);
            prop_assert!(!leaks(&shown, REST), "{text} -> {shown}");
            prop_assert_eq!(hide(&shown), shown);
        }
    }
}
