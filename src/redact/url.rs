//! URLs: userinfo, query, parameters of the path, fragment, and webhook addresses. Read with their
//! mistakes: a password with `@`, `/`, `?` or `#` in it is no URL for a parser and a secret still.

use std::{borrow::Cow, ops::Range};

use super::{
    encoding::{percent_decoded, percent_encoded},
    form::{Before, Place},
    placeholder,
    rules::{OPENING_SEGMENTS, WEBHOOKS},
    scan::{Find, Found, Hiding, Rewrite, Scan},
    signs::Signs,
};

impl Scan<'_> {
    /// A request's target, or a header's value that is a URL.
    pub(super) fn url(self, text: &str) -> Hiding {
        self.settled(text, self.look_at_url(text), Self::look_at_url)
    }

    fn look_at_url(self, text: &str) -> Hiding {
        // Read as it will be shown, so that it reads the same the next time.
        let text = written(&self.known_hidden(text));
        let text = self.known_hidden(&text);
        let text = self.addresses(&text);
        let mut hiding = Hiding::default();
        let (path, tail) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
        let (path, parameters) = path.split_at(path.find(';').unwrap_or(path.len()));
        hiding.text.push_str(&self.path(path));
        self.tail(parameters, &mut hiding);
        self.tail(tail, &mut hiding);
        hiding
    }

    /// A path as whoever decodes it sees it: `/users/bob%40example.com`.
    fn path<'t>(self, path: &'t str) -> Cow<'t, str> {
        let plain = Self::seen(percent_decoded(path));
        let known = self.known_hidden(&plain);
        let shown = self.text(Cow::Borrowed(&known), Signs::of(&known));
        if *shown == *plain {
            return Cow::Borrowed(path);
        }
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"%?#;".contains(&byte);
        Cow::Owned(percent_encoded(&shown, is_plain))
    }

    /// All URLs in a text.
    pub(super) fn urls<'t>(self, text: &'t str) -> Cow<'t, str> {
        if text.contains(":\\/\\/") {
            // As PHP writes them into JSON.
            let plain = text.replace("\\/", "/");
            return match self.plain_urls(&plain) {
                Cow::Borrowed(_) => Cow::Borrowed(text),
                Cow::Owned(shown) => Cow::Owned(shown),
            };
        }
        self.plain_urls(text)
    }

    fn plain_urls<'t>(self, text: &'t str) -> Cow<'t, str> {
        match self.addresses(text) {
            Cow::Borrowed(text) => self.queries(text),
            Cow::Owned(text) => Cow::Owned(self.queries(&text).into_owned()),
        }
    }

    /// Hides userinfo, what follows the address of a webhook, and segments that open something.
    fn addresses<'t>(self, text: &'t str) -> Cow<'t, str> {
        let finds: [Find; 4] = [next_oracle, next_userinfo, next_webhook, next_segment];
        finds.into_iter().fold(Cow::Borrowed(text), |text, next| match self.without(&text, next) {
            Cow::Owned(changed) => Cow::Owned(changed),
            Cow::Borrowed(_) => text,
        })
    }

    /// Hides in the query and the fragment of each URL of a text.
    fn queries<'t>(self, text: &'t str) -> Cow<'t, str> {
        let mut rewrite = Rewrite::of(text);
        for url in (Urls { text, at: 0 }) {
            let Some(at) = text[url.clone()].find(['?', '#']).map(|at| url.start + at) else {
                continue;
            };
            let mut hiding = Hiding::default();
            self.tail(&text[at..url.end], &mut hiding);
            rewrite.replace(at..url.end, &hiding.text);
        }
        rewrite.finish()
    }

    /// Everything from a `?`, `#` or `;` on.
    fn tail(self, text: &str, into: &mut Hiding) {
        let mut before = Before::Nothing;
        for part in text.split_inclusive(['?', '#']) {
            let (part, end) = match part.strip_suffix(['?', '#']) {
                Some(inner) => (inner, &part[inner.len()..]),
                None => (part, ""),
            };
            before = self.pairs(part, Place::Url, before, into);
            // A query may have more of these; only a fragment is none of a value's.
            before = if end == "?" { before } else { Before::Nothing };
            into.text.push_str(end);
        }
    }
}

