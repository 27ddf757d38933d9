//! JSON payloads: any bytes, and trees with a secret in them, cut and with a mistake.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use tower_bell_fuzz::{
    Cut, KEYS, Planted, Slip, assert_any_payload, assert_hidden, cut_payload, quiet, word,
};

const JSON: &str = "application/json";
const STRUCTURAL: &[u8] = b"{}[]:,\"";

fuzz_target!(|data: &[u8]| {
    assert_any_payload(JSON, data, |_| true);
    if let Ok(tree) = Tree::arbitrary(&mut Unstructured::new(data)) {
        tree.assert_hidden();
    }
});

#[derive(Debug)]
struct Tree {
    text: String,
    key: &'static str,
    secret: Planted,
    slip: Option<Slip>,
    cut: Cut,
}

impl<'a> Arbitrary<'a> for Tree {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let key = *u.choose(KEYS)?;
        let (secret, slip, cut) =
            (u.arbitrary()?, u.arbitrary::<Option<Slip>>()?, Cut::arbitrary(u)?);
        let slips = slip.is_some();
        let closes = slip.as_ref().is_some_and(|slip| slip.added(STRUCTURAL) == Some(b'}'));
        let pairs =
            Pairs { inner: !slips, early: !closes, late: !closes && (!slips || cut.is_none()) };
        let text = Grower { u, key, secret: &secret, pairs }.planted(4)?;
        Ok(Self { text, key, secret, slip, cut })
    }
}

impl Tree {
    fn assert_hidden(mut self) {
        if let Some(slip) = &self.slip {
            self.text = slip.of(self.text, STRUCTURAL, &[self.key, "name", "value"]);
        }
        let shown = cut_payload(JSON, &self.text, &self.cut, |length| " ".repeat(length));
        assert_hidden(&shown, &self.secret.0, &format!("{self:?}"));
    }
}

struct Grower<'g, 'u> {
    u: &'g mut Unstructured<'u>,
    key: &'static str,
    secret: &'g Planted,
    pairs: Pairs,
}

/// Where a secret may stand beside its name: `{"name": "password", "value": "x"}`. Not where a `}` too
/// many may come between them, nor, then, behind the first member of what is secret: it would stand
/// outside.
#[derive(Clone, Copy)]
struct Pairs {
    /// In a document inside a string. Not with a slip, which may make a text of it: in a text
    /// nothing but `key: value` on one line is known.
    inner: bool,
    early: bool,
    /// Before the name. Not with a slip and a cut, for which the list of an OData answer looks alike:
    /// `{"value": ["x",`.
    late: bool,
}

impl Grower<'_, '_> {
    /// An object with the secret in it, as far down as there is data.
    fn planted(&mut self, depth: usize) -> Result<String> {
        let secret = quoted(&self.secret.0);
        let (before, after) = (self.members(depth)?, self.members(depth)?);
        let (key, beside) = (quoted(self.key), self.value(depth)?);
        let blanks = if self.pairs.early { &["", " ", "\n\t"][..] } else { &["", " "] };
        let blank = *self.u.choose(blanks)?;
        let planted = match self.u.int_in_range(0..=7)? {
            0 => format!("{key}{blank}:[{beside},{secret}]"),
            1 if self.pairs.early => format!("{key}:{blank}{{\"a\":{beside},\"b\":{secret}}}"),
            2 if self.pairs.early => format!("\"name\":{key},{blank}\"value\":{secret}"),
            3 if self.pairs.late => format!("\"value\":{secret},{blank}\"name\":{key}"),
            4 => format!(
                "\"a\":{blank}{}",
                quoted(&format!("{} {}={}", quiet(self.u)?, self.key, self.secret.0))
            ),
            _ => format!("{key}{blank}:{blank}{secret}"),
        };
        Ok(format!("{{{before}{planted}{blank}{}{after}\"z\":1}}", ","))
    }

    fn value(&mut self, depth: usize) -> Result<String> {
        let deeper = depth.saturating_sub(1);
        match self.u.int_in_range(0..=8)? {
            _ if depth == 0 || self.u.is_empty() => Ok("null".to_owned()),
            0 | 1 => Ok(quoted(&quiet(self.u)?)),
            2 => Ok(u32::arbitrary(self.u)?.to_string()),
            3 => Ok((*self.u.choose(&["null", "true", "-0.5e3", "\"\""])?).to_owned()),
            4 => Ok(format!("[{},{}]", self.value(deeper)?, self.value(deeper)?)),
            5 => Ok(format!("{{{}\"y\":0}}", self.members(deeper)?)),
            6 => {
                let Pairs { inner, .. } = self.pairs;
                let pairs = Pairs { early: inner, late: inner, ..self.pairs };
                let mut inner = Grower { u: self.u, pairs, ..*self };
                Ok(quoted(&inner.planted(deeper)?))
            }
            _ => self.planted(deeper),
        }
    }

    /// Members with a comma behind each.
    fn members(&mut self, depth: usize) -> Result<String> {
        let mut members = String::new();
        for _ in 0..self.u.int_in_range(0..=2)? {
            let key = quoted(&word(self.u, 4)?);
            members += &format!("{key}:{},", self.value(depth.saturating_sub(1))?);
        }
        Ok(members)
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
