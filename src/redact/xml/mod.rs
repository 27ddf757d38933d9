//! XML: the content of secret elements and the values of secret attributes. Read without a tree and
//! with its mistakes; comments and doctypes are left out.

mod token;

use std::{borrow::Cow, ops::Range};

pub(super) use self::token::looks_like_xml;
use self::token::{Token, Tokens, attributes, decoded, encoded};
use super::{
    keys::{KeyRule, Verdict, is_naming, is_valuing},
    placeholder::REDACTED,
    scan::{Hiding, Rewrite, Scan, without_half},
    signs::Signs,
    trail::Why,
};

impl Scan<'_> {
    /// A text that is XML; `cut` if more of it was not kept.
    pub(super) fn xml(self, text: &str, cut: bool) -> Hiding {
        self.settled(text, self.walk(text, cut), |scan, text| scan.walk(text, false))
    }

    fn walk(self, text: &str, cut: bool) -> Hiding {
        let mut walk = Walk {
            scan: self,
            text,
            cut,
            out: Hiding::default(),
            done: 0,
            names: [""; DEEPEST],
            depth: 0,
            hiding: None,
            named: None,
            goes_on: false,
        };
        for (at, token) in Tokens::new(text) {
            walk.token(at, &token);
        }
        walk.keep_to(text.len());
        walk.out
    }

    /// Hides the content of secret elements in a text that need not be XML: `Vec<Token>` is none, so
    /// only what is closed again counts.
    pub(super) fn elements<'t>(self, text: &'t str) -> Cow<'t, str> {
        let shown = self.elements_of(text, Tokens::new(text));
        if !["<!", "<?"].iter().any(|sign| shown.contains(sign)) {
            return shown;
        }
        // What looks like a comment may be a sign in a text, and hides nothing that is read.
        match self.elements_of(&shown, Tokens::only_tags(&shown)) {
            Cow::Owned(shown) => Cow::Owned(shown),
            Cow::Borrowed(_) => shown,
        }
    }

    fn elements_of<'t>(self, text: &'t str, tokens: Tokens<'t>) -> Cow<'t, str> {
        let mut rewrite = Rewrite::of(text);
        let mut open: [Option<(&str, usize)>; MOST_OPEN] = [None; MOST_OPEN];
        let mut next = 0;
        for (at, token) in tokens {
            match token {
                Token::Open { name, attributes, empty: false } if attributes.end < at.end => {
                    if matches!(self.verdict_in_text(name), Verdict::Secret(_)) {
                        open[next % MOST_OPEN] = Some((name, at.end));
                        next += 1;
                    }
                }
                Token::Close { name } => {
                    let is_this =
                        |open: &Option<(&str, usize)>| open.is_some_and(|(n, _)| n == name);
                    if let Some((_, from)) =
                        open.iter().position(is_this).and_then(|i| open[i].take())
                        && from < at.start
                        && let Verdict::Secret(rule) = self.verdict_in_text(name)
                    {
                        self.under(name).hid(Why::Key(rule), &decoded(&text[from..at.start]));
                        rewrite.replace(from..at.start, REDACTED);
                    }
                }
                _ => {}
            }
        }
        rewrite.finish()
    }
}

struct Walk<'r, 't> {
    scan: Scan<'r>,
    text: &'t str,
    cut: bool,
    out: Hiding,
    /// How much of the text is in the output, or left out of it.
    done: usize,
    /// The open elements.
    names: [&'t str; DEEPEST],
    depth: usize,
    /// The element that is being left out, how many of its name are open, and why.
    hiding: Option<(&'t str, usize, KeyRule<'r>)>,
    /// How deep the element stands that an element before it names as a secret's.
    named: Option<usize>,
    /// The last token would go on in what follows.
    goes_on: bool,
}

impl<'r, 't> Walk<'r, 't> {
    fn token(&mut self, at: Range<usize>, token: &Token<'t>) {
        let goes_on = match token {
            Token::Open { attributes, .. } => attributes.end == at.end,
            Token::Close { .. } => !self.text[..at.end].ends_with('>'),
            Token::Text(_) => true,
            Token::Data(_) | Token::Other(_) => false,
        };
        match token {
            Token::Open { name, attributes, empty } => self.open(at, name, attributes, *empty),
            Token::Close { name } => self.close(at, name),
            Token::Text(part) | Token::Data(part) => self.content(part, token),
            Token::Other(part) if is_declaration(&self.text[part.clone()]) => {}
            Token::Other(part) => self.leave_out(part),
        }
        self.goes_on = goes_on;
    }

