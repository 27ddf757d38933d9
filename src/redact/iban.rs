//! Bank accounts (IBAN): country, two digits, and what the country's banks count with, in capitals;
//! in one, or printed in groups of four. Known by its checksum, not by a list of countries.
//!
//! Not in small letters, and not as part of a word. Of what only looks like one, one in 97 hides.

use std::ops::Range;

/// The next one at or behind `from`.
pub(super) fn next(text: &str, from: usize) -> Option<Range<usize>> {
    // What stands before `from` is hidden already.
    let bytes = text.as_bytes().get(from..)?;
    let mut at = 0;
    loop {
        let start = at + bytes[at..].iter().position(u8::is_ascii_uppercase)?;
        let (before, rest) = bytes.split_at(start);
        if let Some(length) = length(rest).filter(|_| !ends_with_word(before)) {
            return Some(from + start..from + start + length);
        }
        at = start + 1;
    }
}

/// The length of the one that begins here.
fn length(text: &[u8]) -> Option<usize> {
    let (head, rest) = text.split_at_checked(HEAD)?;
    if !matches!(head, [b'A'..=b'Z', b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9']) {
        return None;
    }
    let account = match word(rest) {
        0 => printed(head, rest),
        length => is_iban(head, length, remainder(0, &rest[..length])).then_some(length),
    };
    account.map(|length| HEAD + length)
}

/// The same in groups of four, of which the last may be shorter. The longest counts, because too
/// much hides sooner than too little.
fn printed(head: &[u8], rest: &[u8]) -> Option<usize> {
    let mut longest = None;
    let (mut at, mut characters, mut number) = (0, 0, 0);
    while let [b' ' | b'-', group @ ..] = &rest[at..] {
        let length = word(group);
        if !(1..=4).contains(&length) {
            break;
        }
        at += 1 + length;
        characters += length;
        number = remainder(number, &group[..length]);
        if is_iban(head, characters, number) {
            longest = Some(at);
        }
        if length < 4 || characters > MOST {
            break;
        }
    }
    longest
}

/// How many capitals and digits the word has that begins here; none, if it has others too.
fn word(text: &[u8]) -> usize {
    let capital = |b: &&u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let length = text.iter().take(MOST).take_while(capital).count();
    let goes_on = text.get(length).is_some_and(u8::is_ascii_alphanumeric);
    if goes_on { 0 } else { length }
}

/// The checksum's rule: with the head behind it, the account leaves 1 if divided by 97.
fn is_iban(head: &[u8], characters: usize, account: u32) -> bool {
    (FEWEST..=MOST).contains(&characters) && remainder(account, head) == 1
}

/// What is left of a number, of which this was left so far, if these characters are written behind
/// it and it is divided by 97. Letters count from 10 on.
fn remainder(before: u32, characters: &[u8]) -> u32 {
    characters.iter().fold(before, |number, byte| match byte {
        b'0'..=b'9' => (number * 10 + u32::from(byte - b'0')) % 97,
        _ => (number * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97,
    })
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

/// Characters of the country and the check digits.
const HEAD: usize = 4;
/// Characters of the shortest account and of the longest.
const FEWEST: usize = 11;
const MOST: usize = 30;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NUMBERS: [&str; 9] = [
        "DE89370400440532013000",
        "GB82WEST12345698765432",
        "FR1420041010050500013M02606",
        "NL91ABNA0417164300",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
        "BE68539007547034",
        "CH9300762011623852957",
        "PL61109010140000071219812874",
    ];

    /// The text with `#` in place of each number.
    fn hide(text: &str) -> String {
        let (mut shown, mut at) = (String::new(), 0);
        while let Some(found) = next(text, at) {
            assert!(at <= found.start && found.start < found.end, "{text}: {found:?}");
            shown = shown + &text[at..found.start] + "#";
            at = found.end;
        }
        shown + &text[at..]
    }

    fn in_groups(number: &str, separator: &str) -> String {
        let groups = number.as_bytes().chunks(4).map(|group| str::from_utf8(group).unwrap());
        groups.collect::<Vec<_>>().join(separator)
    }

    /// With another last check digit.
    fn wrong(number: &str) -> String {
        let digit = (number.as_bytes()[3] - b'0' + 1) % 10;
        format!("{}{digit}{}", &number[..3], &number[4..])
    }

    #[test]
    fn numbers_hide() {
        for number in NUMBERS {
            for number in [number.to_owned(), in_groups(number, " "), in_groups(number, "-")] {
                for (before, after) in [
                    ("", ""),
                    ("IBAN ", " was refused"),
                    ("iban=", "&x=1"),
                    ("to ", ". It"),
                    ("to ", ", no"),
                    ("\"", "\""),
                    ("(", ")"),
                    ("IBAN:", "\\n"),
                    ("\\n", "_1"),
                    ("%20", "%20"),
                    ("→", "…"),
                    ("é", "é"),
                    ("A ", " a"),
                    ("no. AB17 ", " - of 1 account"),
                    ("[redacted:iban] ", " [redacted:iban]"),
                ] {
                    let text = format!("{before}{number}{after}");
                    assert_eq!(hide(&text), format!("{before}#{after}"), "{text}");
                }
            }
        }
        assert_eq!(hide("GB82 WEST 1234 5698 7654 32 WAS REFUSED"), "# WAS REFUSED");
        assert_eq!(hide("BE68 5390 0754 7034 PAID 2 EUR"), "# PAID 2 EUR");
        assert_eq!(hide("DE89370400440532013000, NO9386011117947"), "#, #");
    }

    #[test]
    fn what_only_looks_like_one_stays() {
        for number in NUMBERS {
            for text in [
                wrong(number),
                in_groups(&wrong(number), " "),
                number.to_lowercase(),
                format!("X{number}"),
                format!("1{number}"),
                format!("{number}x"),
                number[..number.len() - 1].to_owned(),
                in_groups(number, "  "),
                in_groups(number, "_"),
            ] {
                assert_eq!(hide(&text), text);
            }
        }
        for text in [
            "7F3A9C1E-0B1C-4D5E-8F90-123456789ABC",
            "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
            "order AB12-3456-7890, AB12 CODE FAIL WITH SOME TEXT",
            "SGVsbG8gV29ybGQhIFRoaXMgaXMgYSB0ZXN0Lg==",
            "AB12345678901234567890123456789012345678901234567890",
            "DE89 37040044 0532013000",
            "FR14 2004 1010 0505 0001 3M0 2606",
            "DE8A370400440532013089",
            "D289370400440532013067",
            "DE89",
            "DE89 ",
            "DE89 3704 0044 05x2 0130 00",
            "DE",
            "",
            "é",
        ] {
            assert_eq!(hide(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(
            pieces in "(DE89|NO9386011117947|3704 0044 0532 0130 00|[A-C]|[0-9]|[ -]|a|é){0,40}",
            any in any::<String>(),
        ) {
            for text in [&pieces, &any, &(pieces.clone() + &any)] {
                let shown = hide(text).replace('#', "[redacted:iban]");
                prop_assert_eq!(hide(&shown), shown);
            }
        }

        #[test]
        fn every_number_hides(country in "[A-Z]{2}", account in "[A-Z0-9]{11,30}") {
            let head = format!("{country}00");
            let left = remainder(remainder(0, account.as_bytes()), head.as_bytes());
            let number = format!("{country}{:02}{account}", 98 - left);
            prop_assert_eq!(hide(&number), "#");
            prop_assert_eq!(hide(&format!("to {}, no", in_groups(&number, " "))), "to #, no");
        }
    }

    #[test]
    fn hostile_texts_end() {
        for piece in ["DE89", "DE89 ", "DE89-", "A", "A ", "1", " ", "é", "AB12345678901234 "] {
            hide(&piece.repeat(200_000 / piece.len()));
        }
        hide(&"DE89370400440532013000 ".repeat(9_000));
    }
}
