//! Values that are hidden wherever they stand, in the forms they take: what the app and its
//! transports named as secret, what the app called sensitive, and what was hidden in the request.

use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

use aho_corasick::{
    Anchored, Input,
    automaton::{Automaton, StateID},
    nfa::noncontiguous::NFA,
};

use super::{
    decoded::each_decoded,
    encoding::{percent_decoded, percent_encoded, push_escaped},
    pattern::hide_ranges,
    placeholder::REDACTED,
    trail::Echo,
};
use crate::{
    sensitive::Sensitive,
    text::{Unit, clean, one_line},
};

/// All of them, looked for at once.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    needles: Vec<Needle>,
    search: Search,
}

/// What is looked for.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Needle {
    text: String,
    /// Nobody knows how it goes on: it was cut.
    open: bool,
}

#[derive(Clone, Default)]
enum Search {
    #[default]
    Nothing,
    For(Arc<Finder>),
    /// There is more than can be searched for: nothing is shown.
    Everything,
}

impl Secrets {
    /// Configured ones. Of a URL its path, long segments and password too.
    pub(super) fn add(&mut self, secret: &str) {
        let (parts, password) = url_parts(secret);
        let parts = parts.filter(|part| part.len() >= SHORTEST_PART);
        // As it is sent to whom it is for.
        let decoded = percent_decoded(password);
        let parts: Vec<_> = parts.chain([secret, password, &*decoded]).collect();
        let parts: Vec<_> = parts.into_iter().filter(|part| part.len() >= SHORTEST).collect();
        // Behind half of another escape they are not decoded: `%2` and `9%3A…`, or `\` and `\n…`.
        let encoded: Vec<_> = parts.iter().flat_map(|part| encoded_forms(part)).collect();
        let all = parts.into_iter().chain(encoded.iter().map(String::as_str));
        self.add_all(all.map(|part| (part, false)));
    }

    /// What the app called sensitive, and other values as they are.
    pub(super) fn of(sensitive: &Sensitive, others: &[Echo]) -> Self {
        let mut secrets = Self::default();
        let others = others.iter().map(|echo| (&*echo.value, echo.open));
        match sensitive.values() {
            Some(values) => {
                secrets.add_all(values.iter().map(|value| (&**value, false)).chain(others));
            }
            None => secrets.search = Search::Everything,
        }
        secrets
    }

    fn add_all<'v>(&mut self, values: impl Iterator<Item = (&'v str, bool)>) {
        for (value, open) in values {
            // Texts are searched as they are shown: without what cannot be seen, some on one line.
            let seen = [value.to_owned(), clean(value).into_owned(), one_line(value).into_owned()];
            let seen = seen.into_iter().filter(|value| value.len() >= SHORTEST_SEEN);
            self.needles.extend(seen.flat_map(forms).map(|text| Needle { text, open }));
        }
        if self.needles.is_empty() {
            return;
        }
        self.needles.sort_unstable();
        self.needles.dedup_by(|second, first| {
            let same = second.text == first.text;
            first.open |= same && second.open;
            same
        });
        self.search = match Finder::of(&self.needles) {
            Some(finder) => Search::For(Arc::new(finder)),
            None => Search::Everything,
        };
    }

    pub(super) fn len(&self) -> usize {
        self.needles.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self.search, Search::Nothing)
    }

    /// Hides them.
    pub(super) fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let search = match &self.search {
            Search::Nothing => return Cow::Borrowed(text),
            Search::For(search) => search,
            Search::Everything if text.is_empty() => return Cow::Borrowed(text),
            Search::Everything => return Cow::Owned(REDACTED.to_owned()),
        };
        let mut found = search.found_in(text.as_bytes());
        each_decoded(text, |decoded| {
            let parts = search.found_in(&decoded.bytes);
            found.extend(parts.into_iter().map(|part| decoded.in_text(part)));
        });
        hide_ranges(text, joined(found).into_iter(), |_| {})
    }
}

/// Finds the values. Of a long one its beginning is looked for, and is hidden with all that goes on like
/// the value: a request may hold values of any length, and is kept waiting while this is made.
struct Finder {
    /// What the values begin with. No automaton of another kind: a DFA takes the square of the time for
    /// a value that repeats itself.
    heads: NFA,
    start: StateID,
    /// Of each of them, whether one ends with it that was cut.
    open: Vec<bool>,
    /// The values that are longer, sorted.
    long: Vec<Needle>,
}

