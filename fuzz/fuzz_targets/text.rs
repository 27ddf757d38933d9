//! Error texts: any text, texts with a secret in one of the forms that are known, and what the app
//! configures: a secret, a function of its own.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use tower_bell::Redactor;
use tower_bell_fuzz::{
    Configured, KEYS, Planted, REDACTOR, assert_any_payload, assert_hidden, assert_sound, quiet,
};

fuzz_target!(|data: &[u8]| {
    assert_any(&String::from_utf8_lossy(data));
    assert_any_payload("text/plain", data, |_| true);
    if let Ok(text) = Text::arbitrary(&mut Unstructured::new(data)) {
        text.assert_hidden();
    }
    if let Ok(configured) = Configured::arbitrary(&mut Unstructured::new(data)) {
        configured.assert_hidden();
    }
    if let Ok(hooked) = Hooked::arbitrary(&mut Unstructured::new(data)) {
        hooked.assert_hidden();
    }
});

fn assert_any(text: &str) {
    let once = REDACTOR.text(text);
    assert_sound(&once, text.len());
    assert_eq!(REDACTOR.text(&once), once, "twice, of {text:?}");
    let _ = REDACTOR.explain_text(text);
}

#[derive(Debug)]
struct Text {
    text: String,
    secret: Planted,
}

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (secret, key) = (Planted::arbitrary(u)?, *u.choose(KEYS)?);
        let form = form(u.int_in_range(0..=17)?, key, &secret.0);
        // An odd quote before it would end at the secret's own one.
        let before = quiet(u)?.replace(['"', '\'', '`'], "");
        Ok(Self { text: format!("{before} {form} {}", quiet(u)?), secret })
    }
}

impl Text {
    fn assert_hidden(&self) {
        assert_hidden(&REDACTOR.text(&self.text), &self.secret.0, &self.text);
    }
}

fn form(which: usize, key: &str, secret: &str) -> String {
    match which {
        0 => format!("{key} = {secret}"),
        1 => format!("{key}: \"{secret}\","),
        2 => format!("Bearer {secret}"),
        3 => format!("(basic {secret})"),
        4 => format!("postgres://bob:{secret}@host/db"),
        5 => format!("User {{ {key}: Some(\"{secret}\"), id: 1 }}"),
        6 => format!("/x?{key}={secret}&b=1"),
        7 => format!("cookie: a={secret}; b={secret}\nhost: x"),
        8 => format!("set-cookie: sid={secret}; path=/"),
        9 => format!("authorization: digest username=\"{secret}\", response=\"{secret}\"\n"),
        10 => format!("<{key}>{secret}</{key}>"),
        11 => format!("{{\"{key}\":\"{secret}\"}}"),
        12 => format!("{{\\\"{key}\\\":\\\"{secret}\\\",\\\"a\\\":1}}"),
        13 => ["(gh", "p_", secret, secret, secret, ")"].concat(),
        14 => format!("https://hooks.slack.com/services/{secret}"),
        15 => format!("-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----"),
        16 => format!("x-api-key: {secret}"),
        _ => format!("{key}={secret}"),
    }
}

/// A function of the app's own that knows the secret, and one that hides some parts or others.
#[derive(Debug)]
struct Hooked {
    text: String,
    secret: Planted,
    parts: Vec<(u8, u8)>,
}

impl<'a> Arbitrary<'a> for Hooked {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (secret, parts) = (Planted::arbitrary(u)?, u.arbitrary()?);
        Ok(Self { text: format!("{}{}{}", quiet(u)?, secret.0, quiet(u)?), secret, parts })
    }
}

impl Hooked {
    fn assert_hidden(self) {
        let Self { text, secret, parts } = self;
        let known = secret.0.clone();
        let redactor = Redactor::default()
            .hide_with(move |shown| shown.text().find(&known).map(|at| at..at + known.len()))
            .hide_with(move |_| {
                let parts = parts.iter().map(|(from, to)| usize::from(*from)..usize::from(*to));
                parts.collect::<Vec<_>>()
            });
        let shown = redactor.text(&text);
        assert_sound(&shown, text.len());
        assert_hidden(&shown, &secret.0, &text);
    }
}
