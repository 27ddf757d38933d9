//! `multipart/form-data` and its relatives: the parts of a body of which only the beginning may be
//! known.
//!
//! A delimiter begins a line; what looks like one elsewhere is content. No content is decoded, and
//! none is looked into: a part that is a `multipart/mixed` itself is one part.

use std::{borrow::Cow, iter, mem};

use crate::redact::encoding::percent_decoded;

/// The boundary that a content type names.
pub(in crate::redact) fn boundary(content_type: &str) -> Option<&str> {
    valid(named(parameters(content_type.as_bytes()), "boundary")?)
}

/// That of a body that says nothing of its type, or another one, if it begins as one in parts does: with
/// a delimiter, and with a header that says what the part is.
pub(in crate::redact) fn boundary_of(body: &[u8]) -> Option<&str> {
    let (first, rest) = line(body.trim_ascii_start().strip_prefix(b"--")?)?;
    let begins = b"content-";
    let header = rest.get(..begins.len())?;
    header.eq_ignore_ascii_case(begins).then(|| valid(first))?
}

/// A line without what ends it, and what follows.
fn line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().take(LONGEST_BOUNDARY + 2).position(|byte| *byte == b'\n')?;
    Some((text[..end].trim_ascii_end(), &text[end + 1..]))
}

fn valid(boundary: &[u8]) -> Option<&str> {
    let boundary = str::from_utf8(boundary).ok()?;
    let is_character = |b: u8| (b.is_ascii_graphic() || b == b' ') && b != b'"' && b != b'\\';
    let valid = (1..=LONGEST_BOUNDARY).contains(&boundary.len())
        && boundary.bytes().all(is_character)
        && !boundary.ends_with(' ');
    valid.then_some(boundary)
}

/// The parts of a body, as far as it was kept.
pub(super) fn parts<'b>(body: &'b [u8], boundary: &'b str) -> Parts<'b> {
    let mut parts = Parts { rest: body, boundary };
    // What stands before the first delimiter is for readers that know no parts.
    parts.content();
    parts
}

/// A part of a body.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Part<'b> {
    pub(super) name: Option<Cow<'b, str>>,
    /// That of a file; empty if none was chosen.
    pub(super) file_name: Option<Cow<'b, str>>,
    /// As it is written, with its parameters.
    pub(super) content_type: Option<&'b str>,
    /// Without a line end that may belong to the delimiter.
    pub(super) content: &'b [u8],
    /// Whether the delimiter behind the content was seen. A part whose headers were cut has neither
    /// name nor content.
    pub(super) whole: bool,
}

/// What is left of a body, behind a delimiter.
pub(super) struct Parts<'b> {
    rest: &'b [u8],
    boundary: &'b str,
}

impl<'b> Iterator for Parts<'b> {
    type Item = Part<'b>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let Some(block) = self.headers() else {
            let cut = mem::take(&mut self.rest).len() <= MOST_HEADERS;
            return cut.then(Part::default);
        };
        let (content, whole) = self.content();
        let disposition = named(headers(block), "content-disposition").unwrap_or_default();
        let content_type = named(headers(block), "content-type");
        Some(Part {
            name: named(parameters(disposition), "name").map(plain),
            file_name: file_name(disposition),
            content_type: content_type.and_then(|value| str::from_utf8(value).ok()),
            content,
            whole,
        })
    }
}