impl Finder {
    /// Of sorted values. `None` if there are too many.
    fn of(values: &[Needle]) -> Option<Self> {
        let is_long = |value: &&Needle| head(&value.text).len() < value.text.len();
        let long = values.iter().filter(is_long).cloned().collect();
        let mut heads: Vec<_> = values.iter().map(|value| head(&value.text)).collect();
        // Many values may begin alike.
        heads.dedup();
        let open = values.iter().filter(|value| value.open && !is_long(value));
        let ends_open = |head: &&str| open.clone().any(|value| head.ends_with(&value.text));
        let open = heads.iter().map(ends_open).collect();
        let heads = NFA::new(heads).ok()?;
        let start = heads.start_state(Anchored::No).ok()?;
        Some(Self { heads, start, open, long })
    }

    /// Where they stand, in order. Values that overlap are one, so that a part does not leave the rest
    /// standing.
    fn found_in(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        // Most texts have none, which this says fastest.
        let Ok(Some(first)) = self.heads.try_find(&Input::new(text)) else { return found };
        let mut state = self.start;
        let mut looks = MOST_LOOKS_AT_BYTE * text.len();
        for (at, byte) in text.iter().enumerate().skip(first.end().saturating_sub(LONGEST_HEAD)) {
            state = self.heads.next_state(Anchored::No, state, *byte);
            if !self.heads.is_match(state) {
                continue;
            }
            // The longest one that ends here.
            let longest = self.heads.match_pattern(state, 0);
            let (start, mut end) = (at + 1 - self.heads.pattern_len(longest), at + 1);
            // What is hidden already may go on like another value, too: but not every byte of a text that
            // repeats itself can be looked at from every other one.
            if looks > 0 || found.last().is_none_or(|last| last.end < end) {
                let (length, is_open) = self.length_of_long(&text[start..]);
                looks = looks.saturating_sub(length);
                end = end.max(start + length);
                if is_open || self.open[longest.as_usize()] {
                    end += length_of_word(&text[end..]);
                }
            }
            add(&mut found, start..end);
        }
        found
    }

    /// How far the text goes on like one of the long values, if it begins like one, and whether that
    /// was cut there.
    fn length_of_long(&self, text: &[u8]) -> (usize, bool) {
        let place = self.long.partition_point(|value| value.text.as_bytes() < text);
        // The one that has most in common with it is next to where it would stand itself.
        let neighbours = self.long[..place].last().into_iter().chain(self.long.get(place));
        let same = neighbours.map(|value| {
            let length = in_common(&value.text, text);
            (length, value.open && length == value.text.len())
        });
        same.max().filter(|(length, _)| *length >= LONGEST_HEAD - MOST_OF_CHAR).unwrap_or_default()
    }
}

