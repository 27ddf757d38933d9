//! JSON as it is captured: cut anywhere, with mistakes, in one pass that rewrites while it scans.
//!
//! There is no tree and no recursion over the nesting. A small machine walks the grammar, with one
//! [`Frame`] for each open bracket. It is lenient where the meaning is beyond doubt: a byte order
//! mark, several documents in a row, trailing commas, single quotes, keys without quotes, comments
//! (left out), `NaN`, line breaks in strings, lone surrogates. Anywhere else, where a quote or a
//! bracket is missing or one too many, names and values can no longer be told apart: the rest is
//! replaced by `[redacted]`.

use std::{borrow::Cow, mem, ops::Range};

use super::{
    encoding::{push_escaped, unescaped},
    rules::{NAME_KEYS, VALUE_KEY},
    scan::{Hiding, OPEN, REDACTED, Scan, without_half},
};

impl Scan<'_> {
    /// The text with the values of secret keys hidden and the others looked through. `cut` if more
    /// of it was not kept. `None` if it is no JSON from the start.
    pub(super) fn json(self, text: &str, cut: bool) -> Option<Hiding> {
        let text = text.trim_start_matches('\u{feff}');
        Machine::new(self, text, cut).run()
    }
}

/// Whether a string is worth reading as JSON although nobody said that it is: an object, or an array
/// of objects, arrays or strings. `[info] started` is neither.
pub(super) fn looks_like_json(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_ascii_start();
    let inside = text.get(1..).unwrap_or_default().trim_ascii_start();
    match text.bytes().next() {
        Some(b'{') => inside.starts_with(['"', '\'', '}']),
        Some(b'[') => inside.starts_with(['{', '[', '"', ']']) && !inside.starts_with(OPEN),
        _ => false,
    }
}

struct Machine<'r, 't> {
    scan: Scan<'r>,
    text: &'t str,
    cut: bool,
    /// How far the text is read.
    at: usize,
    out: Hiding,
    frames: [Frame; DEEPEST],
    depth: usize,
    expect: Expect,
    /// A key that no colon has followed yet: without one it is no key, and is not shown.
    key: Option<Token>,
    /// The next value is a secret key's.
    secret: bool,
    /// The depth of the container that is being left out.
    hiding: Option<usize>,
}