    fn open(&mut self, at: Range<usize>, name: &'t str, within: &Range<usize>, empty: bool) {
        if let Some((hidden, open, _)) = &mut self.hiding {
            *open += usize::from(!empty && *hidden == name);
            return;
        }
        let named = self.named.take() == Some(self.depth);
        let names_secret = named || self.names_secret(within);
        let has_name = self.has_name(within) || named;
        let closed = within.end < at.end;
        let hides_value = names_secret || !closed && self.lost_name(within);
        self.keep_to(at.start);
        let (start, mut from, mut is_tag) = (self.out.text.len(), at.start, closed);
        for (attribute, value) in attributes(self.text, within.clone()) {
            if value.is_empty() {
                is_tag &= is_flag(attribute);
                continue;
            }
            is_tag &= self.between(from..value.start);
            from = value.end;
            self.attribute(attribute, value, has_name, hides_value);
        }
        is_tag &= self.between(from..at.end);
        if !is_tag {
            self.keep_to(at.end);
            self.read_again(start);
        }
        if empty {
            return;
        }
        let rule = match self.scan.verdict(name) {
            Verdict::Secret(rule) => Some(rule),
            _ => names_secret.then_some(KeyRule::Named),
        };
        match rule {
            Some(rule) => {
                self.keep_to(at.end);
                if at.end < self.text.len() {
                    // Where its end is missing the tag would go on, the next time that it is read.
                    self.out.text.push_str(if closed { "" } else { ">" });
                    self.hide_content(name, rule);
                }
                self.hiding = Some((name, 1, rule));
            }
            None => {
                if let Some(place) = self.names.get_mut(self.depth) {
                    *place = name;
                }
                self.depth += 1;
            }
        }
    }

    /// What stands in a tag beside the values: names, and whatever was taken for names. Whether it stands
    /// in a tag indeed: a colon that is no prefix's does not.
    fn between(&mut self, at: Range<usize>) -> bool {
        let Some(written) = self.text.get(at.clone()).filter(|_| self.hiding.is_none()) else {
            return true;
        };
        if let Cow::Owned(shown) = self.scan.by_looks(written) {
            self.replace(at, &shown);
        }
        !written.contains(": ")
    }

    /// As a text, from there on: what has no end, or is `<User token: "x7f3a">` or `<sent Bearer x7f3a>`,
    /// may be no tag. Its end stays: a value that went on behind it would end the next time at the next.
    fn read_again(&mut self, start: usize) {
        let written = self.out.text.split_off(start);
        let ends = ["/>", ">"].into_iter().find(|end| written.ends_with(end));
        let (inside, end) = written.split_at(written.len() - ends.map_or(0, str::len));
        let shown = self.scan.text(Cow::Borrowed(inside), Signs::of(inside));
        self.out.hidden += usize::from(*shown != *inside);
        self.out.text.push_str(&shown);
        self.out.text.push_str(end);
    }

    fn close(&mut self, at: Range<usize>, name: &str) {
        match &mut self.hiding {
            Some((hidden, open, _)) if *hidden == name => {
                *open -= 1;
                if *open == 0 {
                    self.hiding = None;
                    self.done = at.start;
                }
            }
            Some(_) => {}
            // What was not closed is closed with what it is in.
            None => {
                let open = &self.names[..self.depth.min(DEEPEST)];
                let found = open.iter().rposition(|open| *open == name);
                self.depth =
                    found.unwrap_or(self.depth.saturating_sub(usize::from(self.depth > DEEPEST)));
            }
        }
        self.between(at);
    }

    fn hide_content(&mut self, name: &str, rule: KeyRule<'r>) {
        self.scan.under(name).hid(Why::Key(rule), "");
        self.out.text.push_str(REDACTED);
        self.out.hidden += 1;
    }

