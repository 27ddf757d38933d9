//! Text that Slack shows as it is.

use crate::{text, transport::slack::UNIT};

/// The mark of a cut: the last line of defence behind `fit`, which says more.
pub(super) const CUT: &str = "… [cut]";

/// `&`, `<` and `>` as Slack wants them: with that nothing in the text is a mention, a link or a
/// date any more.
///
/// See [Escaping text](https://docs.slack.dev/messaging/formatting-message-text#escaping).
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text::clean(text).chars() {
        push(&mut escaped, c);
    }
    escaped
}

/// The same, at most `most` units of it: cut with a mark, never inside an escape.
pub(super) fn escaped_within(text: &str, most: usize) -> String {
    within(&text::clean(text), most, push)
}

/// The same without live emoji codes: for what the app did not write itself.
pub(super) fn inert_within(text: &str, most: usize) -> String {
    within(&inert(&text::clean(text)), most, push)
}

/// The text cleaned and at most `most` units long, cut with a mark.
pub(super) fn plain_within(text: &str, most: usize) -> String {
    within(&text::clean(text), most, String::push)
}

/// Breaks what could be an emoji code (`:boom:`) with an invisible character.
fn inert(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        inert.push(c);
        if c == ':' && begins_code(&text[at + 1..]) {
            inert.push(BREAK);
        }
    }
    inert
}

/// What [`inert`] breaks with.
pub(super) const BREAK: char = '\u{200b}';

/// Whether a name and a colon follow.
fn begins_code(rest: &str) -> bool {
    let end = rest.find(|c: char| c == ':' || c.is_whitespace());
    end.is_some_and(|end| end > 0 && rest[end..].starts_with(':'))
}

fn within(text: &str, most: usize, push: fn(&mut String, char)) -> String {
    let mut shown = String::new();
    let mut used = 0;
    let mut room_for_mark = 0;
    for c in text.chars() {
        let before = shown.len();
        push(&mut shown, c);
        used += UNIT.count(&shown[before..]);
        if used + UNIT.count(CUT) <= most {
            room_for_mark = shown.len();
        }
        if used > most {
            shown.truncate(room_for_mark);
            shown.push_str(UNIT.cut(CUT, most));
            break;
        }
    }
    shown
}

fn push(escaped: &mut String, c: char) {
    match c {
        '&' => escaped.push_str("&amp;"),
        '<' => escaped.push_str("&lt;"),
        '>' => escaped.push_str("&gt;"),
        c => escaped.push(c),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mentions_and_links_become_text() {
        assert_eq!(
            escaped("<!channel> & <https://x|y>"),
            "&lt;!channel&gt; &amp; &lt;https://x|y&gt;"
        );
        assert_eq!(escaped("&lt;"), "&amp;lt;");
    }

    #[test]
    fn a_cut_is_visible_and_never_inside_an_escape() {
        assert_eq!(escaped_within("<<<<", 16), "&lt;&lt;&lt;&lt;");
        assert_eq!(escaped_within("<<<<", 15), "&lt;&lt;… [cut]");
        assert_eq!(escaped_within("<<<<", 10), "… [cut]");
        assert_eq!(escaped_within("<<<<", 0), "");
        assert_eq!(plain_within("abcdefghij", 9), "ab… [cut]");
        assert_eq!(plain_within("😀😀😀😀😀", 9), "😀… [cut]");
    }

    #[test]
    fn emoji_codes_are_broken_and_other_colons_stay() {
        assert_eq!(inert(":boom:"), ":\u{200b}boom:");
        assert_eq!(inert(":a::b:"), ":\u{200b}a::\u{200b}b:");
        for text in ["at 06:40, no: not that: ", "error: refused", "user:alice", "::", ":"] {
            assert_eq!(inert(text), text);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_cut_fits(text in "[a<&>😀é]{0,40}", most in 0usize..100) {
            for shown in [escaped_within(&text, most), plain_within(&text, most)] {
                prop_assert!(UNIT.count(&shown) <= most);
                let complete = shown == escaped(&text) || shown == text;
                prop_assert!(complete || most < 7 || shown.ends_with(CUT));
            }
        }

        #[test]
        fn no_code_survives(text in "[:a \n]{0,30}") {
            let inert = inert(&text);
            let mut words = inert.split(':');
            words.next();
            words.next_back();
            let codes: Vec<_> = words
                .filter(|word| !word.is_empty() && !word.contains([' ', '\n', BREAK]))
                .collect();
            prop_assert!(codes.is_empty(), "{:?}", codes);
        }
    }
}
