//! E-mail addresses: a name, `@`, and labels with dots between, of which the last begins with two
//! letters. Names and domains in any script.
//!
//! Not names in quotes and not `%40`. A version behind a package, an image for dense displays and
//! what one clones from look like one and stay: `pkg@1.2.3`, `logo@2x.png`, `git@github.com`.

use std::ops::Range;

/// The next one at or behind `from`.
pub(super) fn next(text: &str, from: usize) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        let sign = at + text.get(at..)?.find('@')?;
        at = sign + 1;
        // What stands before `from` is hidden already.
        let name = name(&text[from..sign]);
        if let Some(length) = domain(&text[at..]).filter(|_| !NOBODY.contains(&name)) {
            return Some(sign - name.len()..at + length);
        }
    }
}

/// The name at the end, or the end of a longer one, without quotes and dashes before it.
fn name(before: &str) -> &str {
    let characters = before.char_indices().rev().take(LONGEST_NAME);
    let first = characters.take_while(|(_, c)| in_name(*c)).last();
    let name = &before[first.map_or(before.len(), |(at, _)| at)..];
    name.trim_start_matches(|c| !in_word(c))
}

/// The length of the domain that begins here: up to the last label that may be a top-level one, so
/// that the dot of the sentence stays.
fn domain(text: &str) -> Option<usize> {
    let first = text.char_indices().take(LONGEST_DOMAIN);
    let last = first.take_while(|(_, c)| in_domain(*c)).last();
    let domain = &text[..last.map_or(0, |(at, c)| at + c.len_utf8())];
    let mut length = None;
    let mut at = 0;
    for label in domain.split('.').take_while(|label| !label.is_empty()) {
        if at > 0 && is_top_level(label) {
            length = Some(at + label.trim_end_matches('-').len());
        }
        at += label.len() + 1;
    }
    length.filter(|_| !is_version(domain))
}

/// Digits may follow the letters: too much hides sooner than too little.
fn is_top_level(label: &str) -> bool {
    label.chars().take_while(|c| is_letter(*c)).nth(1).is_some()
}

/// `1.2`, `v1.2`, `2x.png`.
fn is_version(domain: &str) -> bool {
    let Some((first, rest)) = domain.split_once('.') else {
        return false;
    };
    let number = first.strip_prefix('v').unwrap_or(first);
    let is_number = number.bytes().all(|b| b.is_ascii_digit());
    let is_density = matches!(first.as_bytes(), [b'0'..=b'9', b'x']);
    is_density || is_number && rest.starts_with(|c: char| c.is_ascii_digit())
}

fn in_name(c: char) -> bool {
    in_word(c) || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'' | '!')
}

fn in_domain(c: char) -> bool {
    in_word(c) || matches!(c, '-' | '.')
}

fn in_word(c: char) -> bool {
    is_letter(c) || c.is_numeric()
}

/// Or the accent of the letter before it, which some systems write on its own.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '\u{300}'..='\u{36f}')
}

/// Names behind which there is no person.
const NOBODY: [&str; 2] = ["", "git"];
const LONGEST_NAME: usize = 64;
const LONGEST_DOMAIN: usize = 253;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The text with `#` in place of each address.
    fn hide(text: &str) -> String {
        let (mut shown, mut at) = (String::new(), 0);
        while let Some(found) = next(text, at) {
            assert!(at <= found.start && found.start < found.end, "{text}: {found:?}");
            shown = shown + &text[at..found.start] + "#";
            at = found.end;
        }
        shown + &text[at..]
    }

    #[test]
    fn addresses_hide() {
        for address in [
            "bob@example.com",
            "BOB.T-1000+shop_2%x@mail.Example.CO.UK",
            "o'brien@example.ie",
            "müller@bücher.de",
            "mu\u{308}ller@bu\u{308}cher.de",
            "дима@пример.рф",
            "bob@xn--e1afmkfd.xn--p1ai",
            "bob@163.com",
            "bob@v2.example",
            "bob@1and1.com",
            "legit@github.com",
            "bob@sub-domain.example.museum",
        ] {
            for (before, after) in [
                ("", ""),
                ("ask ", ". It"),
                ("ask ", "... It"),
                ("<", ">"),
                ("\"", "\""),
                ("'", "'"),
                ("(", ")"),
                ("mailto:", "?subject=x"),
                ("user=", ", 17"),
                ("/users/", "/orders"),
                ("--", "-"),
                ("„", "“"),
                ("→", "…"),
                ("[redacted:email]", ":"),
                ("git@github.com ", " x@y"),
            ] {
                let text = format!("{before}{address}{after}");
                assert_eq!(hide(&text), format!("{before}#{after}"), "{text}");
            }
        }
        assert_eq!(hide("bob@example.com,eve@example.org"), "#,#");
        assert_eq!(hide("bob@example.com@example.org"), "#@example.org");
        assert_eq!(hide("bob@example.com.2 of 3"), "#.2 of 3");
        assert_eq!(hide("bob@example.com's"), "#'s");
    }

    #[test]
    fn what_only_has_the_sign_stays() {
        for text in [
            "git@github.com:org/repo.git",
            "'git@gitlab.example.com'",
            "logo@2x.png icon@3x.webp icon@1.5x.png",
            "user@host",
            "user@host. It",
            "user@host..example.com",
            "pkg@1.2.3 lodash@4.17.21.tgz gin@v1.9.1.zip",
            "@types/node@18.0.0",
            "react-dom@18.2.0_react@18.2.0",
            "postgres://[redacted]@db.example.com/shop",
            "[redacted:email] and [redacted]",
            "medium.com/@user.name",
            "@app.route",
            "x @ 1..=2, x@1..=2, x@'a'..='z', x@Foo..",
            "bob @example.com",
            "bob@ example.com",
            "bob@example.c",
            "bob@.com",
            "-@example.com",
            "'root'@'db.example.com'",
            "f@https://example.com/app.js:1:2",
            "repo@sha256:e3b0c442",
            "@",
            "@@@",
            "a@",
            "",
            "é@é",
        ] {
            assert_eq!(hide(text), text);
        }
    }

    #[test]
    fn the_end_of_a_name_and_the_beginning_of_a_domain_hide_if_too_long() {
        let name = "é".repeat(70) + "@example.com";
        assert_eq!(hide(&name), "é".repeat(6) + "#");
        let domain = "bob@".to_owned() + &"éé.".repeat(100);
        assert_eq!(hide(&domain), "#".to_owned() + &domain["bob@".len() + 253 / 3 * 5 - 1..]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(
            pieces in "(@|\\.|-|'|git|[a-z]|1|2x|é|\u{308}|bob@example\\.com| |/|→){0,40}",
            any in any::<String>(),
        ) {
            for text in [&pieces, &any, &(pieces.clone() + &any)] {
                let shown = hide(text).replace('#', "[redacted:email]");
                prop_assert_eq!(hide(&shown), shown);
            }
        }

        #[test]
        fn an_address_never_shows(
            before in "([ -~é]{0,20}[ <\"/,=])?", after in "([ >\"/,?][ -~é]{0,20})?",
        ) {
            let shown = hide(&format!("{before}bob.miller@shop.example{after}"));
            prop_assert!(!shown.contains("miller") && !shown.contains("shop"), "{shown}");
        }
    }

    #[test]
    fn hostile_texts_end() {
        for piece in ["a@", "@", "a.", "a@a.", "git@a.aa ", "a@b.cc", "é", "a@1.", "-"] {
            let text = piece.repeat(200_000 / piece.len());
            hide(&text);
            hide(&(text.clone() + "@" + &text));
        }
    }
}
