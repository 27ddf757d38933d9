//! Multipart payloads: any bytes, and fields of which one is a secret, cut anywhere.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use tower_bell_fuzz::{
    Cut, KEYS, Planted, assert_hidden, assert_sound, cut_payload, payload, quiet, word,
};

const MULTIPART: &str = "multipart/form-data; boundary=xyz";

fuzz_target!(|data: &[u8]| {
    assert_sound(&payload(MULTIPART, data), data.len());
    if let Ok(form) = Form::arbitrary(&mut Unstructured::new(data)) {
        form.assert_hidden();
    }
});

#[derive(Debug)]
struct Form {
    text: String,
    secret: Planted,
    cut: Cut,
}

impl<'a> Arbitrary<'a> for Form {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (secret, cut) = (Planted::arbitrary(u)?, u.arbitrary()?);
        let end = *u.choose(&["\r\n", "\n"])?;
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=2)? {
            text += &harmless(u, end)?;
        }
        text += &planted(u, &secret.0, end)?;
        for _ in 0..u.int_in_range(0..=2)? {
            text += &harmless(u, end)?;
        }
        Ok(Self { text: text + "--xyz--" + end, secret, cut })
    }
}

impl Form {
    fn assert_hidden(&self) {
        let shown = cut_payload(MULTIPART, &self.text, &self.cut, |length| "\n".repeat(length));
        assert_hidden(&shown, &self.secret.0, &format!("{self:?}"));
    }
}

fn harmless(u: &mut Unstructured<'_>, end: &str) -> Result<String> {
    let (name, content) = (word(u, 6)?, quiet(u)?);
    Ok(part(u, &format!("name=\"{name}\""), &content, end)?)
}

/// A field under a secret's name, a secret in a field's text, or a file.
fn planted(u: &mut Unstructured<'_>, secret: &str, end: &str) -> Result<String> {
    let (key, beside) = (*u.choose(KEYS)?, quiet(u)?);
    let content = format!("{}{end}{secret}{end}{}", quiet(u)?, quiet(u)?);
    let (name, content) = match u.int_in_range(0..=4)? {
        0 => (format!("name={key}"), content),
        1 => (format!("name=\"x\"; filename=\"{}\"", word(u, 8)?), content),
        2 => (format!("filename=x; name=\"{key}\""), content),
        3 => ("name=\"note\"".to_owned(), format!("{beside} {key}={secret} {beside}")),
        _ => (format!("name=\"{key}\""), content),
    };
    part(u, &name, &content, end)
}

fn part(u: &mut Unstructured<'_>, name: &str, content: &str, end: &str) -> Result<String> {
    // A delimiter in it would end it.
    let content = content.replace("--xyz", "");
    let header = format!("Content-Disposition: form-data; {name}{end}");
    let other = format!("{}: {}{end}", word(u, 8)?, word(u, 8)?);
    let (first, second) = if u.arbitrary()? { (header, other) } else { (other, header) };
    Ok(format!("--xyz{end}{first}{second}{end}{content}{end}"))
}
