//! Form payloads: any bytes, and pairs with a secret among them, cut and with a mistake.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use tower_bell_fuzz::{Cut, Planted, Slip, assert_any_payload, assert_hidden, cut_payload, pairs};

const FORM: &str = "application/x-www-form-urlencoded";

fuzz_target!(|data: &[u8]| {
    // Without a single pair it is none.
    assert_any_payload(FORM, data, |shown| shown.contains('='));
    if let Ok(form) = Form::arbitrary(&mut Unstructured::new(data)) {
        form.assert_hidden();
    }
});

#[derive(Debug)]
struct Form {
    text: String,
    key: &'static str,
    secret: Planted,
    slip: Option<Slip>,
    cut: Cut,
}

impl<'a> Arbitrary<'a> for Form {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let key = *u.choose(KEYS)?;
        let (secret, slip, cut) = (Planted::arbitrary(u)?, u.arbitrary()?, u.arbitrary()?);
        let separator = *u.choose(&["&", "&", ";", "&amp;"])?;
        let text = pairs(u, &format!("{key}={}", secret.0), separator)?;
        Ok(Self { text, key, secret, slip, cut })
    }
}

impl Form {
    fn assert_hidden(mut self) {
        if let Some(slip) = &self.slip {
            // Without its `;` an `&amp;` is the beginning of a key, and without a `&` before it `pin` is
            // the end of another one: `spin`.
            self.text = slip.of(self.text, b"&=;%+[]", &[self.key, "amp;", "&pin", ";pin"]);
        }
        let before = |length: usize| "x=".to_owned() + &"y".repeat(length.saturating_sub(3)) + "&";
        let shown = cut_payload(FORM, &self.text, &self.cut, before);
        assert_hidden(&shown, &self.secret.0, &format!("{self:?}"));
    }
}

const KEYS: &[&str] = &["password", "user[api_key]", "%70assword", "access_token", "pin"];
