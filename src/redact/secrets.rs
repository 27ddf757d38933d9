//! Values that are hidden wherever they stand, in the forms they take: what the app and its
//! transports named as secret, what the app called sensitive, and what was hidden in the request.

use std::{borrow::Cow, fmt};

use aho_corasick::{AhoCorasick, MatchKind};

use super::{
    encoding::{percent_encoded, push_escaped},
    pattern::hide_ranges,
    placeholder::REDACTED,
};
use crate::sensitive::Sensitive;

/// All of them, looked for at once.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    needles: Vec<String>,
    search: Search,
}

#[derive(Clone, Default)]
enum Search {
    #[default]
    Nothing,
    For(AhoCorasick),
    /// There is more than can be searched for: nothing is shown.
    Everything,
}

impl Secrets {
    /// Configured ones. Of a URL its path, long segments and password too.
    pub(super) fn add(&mut self, secret: &str) {
        let (parts, password) = url_parts(secret);
        let parts = parts.filter(|part| part.len() >= SHORTEST_PART);
        let parts: Vec<_> = parts.chain([secret, password]).collect();
        self.add_all(parts.into_iter().filter(|part| part.len() >= SHORTEST));
    }

    /// What the app called sensitive, and other values as they are.
    pub(super) fn of(sensitive: &Sensitive, others: &[String]) -> Self {
        let mut secrets = Self::default();
        match sensitive.values() {
            Some(values) => secrets.add_all(values.iter().chain(others).map(String::as_str)),
            None => secrets.search = Search::Everything,
        }
        secrets
    }

    fn add_all<'v>(&mut self, values: impl Iterator<Item = &'v str>) {
        self.needles.extend(values.filter(|value| !value.is_empty()).flat_map(forms));
        self.needles.sort_unstable();
        self.needles.dedup();
        // The longest one, so that a part does not leave the rest standing.
        let mut search = AhoCorasick::builder();
        search.match_kind(MatchKind::LeftmostLongest);
        // Even a search for nothing takes time to build, and most reports have nothing to look for.
        self.search = match self.needles.as_slice() {
            [] => Search::Nothing,
            needles => search.build(needles).map_or(Search::Everything, Search::For),
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
        hide_ranges(text, search.find_iter(text).map(|found| found.range()), |_| {})
    }
}

/// Only how many there are.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secrets").field(&self.len()).finish()
    }
}

/// As it is, percent-encoded in capitals and not, and escaped for JSON.
fn forms(text: &str) -> [String; 4] {
    let encoded = percent_encoded(text, |b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    let lower = lower_case_encoding(&encoded);
    let mut escaped = String::new();
    push_escaped(&mut escaped, text, '"');
    [text.to_owned(), encoded, lower, escaped]
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

fn lower_case_encoding(encoded: &str) -> String {
    let mut lower = String::with_capacity(encoded.len());
    let mut digits = 0;
    for c in encoded.chars() {
        if c == '%' {
            digits = 3;
        }
        lower.push(if digits > 0 { c.to_ascii_lowercase() } else { c });
        digits = usize::saturating_sub(digits, 1);
    }
    lower
}

/// Shorter secrets are not looked for: too much of what is harmless would be hidden.
const SHORTEST: usize = 6;
/// The same for a part of a URL, which may be an ordinary word: `/services/`.
const SHORTEST_PART: usize = 16;

#[cfg(test)]
mod tests {
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
            ("abcdefghijk abcdefg", "[redacted]jk [redacted]g"),
            ("short", "short"),
        ] {
            assert_eq!(secrets.hide(text), shown);
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
}
