//! URLs: as the request's target, in a header that is one, and in an error's text.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::Bytes;
use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use tower_bell_fuzz::{Planted, REDACTOR, assert_hidden, assert_sound, pairs, word};

fuzz_target!(|data: &[u8]| {
    assert_any(data);
    if let Ok(url) = Url::arbitrary(&mut Unstructured::new(data)) {
        url.assert_hidden();
    }
});

fn assert_any(data: &[u8]) {
    let shown = |data: &[u8]| Some(preview("/", HeaderValue::from_bytes(data).ok()?));
    if let Some(once) = shown(data) {
        assert_sound(&once, data.len());
        let referer = referer(&once);
        assert_eq!(shown(referer.as_bytes()).as_ref(), Some(&once), "twice, of {data:?}");
    }
    let target = str::from_utf8(data).ok().filter(|target| target.starts_with('/'));
    if let Some(request) = target.and_then(|target| Request::get(target).body(Bytes::new()).ok()) {
        assert_sound(&REDACTOR.preview(&request), data.len());
    }
}

/// What a request for this target looks like that comes from there.
fn preview(target: &str, referer: HeaderValue) -> String {
    let request = Request::get(target).header("referer", referer).body(Bytes::new());
    REDACTOR.preview(&request.expect("a request"))
}

fn referer(shown: &str) -> &str {
    shown.split_once("referer: ").map_or("", |(_, referer)| referer)
}

/// A URL with a secret in it.
#[derive(Debug)]
struct Url {
    base: String,
    path: String,
    secret: Planted,
}

impl<'a> Arbitrary<'a> for Url {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let secret = Planted::arbitrary(u)?;
        // The latter are secrets only in a query, and only if they look random.
        let keys: &[&str] = if u.arbitrary()? { SECRET } else { &["code", "State"] };
        let key = *u.choose(keys)?;
        let pair = format!("{key}={}", secret.0);
        let (host, port, segment) = (word(u, 8)?, u16::arbitrary(u)?, word(u, 8)?);
        let mut base = format!("https://{host}.example:{port}");
        let mut path = format!("/{segment}");
        let separator = *u.choose(&["&", ";"])?;
        match u.int_in_range(0..=5)? {
            0 => base = format!("postgres://{segment}:{}@{host}", secret.0),
            1 => base = format!("{segment}://{}@{host}", secret.0),
            2 => path = format!("/{segment}/{}/{}", u.choose(OPENING)?, secret.0),
            3 => path = format!("/{segment};{}={}", u.choose(SECRET)?, secret.0),
            4 => path = format!("/?{}#{}", pairs(u, "", separator)?, pairs(u, &pair, separator)?),
            _ => path = format!("/{segment}?{}", pairs(u, &pair, separator)?),
        }
        Ok(Self { base, path, secret })
    }
}

impl Url {
    fn assert_hidden(&self) {
        let Self { base, path, secret } = self;
        let whole = format!("{base}{path}");
        let text = REDACTOR.text(&format!("get {whole} failed, then {whole}"));
        assert_hidden(&text, &secret.0, &whole);
        let referer = HeaderValue::from_str(&whole).expect("a header");
        assert_hidden(&preview("/", referer), &secret.0, &whole);
        if let Ok(request) = Request::get(path).body(Bytes::new()) {
            assert_hidden(&REDACTOR.preview(&request), &secret.0, path);
        }
    }
}

const SECRET: &[&str] = &["password", "user[api_key]", "%70assword", "access_token", "sig"];
/// Segments of a path behind which something is opened.
const OPENING: &[&str] = &["reset", "Invite", "verify-email", "magic"];
