//! XML payloads: any bytes, and trees with a secret in them, cut anywhere.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use tower_bell_fuzz::{Cut, Planted, assert_any_payload, assert_hidden, cut_payload, quiet, word};

const XML: &str = "application/xml";

fuzz_target!(|data: &[u8]| {
    assert_any_payload(XML, data, |_| true);
    if let Ok(tree) = Tree::arbitrary(&mut Unstructured::new(data)) {
        tree.assert_hidden();
    }
});

#[derive(Debug)]
struct Tree {
    text: String,
    secret: Planted,
    cut: Cut,
}

impl<'a> Arbitrary<'a> for Tree {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (secret, cut) = (Planted::arbitrary(u)?, u.arbitrary()?);
        let declaration = *u.choose(&["", "<?xml version=\"1.0\"?>\n", "<!DOCTYPE a>"])?;
        let text = format!("{declaration}{}", planted(u, &secret.0, 4)?);
        Ok(Self { text, secret, cut })
    }
}

impl Tree {
    fn assert_hidden(&self) {
        let shown = cut_payload(XML, &self.text, &self.cut, |length| " ".repeat(length));
        assert_hidden(&shown, &self.secret.0, &format!("{self:?}"));
    }
}

/// An element with the secret in it, as far down as there is data.
fn planted(u: &mut Unstructured<'_>, secret: &str, depth: usize) -> Result<String> {
    let (key, name) = (*u.choose(KEYS)?, word(u, 4)?);
    let (before, after) = (content(u, secret, depth)?, content(u, secret, depth)?);
    let quote = *u.choose(&['"', '\''])?;
    let beside = encoded(&quiet(u)?);
    let planted = match u.int_in_range(0..=8)? {
        0 => format!("<b {key}={quote}{secret}{quote} d=\"{beside}\"/>"),
        1 => format!("<b d=\"{beside}\" {key} = {quote}{secret}{quote}>{beside}</b>"),
        2 => format!("<add key={quote}{key}{quote} value=\"{secret}\" d=\"{beside}\"/>"),
        3 => format!("<add value=\"{secret}\" d=\"{beside}\" key={quote}{key}{quote}/>"),
        4 => format!("<b name=\"{key}\">{beside}{secret}{before}</b>"),
        5 => format!("<{key}><![CDATA[{beside}{secret}]]></{key}>"),
        6 => format!("<x:{key} d=\"{beside}\">{before}<c>{secret}</c>{after}</x:{key}>"),
        7 => format!("<b>{beside} {key}={secret} {beside}</b>"),
        _ => format!("<{key}>{secret}</{key}>"),
    };
    Ok(format!("<a{name}>{before}{planted}{after}</a{name}>"))
}

fn content(u: &mut Unstructured<'_>, secret: &str, depth: usize) -> Result<String> {
    let deeper = depth.saturating_sub(1);
    let name = word(u, 4)?;
    Ok(match u.int_in_range(0..=5)? {
        _ if depth == 0 || u.is_empty() => String::new(),
        0 => encoded(&quiet(u)?),
        1 => format!("<![CDATA[{}]]>", quiet(u)?.replace("]]>", "")),
        2 => format!("<!-- {} -->", quiet(u)?.replace("--", "")),
        3 => format!("<b{name} c=\"{}\"/>", encoded(&quiet(u)?)),
        4 => format!(
            "<b{name}>{}{}</b{name}>",
            content(u, secret, deeper)?,
            content(u, secret, deeper)?
        ),
        _ => planted(u, secret, deeper)?,
    })
}

/// As it may stand between tags, and in quotes.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for c in text.chars() {
        match c {
            '&' => encoded += "&amp;",
            '<' => encoded += "&lt;",
            '>' => encoded += "&gt;",
            '"' => encoded += "&quot;",
            '\'' => encoded += "&#39;",
            c => encoded.push(c),
        }
    }
    encoded
}

/// Keys that are names in XML.
const KEYS: &[&str] =
    &["password", "apiKey", "client_secret", "user.secret", "Authorization", "pin"];
