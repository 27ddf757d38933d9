//! XML-like text in tokens: SOAP, RSS, XHTML, pieces of XML in a line of a log, cut anywhere.
//!
//! There is no tree, no entity is expanded but those of a character, and comments are not looked
//! into. A `<` that begins no tag is text, and what is not closed goes on to the end: nothing is
//! looked for twice, so the time is linear whatever the text.

use std::{borrow::Cow, ops::Range};

use crate::redact::scan::Rewrite;

/// Whether a text is worth reading as XML although nobody said that it is: `<3 you` is not.
pub(in crate::redact) fn looks_like_xml(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_ascii_start();
    match Markup::at(text) {
        Some(Markup::Comment) => true,
        Some(Markup::Instruction) => text.starts_with("<?xml"),
        Some(Markup::Declaration) => {
            text.get(..DOCTYPE.len()).is_some_and(|start| start.eq_ignore_ascii_case(DOCTYPE))
        }
        Some(Markup::Open) => {
            let behind = text[1..].trim_start_matches(is_name);
            behind.is_empty() || behind.starts_with(|c| is_blank(c) || c == '>' || c == '/')
        }
        Some(Markup::Close | Markup::Data) | None => false,
    }
}

/// The text with the characters that its references stand for. What is no reference stays.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    let mut rewrite = Rewrite::of(text);
    for (at, _) in text.match_indices('&') {
        if let Some((c, length)) = reference(&text[at..]) {
            rewrite.replace(at..at + length, c.encode_utf8(&mut [0; 4]));
        }
    }
    rewrite.finish()
}

/// The text as it can stand between tags, and in quotes.
pub(super) fn encoded(text: &str) -> Cow<'_, str> {
    let mut rewrite = Rewrite::of(text);
    for (at, c) in text.char_indices() {
        if let Some((_, entity)) = ENTITIES.iter().find(|(plain, _)| *plain == c) {
            rewrite.replace(at..at + 1, entity);
        }
    }
    rewrite.finish()
}

/// What stands in a tag: names without their prefix, and where their values are, without quotes. A
/// name without a value has an empty one.
pub(super) fn attributes(
    text: &str,
    within: Range<usize>,
) -> impl Iterator<Item = (&str, Range<usize>)> {
    Attributes { text: text.get(..within.end).unwrap_or_default(), at: within.start }
}

/// A piece of XML.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Token<'t> {
    /// A tag, by its name without prefix. [`attributes`] reads what stands behind the name.
    Open {
        name: &'t str,
        attributes: Range<usize>,
        empty: bool,
    },
    /// A closing tag. What else stands in it is text.
    Close {
        name: &'t str,
    },
    Text(Range<usize>),
    /// The content of `<![CDATA[…]]>`.
    Data(Range<usize>),
    /// A comment, a processing instruction, a doctype with its subset: the whole of it.
    Other(Range<usize>),
}