    /// `name="password"` says that what else stands here, and inside, is a secret.
    fn names_secret(&self, within: &Range<usize>) -> bool {
        let keys = &self.scan.rules.keys;
        self.names(within)
            .any(|name| keys.is_secret(&name) || self.scan.stays_secret(&name, |_| true))
    }

    /// In `<add key="colour" value="red"/>` the key is a name and hides nothing.
    fn has_name(&self, within: &Range<usize>) -> bool {
        attributes(self.text, within.clone()).any(|(name, _)| is_valuing(name))
            || self.names(within).any(|name| self.scan.stays_secret(&name, |_| true))
    }

    fn names(&self, within: &Range<usize>) -> impl Iterator<Item = Cow<'t, str>> {
        let text = self.text;
        let names = attributes(text, within.clone()).filter(|(name, _)| is_naming(name));
        names.map(|(_, value)| Scan::seen(decoded(&text[value])))
    }

    /// Whether the name of a value, should there be one, is missing in this tag that is cut.
    fn lost_name(&self, within: &Range<usize>) -> bool {
        // Nor may the blank behind it tell that it was all.
        let whole = self.text.trim_ascii_end().len();
        !attributes(self.text, within.clone())
            .any(|(name, value)| is_naming(name) && !value.is_empty() && value.end < whole)
    }

    fn attribute(&mut self, name: &str, at: Range<usize>, has_name: bool, hides_value: bool) {
        let rule = match self.scan.verdict(name) {
            _ if hides_value && is_valuing(name) => Some(KeyRule::Named),
            _ if has_name && is_naming(name) => None,
            Verdict::Secret(rule) => Some(rule),
            Verdict::Unlisted => Some(KeyRule::Unlisted),
            Verdict::Plain | Verdict::Wanted => None,
        };
        self.value(name, at, rule, false);
    }

    fn content(&mut self, at: &Range<usize>, token: &Token<'t>) {
        if let Some((name, _, rule)) = self.hiding {
            let value = decoded(&self.text[at.clone()]);
            self.scan.hid_too(&value);
            self.name(name, self.depth, &value);
            if !self.cut || at.end < self.text.len() {
                self.scan.field(name, &value, Some(rule), self.depth);
            }
            return;
        }
        let name = self.depth.checked_sub(1).and_then(|top| self.names.get(top)).copied();
        let name = name.unwrap_or_default();
        if self.text[at.clone()].trim().is_empty() {
            return;
        }
        self.name(name, self.depth.saturating_sub(1), &decoded(&self.text[at.clone()]));
        // Deeper names are not known.
        let unknown = self.depth > DEEPEST || matches!(self.scan.verdict(name), Verdict::Unlisted);
        let rule = unknown.then_some(KeyRule::Unlisted);
        self.value(name, at.clone(), rule, matches!(token, Token::Data(_)));
    }

    /// `<name>password</name>` says that the element behind it is a secret, as in XML-RPC and in the
    /// property lists of Apple.
    fn name(&mut self, element: &str, depth: usize, content: &str) {
        let is_name = |name: &str| name.trim().len() <= LONGEST_NAME;
        let names = |name: &str| is_name(name) && self.scan.rules.keys.is_secret(name);
        if is_naming(element) && (names(content) || self.scan.stays_secret(content, is_name)) {
            self.named = Some(depth);
        }
    }

