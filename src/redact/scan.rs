//! One look over one string: what is hidden in it by value, and how deep strings stand in strings.

use std::{borrow::Cow, ops::Range};

use super::{
    Rules, assignment, card, credential, email,
    encoding::{form_decoded, percent_decoded, unescaped},
    iban, ip,
    keys::{KeyRule, Verdict},
    pem,
    placeholder::{self, OPEN},
    rules::LITERALS,
    secrets::Secrets,
    shape,
    signs::Signs,
    trail::{Trail, Why},
};
use crate::text::{clean, one_line};

/// Bytes of `::1`, the shortest one.
const SHORTEST_IP: usize = 3;
const SHORTEST_IBAN: usize = 15;
/// How deep JSON, URLs and forms are looked for inside each other.
const DEEPEST: u8 = 4;
/// How often a string is looked at in which something is hidden.
const MOST_LOOKS: usize = 4;

/// Whose words a text is: what speaks of people is hidden in them accordingly.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tier {
    /// Of the request.
    Captured,
    /// Of an error. Addresses of machines are shown: in "connect to 10.0.0.5 refused" it is the cause.
    Error,
    /// Of the app itself.
    Own,
}

/// The rules at work on one string.
#[derive(Clone, Copy)]
pub(super) struct Scan<'r> {
    pub(super) rules: &'r Rules,
    depth: u8,
    /// What more is hidden where it stands: what the app called sensitive, and what was hidden before.
    known: Option<&'r Secrets>,
    /// The key that the string stands under.
    name: &'r str,
    /// Hide what speaks of people.
    personal: bool,
    /// Show addresses of machines.
    machines: bool,
    tier: Tier,
    trail: Option<&'r Trail>,
    /// What is found was told before.
    again: bool,
    interest: Interest,
}

/// What a text must have for anything in it to be hidden: most have nothing of it.
#[derive(Clone, Copy)]
struct Interest {
    /// Something is looked for in every text.
    all: bool,
    /// The detectors look at one of so many bytes, and at a shorter one with these signs.
    length: usize,
    signs: Signs,
}

impl Interest {
    fn of(rules: &Rules) -> Self {
        let all = !rules.secrets.is_empty() || rules.patterns.len() + rules.hooks.len() > 0;
        if rules.keys_only {
            return Self { all, length: usize::MAX, signs: Signs::default() };
        }
        let signs = Signs::AT.or(Signs::COLON).or(Signs::EQUALS).or(Signs::SLASH);
        Self { all, length: credential::SHORTEST, signs: signs.or(Signs::LESS) }
    }
}

/// A text with what was hidden in it.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Hiding {
    pub(super) text: String,
    /// How many values were hidden.
    pub(super) hidden: usize,
}

/// A detector: what it finds next at or behind a place of the text.
pub(super) type Find = fn(&str, usize) -> Option<Found>;

/// What a detector found.
pub(super) struct Found {
    at: Range<usize>,
    /// What the placeholder says of it; may be empty.
    kind: &'static str,
    rule: &'static str,
}

impl Found {
    /// A placeholder says what it was.
    pub(super) fn of(kind: &'static str, at: Range<usize>) -> Self {
        Self { at, kind, rule: kind }
    }

    /// A plain placeholder.
    pub(super) fn by(rule: &'static str, at: Range<usize>) -> Self {
        Self { at, kind: "", rule }
    }
}

impl<'r> Scan<'r> {
    pub(super) fn new(rules: &'r Rules, tier: Tier) -> Self {
        let personal = rules.hides_people() && tier != Tier::Own;
        let interest = Interest::of(rules);
        let machines = tier != Tier::Captured;
        Self {
            rules,
            depth: 0,
            known: None,
            name: "",
            personal,
            machines,
            tier,
            trail: None,
            again: false,
            interest,
        }
    }

    /// With values that are hidden wherever they stand.
    pub(super) fn knowing(self, known: &'r Secrets) -> Self {
        let all = self.interest.all || !known.is_empty();
        Self { known: Some(known), interest: Interest { all, ..self.interest }, ..self }
    }

    pub(super) fn followed_by(self, trail: &'r Trail) -> Self {
        Self { trail: Some(trail), ..self }
    }

    /// For a first look, of which nobody hears.
    pub(super) fn unfollowed(self) -> Self {
        Self { trail: None, ..self }
    }