/// A path as a server may read it: without its encoding, the parameters of its segments and slashes that
/// follow a slash.
pub(super) fn read_path(path: &str) -> String {
    let mut read = String::with_capacity(path.len());
    for segment in path.split('/').enumerate() {
        let (at, segment) = (segment.0, segment.1.split(';').next().unwrap_or_default());
        if at > 0 && !read.ends_with('/') {
            read.push('/');
        }
        read.push_str(&percent_decoded(segment));
    }
    read
}

fn next_userinfo(text: &str, from: usize) -> Option<Found> {
    let mut urls = Urls { text, at: from };
    urls.find_map(|url| {
        let whole = &text[url.start..];
        let userinfo = userinfo(&whole[..url.len()])
            .or_else(|| userinfo(&whole[..url.len() + quoted_length(whole, url.len())?]))?;
        Some(Found::by("userinfo", url.start + userinfo.start..url.start + userinfo.end))
    })
}

/// `jdbc:oracle:thin:scott/tiger@//db`.
fn next_oracle(text: &str, mut from: usize) -> Option<Found> {
    loop {
        let start = from + text[from..].find(ORACLE)? + ORACLE.len();
        from = end_of_url(text, start);
        if let Some(length) = text[start..from].rfind('@').filter(|length| *length > 0) {
            return Some(Found::by("userinfo", start..start + length));
        }
    }
}

fn next_webhook(text: &str, mut from: usize) -> Option<Found> {
    loop {
        let slash = from + text[from..].find('/')?;
        from = slash + 1;
        let Some(opening) = webhook(&text[..slash], &text[from..]) else { continue };
        let start = from + opening;
        from = end_of_url(text, start);
        if start < from {
            return Some(Found::by("webhook address", start..from));
        }
    }
}

/// The next segment that opens something: a long one behind `reset` and the like.
fn next_segment(text: &str, mut from: usize) -> Option<Found> {
    loop {
        let slash = from + text[from..].find('/')?;
        from = slash + 1;
        let length = text[from..].find(is_end_of_segment).unwrap_or(text.len() - from);
        let segment = from..from + length;
        let mut before = text[..slash].rsplit(['/', ' ']);
        let (last, earlier) = (before.next().unwrap_or_default(), before.next());
        // `/verify/17/3f9c…`, `/reset/MQ/c1a2…`.
        let is_behind = is_opening(last) || is_id(last) && earlier.is_some_and(is_opening);
        if is_behind && opens(&text[segment.clone()]) {
            return Some(Found::by("opening path", segment));
        }
    }
}

const ORACLE: &str = "oracle:thin:";

fn is_opening(segment: &str) -> bool {
    let is_same = |(a, b): (u8, u8)| a.eq_ignore_ascii_case(&b) || (a, b) == (b'_', b'-');
    let is_word =
        |word: &str| word.len() == segment.len() && segment.bytes().zip(word.bytes()).all(is_same);
    segment.len() <= LONGEST_OPENING && OPENING_SEGMENTS.iter().any(|word| is_word(word))
}

/// Who is meant, between the two.
fn is_id(segment: &str) -> bool {
    let is_word = segment.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    (1..=LONGEST_ID).contains(&segment.len()) && !is_word
}

/// Whether a segment is no name that a person gave: `/confirm/change-of-address` shows.
fn opens(segment: &str) -> bool {
    let plain = placeholder::without(&percent_decoded(segment));
    let words = plain.contains('-') && plain.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    plain.len() >= SHORTEST_OPENING && !words && !segment.starts_with(placeholder::OPEN)
}

fn is_end_of_segment(c: char) -> bool {
    is_end(c) || "/?#&;,".contains(c)
}

const LONGEST_OPENING: usize = 16;
const LONGEST_ID: usize = 8;
/// Characters of the shortest segment that opens something.
const SHORTEST_OPENING: usize = 16;

/// How many bytes of `path` belong to the address of a webhook and are no secret.
fn webhook(before: &str, path: &str) -> Option<usize> {
    let before = match before.rsplit_once('/') {
        Some((before, last)) if is_version(last) => before,
        _ => before,
    };
    // `hooks.slack.com:443`.
    let host = before.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix(':');
    let before = host.unwrap_or(before);
    let ends_with = |host: &str| {
        let start = before.len().checked_sub(host.len());
        let end = start.and_then(|start| before.get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(host))
    };
    let is_row = |(host, opening): &&(&str, &str)| path.starts_with(opening) && ends_with(host);
    WEBHOOKS.iter().find(is_row).map(|(_, opening)| opening.len())
}

