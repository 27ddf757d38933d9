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
    hide: Vec<String>,
    show: Vec<String>,
}

/// What becomes of a header's value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    Shown,
    /// Shown as a URL.
    Url,
    /// Hidden because nobody said that it is harmless: `show_header` shows it.
    Unlisted,
    Secret,
}

impl Headers {
    pub(super) fn hide(&mut self, name: &str) {
        let name = normal(name);
        self.show.retain(|shown| *shown != name);
        self.hide.push(name);
    }

    pub(super) fn show(&mut self, name: &str) {
        let name = normal(name);
        self.hide.retain(|hidden| *hidden != name);
        self.show.push(name);
    }

    pub(super) fn fate(&self, name: &str, keys: &Keys) -> Fate {
        let name = normal(name);
        let listed = |list: &[&str]| list.contains(&name.as_str());
        if listed(NEVER_SHOWN_HEADERS) || self.hide.contains(&name) {
            return Fate::Secret;
        }
        if listed(URL_HEADERS) {
            return Fate::Url;
        }
        if self.show.contains(&name) {
            return Fate::Shown;
        }
        let ends_secret = SECRET_HEADER_ENDINGS.iter().any(|ending| name.ends_with(ending));
        if listed(SECRET_HEADERS) || ends_secret || keys.is_secret(&name) {
            return Fate::Secret;
        }
        let begins_shown = SHOWN_HEADER_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        if listed(SHOWN_HEADERS) || begins_shown { Fate::Shown } else { Fate::Unlisted }
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
            assert_eq!(fate(&headers, name), Fate::Secret, "{name}");
        }
    }

    #[test]
    fn the_app_shows_and_hides_headers() {
        let mut headers = Headers::default();
        headers.show("X-Tenant");
        headers.show("x-idempotency-key");
        headers.hide("User-Agent");
        headers.hide("referer");
        assert_eq!(fate(&headers, "x-tenant"), Fate::Shown);
        assert_eq!(fate(&headers, "x-idempotency-key"), Fate::Shown);
        assert_eq!(fate(&headers, "user-agent"), Fate::Secret);
        assert_eq!(fate(&headers, "referer"), Fate::Secret);
        headers.hide("x-tenant");
        assert_eq!(fate(&headers, "x-tenant"), Fate::Secret);
    }

    #[test]
    fn credentials_are_never_shown() {
        let mut headers = Headers::default();
        for name in ["authorization", "Cookie", "proxy-authorization", "set-cookie"] {
            headers.show(name);
            assert_eq!(fate(&headers, name), Fate::Secret, "{name}");
        }
    }
}