/// A text, and how far it is read: [`Token`]s with where they stand, side by side.
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
    only_tags: bool,
    /// Cleared when a `?>` was looked for in vain.
    instructions_end: bool,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, only_tags: false, instructions_end: true }
    }

    /// What is no tag is text, comments and the like too.
    pub(super) fn only_tags(text: &'t str) -> Self {
        Self { only_tags: true, ..Self::new(text) }
    }

    fn open(&mut self) -> Token<'t> {
        self.at += "<".len();
        let name = self.name();
        let mut attributes = Attributes { text: self.text, at: self.at };
        while attributes.next().is_some() {}
        let attributes = self.take(attributes.at - self.at);
        let empty = self.skip("/>");
        if !empty {
            self.skip(">");
        }
        Token::Open { name, attributes, empty }
    }

    fn close(&mut self) -> Token<'t> {
        self.at += "</".len();
        let name = self.name();
        self.at = self.text.len() - self.rest().trim_ascii_start().len();
        self.skip(">");
        Token::Close { name }
    }

    fn data(&mut self) -> Token<'t> {
        self.at += DATA.len();
        let rest = self.rest();
        let content = self.take(rest.find(DATA_END).unwrap_or(rest.len()));
        self.skip(DATA_END);
        Token::Data(content)
    }

    /// If no `?>` comes any more a `>` will do, or what may be other markup: `<?xml version="1.0">`.
    fn instruction(&mut self) -> Token<'t> {
        let rest = self.rest();
        let end = if self.instructions_end { rest.find("?>") } else { None };
        self.instructions_end = end.is_some();
        let end = end.map(|at| at + "?>".len()).or_else(|| {
            let inside = 1 + rest[1..].find(['<', '>'])?;
            Some(inside + usize::from(rest[inside..].starts_with('>')))
        });
        Token::Other(self.take(end.unwrap_or(rest.len())))
    }

    /// What the text begins with that is read as such.
    fn markup(&self, text: &str) -> Option<Markup> {
        Markup::at(text).filter(|markup| !self.only_tags || markup.is_tag())
    }

    /// The length of the text before the next markup.
    fn plain(&self, text: &str) -> usize {
        let signs = text.match_indices('<').map(|(at, _)| at);
        let mut markup = signs.filter(|at| self.markup(&text[*at..]).is_some());
        markup.next().unwrap_or(text.len())
    }

    fn name(&mut self) -> &'t str {
        let length = self.rest().len() - self.rest().trim_start_matches(is_name).len();
        local(&self.text[self.take(length)])
    }

    fn take(&mut self, length: usize) -> Range<usize> {
        let start = self.at;
        self.at += length;
        start..self.at
    }

    /// Whether it was there.
    fn skip(&mut self, expected: &str) -> bool {
        let there = self.rest().starts_with(expected);
        self.at += if there { expected.len() } else { 0 };
        there
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (Range<usize>, Token<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        let (start, rest) = (self.at, self.rest());
        if rest.is_empty() {
            return None;
        }
        let token = match self.markup(rest) {
            Some(Markup::Open) => self.open(),
            Some(Markup::Close) => self.close(),
            Some(Markup::Data) => self.data(),
            Some(Markup::Comment) => Token::Other(self.take(comment(rest))),
            Some(Markup::Declaration) => Token::Other(self.take(declaration(rest))),
            Some(Markup::Instruction) => self.instruction(),
            None => Token::Text(self.take(self.plain(rest))),
        };
        Some((start..self.at, token))
    }
}

/// What is not text.
enum Markup {
    Open,
    Close,
    Comment,
    Data,
    Declaration,
    Instruction,
}

impl Markup {
    const fn is_tag(&self) -> bool {
        matches!(self, Self::Open | Self::Close)
    }

    /// What the text begins with.
    fn at(text: &str) -> Option<Self> {
        let inside = text.strip_prefix('<')?;
        if text.starts_with(DATA) {
            return Some(Self::Data);
        }
        let (markup, name) = match inside.as_bytes() {
            [b'!', b'-', b'-', ..] => return Some(Self::Comment),
            [b'!', b'[', ..] => return Some(Self::Declaration),
            [b'!', ..] => (Self::Declaration, &inside[1..]),
            [b'?', ..] => (Self::Instruction, &inside[1..]),
            [b'/', ..] => (Self::Close, &inside[1..]),
            _ => (Self::Open, inside),
        };
        name.starts_with(|c: char| c.is_alphabetic() || c == '_').then_some(markup)
    }
}

/// The length of a comment. As in HTML, `<!-->` is a whole one.
fn comment(text: &str) -> usize {
    let start = "<!".len();
    text[start..].find(COMMENT_END).map_or(text.len(), |at| start + at + COMMENT_END.len())
}

/// The length of a declaration. In the brackets of a doctype there are more of them.
fn declaration(text: &str) -> usize {
    let mut in_brackets = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => in_brackets = true,
            b']' => in_brackets = false,
            b'>' if !in_brackets => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The inside of a tag, and how far it is read.
struct Attributes<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Attributes<'t> {
    /// Behind a `=`: to the same quote again, else to a blank.
    fn value(&mut self) -> Range<usize> {
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return self.run(|c| !is_blank(c));
        };
        let start = self.at + 1;
        let end = self.text[start..].find(quote).map_or(self.text.len(), |length| start + length);
        self.at = self.text.len().min(end + 1);
        start..end
    }

    /// As many of these characters as come before the end of the tag.
    fn run(&mut self, is: impl Fn(char) -> bool) -> Range<usize> {
        let (start, rest) = (self.at, self.rest());
        let end = rest.char_indices().find(|(at, c)| !is(*c) || ends_tag(&rest[*at..]));
        self.at += end.map_or(rest.len(), |(at, _)| at);
        start..self.at
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

impl<'t> Iterator for Attributes<'t> {
    type Item = (&'t str, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        self.run(|c| is_blank(c) || c == '/');
        if ends_tag(self.rest()) {
            return None;
        }
        let name = self.run(|c| !is_blank(c) && c != '/' && c != '=');
        let (name, end) = (local(&self.text[name.clone()]), name.end);
        self.run(is_blank);
        if !self.rest().starts_with('=') {
            return Some((name, end..end));
        }
        self.at += 1;
        self.run(is_blank);
        Some((name, self.value()))
    }
}

/// Other markup ends a tag too: its `>` is missing.
fn ends_tag(rest: &str) -> bool {
    match rest.as_bytes() {
        [] | [b'>', ..] | [b'/', b'>', ..] => true,
        [b'<', ..] => Markup::at(rest).is_some(),
        _ => false,
    }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').find(|part| !part.is_empty()).unwrap_or_default()
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || "_-.:".contains(c)
}

fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace()
}