/// One open bracket.
#[derive(Clone, Copy, Default)]
struct Frame {
    object: bool,
    /// The last key was `name` or the like.
    naming: bool,
    /// In an object, the name that it gave is a secret's; in an array, its first element is.
    secret_name: bool,
    /// An element of the array has been read.
    begun: bool,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Expect {
    /// A first document, or what follows one: only an object or array can.
    Document,
    NextDocument,
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

#[derive(Clone)]
enum Token {
    Open(u8),
    Close(u8),
    Colon,
    Comma,
    /// A string in these quotes: where its content is, and whether it ends.
    Quoted {
        quote: u8,
        content: Range<usize>,
        closed: bool,
    },
    /// A number, literal or unquoted key.
    Bare(Range<usize>),
}

/// The grammar is broken here.
struct Broken;

impl<'r, 't> Machine<'r, 't> {
    fn new(scan: Scan<'r>, text: &'t str, cut: bool) -> Self {
        Self {
            scan,
            text,
            cut,
            at: 0,
            out: Hiding { text: String::with_capacity(text.len() + 16), hidden: 0 },
            frames: [Frame::default(); DEEPEST],
            depth: 0,
            expect: Expect::Document,
            key: None,
            secret: false,
            hiding: None,
        }
    }

    fn run(mut self) -> Option<Hiding> {
        while let Some(token) = self.token() {
            if self.accept(token).is_err() {
                if self.expect == Expect::Document {
                    return None;
                }
                self.give_up();
                break;
            }
        }
        (self.expect != Expect::Document).then_some(self.out)
    }

    /// Reads over blanks and comments to the next token.
    fn token(&mut self) -> Option<Token> {
        self.blanks();
        let start = self.at;
        let first = *self.text.as_bytes().get(start)?;
        self.at += 1;
        Some(match first {
            b'{' | b'[' => Token::Open(first),
            b'}' | b']' => Token::Close(first),
            b':' => Token::Colon,
            b',' => Token::Comma,
            b'"' | b'\'' => self.quoted(first),
            _ => {
                let is_end = |b: &u8| b.is_ascii_whitespace() || b"{}[]:,\"'/".contains(b);
                let length = self.text.as_bytes()[self.at..].iter().position(is_end);
                self.at = length.map_or(self.text.len(), |length| self.at + length);
                Token::Bare(start..self.at)
            }
        })
    }

    fn blanks(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let blanks = rest.len() - rest.trim_ascii_start().len();
            if self.key.is_none() {
                self.push(self.at..self.at + blanks);
            }
            self.at += blanks;
            let rest = &rest[blanks..];
            let comment = match rest.as_bytes() {
                [b'/', b'/', ..] => rest.find('\n'),
                [b'/', b'*', ..] => rest[2..].find("*/").map(|at| at + 4),
                _ => return,
            };
            self.at += comment.unwrap_or(rest.len());
        }
    }

    fn quoted(&mut self, quote: u8) -> Token {
        let bytes = self.text.as_bytes();
        let start = self.at;
        while let Some(byte) = bytes.get(self.at) {
            self.at += 1;
            if *byte == quote {
                return Token::Quoted { quote, content: start..self.at - 1, closed: true };
            }
            if *byte == b'\\' {
                // What is escaped may be longer than a byte: none of its bytes is a quote.
                self.at = (self.at + 1).min(bytes.len());
            }
        }
        Token::Quoted { quote, content: start..self.at, closed: false }
    }

    fn accept(&mut self, token: Token) -> Result<(), Broken> {
        match (self.expect, token) {
            (Expect::ValueOrEnd, Token::Close(b']')) | (Expect::KeyOrEnd, Token::Close(b'}')) => {
                self.close()
            }
            (Expect::CommaOrEnd, Token::Close(bracket)) if bracket == self.bracket() => {
                self.close()
            }
            (Expect::CommaOrEnd, Token::Comma) => {
                self.push(self.at - 1..self.at);
                self.expect = self.next_member();
            }
            (Expect::KeyOrEnd, token @ (Token::Quoted { .. } | Token::Bare(_))) => {
                self.is_plain(&token)?;
                self.key = Some(token);
                self.expect = Expect::Colon;
            }
            (Expect::Colon, Token::Colon) => self.key(),
            (Expect::Document | Expect::NextDocument, Token::Open(bracket))
            | (Expect::Value | Expect::ValueOrEnd, Token::Open(bracket)) => self.open(bracket)?,
            (Expect::Document | Expect::Value | Expect::ValueOrEnd, token) => self.scalar(token)?,
            _ => return Err(Broken),
        }
        Ok(())
    }

    /// Names and values can no longer be told apart.
    fn give_up(&mut self) {
        let in_value = matches!(self.expect, Expect::Value | Expect::ValueOrEnd);
        // Written so that it reads the same the next time.
        let rest = if in_value { "\"[redacted]\"" } else { REDACTED };
        self.out.text.push_str(rest);
        self.out.hidden += 1;
    }

    fn open(&mut self, bracket: u8) -> Result<(), Broken> {
        if self.depth == DEEPEST {
            return Err(Broken);
        }
        if self.begin_value(None) && self.hiding.is_none() {
            self.redacted();
            self.hiding = Some(self.depth);
        }
        self.push(self.at - 1..self.at);
        self.frames[self.depth] = Frame { object: bracket == b'{', ..Frame::default() };
        self.depth += 1;
        self.expect = self.next_member();
        Ok(())
    }

    fn close(&mut self) {
        self.push(self.at - 1..self.at);
        self.depth -= 1;
        if self.hiding == Some(self.depth) {
            self.hiding = None;
        }
        self.end_value(Expect::NextDocument);
    }

    fn key(&mut self) {
        let Some(token) = self.key.take() else {
            return;
        };
        self.expect = Expect::Value;
        if self.hiding.is_some() {
            return;
        }
        let name = unescaped(self.content(&token));
        let is_name = NAME_KEYS.contains(&&*name);
        let paired = self.frame().is_some_and(|f| f.secret_name) && name == VALUE_KEY;
        // In `{"key": "colour", "value": "red"}` the key is a name and hides nothing.
        let names_value = is_name && self.value_follows();
        self.secret = paired || !names_value && self.scan.rules.keys.is_secret(&name);
        if let Some(frame) = self.frame() {
            frame.naming = is_name;
        }
        self.shown(&token, true);
        self.out.text.push(':');
    }

    fn scalar(&mut self, token: Token) -> Result<(), Broken> {
        self.is_plain(&token)?;
        let content = self.content(&token);
        if self.expect == Expect::Document && !is_document(&token, content) {
            return Err(Broken);
        }
        let whole = match token {
            Token::Quoted { closed, .. } => closed,
            _ => self.at < self.text.len(),
        };
        let harmless = content.is_empty() || is_constant(&token, content) && whole;
        if self.begin_value(Some(&token)) && !harmless {
            self.redacted();
        } else {
            self.shown(&token, whole);
        }
        self.end_value(Expect::Nothing);
        Ok(())
    }

    /// Whether the value that begins here is a secret one.
    fn begin_value(&mut self, token: Option<&Token>) -> bool {
        let mut secret = mem::take(&mut self.secret);
        let name = token.filter(|token| matches!(token, Token::Quoted { .. }) && self.wants_name());
        let name = name.map(|token| unescaped(self.content(token)));
        let names = name.is_some_and(|name| self.scan.rules.keys.is_secret(&name));
        // `["password", "x"]`, but not `["password", "email", "name"]`.
        let is_last = token.is_none() || self.array_ends();
        if let Some(frame) = self.frame() {
            secret |= !frame.object && frame.begun && frame.secret_name && is_last;
            frame.secret_name = if frame.object { frame.secret_name || names } else { names };
            frame.begun = true;
            frame.naming = false;
        }
        secret
    }

    /// Whether a string here may be the name of another value.
    fn wants_name(&self) -> bool {
        let frame = self.depth.checked_sub(1).map(|top| self.frames[top]);
        frame.is_some_and(|frame| if frame.object { frame.naming } else { !frame.begun })
    }

    /// Whether the array, or the text, ends behind the value that was just read.
    fn array_ends(&self) -> bool {
        let rest = self.text[self.at..].trim_ascii_start();
        rest.is_empty() || rest.starts_with(']')
    }

    /// Whether behind the string value that comes next there is a member `value`.
    fn value_follows(&mut self) -> bool {
        let back = self.at;
        let rest = self.text[back..].trim_ascii_start();
        self.at = self.text.len() - rest.len();
        let quote = rest.bytes().next().filter(|b| matches!(b, b'"' | b'\''));
        let follows = quote.is_some_and(|quote| {
            self.at += 1;
            self.quoted(quote);
            let next = self.text[self.at..].trim_ascii_start().strip_prefix(',');
            let next = next.and_then(|next| next.trim_ascii_start().strip_prefix(['"', '\'']));
            next.is_some_and(|next| next.starts_with(VALUE_KEY))
        });
        self.at = back;
        follows
    }

    fn end_value(&mut self, at_top: Expect) {
        self.expect = if self.depth == 0 { at_top } else { Expect::CommaOrEnd };
    }

    fn next_member(&mut self) -> Expect {
        match self.frame() {
            Some(Frame { object: true, .. }) => Expect::KeyOrEnd,
            _ => Expect::ValueOrEnd,
        }
    }

    fn bracket(&mut self) -> u8 {
        if self.frame().is_some_and(|frame| frame.object) { b'}' } else { b']' }
    }

    fn frame(&mut self) -> Option<&mut Frame> {
        self.depth.checked_sub(1).map(|top| &mut self.frames[top])
    }

    fn content(&self, token: &Token) -> &'t str {
        match token {
            Token::Quoted { content, .. } | Token::Bare(content) => &self.text[content.clone()],
            _ => "",
        }
    }