    /// A value under a name: hidden by a rule, or looked through.
    fn value(&mut self, name: &str, at: Range<usize>, rule: Option<KeyRule<'_>>, raw: bool) {
        let written = &self.text[at.clone()];
        let half = self.cut && at.end == self.text.len();
        let kept = if half { without_half(written) } else { written };
        let plain = if raw { Cow::Borrowed(kept) } else { decoded(kept) };
        let plain = Scan::seen(plain);
        let scan = self.scan.under(name);
        let scan = match scan.verdict(name) {
            Verdict::Wanted => scan.wanted(),
            _ => scan,
        };
        if half {
            scan.cut_text(&decoded(written));
        } else {
            scan.field(name, &plain, rule, self.depth);
        }
        if let Some(rule) = rule.filter(|_| !written.is_empty()) {
            scan.hid(Why::Key(rule), &decoded(written));
            self.replace(at, REDACTED);
        } else if let Cow::Owned(shown) = scan.value(&plain) {
            let shown = if raw { Cow::Borrowed(&*shown) } else { encoded(&shown) };
            // A value without quotes would end at a blank.
            let is_bare = self.text[..at.start].trim_ascii_end().ends_with('=');
            let shown =
                if is_bare { shown.replace(char::is_whitespace, "&#32;").into() } else { shown };
            self.replace(at, &shown);
        } else {
            self.keep_to(at.start + kept.len());
            self.done = at.end;
        }
    }

    fn replace(&mut self, at: Range<usize>, with: &str) {
        self.keep_to(at.start);
        self.out.hidden += usize::from(self.text[at.clone()] != *with);
        self.out.text.push_str(with);
        self.done = at.end;
    }

    fn leave_out(&mut self, at: &Range<usize>) {
        if self.hiding.is_none() {
            self.keep_to(at.start);
            // Else what stands on both sides would be one.
            self.out.text.push_str(if self.goes_on { "<!---->" } else { "" });
            self.done = at.end;
        }
    }

    fn keep_to(&mut self, end: usize) {
        if self.hiding.is_none() && self.done < end {
            self.out.text.push_str(&self.text[self.done..end]);
            self.done = end;
        }
    }
}

/// `disabled`, as HTML has it without a value.
fn is_flag(attribute: &str) -> bool {
    attribute.len() <= LONGEST_FLAG
        && attribute.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// `<?xml version="1.0" encoding="utf-8"?>`, in which nothing else stands.
fn is_declaration(text: &str) -> bool {
    let inside = text.strip_prefix("<?xml ").and_then(|text| text.strip_suffix('>'));
    let inside = inside.unwrap_or_default().trim_end_matches('?');
    let known = ["version", "encoding", "standalone"];
    let is_known = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or_default();
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"\"'.-_".contains(&b);
        known.contains(&name) && value.len() < LONGEST_DECLARED && value.bytes().all(is_plain)
    };
    !inside.is_empty() && inside.split_ascii_whitespace().all(is_known)
}