    /// What is found meanwhile decides nothing, and is not explained.
    pub(super) fn unexplained<T>(self, look: impl FnOnce(Self) -> T) -> T {
        match self.trail {
            Some(trail) => trail.unexplained(|| look(self)),
            None => look(self),
        }
    }

    /// For another look at what was looked at.
    pub(super) fn again(self) -> Self {
        Self { again: true, ..self }
    }

    /// Looks at what a first look gave until nothing changes: what is hidden, or shown decoded, may have
    /// kept what stands round it from being read.
    pub(super) fn settled(
        self,
        text: &str,
        first: Hiding,
        look: impl Fn(Self, &str) -> Hiding,
    ) -> Hiding {
        let mut is_settled = first.text == text;
        let mut all = first;
        for _ in 1..MOST_LOOKS {
            if is_settled {
                break;
            }
            let next = look(self.again(), &all.text);
            is_settled = next.text == all.text;
            all = Hiding { hidden: all.hidden + next.hidden, text: next.text };
        }
        all
    }

    /// For a string under this key.
    pub(super) fn under(self, name: &'r str) -> Self {
        Self { name, ..self }
    }

    /// For a string that the app wants to see, whoever it speaks of.
    pub(super) fn wanted(self) -> Self {
        Self { personal: false, ..self }
    }

    /// For what may hold the address of a machine of ours.
    pub(super) fn of_machines(self) -> Self {
        Self { machines: true, ..self }
    }

