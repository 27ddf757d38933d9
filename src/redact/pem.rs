//! Private keys in PEM: from the line that begins one to the line that ends it. A key that was cut
//! has no such line, and hides to the end of the text.

use super::scan::Found;

/// Bytes of the shortest line that begins one.
pub(super) const SHORTEST: usize = BEGIN.len() + "PRIVATE KEY".len();

/// The next one at or behind `from`. Its line breaks may be written in any way, or be blanks.
pub(super) fn next(text: &str, mut from: usize) -> Option<Found> {
    loop {
        let start = from + text[from..].find(BEGIN)?;
        from = start + BEGIN.len();
        if is_private(&text[from..]) {
            let end = text[from..].find(END);
            let end = end.map_or(text.len(), |body| end_of_line(text, from + body));
            return Some(Found::of("pem", start..end));
        }
    }
}

/// Whether what begins is a private key. `RSA PRIVATE KEY`, `PGP PRIVATE KEY BLOCK`.
fn is_private(rest: &str) -> bool {
    label(rest).contains("PRIVATE KEY")
}

fn end_of_line(text: &str, at: usize) -> usize {
    let label_at = at + END.len();
    let end = label_at + label(&text[label_at..]).len();
    let dashes = text[end..].bytes().take(5).take_while(|b| *b == b'-').count();
    end + dashes
}

/// Capitals, digits and blanks, as many as a label has.
fn label(text: &str) -> &str {
    let is_label = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b' ';
    let length = text.bytes().take(LONGEST_LABEL).take_while(is_label).count();
    &text[..length]
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
/// Bytes of a label: `ENCRYPTED PRIVATE KEY` and then some.
const LONGEST_LABEL: usize = 40;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redact::tests::{leaks, replaced};

    fn hide(text: &str) -> String {
        replaced(text, next)
    }

    const BODY: &str = "MIIEpAIBAAKCAQEAq7WtZ5mLk2RvJ4nY\nb8XcD1fGh3KpS6uAe9TzQ7WTZ5MLK2RV==";

    #[test]
    fn private_keys_hide() {
        for label in [
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
        ] {
            let key = format!("-----BEGIN {label}-----\n{BODY}\n-----END {label}-----");
            for key in [key.clone(), key.replace('\n', "\\n"), key.replace('\n', " ")] {
                assert_eq!(hide(&format!("a {key}\nb")), "a [redacted:pem]\nb");
                assert_eq!(hide(&format!("{key}{key}")), "[redacted:pem][redacted:pem]");
            }
        }
    }

    #[test]
    fn what_is_public_stays() {
        for text in [
            "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
            "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----",
            "expected a PRIVATE KEY, found CERTIFICATE",
            "-----BEGIN the story-----",
            "-----BEGIN ",
            "----------",
        ] {
            assert_eq!(hide(text), text);
        }
    }

    proptest! {
        #[test]
        fn a_key_cut_anywhere_never_shows(
            before in "[ -~]{0,20}", body in "[A-Za-z0-9+/\\n]{20,200}", after in "[a-zé ]{0,9}",
            cut in any::<prop::sample::Index>(),
        ) {
            let key = "-----BEGIN PRIVATE KEY-----\n".to_owned() + &body + "\n-----END PRIVATE KEY-----";
            let cut = cut.index(key.len() + 1);
            let after = if cut < key.len() { "" } else { &after };
            let text = format!("{before}{}{after}", &key[..cut]);
            let shown = hide(&text);
            prop_assert!(!leaks(&shown, &body), "{text} -> {shown}");
            prop_assert_eq!(hide(&shown), shown);
        }

        #[test]
        fn any_text_is_read(text in "(-----|BEGIN |END |PRIVATE KEY|é| |\\n|a){0,20}") {
            let once = hide(&text);
            prop_assert_eq!(hide(&once), once);
        }
    }
}