/// Bytes of the longest content that names another one.
const LONGEST_NAME: usize = 64;
/// Letters of `formnovalidate`, and then some.
const LONGEST_FLAG: usize = 15;
/// Bytes of the longest name of an encoding, and then some.
const LONGEST_DECLARED: usize = 20;
/// Open elements whose names are known.
const DEEPEST: usize = 64;
/// Secret elements that may still be closed, in a text that need not be XML.
const MOST_OPEN: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{Rules, scan::Tier};

    fn xml(text: &str, cut: bool) -> String {
        Scan::new(&Rules::default(), Tier::Captured).xml(text, cut).text
    }

    fn elements(text: &str) -> String {
        Scan::new(&Rules::default(), Tier::Error).elements(text).into_owned()
    }

    #[test]
    fn secret_elements_and_attributes_hide() {
        for (text, shown) in [
            (
                "<a><password>hunter2</password><b>1</b></a>",
                "<a><password>[redacted]</password><b>1</b></a>",
            ),
            (
                "<s:Token xmlns:s=\"u\">x<y>z</y></s:Token>!",
                "<s:Token xmlns:s=\"u\">[redacted]</s:Token>!",
            ),
            ("<a apiKey='k' plan=\"pro\"/>", "<a apiKey='[redacted]' plan=\"pro\"/>"),
            ("<secret><![CDATA[x]]></secret>", "<secret>[redacted]</secret>"),
            ("<pin>1<pin>2</pin>3</pin>4", "<pin>[redacted]</pin>4"),
            (
                "<property name=\"password\">x</property>",
                "<property name=\"password\">[redacted]</property>",
            ),
            ("<add key=\"colour\" value=\"red\"/>", "<add key=\"colour\" value=\"red\"/>"),
            (
                "<Add Key=\"ApiKey\" Value=\"x\"/><Data Name=\"Password\">x</Data>",
                "<Add Key=\"ApiKey\" Value=\"[redacted]\"/><Data Name=\"Password\">[redacted]</Data>",
            ),
            ("<add key=\"k\"/>", "<add key=\"[redacted]\"/>"),
            ("<add key=\"ApiKey\" value=\"x\"/>", "<add key=\"ApiKey\" value=\"[redacted]\"/>"),
            ("<a>postgres://u:pw@h/x &amp; y</a>", "<a>postgres://[redacted]@h/x &amp; y</a>"),
            ("<a><!-- hunter2 -->b</a>", "<a>b</a>"),
            ("<?xml version=\"1.0\"?><a/>", "<?xml version=\"1.0\"?><a/>"),
            ("<?xml-stylesheet href=\"x://u:hunter2@h\"?><?xml pin='1'?><a/>", "<a/>"),
            (
                "<?xml version='1.0' encoding=\"UTF-8\" ?><a/>",
                "<?xml version='1.0' encoding=\"UTF-8\" ?><a/>",
            ),
            ("<!DOCTYPE a [<!ENTITY p \"hunter2\">]><a/>", "<a/>"),
            (
                "<member><name>password</name><value><string>x</string></value></member><a>1</a>",
                "<member><name>password</name><value>[redacted]</value></member><a>1</a>",
            ),
            (
                "<dict><key>apiKey</key>\n<string>x</string><key>plan</key><string>y</string></dict>",
                "<dict><key>[redacted]</key>\n<string>[redacted]</string><key>[redacted]</key><string>y</string></dict>",
            ),
            (
                "<p><name>token</name></p><p>a</p><p><name>b</name><v>c</v></p>",
                "<p><name>token</name></p><p>a</p><p><name>b</name><v>c</v></p>",
            ),
            ("<token>never closed", "<token>[redacted]"),
            ("<token a<b>never closed", "<token a>[redacted]"),
            ("<token a", "<token a"),
            ("<password/>x", "<password/>x"),
            ("<a>0<pin:1268}</a></b>}</a></c>", "<a>0<pin:[redacted]}>[redacted]"),
        ] {
            assert_eq!(xml(text, false), shown);
            assert_eq!(xml(shown, false), shown, "twice");
        }
    }

    #[test]
    fn what_stands_in_a_tag_without_a_name_is_looked_through_too() {
        let text = "<a https://hooks.slack.com/services/T0/B0/x7 b=\"c\" x://u:p@h>d";
        let shown = "<a https://hooks.slack.com/services/[redacted] b=\"c\" x://[redacted]@h>d";
        assert_eq!(xml(text, false), shown);
        assert_eq!(xml(shown, false), shown, "twice");
    }

    #[test]
    fn what_begins_like_a_tag_may_be_none() {
        shows("<User id: 1, token: \"x7\", a=b>", "<User id: 1, token: \"[redacted]\", a=b>");
        shows("<pin (basic dXNlcjpwdw)", "<pin (basic [redacted])");
        shows("<sent Bearer x7f3a>", "<sent Bearer [redacted]>");
        shows("<a {\\\"pin\\\":\\\"x7\\\"}>", "<a {\\\"pin\\\":\\\"[redacted]\\\"}>");
        shows(
            "<input disabled key='colour' value='red'/>",
            "<input disabled key='colour' value='red'/>",
        );
        shows("<s='apiKey='x>>>>]", "<s='apiKey='x>>>>]");
        shows("<a='b apikey='x7f3a9c1e d>1>2>3", "<a='b apikey='[redacted]>1>2>3");
        shows("<a cookie: b=c; d=e", "<a cookie: b=[redacted]; d=[redacted]");
        shows(
            "<saml2:Name saml2:Id=\"1\">b</saml2:Name>",
            "<saml2:Name saml2:Id=\"1\">b</saml2:Name>",
        );
    }

    #[test]
    fn of_a_cut_text_the_last_word_is_left_out() {
        assert_eq!(xml("<a>see postgres://u:hunter2", true), "<a>see ");
        assert_eq!(xml("<a b=\"see x://u:hunter2", true), "<a b=\"see ");
        assert_eq!(xml("<password>hunt", true), "<password>[redacted]");
    }

    /// It shows as this, and that shows as itself.
    #[track_caller]
    fn shows(text: &str, shown: &str) {
        assert_eq!(xml(text, false), shown);
        assert_eq!(xml(shown, false), shown, "twice");
    }

    #[test]
    fn a_value_whose_name_may_have_been_cut_off_hides() {
        let shown = "<add value=\"[redacted]\" ";
        assert_eq!(xml("<add value=\"hunter2\" ke", true), format!("{shown}ke"));
        assert_eq!(xml("<add value=\"hunter2\" key=\"api", true), format!("{shown}key=\""));
        for end in ["key", "key ", "key\n", "key=", "key= "] {
            shows(&format!("<add value=\"x7\" {end}"), &format!("{shown}{end}"));
        }
        shows("<add value=\"x7\" key=api\n", &format!("{shown}key=[redacted]\n"));
        let named = "<add key=\"colour\" value=\"red\" i";
        assert_eq!(xml(named, true), named);
    }

    #[test]
    fn behind_a_declaration_without_its_end_secrets_hide() {
        shows("<?xml version='1.0' <pin>1</pin>", "<pin>[redacted]</pin>");
        shows("<?xml version=\"1.0\"><pin>1</pin><?php ?><a/>", "<a/>");
    }

    #[test]
    fn what_a_document_hides_is_looked_at_again() {
        let once =
            xml("<!DOC\" key=\"ApiKey\"/>name=n>2</pin>3</p {\"pin\":/}<4ity bconfig>", false);
        assert_eq!(xml(&once, false), once);
    }

    #[test]
    fn what_is_left_out_joins_nothing() {
        shows("<a>pin<!-- hunter2 -->=1</a>", "<a>pin<!---->=1</a>");
        shows("<a b=c<!-- hunter2 -->d</a", "<a b=c<!---->d</a");
    }

    #[test]
    fn a_value_without_quotes_stays_one_value() {
        shows("<a b=x://u:p@h&#32;c>d</a>", "<a b=x://[redacted]@h&#32;c>d</a>");
    }

    #[test]
    fn what_is_hidden_in_a_name_makes_no_other_of_it() {
        shows("<add key=\"x://u:pw@h\">y</add>", "<add key=\"[redacted]\">[redacted]</add>");
    }

    #[test]
    fn a_name_counts_as_it_is_shown_too() {
        let long = format!("x://u:{}@h/pin", "p".repeat(LONGEST_NAME));
        shows(
            &format!("<a><name>{long}</name><value>x y</value></a>"),
            "<a><name>x://[redacted]@h/pin</name><value>[redacted]</value></a>",
        );
    }

    #[test]
    fn in_a_text_elements_of_one_name_hide_together() {
        assert_eq!(elements("<pin>1<pin>2</pin>3</pin>4"), "<pin>[redacted]</pin>4");
        assert_eq!(elements("<pin a</pin>"), "<pin a</pin>", "it has no end");
    }

    #[test]
    fn in_a_text_no_comment_shields_an_element() {
        for before in ["<![cdata ", "<![CDATA[", "<!-- ", "<?a ", "<!DOCTYPE a ["] {
            for after in ["", "]]> c", " --> c", "?> c", "]> c"] {
                let text = |value| format!("{before}<apiKey>{value}</apiKey>{after}");
                assert_eq!(elements(&text("x7f3a")), text("[redacted]"));
            }
        }
        let inside = "<pin><![CDATA[</pin>x7f3a]]></pin>";
        assert_eq!(elements(inside), "<pin>[redacted]</pin>");
    }

    #[test]
    fn in_a_text_only_closed_elements_hide() {
        assert_eq!(
            elements("got <Password>hunter2</Password>, expected Vec<Token>"),
            "got <Password>[redacted]</Password>, expected Vec<Token>"
        );
        for text in ["Option<Secret> is none", "a < b and token > c", "<token/>", "Vec<Token></b>"]
        {
            assert_eq!(elements(text), text);
        }
    }
}