    /// What becomes of the value of this key of the payload or the query.
    pub(super) fn verdict(self, key: &str) -> Verdict<'r> {
        let keys = &self.rules.keys;
        match self.tier {
            Tier::Captured => keys.verdict_of_captured(key, self.personal),
            Tier::Error | Tier::Own => keys.verdict(key, false),
        }
    }

    /// Whether a string that names another value is a secret's as it is shown, and so the next time that
    /// it is read.
    pub(super) fn stays_secret(self, name: &str, is_name: impl Fn(&str) -> bool) -> bool {
        let keys = &self.rules.keys;
        // Nothing that is shown has a word that was not written.
        let shown = keys.may_know(name).then(|| self.unfollowed().value(name));
        shown.is_some_and(|shown| is_name(&shown) && keys.is_secret(&shown))
    }

    /// Whether the text may say what went wrong, in words.
    pub(super) fn tells_errors(self) -> bool {
        self.tier != Tier::Captured
    }

    /// Whether only what the app lists is shown.
    pub(super) fn shows_only_listed(self) -> bool {
        self.tier == Tier::Captured && self.rules.keys.shows_only()
    }

    /// The same in free text, where nothing is listed.
    pub(super) fn verdict_in_text(self, key: &str) -> Verdict<'r> {
        self.rules.keys.verdict(key, self.personal && self.tier == Tier::Captured)
    }

    /// Whether anything in a text of plain characters, so many, may have to be hidden if no document
    /// begins in it.
    #[inline]
    pub(super) fn may_find<'t>(&self, length: usize, text: impl FnOnce() -> &'t str) -> bool {
        let Interest { all, length: long, signs } = self.interest;
        all || length >= long || long < usize::MAX && Signs::of(text()).any(signs)
    }

    /// Any string that is shown: the configured secrets, JSON and XML inside it, the detectors, the
    /// app's own rules. Borrowed if nothing was hidden.
    pub(super) fn value<'t>(self, text: &'t str) -> Cow<'t, str> {
        let (mut shown, is_document) = self.look(text);
        // What is hidden may have kept what stands round it from being read.
        for _ in 1..MOST_LOOKS {
            if is_document || matches!(shown, Cow::Borrowed(_)) {
                break;
            }
            match self.again().look(&shown).0 {
                Cow::Owned(more) if *more != *shown => shown = Cow::Owned(more),
                _ => break,
            }
        }
        shown
    }

    /// One look, and whether the text is a document, whose strings are looked at one by one.
    fn look(self, text: &str) -> (Cow<'_, str>, bool) {
        let text = self.known_hidden(text);
        match self.inner(&text) {
            Some(inner) if inner.hidden == 0 && inner.text == text => (text, true),
            Some(inner) => (Cow::Owned(inner.text), true),
            None => {
                let signs = Signs::of(&text);
                (self.text(text, signs), false)
            }
        }
    }

    /// Free text: the detectors and the app's own rules.
    pub(super) fn text<'t>(self, text: Cow<'t, str>, signs: Signs) -> Cow<'t, str> {
        self.by_own_rules(if self.rules.keys_only { text } else { self.detected(text, signs) })
    }

    fn by_own_rules<'t>(self, text: Cow<'t, str>) -> Cow<'t, str> {
        let text = then(self.rules.patterns.len() > 0, text, |text| self.patterns(text));
        then(self.rules.hooks.len() > 0, text, |text| self.hooks(text))
    }

    fn detected<'t>(self, text: Cow<'t, str>, signs: Signs) -> Cow<'t, str> {
        let length = text.len();
        let long = |least: usize, wanted: Signs| length >= least && signs.any(wanted);
        let email: Find = |text, from| Some(Found::of("email", email::next(text, from)?));
        let iban: Find = |text, from| Some(Found::of("iban", iban::next(text, from)?));
        let ip: Find = |text, from| Some(Found::of("ip", ip::next(text, from)?));
        let ips = self.personal && !self.machines && long(SHORTEST_IP, Signs::DIGIT);
        let mut steps = Steps { scan: self, text };
        // First, because what the others hide may be the beginning of a key.
        steps.find(long(pem::SHORTEST, Signs::DASH), pem::next);
        steps.find(length >= shape::SHORTEST, shape::next);
        steps.rewrite(signs.any(Signs::SLASH), |text| self.urls(text));
        // Before what may take a tag for a value: `Basic <user.secret>x7f3a</user.secret>`.
        steps.rewrite(signs.any(Signs::LESS), |text| self.elements(text));
        let is_secret = |key: &str| matches!(self.verdict_in_text(key), Verdict::Secret(_));
        let credentials = |text: &str, from| credential::next(text, from, is_secret);
        // A tab is no blank.
        steps.find(long(credential::SHORTEST, Signs::BLANK.or(Signs::UNSEEN)), credentials);
        let assigns = signs.any(Signs::COLON.or(Signs::EQUALS));
        steps.rewrite(assigns, |text| assignment::hide(self, text));
        let beside = signs.any(Signs::DASH.or(Signs::QUOTE));
        steps.rewrite(beside, |text| assignment::hide_beside(self, text));
        steps.find(long(card::SHORTEST, Signs::DIGIT), card::next);
        steps.find(self.personal && signs.any(Signs::AT), email);
        steps.find(self.personal && long(SHORTEST_IBAN, Signs::DIGIT), iban);
        steps.rewrite(signs.any(Signs::PERCENT), |text| self.encoded(text));
        steps.find(ips && signs.any(Signs::DOT.or(Signs::COLON)), ip);
        steps.text
    }

    /// Words that are percent-encoded, as whoever decodes them sees them: `https%3A%2F%2Fu%3Apw%40h`.
    fn encoded<'t>(self, text: &'t str) -> Cow<'t, str> {
        // The app's own rules first: what begins with `A0` behind a `%` would lose that.
        match self.by_own_rules(Cow::Borrowed(text)) {
            Cow::Borrowed(text) => self.decoded(text),
            Cow::Owned(text) => Cow::Owned(self.decoded(&text).into_owned()),
        }
    }

    fn decoded<'t>(self, text: &'t str) -> Cow<'t, str> {
        let Some(deeper) = self.deeper() else { return Cow::Borrowed(text) };
        let is_end = |c: char| c.is_whitespace() || "\"'`<>".contains(c);
        let mut rewrite = Rewrite::of(text);
        let mut at = 0;
        while let Some(found) = text[at..].find('%') {
            let before = &text[at..at + found];
            let start = at + before.len() - before.rsplit(is_end).next().unwrap_or_default().len();
            at += found + text[at + found..].find(is_end).unwrap_or(text.len() - at - found);
            let plain = Self::seen(percent_decoded(&text[start..at]));
            if *plain == text[start..at] {
                continue;
            }
            let shown = deeper.text(Cow::Borrowed(&plain), Signs::of(&plain));
            if *shown != *plain {
                // Decoded, so that it reads the same the next time; it may not begin a line.
                rewrite.replace(start..at, &one_line(&shown));
            }
        }
        rewrite.finish()
    }

    /// What is known by its looks alone, or to the app, where names and values are told apart by someone
    /// else.
    pub(super) fn by_looks<'t>(self, text: &'t str) -> Cow<'t, str> {
        let mut steps = Steps { scan: self, text: Cow::Borrowed(text) };
        steps.find(true, shape::next);
        steps.rewrite(true, |text| self.urls(text));
        steps.find(true, card::next);
        self.by_own_rules(steps.text)
    }

    /// Without what the detector finds.
    pub(super) fn without<'t>(
        self,
        text: &'t str,
        next: impl Fn(&str, usize) -> Option<Found>,
    ) -> Cow<'t, str> {
        let mut rewrite = Rewrite::of(text);
        let mut from = 0;
        while let Some(Found { at, kind, rule }) = next(text, from) {
            from = at.end;
            self.hid(Why::Detector(rule), &text[at.clone()]);
            rewrite.replace(at, &placeholder::of(kind));
        }
        rewrite.finish()
    }

    /// Without the values that are hidden wherever they stand.
    pub(super) fn known_hidden<'t>(self, text: &'t str) -> Cow<'t, str> {
        let text = self.secrets(Cow::Borrowed(text), &self.rules.secrets, Why::Secret);
        match self.known {
            Some(known) => self.secrets(text, known, Why::Echo),
            None => text,
        }
    }

    fn secrets<'t>(self, text: Cow<'t, str>, secrets: &Secrets, why: Why<'_>) -> Cow<'t, str> {
        then(!secrets.is_empty(), text, |text| {
            let hidden = secrets.hide(text);
            if matches!(hidden, Cow::Owned(_)) {
                self.hid(why, "");
            }
            hidden
        })
    }

    pub(super) fn patterns<'t>(self, text: &'t str) -> Cow<'t, str> {
        self.rules.patterns.hide(text, |number, value| self.hid(Why::Pattern(number), value))
    }

    fn hooks<'t>(self, text: &'t str) -> Cow<'t, str> {
        self.rules.hooks.hide(self.name, text, |value| self.hid(Why::Hook, value))
    }

    /// Says that a value was hidden.
    pub(super) fn hid(self, why: Why<'_>, value: &str) {
        let Some(trail) = self.trail else { return };
        if trail.is_asked() {
            // A name may be anything that a client sends.
            let unasked = Self { name: "", trail: None, ..self };
            trail.hid(why, &unasked.value(&one_line(self.name)), value, self.again);
        } else {
            trail.hid(why, self.name, value, self.again);
        }
    }

    /// Says that a value was hidden with what stands round it.
    pub(super) fn hid_too(self, value: &str) {
        if let Some(trail) = self.trail {
            trail.echo(value);
        }
    }

    /// Says that what was looked at was cut behind this text.
    pub(super) fn cut_behind(self, text: &str) {
        if let Some(trail) = self.trail {
            trail.cut_behind(text);
        }
    }

    /// Says what would be hidden in a text that is not shown to its end, because it was cut.
    pub(super) fn cut_text(self, text: &str) {
        if self.is_followed() {
            self.unexplained(|scan| drop(scan.value(text)));
        }
    }

    /// Says that any word of this may have been hidden.
    pub(super) fn hid_words(self, text: &str) {
        if self.is_followed() {
            let is_end = |c: char| c.is_whitespace() || "{}[]:,;&=?#<>\"'".contains(c);
            // And whole values, which may have such signs in them.
            let whole = text.split(|c: char| "\"&=<>\n".contains(c));
            for part in text.split(is_end).chain(whole) {
                self.hid_too(&form_decoded(&unescaped(part)));
            }
        }
    }

    /// Says what is looked at from now on.
    pub(super) fn enter(self, part: &'static str) {
        if let Some(trail) = self.trail {
            trail.enter(part);
        }
    }

    /// Says what a field of the payload is, should it be the one that names the user. What is hidden as
    /// a secret names nobody.
    pub(super) fn field(
        self,
        name: &str,
        value: &str,
        hidden_by: Option<KeyRule<'_>>,
        depth: usize,
    ) {
        let may_name = matches!(hidden_by, None | Some(KeyRule::Personal(_) | KeyRule::Unlisted));
        if let (Some(trail), Tier::Captured) = (self.trail, self.tier)
            && may_name
            && self.rules.names_user(name)
        {
            trail.user_is(depth, value);
        }
    }

    /// Whether someone wants to know under which key things stand.
    pub(super) fn needs_names(self) -> bool {
        self.rules.hooks.len() > 0
            || self.rules.user_field.is_some()
            || self.trail.is_some_and(Trail::is_asked)
    }

    /// Whether the values of what is hidden are kept.
    pub(super) fn is_followed(self) -> bool {
        self.trail.is_some()
    }

    /// The same for a string inside this one; `None` if that is too deep.
    pub(super) fn deeper(self) -> Option<Self> {
        (self.depth < DEEPEST).then_some(Self { depth: self.depth + 1, ..self })
    }

    /// Whether this is a string inside another one.
    pub(super) fn is_inner(self) -> bool {
        self.depth > 0
    }

    /// A document inside the string.
    fn inner(self, text: &str) -> Option<Hiding> {
        if super::json::looks_like_json(text) {
            return self.deeper()?.json(text, false);
        }
        if super::xml::looks_like_xml(text) {
            return Some(self.deeper()?.xml(text, false));
        }
        None
    }

    /// A value as it is seen by whoever decodes it: what cannot be seen would split what is looked
    /// for.
    pub(super) fn seen(text: Cow<'_, str>) -> Cow<'_, str> {
        match clean(&text) {
            Cow::Owned(clean) => Cow::Owned(clean),
            Cow::Borrowed(_) => text,
        }
    }
}