    /// Whether this is a string that ends where it should, or a word that JSON or JavaScript knows.
    fn is_plain(&self, token: &Token) -> Result<(), Broken> {
        let content = self.content(token);
        let plain = match token {
            // What runs to the end over other quotes has lost its own.
            Token::Quoted { quote: b'\'', closed: false, .. } => !content.contains('"'),
            Token::Quoted { closed, .. } => *closed || self.cut || self.scan.is_inner(),
            Token::Bare(_) => {
                content.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._$".contains(&b))
            }
            _ => false,
        };
        if plain { Ok(()) } else { Err(Broken) }
    }

    /// A key or value that stays, looked through. `whole` unless the text ends in it.
    fn shown(&mut self, token: &Token, whole: bool) {
        if self.hiding.is_some() {
            return;
        }
        let quote = match token {
            Token::Quoted { quote, .. } => Some(char::from(*quote)),
            _ => None,
        };
        let content = self.content(token);
        let content = if whole || !self.cut { content } else { without_half(content) };
        let plain = unescaped(content);
        if let Cow::Owned(shown) = self.scan.value(&plain) {
            // What was a number is none any more.
            let quote = quote.unwrap_or('"');
            self.out.text.push(quote);
            push_escaped(&mut self.out.text, &shown, quote);
            self.out.text.push(quote);
            self.out.hidden += 1;
        } else {
            self.out.text.extend(quote);
            self.out.text.push_str(content);
            self.out.text.extend(quote.filter(|_| whole));
        }
    }