/// How far it is to a blank or a quote.
fn length_of_word(text: &[u8]) -> usize {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`<>".contains(byte);
    text.iter().position(is_end).unwrap_or(text.len())
}

/// What is looked for of a value: all of it if it is short.
fn head(value: &str) -> &str {
    Unit::Bytes.cut(value, LONGEST_HEAD)
}

/// How many bytes of the value, in whole characters, the text begins with.
fn in_common(value: &str, text: &[u8]) -> usize {
    let same = value.bytes().zip(text).take_while(|(one, other)| one == *other).count();
    (0..=same).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0)
}

/// In order, and with one part for those that overlap.
fn joined(mut parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    parts.sort_unstable_by_key(|part| part.start);
    let mut joined = Vec::with_capacity(parts.len());
    parts.into_iter().for_each(|part| add(&mut joined, part));
    joined
}

/// Adds what ends behind the beginning of the last one.
fn add(found: &mut Vec<Range<usize>>, mut part: Range<usize>) {
    while let Some(last) = found.pop_if(|last| last.end > part.start) {
        part = last.start.min(part.start)..last.end.max(part.end);
    }
    found.push(part);
}

/// Only how many there are.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secrets").field(&self.len()).finish()
    }
}

/// Percent-encoded, with capitals and without, and escaped for JSON.
fn encoded_forms(text: &str) -> [String; 3] {
    let encoded = percent_encoded(text, |b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    let lower = encoded.split('%').enumerate().map(|(at, part)| match at {
        0 => part.to_owned(),
        _ => {
            let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
            format!("%{}{rest}", digits.to_ascii_lowercase())
        }
    });
    let lower = lower.collect();
    let mut escaped = String::new();
    push_escaped(&mut escaped, text, '"');
    [encoded, lower, escaped]
}

/// As it is, and with the `+` that a form has for a blank. Other encodings are looked through.
fn forms(text: String) -> impl Iterator<Item = String> {
    let plus = text.contains(' ').then(|| text.replace(' ', "+"));
    plus.into_iter().chain([text])
}

/// If the secret is a URL: its path with the query and the parts of both; and its password.
fn url_parts(secret: &str) -> (impl Iterator<Item = &str>, &str) {
    let rest = secret.split_once("://").map_or("", |(_, rest)| rest);
    let path_at = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(path_at);
    let userinfo = authority.rsplit_once('@').map_or("", |(userinfo, _)| userinfo);
    let password = userinfo.split_once(':').map_or(userinfo, |(_, password)| password);
    (path.split(['/', '?', '&', '=']).chain([path]), password)
}

/// Shorter secrets are not looked for: too much of what is harmless would be hidden.
const SHORTEST: usize = 6;
/// Fewer bytes stand in too many words, whoever calls them sensitive.
const SHORTEST_SEEN: usize = 3;
/// Bytes of a value that are looked for. So much of one is enough to hide what follows it.
const LONGEST_HEAD: usize = 64;
/// How often a byte is compared, at most, that is hidden already.
const MOST_LOOKS_AT_BYTE: usize = 8;
/// Bytes of the longest character but one, which a head may be shorter by.
const MOST_OF_CHAR: usize = 3;
/// The same for a part of a URL, which may be an ordinary word: `/services/`.
const SHORTEST_PART: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secrets(all: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        all.iter().for_each(|secret| secrets.add(secret));
        secrets
    }

    #[test]
    fn secrets_hide_in_every_form() {
        let secrets = secrets(&["hunter2+\"é", "abcdef", "abcdefghi", "short"]);
        for (text, shown) in [
            ("<hunter2+\"é>", "<[redacted]>"),
            ("hunter2%2B%22%C3%A9", "[redacted]"),
            ("hunter2%2b%22%c3%a9", "[redacted]"),
            ("\"hunter2+\\\"é\"", "\"[redacted]\""),
            ("a%61bcdef%67hi\u{e9}%", "a[redacted]é%"),
            ("abcdefghijk abcdefg", "[redacted]jk [redacted]g"),
            ("short", "short"),
        ] {
            assert_eq!(secrets.hide(text), shown);
        }
    }

    #[test]
    fn values_that_overlap_leave_nothing_between_them() {
        let secrets = secrets(&["abcdefgh", "efghijkl", "bcdefghijklmn"]);
        assert_eq!(secrets.hide("xabcdefghijklx"), "x[redacted]x");
        assert_eq!(secrets.hide("abcdefghijklmno"), "[redacted]o");
    }

    #[test]
    fn a_long_value_hides_as_far_as_a_text_goes_on_like_it() {
        let value = format!("q7{}", "é-x7f3a9c1e-".repeat(400));
        let other = format!("{}other-end", &value[..90]);
        let secrets = secrets(&[&value, &other]);
        let cut = Unit::Bytes.cut(&value, 1_000);
        for text in [&value, &*format!("{value}{value}"), &other, cut] {
            let shown = secrets.hide(text).into_owned();
            assert_eq!(shown.replace(REDACTED, ""), "", "{text}");
        }
        assert_eq!(secrets.hide(&format!("<{cut}ê>")), "<[redacted]ê>");
        assert_eq!(secrets.hide(&value[..40]), value[..40], "that little may be anything");
    }

    #[test]
    fn what_is_kept_of_a_long_value_does_not_grow_with_it() {
        let kept = |value: &str| match secrets(&[value]).search {
            Search::For(finder) => finder.heads.memory_usage(),
            _ => 0,
        };
        for piece in ["a", "Cookie: (", "ab\"é+"] {
            let (short, long) = (kept(&piece.repeat(100)), kept(&piece.repeat(10_000)));
            assert!(0 < short && long <= short, "{piece}: {short} {long}");
        }
    }

    #[test]
    fn an_escape_before_it_shields_no_encoded_secret() {
        let secrets = secrets(&["9;10'0+Y z", "\tX0+7\\;<0"]);
        for text in ["%29%3b10%270%2bY%20z", "%29%3B10%270%2BY%20z"] {
            assert_eq!(secrets.hide(text), "%2[redacted]");
        }
        assert_eq!(secrets.hide(r"\\tX0+7\\;<0"), r"\[redacted]");
    }

    #[test]
    fn secrets_hide_in_the_encodings_of_each_language() {
        let secrets = secrets(&["s3cr!t/x+y=z&w", "p@ss!w0rd (x)", "smtp://bell:corr%40ct-b@mail"]);
        for text in [
            // JavaScript, Rust, PHP, Go, HTML, one in another.
            "s3cr!t%2Fx%2By%3Dz%26w",
            "s3cr%21t%2fx%2by%3dz%26w",
            "s3cr!t/x%2By=z%26w",
            r"s3cr!t\/x+y=z&w",
            r"s3cr!t/x+y=z\u0026w",
            "s3cr!t/x+y=z&amp;w",
            "s3cr!t/x+y=z&#38;w",
            r"s3cr!t%2Fx%2By%3Dz\u0026w",
            "s3cr!t%252Fx%252By%253Dz%2526w",
            "p%40ss!w0rd%20(x)",
            "p%40ss!w0rd+(x)",
            "corr%40ct-b",
            "corr@ct-b",
        ] {
            let around = format!("é {text}, 100% & c:\\u");
            assert_eq!(secrets.hide(&around), "é [redacted], 100% & c:\\u", "{text}");
        }
        for text in ["s3cr!t/x y", "s3cr!t%2Fx", "mail", "a & b 100%"] {
            assert_eq!(secrets.hide(text), text);
        }
    }

    #[test]
    fn of_a_value_that_was_cut_the_rest_of_the_word_hides_too() {
        let long = "q7x-".repeat(50);
        let echoes = ["hunter", &long, "7xhunter"]
            .map(|value| Echo { value: value.to_owned(), open: !value.starts_with('7') });
        let secrets = Secrets::of(&Sensitive::default(), &echoes);
        for (text, shown) in [
            (
                "bad hunter2-ABCDEFG, hunter hunter2".to_owned(),
                "bad [redacted] [redacted] [redacted]",
            ),
            ("'hunter2é' 7xhunter2\"".to_owned(), "'[redacted]' [redacted]\""),
            (format!("{long}8 9"), "[redacted] 9"),
            (format!("{}8 9", &long[..100]), "[redacted]8 9"),
            ("hunte".to_owned(), "hunte"),
        ] {
            assert_eq!(secrets.hide(&text), shown);
        }
    }

    #[test]
    fn secrets_hide_as_they_are_shown() {
        let secrets = secrets(&["hun\u{200b}ter2222", "one two\r\nthree"]);
        for text in ["hunter2222", "one two\nthree", "one two three", "one+two%0D%0Athree"] {
            assert_eq!(secrets.hide(text), "[redacted]");
        }
    }

    #[test]
    fn of_a_url_the_path_and_its_parts_hide_too() {
        let secrets = secrets(&[
            "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "https://chat.example/v1/spaces?key=AIzaSyAAAAAAAAAAAAAAA&token=tok",
            "smtp://bell:correct-horse-battery@mail.example",
        ]);
        for text in [
            "POST /services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "XXXXXXXXXXXXXXXXXXXXXXXX",
            "AIzaSyAAAAAAAAAAAAAAA",
            "correct-horse-battery",
        ] {
            assert!(secrets.hide(text).ends_with("[redacted]"), "{text}");
        }
        for text in ["/services/", "hooks.slack.com", "mail.example", "/v1/spaces"] {
            assert_eq!(secrets.hide(text), text);
        }
    }
    proptest! {
        #[test]
        fn no_secret_is_left_in_any_text(
            all in prop::collection::vec("[ab]{6,9}|(aab|ba|é){20,90}", 1..6),
            text in prop::collection::vec(("[ab é]{0,9}", 0usize..6, 0usize..200), 0..6),
        ) {
            let part = |(before, which, from): &(String, usize, usize)| {
                let value = all.get(*which).map_or("", String::as_str);
                let from = value.char_indices().map(|(at, _)| at).find(|at| at >= from);
                format!("{before}{}", &value[from.unwrap_or(0)..])
            };
            let text: String = text.iter().map(part).collect();
            let all: Vec<_> = all.iter().map(String::as_str).collect();
            let Search::For(finder) = secrets(&all).search else { panic!("{all:?}") };
            let found = finder.found_in(text.as_bytes());
            prop_assert!(found.is_sorted_by(|one, next| one.end <= next.start));
            for (at, value) in all.iter().flat_map(|value| text.match_indices(value)) {
                let is_in = |part: &Range<usize>| part.start <= at && at + value.len() <= part.end;
                prop_assert!(found.iter().any(is_in), "{value} at {at} of {text}: {found:?}");
            }
        }

        #[test]
        fn a_secret_hides_however_it_is_encoded(
            secret in "[a-z/+&=\\\\ \"é%]{6,80}",
            how in prop::collection::vec(0usize..5, 80),
            (before, after) in ("[a-z%\\\\& é]{0,9} ", " [a-z%\\\\& é]{0,9}"),
        ) {
            prop_assume!(secret.trim().len() >= SHORTEST);
            // What looks encoded in a secret is another one where the encodings are mixed.
            let mixes = !secret.contains(['%', '\\', '&']);
            let how = how.iter().map(|one| if mixes { one } else { &how[0] });
            let encoded = |(c, how): (char, &usize)| match how {
                0 => format!("\\u{:04x}", u32::from(c)),
                1 => c.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect(),
                2 => format!("&#{};", u32::from(c)),
                _ => c.to_string(),
            };
            let encoded: String = secret.chars().zip(how).map(encoded).collect();
            let shown = secrets(&[&secret]).hide(&format!("{before}{encoded}{after}")).into_owned();
            prop_assert!(shown.contains(REDACTED) && !shown.contains(&encoded), "{secret} -> {shown}");
        }
    }
}
