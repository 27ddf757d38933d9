//! IP addresses: dotted quads, and IPv6 in any spelling; in a URL or in brackets, with a port, a
//! zone or a prefix's length behind.
//!
//! Not what only reads as one: versions, times, hardware addresses, paths of Rust. So `::1` stays,
//! and so does a quad behind a dash or behind a word and a slash; but a version on its own hides.

use std::{
    iter,
    net::{Ipv4Addr, Ipv6Addr},
    ops::Range,
};

/// The next one at or behind `from`.
pub(super) fn next(text: &str, from: usize) -> Option<Range<usize>> {
    // What stands before `from` is hidden already.
    let text = text.get(from..)?;
    let mut at = 0;
    loop {
        let start = at + text[at..].find(|c: char| c.is_ascii_hexdigit() || c == ':')?;
        let (before, rest) = text.split_at(start);
        if let Some(length) = v4(before.as_bytes(), rest).or_else(|| v6(before.as_bytes(), rest)) {
            return Some(from + start..from + start + length);
        }
        at = start + 1;
    }
}

/// The length of the dotted quad that begins here.
fn v4(before: &[u8], rest: &str) -> Option<usize> {
    let is_version = match before {
        [.., b'.', b'.'] => false,
        [.., b'.' | b'-'] => true,
        [word @ .., b'/'] => ends_with_word(word),
        _ => ends_with_word(before),
    };
    if is_version {
        return None;
    }
    let run = run(rest, LONGEST_V4, |b| b.is_ascii_digit() || b == b'.');
    let quad = run.trim_end_matches('.');
    let is_address = quad.parse::<Ipv4Addr>().is_ok();
    (is_address && !rest[quad.len()..].starts_with(is_letter)).then_some(quad.len())
}