/// `v10`.
fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix('v').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Where the userinfo of this URL is. It goes to the last `@`, because a password may hold one.
///
/// Of several URLs in a row without a blank the first one with userinfo counts: what lies between
/// is hidden with it.
fn userinfo(url: &str) -> Option<Range<usize>> {
    let end = url.rfind('@')?;
    let mut at = 0;
    loop {
        at = match &url[at..end] {
            rest if at == 0 && rest.starts_with("//") => 2,
            rest => at + rest.find("://")? + 3,
        };
        let authority = &url[at..];
        let authority = &authority[..authority.find(['/', '?', '#']).unwrap_or(authority.len())];
        if authority.contains('@') || !has_port_or_none(authority) {
            return Some(at..end);
        }
    }
}

/// How much of what stands behind a URL may be the rest of its password: a quote ended the URL where
/// there is neither a host nor a port.
fn quoted_length(text: &str, end: usize) -> Option<usize> {
    let (_, authority) = text[..end].split_once("://")?;
    let is_open = !authority.contains(['/', '?', '#']) && !has_port_or_none(authority);
    let near =
        text[end..].char_indices().take(LONGEST_REST).take_while(|(_, c)| !c.is_whitespace());
    near.last().filter(|_| is_open).map(|(at, c)| at + c.len_utf8())
}

/// Characters of the longest rest of a password.
const LONGEST_REST: usize = 64;

/// Whether what stands behind the host is a port. Else it is a password with a `/` in it.
fn has_port_or_none(authority: &str) -> bool {
    let after_host = match authority.strip_prefix('[') {
        Some(v6) => v6.split_once(']').map_or(v6, |(_, rest)| rest),
        None => authority,
    };
    let mut colons = after_host.rmatch_indices(':').map(|(at, _)| at);
    // A placeholder's own colon is none, or what is read twice would lose what stands behind it.
    let colon = colons.find(|at| !after_host[..*at].ends_with(placeholder::OPEN));
    colon.is_none_or(|at| after_host[at + 1..].bytes().all(|b| b.is_ascii_digit()))
}

/// The URLs of a text: from the last blank or quote before `://` to the next one behind it. A text
/// that begins with `//` begins with one too.
struct Urls<'t> {
    text: &'t str,
    at: usize,
}

impl Iterator for Urls<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let rest = &self.text[self.at..];
        let colon = match self.at {
            0 if rest.starts_with("//") => 0,
            _ => rest.find("://")?,
        };
        let before = rest[..colon].char_indices().rev().find(|(_, c)| is_end(*c));
        let start = self.at + before.map_or(0, |(at, c)| at + c.len_utf8());
        self.at = end_of_url(self.text, self.at + colon);
        Some(start..self.at)
    }
}

/// A URL has no blanks and no quotes.
fn written(url: &str) -> String {
    let mut written = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            c if c.is_whitespace() => written.push_str("%20"),
            c if is_end(c) => written.push_str(&format!("%{:02X}", u32::from(c))),
            c => written.push(c),
        }
    }
    written
}

fn end_of_url(text: &str, at: usize) -> usize {
    text[at..].find(is_end).map_or(text.len(), |length| at + length)
}

