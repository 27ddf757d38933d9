//! Card numbers: 13 to 19 digits, in one or in groups, that begin like a brand's and whose check
//! digit is right.

use std::ops::Range;

use super::{rules::CARDS, scan::Found};

/// Digits of the shortest card number.
pub(super) const SHORTEST: usize = 13;
const MOST: usize = 19;
/// Between the groups of a printed number, encoded or not: a blank or a dash of any width, or a dot.
const SEPARATORS: [&str; 12] = [
    ".", "  ", " ", "-", "+", "%20", "\t", "\u{a0}", "\u{2009}", "\u{2011}", "\u{2013}", "\u{202f}",
];
/// Groups of the longest, in print: `4111 1111 1111 1111 111`.
const MOST_GROUPS: usize = 6;
/// Digits of half a number.
const HALF: usize = 8;

/// The next one at or behind `from`.
pub(super) fn next(text: &str, mut from: usize) -> Option<Found> {
    loop {
        let group = next_group(text.as_bytes(), from)?;
        if let Some(end) = card(text.as_bytes(), &group) {
            return Some(Found::of("card", group.start..end));
        }
        from = group.end;
    }
}

/// The next run of digits that is no part of a word or of a decimal.
fn next_group(bytes: &[u8], mut at: usize) -> Option<Range<usize>> {
    loop {
        let start = at + bytes[at..].iter().position(u8::is_ascii_digit)?;
        let end = start + digits(&bytes[start..]);
        let start = start + escape(&bytes[..start], &bytes[start..end]);
        if !goes_on(&bytes[..start]) {
            return Some(start..end);
        }
        at = end;
    }
}

/// How many of the digits belong to what is encoded before them: `%20`.
fn escape(before: &[u8], digits: &[u8]) -> usize {
    match (before, digits) {
        ([.., b'%'], [_, _, _, ..]) => 2,
        _ => 0,
    }
}

/// Whether digits that stand here are part of a word or of a decimal. An escape is neither, nor is what
/// a card's stripe begins with.
fn goes_on(before: &[u8]) -> bool {
    match before {
        [.., b'%', b'B' | b'b'] => false,
        [.., b'\\', b'n' | b'r' | b't'] => false,
        [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => false,
        [.., digit, b'.'] => digit.is_ascii_digit(),
        [.., last] => last.is_ascii_alphanumeric(),
        [] => false,
    }
}

/// Where the card number ends that begins with this group.
fn card(bytes: &[u8], first: &Range<usize>) -> Option<usize> {
    let mut number = Vec::with_capacity(MOST);
    let mut group = first.clone();
    for _ in 0..MOST_GROUPS {
        if number.len() + group.len() > MOST {
            return None;
        }
        number.extend(bytes[group.clone()].iter().map(|digit| u32::from(digit - b'0')));
        if is_card(&number) && is_end(&bytes[group.end..]) {
            return Some(group.end);
        }
        // Groups of a printed number have three digits or more, but for the last.
        let behind = &bytes[group.end..];
        let separator =
            SEPARATORS.iter().find(|separator| behind.starts_with(separator.as_bytes()));
        // Or two halves.
        let half = group.len() == HALF && number.len() == HALF;
        let separator = separator.filter(|_| half || (3..=7).contains(&group.len()))?;
        let next = group.end + separator.len();
        group = next..next + digits(&bytes[next..]);
        if half && group.len() != HALF {
            return None;
        }
    }
    None
}

fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// Neither a word nor a decimal goes on here.
fn is_end(rest: &[u8]) -> bool {
    match rest {
        [b'.', next, ..] => !next.is_ascii_digit(),
        [next, ..] => !next.is_ascii_alphabetic(),
        [] => true,
    }
}

fn is_card(number: &[u32]) -> bool {
    if number.len() < SHORTEST {
        return false;
    }
    let prefix = number[..4].iter().fold(0, |prefix, digit| prefix * 10 + digit);
    let is_brand = |(from, to, fewest, most): &(u32, u32, usize, usize)| {
        (*from..=*to).contains(&prefix) && (*fewest..=*most).contains(&number.len())
    };
    CARDS.iter().any(is_brand) && luhn(number)
}

/// The check digit's rule: every second digit from the right counts double, the sum ends in 0.
fn luhn(number: &[u32]) -> bool {
    let weigh = |(i, digit): (usize, &u32)| match (i % 2, digit * 2) {
        (0, _) => *digit,
        (_, double) if double > 9 => double - 9,
        (_, double) => double,
    };
    number.iter().rev().enumerate().map(weigh).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::tests::replaced;

    const HIDDEN: &str = "[redacted:card]";

    fn hide(text: &str) -> String {
        replaced(text, next)
    }

    #[test]
    fn card_numbers_hide() {
        for number in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "4222222222222",
            "378282246310005",
            "3782 822463 10005",
            "341111111111111",
            "30569309025904",
            "36227206271667",
            "3530111333300000",
            "38520000023237",
            "5018000000000009",
            "5555555555554444",
            "5678901234567898",
            "6759649826438453",
            "6011111111111117",
            "2223003122003222",
            "6304000000000000000",
            "4000 0000 0000 0000 006",
        ] {
            let text = format!("card {number}, declined");
            assert_eq!(hide(&text), "card [redacted:card], declined", "{number}");
            assert_eq!(hide(number), HIDDEN);
        }
        assert_eq!(hide("4111 1111 1111 1111 12/27"), "[redacted:card] 12/27");
        assert_eq!(hide("id 17 4111111111111111."), "id 17 [redacted:card].");
        assert_eq!(hide("41111111 11111111"), HIDDEN);
        assert_eq!(hide("3782.822463.10005"), HIDDEN);
        let stripe = "%B4111111111111111^DOE/J^2712?;4111111111111111=2712?";
        assert_eq!(hide(stripe), "%B[redacted:card]^DOE/J^2712?;[redacted:card]=2712?");
    }

    #[test]
    fn card_numbers_hide_however_they_are_written() {
        for separator in SEPARATORS {
            let number = ["4111", "1111", "1111", "1111"].join(separator);
            assert_eq!(
                hide(&format!("card {number}, no")),
                "card [redacted:card], no",
                "{separator}"
            );
        }
        for before in ["\\n", "%3A", "%20", "No.", "_", "é"] {
            assert_eq!(
                hide(&format!("{before}4111111111111111")),
                format!("{before}[redacted:card]")
            );
        }
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "4111111111111112",
            "1732344013123",
            "2026-11-23 06:40:13",
            "2026-11-23-06-40-13-1234567",
            "order 1234567890123452",
            "0.4111111111111111",
            "4111111111111111.5",
            "a4111111111111111",
            "4111111111111111b",
            "00004111111111111111000",
            "+49 170 1234 5678",
            "7f3a9c1e-4123-8912-9045-123456789012",
            "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            "0000000000000000",
            "41111111 1111111",
            "41111111 11111112",
            "1.4111.1111.1111.1111",
            "4111.1111.1111.1111.1",
            "411.111.111.111",
            "20261126 12345678",
            "B4111111111111111",
        ] {
            assert_eq!(hide(text), text);
        }
    }
}