/// Whether the value is none that could be a secret, whatever its key.
pub(super) fn is_literal(value: &str) -> bool {
    value.is_empty() || LITERALS.contains(&value)
}

/// A word without the punctuation of the sentence around it. A placeholder's bracket is none.
pub(super) fn without_punctuation(word: &str) -> &str {
    let placeholder =
        word.rfind(OPEN).map_or(0, |at| at + word[at..].find(']').map_or(0, |to| to + 1));
    let trimmed = word.trim_end_matches([',', '.', ':', '!', '?', ')', ']', '}']);
    &word[..trimmed.len().max(placeholder)]
}

/// What is left of a text that was cut: without the last word, which may be half of something that
/// is known only by its whole, and without the digits before it, which may be half a card number.
pub(super) fn without_half(text: &str) -> &str {
    let whole = text.trim_end_matches(|c: char| !c.is_whitespace());
    let shown = whole.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == ' ');
    let digits = whole[shown.len()..].contains(|c: char| c.is_ascii_digit());
    if digits { shown } else { whole }
}

/// A text that is copied only if something in it is hidden.
pub(super) struct Rewrite<'t> {
    text: &'t str,
    out: String,
    done: usize,
}

impl<'t> Rewrite<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, out: String::new(), done: 0 }
    }

    /// Replaces a part. Parts come in order; what begins before the end of the last one goes on with it.
    pub(super) fn replace(&mut self, at: Range<usize>, with: &str) {
        let start = at.start.max(self.done);
        if start >= at.end || &self.text[start..at.end] == with {
            return;
        }
        let goes_on = at.start < start && self.out.ends_with(with);
        self.out.push_str(&self.text[self.done..start]);
        self.out.push_str(if goes_on { "" } else { with });
        self.done = at.end;
    }

    pub(super) fn finish(mut self) -> Cow<'t, str> {
        if self.done == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(&self.text[self.done..]);
        Cow::Owned(self.out)
    }
}

/// A text on its way through the detectors. Most find nothing, and then it is not copied.
struct Steps<'r, 't> {
    scan: Scan<'r>,
    text: Cow<'t, str>,
}

impl Steps<'_, '_> {
    fn find(&mut self, wanted: bool, next: impl Fn(&str, usize) -> Option<Found>) {
        let scan = self.scan;
        self.rewrite(wanted, |text| scan.without(text, next));
    }

    fn rewrite(&mut self, wanted: bool, step: impl FnOnce(&str) -> Cow<'_, str>) {
        if wanted && let Cow::Owned(changed) = step(&self.text) {
            self.text = Cow::Owned(changed);
        }
    }
}

/// Applies a detector that answers with a borrowed text if it found nothing.
fn then<'t>(
    wanted: bool,
    text: Cow<'t, str>,
    detector: impl FnOnce(&str) -> Cow<'_, str>,
) -> Cow<'t, str> {
    let mut steps = text;
    if wanted && let Cow::Owned(changed) = detector(&steps) {
        steps = Cow::Owned(changed);
    }
    steps
}