fn is_end(c: char) -> bool {
    c.is_whitespace() || "\"'`<>".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{Rules, scan::Tier};

    fn urls(text: &str) -> String {
        Scan::new(&Rules::default(), Tier::Own).urls(text).into_owned()
    }

    fn url(text: &str) -> String {
        Scan::new(&Rules::default(), Tier::Own).url(text).text
    }

    #[test]
    fn userinfo_hides() {
        for (text, shown) in [
            ("to postgres://u:pw@db/x failed", "to postgres://[redacted]@db/x failed"),
            ("postgres://user:p@ss/w#rd@host/db", "postgres://[redacted]@host/db"),
            ("mysql://root:x@tcp(127.0.0.1:3306)/db", "mysql://[redacted]@tcp(127.0.0.1:3306)/db"),
            ("redis://:p/w?d@host", "redis://[redacted]@host"),
            ("https://ghp_abc@github.com/x", "https://[redacted]@github.com/x"),
            ("\"amqp://a:b@c\"", "\"amqp://[redacted]@c\""),
            ("http://h1,http://c:d@h2", "http://h1,http://[redacted]@h2"),
            ("http://[::1]:80,x://a:b@c", "http://[::1]:80,x://[redacted]@c"),
            ("//u:p@h/x", "//[redacted]@h/x"),
            ("postgres://u:hun'ter2@h/db", "postgres://[redacted]@h/db"),
            ("\"x://u:a\"b7@h\"", "\"x://[redacted]@h\""),
            (
                "jdbc:oracle:thin:scott/ti@ger@//db:1521/x",
                "jdbc:oracle:thin:[redacted]@//db:1521/x",
            ),
            ("jdbc:oracle:thin:@db:1521:x", "jdbc:oracle:thin:@db:1521:x"),
        ] {
            assert_eq!(urls(text), shown);
            assert_eq!(urls(shown), shown, "twice");
            let shown = shown.replace(' ', "").replace('"', "%22");
            assert_eq!(url(&text.replace(' ', "")), shown, "as a whole");
        }
    }

    #[test]
    fn urls_without_secrets_stay() {
        for text in [
            "x://h/?a:pw:[redacted]",
            "https://example.com/a/b?x=1&y=a@b.com#top",
            "http://localhost:3000/@bob",
            "http://[::1]:3000/@bob",
            "https://medium.com/@user",
            "bob@example.com // a comment with an @",
            "see https://a.example/x, https://b.example/y?code=DE.",
            "/checkout?plan=pro",
            "*",
            "//",
            "a//b@c",
            "/x?a=://Bearer%20[redacted:pem]?@",
        ] {
            assert_eq!(urls(text), text);
            assert_eq!(url(text), text.replace(' ', "%20"));
        }
    }

    #[test]
    fn a_quote_ends_a_url_in_a_text() {
        let text = "'x://h:80','a@b', \"x://h:{port}\" 'x://h:{port}'";
        assert_eq!(urls(text), text);
    }

    #[test]
    fn queries_fragments_and_parameters_hide() {
        for (text, shown) in [
            ("/x?plan=pro&token=abc", "/x?plan=pro&token=[redacted]"),
            (
                "/x;jsessionid=1f?a=1#access_token=b&c=d",
                "/x;jsessionid=[redacted]?a=1#access_token=[redacted]&c=d",
            ),
            ("http://u:p@h/x?sig=a", "http://[redacted]@h/x?sig=[redacted]"),
            ("/x?%70assword=a?b#c", "/x?%70assword=[redacted]?[redacted]#c"),
            ("/x?token=a?b=1?c", "/x?token=[redacted]?b=1?c"),
            ("/pay/4111111111111111", "/pay/[redacted:card]"),
            ("/to/https%3A%2F%2Fu%3Apw%40h%2Fa%3Fb/x", "/to/https://[redacted]@h/a%3Fb/x"),
            ("/x/%C3%A9/Bearer%20abc123", "/x/%C3%A9/Bearer%20[redacted]"),
            ("/x/password%3Dabc", "/x/password=[redacted]"),
            ("/reset%2Fa1b2c3d4e5f6a7b8", "/reset/[redacted]"),
            ("/reset/3fab_token=b", "/reset/3fab_token=[redacted]"),
            ("x://h:a/?b=y%3A%2F%2Fu%3Ap%40h&c", "x://h:a/?b=y:%2F%2F[redacted]%40h&c"),
            ("/?a=x%3A%2F%2Fu:p@h%3F%22b&c=d@e", "/?a=x:%2F%2F[redacted]%40h%3F%22b&c=d@e"),
            ("/a?[\"Authorization: discord.com/api/webhooks/1\"", "/a?[redacted]"),
            ("?{\"value\":\"x7f\",Authorization: [redacted]", "?[redacted]"),
            ("/a%2Fu://b:p@h/w#d@e%40h%2Fx,x://a/b:p@h,`,y://0", "/a%2Fu://[redacted]@h,%60,y://0"),
        ] {
            assert_eq!(url(text), shown);
            assert_eq!(url(shown), shown, "twice");
        }
        for (text, shown) in [
            ("/reset_password/a1b2c3d4e5f6a7b8", "/reset_password/[redacted]"),
            ("/email/verify/17/a1b2c3d4e5f6a7b8/", "/email/verify/17/[redacted]/"),
            ("/reset/MQ/c1a2b3-d4e5f6a7b8c9d0e1f2", "/reset/MQ/[redacted]"),
            ("/confirm/orders/a1b2c3d4e5f6a7b8", "/confirm/orders/a1b2c3d4e5f6a7b8"),
            ("/x/17/a1b2c3d4e5f6a7b8", "/x/17/a1b2c3d4e5f6a7b8"),
        ] {
            assert_eq!(url(text), shown);
            assert_eq!(urls(shown), shown, "twice");
        }
        assert_eq!(
            urls(r#"sent {"a":"https:\/\/u:pw@h\/x"}"#),
            r#"sent {"a":"https://[redacted]@h/x"}"#
        );
        let captured =
            Scan::new(&Rules::default(), Tier::Captured).url("/users/bob%40example.com/a%2Fb").text;
        assert_eq!(captured, "/users/[redacted:email]/a/b");
        assert_eq!(url("/a%2Fb/%C3%A9+c&d?x"), "/a%2Fb/%C3%A9+c&d?x", "nothing is hidden");
        assert_eq!(
            urls("GET https://h/x?code=abcdefgh12345678 and so on"),
            "GET https://h/x?code=[redacted] and so on"
        );
    }

    #[test]
    fn webhook_addresses_hide_what_opens_them() {
        assert_eq!(
            urls("POST https://hooks.slack.com/services/T0/B0/XX: 404"),
            "POST https://hooks.slack.com/services/[redacted] 404"
        );
        for address in [
            "api.telegram.org/bot",
            "discord.com/api/webhooks/",
            "discord.com/api/v10/webhooks/",
            "discordapp.com/api/webhooks/",
            "hooks.slack.com/triggers/",
            "hooks.slack.com/workflows/",
            "outlook.office.com/webhook/",
            "shop.webhook.office.com/webhookb2/",
            "Hooks.Slack.com:443/services/",
        ] {
            assert_eq!(urls(&format!("({address}a/b c")), format!("({address}[redacted] c"));
            assert_eq!(
                url(&format!("https://{address}a/b")),
                format!("https://{address}[redacted]")
            );
        }
        for (text, shown) in [
            (
                "https://a.logic.azure.com/x?sv=1&sig=ab",
                "https://a.logic.azure.com/x?sv=1&sig=[redacted]",
            ),
            (
                "https://chat.googleapis.com/v1/spaces/A/messages?key=a&token=b",
                "https://chat.googleapis.com/v1/spaces/A/messages?key=[redacted]&token=[redacted]",
            ),
        ] {
            assert_eq!(urls(text), shown);
        }
        for text in
            ["discord.com/api/v10/users/17", "hooks.slack.com/", "x/services/T0", "/v1/webhooks/"]
        {
            assert_eq!(urls(text), text);
        }
    }

    #[test]
    fn segments_that_open_something_hide() {
        for before in [
            "activate activation confirm confirmation invitation invite magic magic-link",
            "password-reset reset reset-password unsubscribe verification verify verify-email",
            "Reset-Password",
        ]
        .iter()
        .flat_map(|line| line.split(' '))
        {
            let text = format!("/app/{before}/3f9c2ab1d4e5f6a7?plan=pro");
            let shown = format!("/app/{before}/[redacted]?plan=pro");
            assert_eq!(url(&text), shown);
            assert_eq!(url(&shown), shown, "twice");
            assert_eq!(urls(&format!("GET {text} failed")), format!("GET {shown} failed"));
        }
        for text in [
            "/confirm/change-of-address",
            "/reset/password",
            "/verify/",
            "/presets/3f9c2ab1d4e5f6a7",
            "/orders/3f9c2ab1d4e5f6a7/reset",
            "/users/7f3a9c1e-0b1c-4d5e-8f90-123456789abc",
            "/commits/3f9c2ab1d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9",
        ] {
            assert_eq!(url(text), text);
        }
    }
}