impl<'b> Parts<'b> {
    /// The lines before an empty one, or before a delimiter. `None` if there is neither, or if they
    /// are longer than [`MOST_HEADERS`].
    fn headers(&mut self) -> Option<&'b [u8]> {
        let mut length = 0;
        for line in lines(self.rest) {
            let is_empty = matches!(line, b"\n" | b"\r\n");
            if is_empty || matches!(self.delimiter(line), Some(Delimiter::Next | Delimiter::Last)) {
                let (block, rest) = self.rest.split_at(length);
                self.rest = if is_empty { &rest[line.len()..] } else { rest };
                return Some(block);
            }
            length += line.len();
            if length > MOST_HEADERS {
                break;
            }
        }
        None
    }

    /// What stands before the next delimiter, and whether there is one.
    fn content(&mut self) -> (&'b [u8], bool) {
        let body = mem::take(&mut self.rest);
        let mut at = 0;
        for line in lines(body) {
            let before = without_line_end(&body[..at]);
            match self.delimiter(line) {
                Some(Delimiter::Next) => {
                    self.rest = &body[at + line.len()..];
                    return (before, true);
                }
                Some(Delimiter::Last) => return (before, true),
                Some(Delimiter::Cut) => return (before, false),
                None => at += line.len(),
            }
        }
        (without_line_end(body), false)
    }

    /// What the line is, unless it is content.
    fn delimiter(&self, mut line: &[u8]) -> Option<Delimiter> {
        let is_cut = !line.ends_with(b"\n");
        for expected in [DASHES, self.boundary.as_bytes()] {
            let Some(behind) = line.strip_prefix(expected) else {
                return expected.starts_with(line).then_some(Delimiter::Cut);
            };
            line = behind;
        }
        match line.trim_ascii_end() {
            DASHES => Some(Delimiter::Last),
            b"" | b"-" if is_cut => Some(Delimiter::Cut),
            b"" => Some(Delimiter::Next),
            _ => None,
        }
    }
}

/// A line between parts.
enum Delimiter {
    /// A part follows.
    Next,
    /// No part follows. The end of its line may be missing, as many clients leave it out.
    Last,
    /// The body ends with what may become one.
    Cut,
}

/// Each line with its end.
fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split_inclusive(|byte| *byte == b'\n')
}

/// A `\r` alone is a line end that was cut.
fn without_line_end(body: &[u8]) -> &[u8] {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    body.strip_suffix(b"\r").unwrap_or(body)
}

/// Names and values. A line that begins with a blank continues the one before.
fn headers(mut block: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let header = iter::from_fn(move || {
        let is_end = |pair: &[u8]| matches!(pair, [b'\n', next] if !b" \t".contains(next));
        let end = block.windows(2).position(is_end).map_or(block.len(), |at| at + 1);
        let (header, rest) = block.split_at(end);
        block = rest;
        (!header.is_empty()).then_some(header)
    });
    header.filter_map(|header| {
        let colon = header.iter().position(|byte| *byte == b':')?;
        Some((header[..colon].trim_ascii(), header[colon + 1..].trim_ascii()))
    })
}

/// `filename*=UTF-8''na%C3%AFve.txt` says more than the `filename` beside it.
fn file_name(disposition: &[u8]) -> Option<Cow<'_, str>> {
    let extended = named(parameters(disposition), "filename*").and_then(|value| {
        let (_charset, value) = str::from_utf8(value).ok()?.split_once('\'')?;
        let (_language, value) = value.split_once('\'')?;
        Some(percent_decoded(value))
    });
    extended.or_else(|| named(parameters(disposition), "filename").map(plain))
}

/// The value of the first of this name, in any case.
fn named<'b>(
    mut pairs: impl Iterator<Item = (&'b [u8], &'b [u8])>,
    name: &str,
) -> Option<&'b [u8]> {
    let (_, value) = pairs.find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))?;
    Some(value)
}

/// The parameters of a header's value.
fn parameters(header: &[u8]) -> Parameters<'_> {
    Parameters { rest: header }
}

/// Names and values, the latter as they are written between their quotes.
struct Parameters<'b> {
    rest: &'b [u8],
}

impl<'b> Iterator for Parameters<'b> {
    type Item = (&'b [u8], &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let name = self.until(b"=;").trim_ascii();
            let (sign, rest) = self.rest.split_first()?;
            self.rest = rest;
            if *sign == b'=' {
                return Some((name, self.value()));
            }
        }
    }
}

impl<'b> Parameters<'b> {
    fn value(&mut self) -> &'b [u8] {
        self.rest = self.rest.trim_ascii_start();
        let Some(quoted) = self.rest.strip_prefix(b"\"") else {
            return self.until(b";").trim_ascii_end();
        };
        let mut escaped = false;
        let ends = |byte: &u8| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        };
        let (value, rest) = quoted.split_at(quoted.iter().position(ends).unwrap_or(quoted.len()));
        self.rest = rest.get(1..).unwrap_or_default();
        value
    }

    fn until(&mut self, ends: &[u8]) -> &'b [u8] {
        let end = self.rest.iter().position(|byte| ends.contains(byte));
        let (before, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        before
    }
}