/// The length of the IPv6 address that begins here: of the longest, if a port or a word follows.
fn v6(before: &[u8], rest: &str) -> Option<usize> {
    // Most words and numbers are sorted out here, before more of them is read.
    let first = rest.bytes().take(5).position(|b| b == b':');
    let begins = matches!(first, Some(1..=4)) || rest.starts_with("::");
    if !begins || ends_with_group(before) {
        return None;
    }
    let run = run(rest, LONGEST_V6, |b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
    let colons = run.rmatch_indices(':').map(|(colon, _)| colon + 1);
    let address = iter::once(run.len()).chain(colons).find_map(|end| {
        let address = without_end(&run[..end]);
        let in_word = address.len() == end && rest[end..].starts_with(is_letter);
        (!in_word && is_v6(address)).then_some(address)
    });
    address.map(str::len)
}

/// Without the dot or the colon of the sentence.
fn without_end(run: &str) -> &str {
    let address = run.trim_end_matches('.');
    if address.ends_with("::") { address } else { address.strip_suffix(':').unwrap_or(address) }
}

/// Whether it is one, and looks like one to people: `a1::b2` may be a path, and eight groups of two
/// are a hardware address.
fn is_v6(text: &str) -> bool {
    let groups = || text.split([':', '.']).filter(|group| !group.is_empty());
    let is_long = groups().count() > 2 && groups().any(|group| group.len() > 2);
    let is_usual = match text.as_bytes() {
        [b'2' | b'3', _, _, _, b':', ..] => true,
        [b'f' | b'F', second, _, _, b':', ..] => b"cdeCDE".contains(second),
        _ => false,
    };
    (is_long || is_usual)
        && text.contains(|c: char| c.is_ascii_digit())
        && text.parse::<Ipv6Addr>().is_ok()
}

/// Whether what follows is not the first group. Behind a label it is: `peer:2001:db8::1`.
fn ends_with_group(before: &[u8]) -> bool {
    match before {
        [.., b'.', b'.'] => false,
        [.., b':', b':'] | [.., b'.'] => true,
        [label @ .., b':'] => {
            let word = || label.iter().rev().take(5).take_while(|b| b.is_ascii_alphanumeric());
            (1..=4).contains(&word().count()) && word().all(u8::is_ascii_hexdigit)
        }
        _ => ends_with_word(before),
    }
}

/// An escape is no word, though it ends with a letter: `\n`, `%3D`.
fn ends_with_word(before: &[u8]) -> bool {
    match before {
        [.., b'\\', b'n' | b'r' | b't'] => false,
        [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => false,
        [.., last] => last.is_ascii_alphanumeric(),
        [] => false,
    }
}

/// The first bytes that are such, all of them ASCII, up to an ellipsis.
fn run(text: &str, most: usize, is: fn(u8) -> bool) -> &str {
    let run = &text[..text.bytes().take(most).take_while(|b| is(*b)).count()];
    run.split_once("..").map_or(run, |(run, _)| run)
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
}

/// Bytes of the longest quad, and of the dot and the digit behind which it is none.
const LONGEST_V4: usize = "255.255.255.255.2".len();
/// Bytes of the longest address, and of the port and what follows it.
const LONGEST_V6: usize = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255:65535.".len();

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
            "203.0.113.7",
            "0.0.0.0",
            "255.255.255.255",
            "2001:db8::1",
            "2001:DB8:0:0:8:800:200C:417A",
            "2001:db8::",
            "fe80::1",
            "fd12:3456:789a::1",
            "FC00::1",
            "64:ff9b::1",
            "::ffff:203.0.113.7",
            "64:ff9b::203.0.113.7",
            "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
        ] {
            for (before, after) in [
                ("", ""),
                ("from ", ", no"),
                ("from ", ". It"),
                ("from ", "... It"),
                ("from ", ": no"),
                ("[", "]:443"),
                ("(", ")"),
                ("\"", "\""),
                ("ip=", "&x=1"),
                ("http://", "/x"),
                ("//", ""),
                ("", "/24"),
                ("", "%eth0"),
                ("→", "…"),
                ("é", "é"),
                ("\\n", "\\n"),
                ("[redacted:ip] ", ";"),
            ] {
                let text = format!("{before}{address}{after}");
                assert_eq!(hide(&text), format!("{before}#{after}"), "{text}");
            }
        }
        assert_eq!(hide("203.0.113.7, 198.51.100.2"), "#, #");
        assert_eq!(hide("%20203.0.113.7%20 %5B2001:db8::1%5D"), "%20#%20 %5B#%5D");
        assert_eq!(hide("203.0.113.7..203.0.113.20 of 10.0.0.0/203.0.113.7"), "#..# of #/#");
        assert_eq!(hide("2001:db8::1..2001:db8::9"), "#..#");
        assert_eq!(hide("203.0.113.7:8080->198.51.100.2:443"), "#:8080->#:443");
        assert_eq!(hide("203.0.113.7:198.51.100.2:2001:db8::1"), "#:#:#");
        assert_eq!(hide("peer:203.0.113.7 type:2001:db8::1"), "peer:# type:#");
        assert_eq!(hide("2001:db8:1:2:3:4:5:6:8080 2001:db8::1:to"), "#:8080 #:to");
        assert_eq!(hide("::ffff:203.0.113.7:8080"), "#:8080");
        assert_eq!(hide("7.113.0.203.in-addr.arpa"), "#.in-addr.arpa");
    }

    #[test]
    fn what_only_looks_like_one_stays() {
        for text in [
            "Chrome/142.0.0.0 Safari/537.36 Edg/142.0.3595.94",
            "v1.2.3.4 x-1.2.3.4 lib1.2.3.4 0.1.2.3.4 openssl-1.1.1.1.tgz",
            "1.2.3.4.5 255.255.255.255.1",
            "1.2.3.4b1",
            "1.2.3",
            "1.2.3.",
            "1..2.3.4",
            "256.0.0.1 1.2.3.1000 01.2.3.4 1.2.3.04",
            "12:30:45 12:30:45.123 2026-11-23T06:40:13.123456Z",
            "00:1a:2b:3c:4d:5e 00:1a:2b:3c:4d:5e:6f:70",
            "3a:9c:2a:b1:d4:e5:f6:a7:b8:c9:d0:e1:f2:a3:b4:c5:d6:e7:f8:a9",
            "1:2:3:4:5:6:7:8 12:30::45",
            "std::io::Error at src/main.rs:10:5: no",
            "a::b a1::b2 a1::b2::c3 dead::beef Cafe::Bed bad::dad fe80::foo x::fe80::1",
            "dead::b1 feed::beef v1.2001:db8::1",
            "2024::date 2024::text",
            ":: ::1 [::1]:8080 ::: :",
            "fe80:1 fe80: 2001:db8:x",
            "7f3a9c1e-0b1c-4d5e-8f90-123456789abc",
            "[redacted:ip]:443",
            "",
            "é",
        ] {
            assert_eq!(hide(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(
            pieces in "(:|::|\\.|-|/|%|[0-9a-gn\\\\]|2001:db8::1|203\\.0\\.113\\.7|fe80|é| ){0,40}",
            any in any::<String>(),
        ) {
            for text in [&pieces, &any, &(pieces.clone() + &any)] {
                let shown = hide(text).replace('#', "[redacted:ip]");
                prop_assert_eq!(hide(&shown), shown);
            }
        }

        #[test]
        fn every_address_hides(v4 in any::<Ipv4Addr>(), rest in any::<Ipv6Addr>()) {
            let v6 = Ipv6Addr::from_bits(rest.to_bits() >> 3 | 1 << 125);
            prop_assert_eq!(hide(&format!("[{v4}]:80 [{v6}]:80")), "[#]:80 [#]:80");
        }
    }

    #[test]
    fn hostile_texts_end() {
        for piece in [
            "1.",
            ":",
            "1:",
            "1.1.1.1:",
            "::1 ",
            "aaaaa:",
            "z:1:1:1:1:1:1:1:1 ",
            "é",
            "1",
            "a",
            "1.2.3.4 ",
            "fe80::1:",
            "...",
            "%20",
            "1::1",
        ] {
            let text = piece.repeat(200_000 / piece.len());
            hide(&text);
        }
    }
}