/// The character that a reference at the beginning of the text stands for, and its length.
fn reference(text: &str) -> Option<(char, usize)> {
    let named = ENTITIES.iter().find(|(_, entity)| text.starts_with(entity));
    if let Some((c, entity)) = named {
        return Some((*c, entity.len()));
    }
    let number = text.strip_prefix("&#")?;
    // Not to the next `;`, which may be far.
    let length = number.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let number = number[length..].starts_with(';').then(|| &number[..length])?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    Some((char::from_u32(code.ok()?)?, "&#;".len() + length))
}

const ENTITIES: [(char, &str); 5] =
    [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&apos;")];
const DATA: &str = "<![CDATA[";
const DATA_END: &str = "]]>";
const COMMENT_END: &str = "-->";
const DOCTYPE: &str = "<!DOCTYPE";

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    /// The tokens, each as a line.
    fn tokens(text: &str) -> Vec<String> {
        let shown = |(_, token)| match token {
            Token::Open { name, attributes: within, empty } => {
                let attributes = attributes(text, within).map(|(name, value)| {
                    let value = &text[value];
                    format!(" {name}=[{value}]")
                });
                let end = if empty { "/" } else { "" };
                format!("<{name}{}{end}", attributes.collect::<String>())
            }
            Token::Close { name } => format!("/{name}"),
            Token::Text(at) => format!("text {}", &text[at]),
            Token::Data(at) => format!("data {}", &text[at]),
            Token::Other(at) => format!("other {}", &text[at]),
        };
        Tokens::new(text).map(shown).collect()
    }

    #[test]
    fn documents_are_read() {
        let text = "\u{feff}<?xml version=\"1.0\"?>\n\
            <!DOCTYPE a [<!ENTITY b \"c>d\"> <!-- it's -->] >\
            <soap:Envelope xmlns:soap='http://x/y' a:id = \"1\"><soap:Body>\
            a &lt; b<br/><!-- <c> --><wsse:Password Type=\"#PasswordText\">hunter2</wsse:Password >\
            <![CDATA[<d>]] ></d>]]></soap:Body></soap:Envelope>\n";
        let expected = [
            "text \u{feff}",
            "other <?xml version=\"1.0\"?>",
            "text \n",
            "other <!DOCTYPE a [<!ENTITY b \"c>d\"> <!-- it's -->] >",
            "<Envelope soap=[http://x/y] id=[1]",
            "<Body",
            "text a &lt; b",
            "<br/",
            "other <!-- <c> -->",
            "<Password Type=[#PasswordText]",
            "text hunter2",
            "/Password",
            "data <d>]] ></d>",
            "/Body",
            "/Envelope",
            "text \n",
        ];
        assert_eq!(tokens(text), expected);
    }

    #[test]
    fn what_begins_no_tag_is_text() {
        for text in [
            "a < b", "<3", "<<", "<", "</", "</>", "</ a>", "<>", "<!", "<!->", "<? a", "<-a>",
            ">]]>",
        ] {
            assert_eq!(tokens(text), [format!("text {text}")]);
        }
        assert_eq!(tokens("<<a>< a>"), ["text <", "<a", "text < a>"]);
    }

    #[test]
    fn attributes_are_read_leniently() {
        for (text, expected) in [
            ("<a b=\"c>d\" e='f\"/>'/>", "<a b=[c>d] e=[f\"/>]/"),
            ("<a b=c d e = f/>", "<a b=[c] d=[] e=[f]/"),
            ("<a href=http://x/y/?z=1>", "<a href=[http://x/y/?z=1]"),
            ("<a b=\"c\"d='e'f=\"\">", "<a b=[c] d=[e] f=[]"),
            ("<a\n\tb:c\r\n=\n'd'\n/>", "<a c=[d]/"),
            ("<a / b/c>", "<a b=[] c=[]"),
            ("<a b=>", "<a b=[]"),
            ("<a =b = c>", "<a =[b] =[c]"),
            ("<a it's 5\" \"b\">", "<a it's=[] 5\"=[] \"b\"=[]"),
            ("<a b=<3>", "<a b=[<3]"),
            ("<_a, b>", "<_a ,=[] b=[]"),
            ("<a:b: c:=d>", "<b c=[d]"),
            ("<ä_1.2-é ü=ö>", "<ä_1.2-é ü=[ö]"),
        ] {
            assert_eq!(tokens(text), [expected], "{text}");
        }
    }

    #[test]
    fn other_markup_ends_a_tag() {
        assert_eq!(tokens("<a b <c>d"), ["<a b=[]", "<c", "text d"]);
        assert_eq!(tokens("<a b=</a"), ["<a b=[]", "/a"]);
        assert_eq!(tokens("<a b=x<!-- c"), ["<a b=[x]", "other <!-- c"]);
        assert_eq!(tokens("<?a b<c>d"), ["other <?a b", "<c", "text d"]);
        assert_eq!(tokens("</a b=\"c\">"), ["/a", "text b=\"c\">"]);
    }

    #[test]
    fn comments_declarations_and_instructions_have_ends() {
        for (text, expected) in [
            ("<!-- - -- > -->x", "other <!-- - -- > -->"),
            ("<!-->x", "other <!-->"),
            ("<!doctype html>x", "other <!doctype html>"),
            ("<![if IE]>x", "other <![if IE]>"),
            ("<!ELEMENT a (b)>x", "other <!ELEMENT a (b)>"),
            ("<?php a > b ?>x", "other <?php a > b ?>"),
            ("<?xml version=\"1.0\">x", "other <?xml version=\"1.0\">"),
            ("<![CDATA[]]>x", "data "),
            ("<![CDATA[a]]]>x", "data a]"),
        ] {
            assert_eq!(tokens(text), [expected, "text x"], "{text}");
        }
        assert_eq!(tokens("<?a><?b>"), ["other <?a>", "other <?b>"]);
    }

    #[test]
    fn what_is_cut_goes_to_the_end() {
        for (text, expected) in [
            ("<a", "<a"),
            ("<a ", "<a"),
            ("<a/", "<a"),
            ("<a b", "<a b=[]"),
            ("<a b=", "<a b=[]"),
            ("<a b=\"", "<a b=[]"),
            ("<a b=\"c><d>'", "<a b=[c><d>']"),
            ("</a ", "/a"),
            ("<!-- a ->", "other <!-- a ->"),
            ("<![CDATA[a]]", "data a]]"),
            ("<![CDAT", "other <![CDAT"),
            ("<!DOCTYPE a [ <!ENTITY b 'c'>", "other <!DOCTYPE a [ <!ENTITY b 'c'>"),
            ("<?xml version", "other <?xml version"),
        ] {
            assert_eq!(tokens(text), [expected], "{text}");
        }
    }

    #[test]
    fn a_range_of_another_text_has_no_attributes() {
        for within in [0..9, 7..9, 1..2, Range { start: 5, end: 3 }] {
            assert_eq!(attributes("é b=c", within.clone()).count(), 0, "{within:?}");
        }
    }

    #[test]
    fn xml_is_known_by_its_beginning() {
        for text in [
            "<?xml version='1.0'?>",
            "\u{feff} \r\n<!DOCTYPE a>",
            "<!doctype html>",
            "<!-- a -->",
            "<a>",
            "<a/>",
            "<a b",
            "<soap:Envelope\n",
            "<a",
        ] {
            assert!(looks_like_xml(text), "{text}");
        }
        for text in [
            "",
            "a",
            "a <b>",
            "<",
            "<3 you",
            "<<a>",
            "</a>",
            "< a>",
            "<bob@example.com>",
            "<?php ?>",
            "<!ELEMENT a>",
            "<![CDATA[a]]>",
            "<a, b>",
            "<a<b>",
            "<!DÖCTYPE",
        ] {
            assert!(!looks_like_xml(text), "{text}");
        }
    }

    #[test]
    fn references_are_read_leniently() {
        for (text, expected) in [
            ("&lt;a b=&quot;c&apos;&quot;&gt; &amp;amp;", "<a b=\"c'\"> &amp;"),
            ("&#65;&#x41;&#X4a;&#0000065;&#128512;", "AAJA😀"),
            ("&&#65;&", "&A&"),
        ] {
            assert_eq!(decoded(text), expected);
        }
        for text in [
            "",
            "a & b",
            "&nbsp;",
            "&lt",
            "&LT;",
            "&#;",
            "&#x;",
            "&#65",
            "&#6é;",
            "&#+65;",
            "&#xd800;",
            "&#99999999999;",
            "&#65 ;",
            "&",
        ] {
            assert!(matches!(decoded(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_would_be_markup_is_encoded() {
        assert_eq!(encoded("<a b='é'> & \""), "&lt;a b=&apos;é&apos;&gt; &amp; &quot;");
        assert!(matches!(encoded("a = b; é"), Cow::Borrowed("a = b; é")));
    }

    #[test]
    fn hostile_text_takes_no_time() {
        let start = Instant::now();
        for piece in HOSTILE {
            let text = piece.repeat((1 << 18) / piece.len());
            for (_, token) in Tokens::new(&text) {
                if let Token::Open { attributes: within, .. } = token {
                    attributes(&text, within).for_each(drop);
                }
            }
            assert_eq!(decoded(&encoded(&text)), text);
            decoded(&text);
        }
        // About a second without optimization; what is not linear takes far longer.
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    proptest! {
        #[test]
        fn tokens_stand_side_by_side(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24),
            other in any::<String>(),
            at in 0usize..24,
        ) {
            let (before, behind) = pieces.split_at(at.min(pieces.len()));
            let text = [before.concat(), other, behind.concat()].concat();
            let mut end = 0;
            for (range, token) in Tokens::new(&text) {
                prop_assert!(range.start == end && range.end > end, "{text:?} at {range:?}");
                end = range.end;
                let whole = text.get(range.clone()).expect("on the borders of characters");
                match token {
                    Token::Open { name, attributes: within, empty } => {
                        prop_assert!(whole.starts_with('<') && whole.contains(name));
                        prop_assert!(range.start < within.start && within.end <= range.end);
                        prop_assert!(!empty || whole.ends_with("/>"));
                        let mut read = within.start;
                        for (name, value) in attributes(&text, within.clone()) {
                            prop_assert!(text[read..].contains(name));
                            prop_assert!(read <= value.start && value.end <= within.end);
                            read = value.end;
                            prop_assert!(text.get(value).is_some());
                        }
                    }
                    Token::Close { name } => {
                        prop_assert!(whole.starts_with("</") && whole.contains(name));
                    }
                    Token::Text(at) | Token::Other(at) => prop_assert_eq!(at, range),
                    Token::Data(at) => prop_assert!(whole[DATA.len()..].starts_with(&text[at])),
                }
            }
            prop_assert_eq!(end, text.len());
            looks_like_xml(&text);
        }

        #[test]
        fn what_was_encoded_is_decoded(text in "[&<>\"';#x0-9a-zé]{0,40}|.*") {
            let encoded = encoded(&text);
            prop_assert!(!encoded.contains(['<', '>', '"', '\'']));
            prop_assert_eq!(decoded(&encoded), text.as_str());
            prop_assert!(decoded(&text).len() <= text.len());
        }

        #[test]
        fn elements_come_back(
            (name, key) in ("[a-zé_][a-z0-9.é-]{0,6}", "[a-z_]{1,6}"),
            (value, content) in (".*", ".+"),
            single in any::<bool>(),
        ) {
            let quote = if single { '\'' } else { '"' };
            let (value, content) = (encoded(&value), encoded(&content));
            let text = format!("<x:{name} {key}={quote}{value}{quote}>{content}</x:{name}>");
            let open = format!("<{name} {key}=[{value}]");
            prop_assert_eq!(tokens(&text), [open, format!("text {content}"), format!("/{name}")]);
        }
    }

    const HOSTILE: &[&str] = &[
        "<",
        "<a ",
        "<!--",
        "<![CDATA[",
        "<a b=\"",
        "<a b='\"",
        "&",
        "&#",
        "&#1",
        "]]",
        "<?a>",
        "<!a[",
        "</a ",
        "<a =",
        "<a <",
    ];

    const PIECES: &[&str] = &[
        "<",
        "</",
        "<!",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?",
        "?>",
        "<!DOCTYPE",
        "[",
        "]",
        ">",
        "/>",
        "/",
        "=",
        "\"",
        "'",
        " ",
        "\n",
        "a",
        "é",
        ":",
        "&",
        "\u{feff}",
    ];
}