/// On one line, and without the backslashes that escape. Others are part of a path on Windows.
fn plain(value: &[u8]) -> Cow<'_, str> {
    if !value.iter().any(|byte| b"\\\r\n".contains(byte)) {
        return String::from_utf8_lossy(value);
    }
    let mut plain = Vec::with_capacity(value.len());
    let mut bytes = value.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' | b'\n' => {}
            b'\\' => plain.push(bytes.next_if(|next| b"\"\\".contains(next)).unwrap_or(byte)),
            _ => plain.push(byte),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&plain).into_owned())
}

const DASHES: &[u8] = b"--";
/// Bytes of the longest boundary (RFC 2046).
const LONGEST_BOUNDARY: usize = 70;
/// Bytes of the headers of one part.
const MOST_HEADERS: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Name, file name, type, content, and whether it is whole.
    type Shown = (Option<String>, Option<String>, Option<String>, String, bool);

    fn shown(body: &[u8]) -> Vec<Shown> {
        let shown = |part: Part<'_>| {
            let content = String::from_utf8_lossy(part.content).into_owned();
            let name = part.name.map(Cow::into_owned);
            let file_name = part.file_name.map(Cow::into_owned);
            (name, file_name, part.content_type.map(str::to_owned), content, part.whole)
        };
        parts(body, "abc").map(shown).collect()
    }

    /// A field of this name, or a part without one.
    fn field(name: &str, content: &str, whole: bool) -> Shown {
        let name = (!name.is_empty()).then(|| name.to_owned());
        (name, None, None, content.to_owned(), whole)
    }

    /// Name and file name in a `Content-Disposition`.
    fn disposition(value: &str) -> (Option<String>, Option<String>) {
        let body = format!("--abc\r\nContent-Disposition: {value}\r\n\r\n\r\n--abc--\r\n");
        let (name, file_name, ..) = shown(body.as_bytes()).remove(0);
        (name, file_name)
    }

    #[test]
    fn a_content_type_names_the_boundary() {
        let longest = "x".repeat(70);
        for (content_type, named) in [
            ("multipart/form-data; boundary=abc", "abc"),
            ("multipart/form-data;boundary=\"abc\"", "abc"),
            ("Multipart/Form-Data; charset=utf-8; BOUNDARY = \"a b;c=d\" ; x=y", "a b;c=d"),
            ("multipart/mixed; boundary=----=_Part_1; x", "----=_Part_1"),
            ("multipart/related; type=\"a; boundary=no\"; boundary=yes", "yes"),
            ("multipart/mixed;\r\n boundary=abc", "abc"),
            ("multipart/mixed; boundary=one; boundary=two", "one"),
            (&format!("multipart/mixed; boundary={longest}"), &longest),
        ] {
            assert_eq!(boundary(content_type), Some(named), "{content_type}");
        }
        for content_type in [
            "",
            "multipart/form-data",
            "multipart/form-data; boundary",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"\"",
            "multipart/form-data; boundary=\"abc \"",
            "multipart/form-data; boundary=\"a\\\"b\"",
            "multipart/form-data; boundary=naïve",
            "multipart/form-data; boundary=\"a\r\nb\"",
            "multipart/form-data; xboundary=abc; boundary*=abc",
            &format!("multipart/mixed; boundary=x{longest}"),
        ] {
            assert_eq!(boundary(content_type), None, "{content_type}");
        }
    }

    #[test]
    fn parts_have_names_and_contents() {
        let body = b"a preamble\r\n\
            --abc\r\n\
            Content-Disposition: form-data; name=\"plan\"\r\n\
            \r\n\
            pro\r\n\
            --abc \t\r\n\
            content-type: image/png\r\n\
            CONTENT-DISPOSITION : form-data; name=\"photo\"; filename=\"x.png\"\r\n\
            \r\n\
            \x89PNG\r\n\r\n--abcdef\r\n --abc\r\n--abc x\r\n--ab\r\n\
            --abc\r\n\
            \r\n\
            \r\n\
            --abc--\r\n\
            an epilogue\r\n\
            --abc\r\n\
            \r\n\
            no part\r\n\
            --abc--\r\n";
        let png = "\u{fffd}PNG\r\n\r\n--abcdef\r\n --abc\r\n--abc x\r\n--ab".to_owned();
        let photo = ["photo", "x.png", "image/png"].map(|text| Some(text.to_owned()));
        let [name, file_name, content_type] = photo;
        let photo = (name, file_name, content_type, png, true);
        assert_eq!(shown(body), [field("plan", "pro", true), photo, field("", "", true)]);
    }

    #[test]
    fn line_ends_may_be_bare() {
        let body = b"--abc\nContent-Disposition: form-data; name=a\n\n1\n\n--abc\n\n2\n--abc--";
        assert_eq!(shown(body), [field("a", "1\n", true), field("", "2", true)]);
    }

    #[test]
    fn headers_may_be_missing() {
        for (body, content) in [
            ("--abc\r\n\r\nx\r\n--abc--", "x"),
            ("--abc\r\n\r\n--abc--", ""),
            ("--abc\r\n--abc--", ""),
            ("--abc\r\nno header\r\n\r\nx\r\n--abc--", "x"),
            ("--abc\r\n: none\r\n\r\nx\r\n--abc--", "x"),
        ] {
            assert_eq!(shown(body.as_bytes()), [field("", content, true)], "{body}");
        }
        let body = b"--abc\r\nContent-Disposition: form-data; name=a\r\n--abc--";
        assert_eq!(shown(body), [field("a", "", true)], "nor an empty line");
        assert_eq!(shown(b"--abc--"), []);
        assert_eq!(shown(b"no delimiter\r\n\r\n"), []);
    }

    #[test]
    fn names_are_read_leniently() {
        for (value, name, file_name) in [
            ("form-data; name=\"a\"", Some("a"), None),
            ("form-data; name=\"a\\\"b\"; filename=\"x.png\"", Some("a\"b"), Some("x.png")),
            ("form-data; NAME=a b ;FileName = x.png", Some("a b"), Some("x.png")),
            ("form-data; filename=\"a;name=b=c\"; name=\"d;e\"", Some("d;e"), Some("a;name=b=c")),
            ("form-data; name=\"a\"; filename=\"\"", Some("a"), Some("")),
            ("form-data; name=\"a\" filename=\"b\"", Some("a"), Some("b")),
            ("name=a", Some("a"), None),
            ("form-data; name=\"a", Some("a"), None),
            ("form-data; name=\"\\\\\"; filename=b", Some("\\"), Some("b")),
            ("form-data; filename=\"C:\\dir\\x.png\"", None, Some("C:\\dir\\x.png")),
            ("attachment; filename*=UTF-8''na%C3%AFve.txt", None, Some("naïve.txt")),
            ("attachment; filename=x; FILENAME*=utf-8'en'%FF.txt", None, Some("\u{fffd}.txt")),
            ("attachment; filename*=\"no charset\"; filename=x", None, Some("x")),
            ("form-data; name*=UTF-8''a; xname=b; name=c", Some("c"), None),
            ("form-data;\r\n name=\"a\r\n\tb\"", Some("a\tb"), None),
            ("form-data; name; =; ;; filename=", None, Some("")),
            ("form-data", None, None),
        ] {
            let expected = (name.map(str::to_owned), file_name.map(str::to_owned));
            assert_eq!(disposition(value), expected, "{value}");
        }
        let body = b"--abc\r\nContent-Disposition: form-data; name=\"caf\xe9\"\r\n\r\n\r\n--abc--";
        assert_eq!(shown(body), [field("caf\u{fffd}", "", true)]);
    }

    #[test]
    fn endless_headers_end_the_parts() {
        let part = |length| {
            let line = format!("x: {}\r\n", "y".repeat(length - "x: \r\n".len()));
            format!("--abc\r\n\r\n1\r\n--abc\r\n{line}\r\n2\r\n--abc\r\n\r\n3\r\n--abc--")
        };
        let long = part(MOST_HEADERS);
        let parts = ["1", "2", "3"].map(|content| field("", content, true));
        assert_eq!(shown(long.as_bytes()), parts);
        assert_eq!(shown(part(MOST_HEADERS + 1).as_bytes()), [field("", "1", true)]);
    }

    #[test]
    fn a_cut_part_is_not_whole() {
        let head = "--abc\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
        for (cut, content) in [
            ("", ""),
            ("x", "x"),
            ("x\r", "x"),
            ("x\r\n", "x"),
            ("x\r\n\r", "x\r\n"),
            ("x\r\n-", "x"),
            ("x\r\n--", "x"),
            ("x\n--ab", "x"),
            ("x\r\n--abc", "x"),
            ("x\r\n--abc-", "x"),
            ("x\r\n--abc \r", "x"),
            ("x--abc", "x--abc"),
            ("x\r\n--abd", "x\r\n--abd"),
            ("x\r\n--abcd", "x\r\n--abcd"),
            ("--abc", ""),
        ] {
            let body = format!("{head}{cut}");
            assert_eq!(shown(body.as_bytes()), [field("a", content, false)], "{cut}");
        }
    }

    #[test]
    fn a_part_with_cut_headers_shows_nothing() {
        let head = "--abc\r\nContent-Disposition: form-data; name=\"password\"\r\n";
        for end in "--abc\r\nC".len()..=head.len() {
            assert_eq!(shown(&head.as_bytes()[..end]), [field("", "", false)], "{end}");
        }
        assert_eq!(shown(format!("{head}\r").as_bytes()), [field("", "", false)]);
        assert_eq!(shown(format!("{head}--ab").as_bytes()), [field("", "", false)]);
    }

    /// What may stand in a content, beside each other.
    fn content() -> impl Strategy<Value = String> {
        let pieces = ["\r\n", "\n", "\r", "-", "--", "abc", "--abcd", " --abc", "é", "x: y", ";"];
        let content = prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..8);
        content.prop_map(|pieces| pieces.concat()).prop_filter("a delimiter", |content| {
            content.lines().all(|line| {
                let rest = line.strip_prefix("--abc");
                !rest.is_some_and(|rest| rest.trim().is_empty() || rest.starts_with("--"))
            })
        })
    }

    proptest! {
        #[test]
        fn what_was_sent_is_read(
            fields in prop::collection::vec(("[a-zé\"\\\\;= ]{1,8}", content()), 0..4),
            bare in any::<bool>(),
        ) {
            let end = if bare { "\n" } else { "\r\n" };
            let escaped = |name: &str| name.replace('\\', "\\\\").replace('"', "\\\"");
            let mut body = String::new();
            for (name, content) in &fields {
                prop_assume!(!bare || !content.ends_with('\r'));
                let name = escaped(name);
                body += &format!("--abc{end}Content-Disposition: form-data; name=\"{name}\"{end}");
                body += &format!("{end}{content}{end}");
            }
            body += &format!("--abc--{end}");
            let sent = |(name, content): &(String, String)| field(name, content, true);
            prop_assert_eq!(shown(body.as_bytes()), Vec::from_iter(fields.iter().map(sent)));

            for cut in 0..body.len() {
                let read = Vec::from_iter(parts(&body.as_bytes()[..cut], "abc"));
                let cut_parts = read.iter().filter(|part| !part.whole).count();
                prop_assert!(cut_parts <= 1 && read.len() <= fields.len());
                for (part, (name, content)) in read.iter().zip(&fields) {
                    if part.whole {
                        prop_assert_eq!(part.content, content.as_bytes());
                    }
                    prop_assert!(content.as_bytes().starts_with(part.content));
                    match &part.name {
                        Some(read) => prop_assert_eq!(read, name),
                        None => prop_assert!(!part.whole && part.content.is_empty()),
                    }
                }
            }
        }

        #[test]
        fn any_bytes_are_read(body in prop::collection::vec(any::<u8>(), 0..80), cut in 0usize..9) {
            let body = [&b"--abc\r\n"[..cut.min(7)], &body].concat();
            for part in parts(&body, "abc") {
                prop_assert!(part.content.len() <= body.len());
            }
        }

        #[test]
        fn any_mix_is_read(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
            let body = pieces.concat();
            let read = Vec::from_iter(parts(body.as_bytes(), "abc"));
            let length = read.iter().map(|part| part.content.len()).sum::<usize>();
            prop_assert!(length <= body.len());
            prop_assert!(read.iter().rev().skip(1).all(|part| part.whole), "{body:?}");
            boundary(&body);
        }
    }

    const PIECES: &[&str] = &[
        "--abc",
        "\r\n",
        "\n",
        "\r",
        "--",
        "-",
        " ",
        "\t",
        ":",
        ";",
        "=",
        "\"",
        "\\",
        "*",
        "''",
        "%C3",
        "Content-Disposition: form-data",
        "name",
        "filename",
        "boundary",
        "é",
        "x",
    ];
}
