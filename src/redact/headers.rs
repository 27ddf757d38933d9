//! Which header values are shown: an allow-list, because what a header holds cannot be known.

use super::{
    keys::Keys,
    rules::{
        NEVER_SHOWN_HEADERS, SECRET_HEADER_ENDINGS, SECRET_HEADERS, SHOWN_HEADER_PREFIXES,
        SHOWN_HEADERS, URL_HEADERS,
    },
};

/// The default headers and the app's own. Names are compared in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers {
    /// What the app said, the last word last.
    own: Vec<(Name, bool)>,
}

/// `x-tenant`, or how the name begins: `x-shop-*`.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Name {
    text: String,
    is_prefix: bool,
}

/// What becomes of a header's value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    Shown,
    /// Shown because the app said so, whoever it speaks of.
    Wanted,
    /// Shown as a URL.
    Url,
    /// Hidden because nobody said that it is harmless: `show_header` shows it.
    Unlisted,
    /// Hidden, and why.
    Secret(&'static str),
}

impl Headers {
    pub(super) fn hide(&mut self, name: &str) {
        self.say(name, false);
    }

    pub(super) fn show(&mut self, name: &str) {
        self.say(name, true);
    }

    fn say(&mut self, name: &str, show: bool) {
        let name = Name::of(name);
        self.own.retain(|(known, _)| *known != name);
        self.own.push((name, show));
    }

    pub(super) fn fate(&self, name: &str, keys: &Keys) -> Fate {
        let name = normal(name);
        let listed = |list: &[&str]| list.contains(&name.as_str());
        if listed(NEVER_SHOWN_HEADERS) {
            return Fate::Secret("a header that is never shown");
        }
        let own = self.own_word(&name);
        if own.is_some_and(|(_, show)| !show) {
            return Fate::Secret("`hide_header`");
        }
        if listed(URL_HEADERS) {
            return Fate::Url;
        }
        if own.is_some_and(|(name, show)| *show && !name.is_prefix) {
            return Fate::Wanted;
        }
        let ends_secret = SECRET_HEADER_ENDINGS.iter().any(|ending| name.ends_with(ending));
        if listed(SECRET_HEADERS) || ends_secret || keys.is_secret(&name) {
            return Fate::Secret("a header that holds a credential");
        }
        // A beginning says less than a name: what looks like a credential stays hidden.
        if own.is_some() {
            return Fate::Wanted;
        }
        let begins_shown = SHOWN_HEADER_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        if listed(SHOWN_HEADERS) || begins_shown { Fate::Shown } else { Fate::Unlisted }
    }

    /// What the app said of this header: a name counts before the beginning of one, then the last word.
    fn own_word(&self, name: &str) -> Option<&(Name, bool)> {
        let said = |is_prefix| {
            let mut own = self.own.iter().rev();
            own.find(move |(known, _)| known.is_prefix == is_prefix && known.matches(name))
        };
        said(false).or_else(|| said(true))
    }
}

impl Name {
    fn of(name: &str) -> Self {
        let name = normal(name);
        match name.strip_suffix('*') {
            Some(prefix) => Self { text: prefix.to_owned(), is_prefix: true },
            None => Self { text: name, is_prefix: false },
        }
    }

    fn matches(&self, name: &str) -> bool {
        if self.is_prefix { name.starts_with(&self.text) } else { name == self.text }
    }
}

fn normal(name: &str) -> String {
    name.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(headers: &Headers, name: &str) -> Fate {
        headers.fate(name, &Keys::default())
    }

    fn is_secret(headers: &Headers, name: &str) -> bool {
        matches!(fate(headers, name), Fate::Secret(_))
    }

    #[test]
    fn only_listed_headers_show() {
        let headers = Headers::default();
        for name in [
            "host user-agent accept Accept-Language content-type transfer-encoding x-request-id",
            "x-correlation-id traceparent x-amzn-trace-id cf-ray x-forwarded-proto",
            "x-forwarded-host sec-fetch-site range if-none-match prefer cache-control te expect",
            "x-requested-with x-http-method-override sec-ch-ua tracestate b3 priority connection",
            "upgrade upgrade-insecure-requests pragma grpc-timeout",
        ]
        .iter()
        .flat_map(|line| line.split(' '))
        {
            assert_eq!(fate(&headers, name), Fate::Shown, "{name}");
        }
        for name in ["referer", "Origin"] {
            assert_eq!(fate(&headers, name), Fate::Url, "{name}");
        }
        for name in ["x-tenant", "x-forwarded-for", "from", "hostess"] {
            assert_eq!(fate(&headers, name), Fate::Unlisted, "{name}");
        }
        for name in [
            "Authorization",
            "proxy-authorization",
            "cookie",
            "set-cookie",
            "x-api-key",
            "sec-websocket-key",
            "content-signature",
            "accept-token",
            "content-md5-signature",
            "x-forwarded-client-cert",
            "sec-websocket-protocol",
            "stripe-signature",
            "if-session",
        ] {
            assert!(is_secret(&headers, name), "{name}");
        }
    }

    #[test]
    fn the_app_shows_and_hides_headers() {
        let mut headers = Headers::default();
        headers.show("X-Tenant");
        headers.show("x-idempotency-key");
        headers.hide("User-Agent");
        headers.hide("referer");
        assert_eq!(fate(&headers, "x-tenant"), Fate::Wanted);
        assert_eq!(fate(&headers, "x-idempotency-key"), Fate::Wanted);
        assert!(is_secret(&headers, "user-agent"));
        assert!(is_secret(&headers, "referer"));
        headers.hide("x-tenant");
        assert!(is_secret(&headers, "x-tenant"));
    }

    #[test]
    fn a_beginning_shows_and_hides_all_headers_that_begin_so() {
        let mut headers = Headers::default();
        headers.show("X-Shop-*");
        headers.hide("x-shop-debug");
        headers.hide("sec-*");
        assert_eq!(fate(&headers, "x-shop-plan"), Fate::Wanted);
        assert_eq!(fate(&headers, "x-shopping"), Fate::Unlisted);
        assert!(is_secret(&headers, "x-shop-debug"), "the name counts, not the beginning");
        assert!(is_secret(&headers, "x-shop-token"), "only its own name shows what looks secret");
        assert!(is_secret(&headers, "sec-fetch-site"));
        headers.show("*");
        assert_eq!(fate(&headers, "x-anything"), Fate::Wanted);
        assert!(is_secret(&headers, "cookie"));
    }

    #[test]
    fn credentials_are_never_shown() {
        let mut headers = Headers::default();
        for name in ["authorization", "Cookie", "proxy-authorization", "set-cookie"] {
            headers.show(name);
            assert!(is_secret(&headers, name), "{name}");
        }
    }
}
