//! The request's head, copied as bytes into one buffer: 2-3 times cheaper than cloning the
//! `HeaderMap`, and made for every request, long before it is known whether anyone will look.

use std::iter;

use http::{
    Extensions, HeaderValue, Uri,
    header::{self, HeaderName},
    request::Parts,
};

use super::grpc;
use crate::{report::Header, text::Unit, transport::mark};

/// Bytes kept of a head.
pub(crate) const HEAD_LIMIT: usize = 8 * 1024;
/// Bytes kept of one header value.
const VALUE_LIMIT: usize = 2 * 1024;
/// Holds most heads of browsers; glibc's quick path ends just above.
const FIRST_CAPACITY: usize = 1024;

/// The target, then for each header the lengths of name and value, the name, and the value.
///
/// Lengths are cheaper to write than what would stand between lines, and no value can be taken for
/// a name.
pub(crate) struct Head {
    bytes: Vec<u8>,
    target_length: usize,
    cut: bool,
    /// There is a header of the name that the bell puts on its own requests. Looked at here, because
    /// a failure must not look through all names.
    may_be_ring: bool,
}

impl Head {
    pub(crate) fn of(request: &Parts) -> Self {
        let bytes = Vec::with_capacity(FIRST_CAPACITY);
        let mut head = Self { bytes, target_length: 0, cut: false, may_be_ring: false };
        head.target(original_uri(&request.extensions).unwrap_or(&request.uri));
        for (name, value) in &request.headers {
            if !head.header(name, value) {
                head.cut = true;
                break;
            }
        }
        head
    }

    /// The request is one of the bell's own: a message on its way.
    pub(crate) fn is_ring(&self) -> bool {
        self.may_be_ring && self.value(&mark::MARK).is_some_and(mark::is_mark)
    }

    /// The request says that it is a gRPC call.
    pub(crate) fn is_grpc(&self) -> bool {
        self.value(&header::CONTENT_TYPE).is_some_and(grpc::is_grpc_type)
    }

    pub(crate) const fn is_cut(&self) -> bool {
        self.cut
    }

    /// The target as it was asked for.
    pub(crate) fn raw_target(&self) -> &[u8] {
        &self.bytes[..self.target_length]
    }

    /// The path without the query, whatever the target's form.
    pub(crate) fn path(&self) -> &str {
        let target = std::str::from_utf8(self.raw_target()).unwrap_or_default();
        let path = absolute(target)
            .map_or(target, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        path.split(['?', '#']).next().unwrap_or_default()
    }

    /// The first value of this name.
    pub(crate) fn value(&self, name: &HeaderName) -> Option<&[u8]> {
        self.lines().find(|line| line.name == name.as_str().as_bytes())?.value
    }

    pub(crate) fn headers(&self) -> impl Iterator<Item = Header> {
        let shown = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        self.lines().map(move |Line { name, value, cut }| Header {
            name: shown(name),
            value: value.map(shown),
            cut,
        })
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut rest = &self.bytes[self.target_length..];
        iter::from_fn(move || {
            let ([a, b, c, d], line) = rest.split_first_chunk()?;
            let (name, value) = (u16::from_ne_bytes([*a, *b]), u16::from_ne_bytes([*c, *d]));
            let (name, after) = line.split_at_checked(name.into())?;
            if value == NOT_COPIED {
                rest = after;
                return Some(Line { name, value: None, cut: false });
            }
            let cut = value & CUT != 0;
            let (value, after) = after.split_at_checked((value & !CUT).into())?;
            rest = after;
            Some(Line { name, value: Some(value), cut })
        })
    }

    fn target(&mut self, uri: &Uri) {
        if let Some(scheme) = uri.scheme_str() {
            self.target_part(scheme);
            self.target_part("://");
        }
        if let Some(authority) = uri.authority() {
            self.target_part(authority.as_str());
        }
        if let Some(path) = uri.path_and_query() {
            // `http://host?query`: the path begins with the first slash.
            if uri.scheme().is_some() && !path.as_str().starts_with('/') {
                self.target_part("/");
            }
            self.target_part(path.as_str());
        }
        self.target_length = self.bytes.len();
    }

    fn target_part(&mut self, part: &str) {
        let room = HEAD_LIMIT.saturating_sub(self.bytes.len());
        // Whole characters: the path is read as text again.
        let kept = if part.len() <= room { part } else { Unit::Bytes.cut(part, room) };
        self.cut |= kept.len() < part.len();
        self.bytes.extend_from_slice(kept.as_bytes());
    }

    /// Gives whether there was room.
    fn header(&mut self, name: &HeaderName, value: &HeaderValue) -> bool {
        let name = name.as_str().as_bytes();
        // By length first: most names are none of these.
        let is_credential = match name.len() {
            6 => name == b"cookie",
            12 => {
                self.may_be_ring |= name == RING;
                false
            }
            13 => name == b"authorization",
            19 => name == b"proxy-authorization",
            _ => false,
        };
        // These values are not even copied: nothing that is kept can hold them.
        let is_copied = !is_credential && !value.is_sensitive();
        let mut value = if is_copied { value.as_bytes() } else { b"" };
        let mut mark = 0;
        if value.len() > VALUE_LIMIT {
            value = &value[..VALUE_LIMIT];
            self.cut = true;
            mark = CUT;
        }
        if self.bytes.len() + 4 + name.len() + value.len() > HEAD_LIMIT {
            return false;
        }
        // Both are shorter than the whole head may be.
        let value_length = if is_copied { value.len() as u16 | mark } else { NOT_COPIED };
        let lengths = [name.len() as u16, value_length].map(u16::to_ne_bytes);
        self.bytes.extend_from_slice(lengths.as_flattened());
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(value);
        true
    }
}

/// One header as it was kept.
struct Line<'a> {
    name: &'a [u8],
    /// `None` where it was not copied.
    value: Option<&'a [u8]>,
    cut: bool,
}