    fn redacted(&mut self) {
        if self.hiding.is_none() {
            self.out.text.extend(["\"", REDACTED, "\""]);
            self.out.hidden += 1;
        }
    }

    fn push(&mut self, at: Range<usize>) {
        if self.hiding.is_none() {
            self.out.text.push_str(&self.text[at]);
        }
    }
}

/// Whether a scalar can be a whole document: `secret words` is none.
fn is_document(token: &Token, content: &str) -> bool {
    match token {
        Token::Bare(_) => {
            is_constant(token, content)
                || content.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        }
        _ => true,
    }
}

/// Values that are no secret, whatever their key.
fn is_constant(token: &Token, content: &str) -> bool {
    matches!(token, Token::Bare(_)) && matches!(content, "null" | "true" | "false")
}

/// Open brackets that are followed; deeper ones are not shown.
const DEEPEST: usize = 128;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redact::{Rules, tests::leaks};

    fn json(text: &str, cut: bool) -> Option<Hiding> {
        Scan::new(&Rules::default()).json(text, cut)
    }

    fn shown(text: &str) -> String {
        json(text, false).map_or_else(|| "no JSON".to_owned(), |hiding| hiding.text)
    }

    /// The text shows as this, and that shows as itself.
    #[track_caller]
    fn shows(text: &str, expected: &str) {
        assert_eq!(shown(text), expected);
        assert_eq!(shown(expected), expected, "twice");
    }

    #[test]
    fn values_of_secret_keys_hide_with_all_that_is_below() {
        shows(r#"{"password":"hunter2"}"#, r#"{"password":"[redacted]"}"#);
        shows(
            r#"{"pass\u0077ord" : "a\"b" , "x" : 1 }"#,
            r#"{"pass\u0077ord": "[redacted]" , "x": 1 }"#,
        );
        shows(r#"{"pin":1234,"x":2}"#, r#"{"pin":"[redacted]","x":2}"#);
        shows(
            r#"{"credentials":{"user":"bob","list":[1,{"a":"b"}]},"x":[{"token":["a","b"]}]}"#,
            r#"{"credentials":"[redacted]","x":[{"token":"[redacted]"}]}"#,
        );
        shows(r#"[{"token":"a"},["x"]]"#, r#"[{"token":"[redacted]"},["x"]]"#);
        shows(r#"{"token":"a","token":"b"}"#, r#"{"token":"[redacted]","token":"[redacted]"}"#);
        // Nothing secret in these.
        shows(
            r#"{"token":"","pin":null,"session":true}"#,
            r#"{"token":"","pin":null,"session":true}"#,
        );
    }

    #[test]
    fn everything_else_is_kept_to_the_letter() {
        for text in [
            r#"{"id": 12345678901234567890123456789012, "x": 1.50e+10, "y": -0, "z": 1e999}"#,
            "[1,\n  2 ,3]\n",
            "{\"a\":\"\\ud800 \\u00e9 \\/\"}\n{\"b\":[]}\n{}",
            r#""text""#,
            "42",
            "null",
            r#"{"type":"password","username":"bob","name":"keyboard","value":"x"}"#,
            r#"{"max_tokens":512,"author":"x","key2":"y","fields":["password","email","name"]}"#,
            r#"[["a","b"],{"key":"colour","value":"red"}]"#,
            r#"{"error":"[info] started","x":"[1] {2}","empty":{}}"#,
        ] {
            shows(text, text);
        }
    }

    #[test]
    fn mistakes_with_a_clear_meaning_are_read() {
        shows("\u{feff}{\"pin\":1234}", r#"{"pin":"[redacted]"}"#);
        shows("{'password': 'a\"b', 'x': None,}", "{'password': \"[redacted]\", 'x': None,}");
        shows("{password: hunter2, x: NaN}", "{password: \"[redacted]\", x: NaN}");
        shows("{\"token\":\"a\nb\",\"x\":[1,]}", r#"{"token":"[redacted]","x":[1,]}"#);
        shows("{/* pin: 1 */\"pin\":1234// no\n}//x", "{\"pin\":\"[redacted]\"\n}");
        shows("{\"a\":1}\n{\"pin\":1234}", "{\"a\":1}\n{\"pin\":\"[redacted]\"}");
        shows(
            "{\"token\":\"\u{fffd}x\",\"y\":\"\u{fffd}\"}",
            "{\"token\":\"[redacted]\",\"y\":\"\u{fffd}\"}",
        );
    }

    #[test]
    fn pairs_of_name_and_value_hide() {
        shows(r#"{"name":"password","value":"x"}"#, r#"{"name":"password","value":"[redacted]"}"#);
        shows(r#"{"key":"api_key","value":["x"]}"#, r#"{"key":"api_key","value":"[redacted]"}"#);
        shows(r#"[["password","x"],["a","b"]]"#, r#"[["password","[redacted]"],["a","b"]]"#);
        shows(r#"["token",{"a":"b"}]"#, r#"["token","[redacted]"]"#);
    }

    #[test]
    fn strings_are_looked_through() {
        shows(
            r#"{"url":"postgres:\/\/u:pw@h\/x","n":4111111111111111}"#,
            r#"{"url":"postgres://[redacted]@h/x","n":"[redacted:card]"}"#,
        );
        shows(
            r#"{"body":"{\"password\":\"x\",\"a\":\"{\\\"pin\\\":1234}\"}"}"#,
            r#"{"body":"{\"password\":\"[redacted]\",\"a\":\"{\\\"pin\\\":\\\"[redacted]\\\"}\"}"}"#,
        );
        shows(r#"{"log":"token=abc\nnext"}"#, r#"{"log":"token=[redacted]\nnext"}"#);
        shows(r#"{"4111 1111 1111 1111":1}"#, r#"{"[redacted:card]":1}"#);
    }

    #[test]
    fn behind_a_broken_place_nothing_shows() {
        for (text, expected) in [
            (r#"{"a":1,"password:"hunter2"}"#, r#"{"a":1,[redacted]"#),
            (r#"{"a":"x"password":"hunter2"}"#, r#"{"a":"x"[redacted]"#),
            (r#"{"a":x","password":"hunter2"}"#, r#"{"a":x[redacted]"#),
            (r#"{"password":,"hunter2":1}"#, r#"{"password":"[redacted]""#),
            (r#"["password":"hunter2"]"#, r#"["password"[redacted]"#),
            (r#""password":"hunter2"}"#, r#""password"[redacted]"#),
            (r#"{"a":1},"password":"hunter2"}"#, r#"{"a":1}[redacted]"#),
            (r#"{"tokens":["a"],"hunter2"]}"#, r#"{"tokens":"[redacted]",[redacted]"#),
            (r#"{"tokens":["a"},"hunter2"]}"#, r#"{"tokens":"[redacted]"[redacted]"#),
            (r#"{"a":'"password":"hunter2"}"#, r#"{"a":"[redacted]""#),
        ] {
            shows(text, expected);
        }
        for text in ["hunter2", "hunter2 {}", "<a>", "", "  ", "}", "password=hunter2", "héllo"] {
            assert_eq!(shown(text), "no JSON", "{text}");
        }
    }

    #[test]
    fn depth_has_an_end() {
        let deep = "[".repeat(DEEPEST + 1) + "\"hunter2\"";
        assert_eq!(shown(&deep), "[".repeat(DEEPEST) + "\"[redacted]\"");
        let hidden = format!("{{\"token\":{}\"hunter2\"", "[".repeat(DEEPEST));
        assert!(!shown(&hidden).contains("hunter2"));
    }

    #[test]
    fn hidden_values_are_counted() {
        let text = r#"{"password":"x","token":{"a":1},"url":"x://a:b@c","pin":null}"#;
        assert_eq!(json(text, false).unwrap().hidden, 3);
    }

    #[test]
    fn of_a_cut_text_the_last_word_is_left_out() {
        let cut = |text| json(text, true).unwrap().text;
        assert_eq!(cut(r#"{"a":"see postgres://u:p"#), r#"{"a":"see "#);
        assert_eq!(cut(r#"{"a":"paid with 4111 1111 1111 "#), r#"{"a":"paid with"#);
        assert_eq!(cut(r#"{"a":true,"n":411111"#), r#"{"a":true,"n":"#);
        assert_eq!(cut(r#"{"a":true,"passwo"#), r#"{"a":true,"#);
        assert_eq!(cut(r#"{"session":tru"#), r#"{"session":"[redacted]""#);
        assert_eq!(cut(r#"{"session":{"a":"hunt"#), r#"{"session":"[redacted]""#);
    }

    /// A tree of lower-case words, with `SECRET` somewhere at a secret key.
    fn tree() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "[a-z ,:]{0,6}".prop_map(|text| format!("\"{text}\"")),
            "[0-9]{1,4}",
            Just("null".to_owned()),
            Just("\"\\\"\\\\\\\"\"".to_owned()),
            planted("SECRET".to_owned()),
        ];
        let tree = leaf.prop_recursive(4, 24, 4, |inner| {
            let member = ("[f-k]{0,5}", inner.clone());
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|all| format!("[{}]", all.join(","))),
                prop::collection::vec(
                    member.prop_map(|(key, value)| format!("\"{key}\":{value}")),
                    0..4
                )
                .prop_map(|all| format!("{{{}}}", all.join(", "))),
                inner.prop_flat_map(planted),
            ]
        });
        (tree, planted("SECRET".to_owned()))
            .prop_map(|(tree, planted)| format!("[{tree},{planted}]"))
    }

    fn planted(beside: String) -> impl Strategy<Value = String> {
        let keys =
            ["password", "apiKey", "client_secret", "user.secret", "Authorization", "id_token"];
        prop::sample::select(keys.to_vec()).prop_map(move |key| match beside.as_str() {
            "SECRET" => format!("{{\"{key}\":\"SECRET\"}}"),
            beside => format!("{{\"a\":{beside},\"{key}\": \"SECRET\",\"b\":{beside}}}"),
        })
    }

    proptest! {
        #[test]
        fn a_secret_never_shows(
            tree in tree(),
            secret in "[A-Z0-9]{8,16}",
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), 0usize..7), 0..4),
        ) {
            let mut text = tree.replace("SECRET", &secret);
            for (place, add, which) in changes {
                let place = place.index(text.len());
                if add {
                    text.insert(place, char::from(b"{}[]:,\""[which]));
                } else if b"{}[]:,\"".contains(&text.as_bytes()[place]) {
                    text.remove(place);
                }
            }
            for cut in 0..=text.len() {
                let shown = json(&text[..cut], cut < text.len()).unwrap_or_default().text;
                prop_assert!(!leaks(&shown, &secret), "{text} cut at {cut} -> {shown}");
            }
        }

        #[test]
        fn a_tree_without_secrets_is_kept(tree in tree()) {
            let text = tree.replace("SECRET", "");
            prop_assert_eq!(shown(&text), text);
        }

        #[test]
        fn what_was_shown_shows_again(text in "[\\[\\]{}:,'\"a-z0-9 /*\\\\\n]{0,60}") {
            if let Some(once) = json(&text, false) {
                prop_assert_eq!(shown(&once.text), once.text);
            }
        }

        #[test]
        fn any_text_is_read(text in any::<String>(), cut in any::<bool>()) {
            let shown = json(&text, cut).unwrap_or_default().text;
            prop_assert!(shown.len() <= 12 * text.len() + 16);
        }
    }
}
