//! What was hidden on the way through one report: the values, so that a text that repeats one is
//! found, and, if someone asks, where and by which rule.

use std::{
    cell::{Cell, RefCell},
    fmt,
    net::IpAddr,
};

use super::{
    encoding::{form_decoded, unescaped},
    keys::KeyRule,
    placeholder::OPEN,
    scan::is_literal,
};
use crate::text::clean;

/// Something that was hidden: where, and by which rule. Never the value.
///
/// ```
/// use tower_bell::Redactor;
///
/// let found = Redactor::default().explain_text("retry with password=hunter2");
/// assert_eq!(found[0].to_string(), "text, `password`: the key stem `password`");
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Finding {
    part: &'static str,
    name: Option<String>,
    rule: String,
}

impl Finding {
    /// Where it was: `target`, `header`, `payload`, `request id`, `tag`, `error`, `response`, `text`.
    #[must_use]
    pub const fn part(&self) -> &'static str {
        self.part
    }

    /// The key, header or field that it stood under, if it had one, as it is shown.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The rule, in words, which may change: ``the key stem `password` ``.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{}, `{name}`: {}", self.part, self.rule),
            None => write!(f, "{}: {}", self.part, self.rule),
        }
    }
}

/// Why something is hidden.
#[derive(Clone, Copy, Debug)]
pub(super) enum Why<'a> {
    /// What follows cannot be told apart any more.
    Broken,
    Detector(&'static str),
    Echo,
    Failed,
    Header(&'static str),
    Hook,
    Key(KeyRule<'a>),
    Kind,
    Pattern(usize),
    Route,
    Secret,
}

impl Why<'_> {
    /// Whether the value is hidden where a text repeats it, too.
    fn echoes(self) -> bool {
        !matches!(self, Self::Echo | Self::Failed | Self::Secret)
    }
}

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken => f.write_str("what follows cannot be read"),
            Self::Detector(kind) => write!(f, "the detector `{kind}`"),
            Self::Echo => f.write_str("a value that was hidden in the request"),
            Self::Failed => f.write_str("the redaction failed"),
            Self::Header(rule) => f.write_str(rule),
            Self::Hook => f.write_str("`hide_with`"),
            Self::Key(rule) => rule.fmt(f),
            Self::Kind => f.write_str("a kind of content that is not shown"),
            Self::Pattern(number) => write!(f, "`hide_pattern` no. {}", number + 1),
            Self::Route => f.write_str("`hide_route`"),
            Self::Secret => f.write_str("a configured secret"),
        }
    }
}

/// A value that was hidden.
#[derive(Debug)]
pub(super) struct Echo {
    pub(super) value: String,
    /// It was cut: a text that repeats it may know how it goes on.
    pub(super) open: bool,
}

/// Kept while one report or text is redacted.
#[derive(Default)]
pub(super) struct Trail {
    part: Cell<&'static str>,
    echoes: Option<RefCell<Vec<Echo>>>,
    findings: Option<RefCell<Vec<Finding>>>,
    /// Who it failed for, by the payload, and how deep that stood.
    user: RefCell<Option<(usize, String)>>,
}

impl Trail {
    /// One that keeps the hidden values.
    pub(super) fn with_echoes() -> Self {
        Self { echoes: Some(RefCell::default()), ..Self::default() }
    }

    /// One that keeps them, and by which rule each was hidden.
    pub(super) fn with_findings() -> Self {
        Self { findings: Some(RefCell::default()), ..Self::with_echoes() }
    }

    /// What is looked at from now on.
    pub(super) fn enter(&self, part: &'static str) {
        self.part.set(part);
    }

    pub(super) fn is_asked(&self) -> bool {
        self.findings.is_some()
    }

    /// Something was hidden; `again` if it may have been told before.
    pub(super) fn hid(&self, why: Why<'_>, name: &str, value: &str, again: bool) {
        if why.echoes() {
            self.echo(value);
        }
        if let Some(findings) = &self.findings {
            let name = (!name.is_empty()).then(|| name.to_owned());
            let finding = Finding { part: self.part.get(), name, rule: why.to_string() };
            let mut findings = findings.borrow_mut();
            if !again || !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }

    /// What is found meanwhile decides nothing.
    pub(super) fn unexplained<T>(&self, look: impl FnOnce() -> T) -> T {
        let known = self.findings.as_ref().map(RefCell::take);
        let done = look();
        if let (Some(findings), Some(known)) = (&self.findings, known) {
            findings.replace(known);
        }
        done
    }

    /// A value was hidden with what stands round it.
    pub(super) fn echo(&self, value: &str) {
        // As a text is shown that repeats it.
        let value = clean(value);
        let value = value.trim();
        if let Some(echoes) = &self.echoes
            && value.len() >= SHORTEST_ECHO
            && !value.starts_with(OPEN)
            && !OPEN.contains(value)
            && !is_literal(value)
            // In "connect to 10.0.0.5 refused" it is the cause.
            && value.parse::<IpAddr>().is_err()
        {
            echoes.borrow_mut().push(Echo { value: value.to_owned(), open: false });
        }
    }

    /// What was looked at was cut behind this text, and with it the value that it ends with.
    pub(super) fn cut_behind(&self, text: &str) {
        let Some(echoes) = &self.echoes else { return };
        let text = clean(text);
        let tails = [text.clone(), unescaped(&text), form_decoded(&text)];
        let mut echoes = echoes.borrow_mut();
        for echo in &mut *echoes {
            if tails.iter().any(|tail| tail.trim_end().ends_with(&echo.value)) {
                echo.value.truncate(whole_length(&echo.value));
                echo.open = true;
            }
        }
        echoes.retain(|echo| echo.value.len() >= SHORTEST_ECHO);
    }

    /// The values that were hidden so far: together no more than what was captured.
    pub(super) fn echoes(&self) -> Vec<Echo> {
        self.echoes.as_ref().map(RefCell::take).unwrap_or_default()
    }

    pub(super) fn findings(self) -> Vec<Finding> {
        self.findings.map(RefCell::into_inner).unwrap_or_default()
    }

    /// A field says who it failed for. Of those of the payload the one that stands least deep counts,
    /// then the first.
    pub(super) fn user_is(&self, depth: usize, user: &str) {
        if self.part.get() != PAYLOAD {
            return;
        }
        let mut known = self.user.borrow_mut();
        if known.as_ref().is_none_or(|(other, _)| depth < *other) {
            *known = Some((depth, user.to_owned()));
        }
    }

    pub(super) fn user(&self) -> Option<String> {
        self.user.take().map(|(_, user)| user)
    }
}

/// The length of a cut value without what may be half an escape, or half a character.
fn whole_length(value: &str) -> usize {
    let tail = value.char_indices().rev().take(LONGEST_ESCAPE);
    let begins = tail.filter(|(_, c)| "\\%&\u{fffd}".contains(*c));
    begins.last().map_or(value.len(), |(at, _)| at)
}

/// Characters of `\u0026`.
const LONGEST_ESCAPE: usize = 6;
pub(super) const PAYLOAD: &str = "payload";
/// Bytes of the shortest value that is looked for where a text may repeat it.
const SHORTEST_ECHO: usize = 6;