/// The name of [`mark::MARK`].
const RING: &[u8] = b"x-tower-bell";

/// Stands for the length of a value that was not copied.
const NOT_COPIED: u16 = u16::MAX;
/// Beside the length of a value of which only the beginning was copied; above every such length.
const CUT: u16 = 1 << 14;

/// The scheme of a target in the absolute form and what follows its `://`. A URL in the query of a
/// target in the origin form is none.
pub(crate) fn absolute(target: &str) -> Option<(&str, &str)> {
    let (scheme, _) = target.split_once("://")?;
    let is_scheme = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
    scheme.bytes().all(is_scheme).then(|| (scheme, &target[scheme.len() + 3..]))
}

/// The target before any `nest` cut it.
#[inline]
pub(crate) fn original_uri(extensions: &Extensions) -> Option<&Uri> {
    #[cfg(feature = "axum-08")]
    return extensions.get::<axum::extract::OriginalUri>().map(|uri| &uri.0);
    #[cfg(not(feature = "axum-08"))]
    {
        let _ = extensions;
        None
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use proptest::prelude::*;

    use super::*;

    fn head(uri: &str, headers: &[(&str, &[u8])]) -> Head {
        let mut request = Request::new(());
        *request.uri_mut() = uri.parse().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
        }
        Head::of(&request.into_parts().0)
    }

    fn shown(head: &Head) -> Vec<(String, Option<String>)> {
        head.headers().map(|header| (header.name, header.value)).collect()
    }

    #[test]
    fn what_was_copied_is_read_back_with_every_line() {
        let head =
            head("/a?b=1", &[("x-a", b"1"), ("x-a", b"2: 3"), ("x-b", b""), ("x-c", b"\xff")]);
        assert_eq!(head.raw_target(), b"/a?b=1");
        let pair = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        let expected =
            [pair("x-a", "1"), pair("x-a", "2: 3"), pair("x-b", ""), pair("x-c", "\u{fffd}")];
        assert_eq!(shown(&head), expected);
    }

    #[test]
    fn credentials_are_never_copied() {
        let mut request = Request::new(());
        let headers = request.headers_mut();
        let mut sensitive = HeaderValue::from_static("hunter2");
        sensitive.set_sensitive(true);
        headers.insert("x-mine", sensitive);
        for name in [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION] {
            headers.insert(name, HeaderValue::from_static("hunter2"));
        }
        let head = Head::of(&request.into_parts().0);
        assert!(!String::from_utf8_lossy(&head.bytes).contains("hunter2"));
        assert_eq!(shown(&head).len(), 4);
        assert!(shown(&head).iter().all(|(_, value)| value.is_none()));
    }

    #[test]
    fn every_form_of_target_has_a_path() {
        for (uri, path) in [
            ("/a/b?c=d", "/a/b"),
            ("http://u:p@h:80/a?b", "/a"),
            ("http://h", "/"),
            ("*", "*"),
            ("example.com:443", "example.com:443"),
        ] {
            assert_eq!(head(uri, &[]).path(), path, "{uri}");
        }
    }

    #[test]
    fn a_giant_head_is_cut() {
        let giant = vec![b'x'; 500 * 1024];
        let one = head("/", &[("x-giant", &giant), ("x-after", b"1")]);
        assert!(one.is_cut());
        assert!(shown(&one).iter().any(|(name, _)| name == "x-after"), "the others stay");
        let names: Vec<_> = (0..99).map(|i| format!("x-{i}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), &giant[..1000])).collect();
        let many = head("/", &many);
        assert!(many.is_cut());
        assert!(many.bytes.len() <= HEAD_LIMIT);
        let target = head(&format!("/{}", "p".repeat(60_000)), &[("x", b"1")]);
        assert!(target.is_cut() && target.bytes.len() <= HEAD_LIMIT);
        let host = head(&format!("http://{}/", "h".repeat(60_000)), &[("x", b"1")]);
        assert!(host.is_cut() && host.bytes.len() <= HEAD_LIMIT);
        for lead in ["/", "/1", "/12", "/123"] {
            let wide = head(&format!("{lead}{}", "é".repeat(20_000)), &[]);
            assert!(wide.is_cut() && wide.path().starts_with(lead), "cut inside a character");
        }
    }

    proptest! {
        #[test]
        fn any_header_value_is_read_back(value in proptest::collection::vec(0x20u8..0x7f, 0..60)) {
            let value = value.trim_ascii();
            let head = head("/", &[("x-any", value), ("x-last", b"1")]);
            let value = String::from_utf8(value.to_vec()).unwrap();
            prop_assert_eq!(&shown(&head)[0], &("x-any".to_owned(), Some(value)));
            prop_assert_eq!(shown(&head).len(), 2);
        }
    }
}
