//! The one place that shortens: counted in the provider's unit, on character boundaries, with a
//! mark of what was cut.

use std::{borrow::Cow, iter};

use super::{Field, Link, Literal, Message};
use crate::text::{Size, Unit, clean, one_line};

/// How long a message may be, in one unit.
///
/// A message is cut to these before a transport sees it. `total` counts
/// [`plain_text`](Message::plain_text); a transport whose form of a message is longer than that
/// names a smaller total.
///
/// ```
/// use tower_bell::transport::{Limits, Unit};
///
/// let mut limits = Limits::default().total(4_096);
/// limits.unit = Unit::Utf16;
/// assert_eq!(limits.literal, 4_000);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest field, name and value together, and the longest link. At least
    /// [`LEAST_PIECE`](Self::LEAST_PIECE). Default: 1 000.
    pub field: usize,
    /// The most fields, and the most links. Default: 20.
    pub fields: usize,
    /// The longest single literal (payload, headers, response). At least
    /// [`LEAST_PIECE`](Self::LEAST_PIECE). Default: 4 000.
    pub literal: usize,
    /// The longest text and quote. At least [`LEAST_PIECE`](Self::LEAST_PIECE). Default: 3 000.
    pub text: usize,
    /// The longest message in all. At least [`LEAST_TOTAL`](Self::LEAST_TOTAL). Default: 12 000.
    pub total: usize,
    /// What the numbers count. Default: [`Unit::Chars`].
    pub unit: Unit,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            field: 1_000,
            fields: 20,
            literal: 4_000,
            text: 3_000,
            total: 12_000,
            unit: Unit::Chars,
        }
    }
}

impl Limits {
    /// The least room of one piece, in the limits' unit: room for the mark of what was cut and for
    /// something before it. A smaller limit counts as this one.
    pub const LEAST_PIECE: usize = 64;

    /// The least room of a whole message, in the limits' unit: the heading, the user and the id
    /// always fit in it. A smaller limit counts as this one.
    pub const LEAST_TOTAL: usize = 700;

    /// Sets [`total`](Self::total).
    #[must_use]
    pub fn total(mut self, total: usize) -> Self {
        self.total = total;
        self
    }
}

/// Makes a message fit.
///
/// 1. What cannot be seen is taken out, and newlines from all that stands on one line.
/// 2. Each piece is cut to its own limit, and what are too many fields or links is left out.
/// 3. While the whole is too long, the longest literals are cut, then the fields, the quote, the
///    facts and the text, down to [`LEAST_PIECE`](Limits::LEAST_PIECE) each.
/// 4. Where that is not enough, all literals are left out, then also the fields and links, the facts
///    and notes, at last the quote.
///
/// The first 150 units of the text and of the subject, the user and the id stay in any case. A cut text ends with
/// `… (+3.1 KiB cut)`; what was left out is counted on the last line. Fitting twice changes nothing.
pub(crate) fn fit(message: Message, limits: &Limits) -> Message {
    let message = tidy(message);
    let parts = [LITERALS, FIELDS, FACTS, QUOTE];
    let mut room = Room::of(limits);
    for left_out in 0..=parts.len() {
        room = Room::of(limits);
        parts[..left_out].iter().for_each(|part| *part(&mut room) = LEFT_OUT);
        room.shrink_all(&message);
        if room.holds(&message) {
            break;
        }
    }
    room.cut(&message)
}

/// Takes out what would be counted and not be seen, and what would break a line.
fn tidy(mut message: Message) -> Message {
    let Message { facts, fields, icon, id, links, literals, notes, .. } = &mut message;
    for literal in literals {
        rewrite(&mut literal.text, clean);
        literal.note.iter_mut().for_each(|note| rewrite(note, one_line));
    }
    let fields = fields.iter_mut().flat_map(|Field { name, value }| [name, value]);
    let links = links.iter_mut().flat_map(|Link { label, url }| [label, url]);
    let lists = facts.iter_mut().chain(notes).chain(fields).chain(links);
    lists.chain(icon).chain(id).for_each(|line| rewrite(line, one_line));

    let Message { change, place, quote, subject, text, user, username, .. } = &mut message;
    let lines = [change, place, subject, user, username].into_iter().flatten();
    lines.for_each(|line| rewrite(line, one_line));
    iter::once(text).chain(quote).for_each(|body| rewrite(body, clean));
    message
}

fn rewrite(text: &mut String, how: fn(&str) -> Cow<'_, str>) {
    if let Cow::Owned(rewritten) = how(text) {
        *text = rewritten;
    }
}

/// How long each piece of a part may be, at the moment.
#[derive(Clone, Copy)]
struct Room {
    fact: usize,
    field: usize,
    fields: usize,
    literal: usize,
    quote: usize,
    text: usize,
    total: usize,
    unit: Unit,
}

/// The room of one part of the message.
type Part = fn(&mut Room) -> &mut usize;
const FACTS: Part = |room| &mut room.fact;
const FIELDS: Part = |room| &mut room.field;
const LITERALS: Part = |room| &mut room.literal;
const QUOTE: Part = |room| &mut room.quote;
const TEXT: Part = |room| &mut room.text;

impl Room {
    fn of(limits: &Limits) -> Self {
        let Limits { field, fields, literal, text, total, unit } = *limits;
        let [field, literal, text] =
            [field, literal, text].map(|most| most.max(Limits::LEAST_PIECE));
        let total = total.max(Limits::LEAST_TOTAL);
        Self { fact: FACT, field, fields, literal, quote: text, text, total, unit }
    }

    /// Whether the whole message fits.
    fn holds(&self, message: &Message) -> bool {
        let plain = self.cut(message).plain_text();
        self.unit.cut(&plain, self.total).len() == plain.len()
    }

    fn shrink_all(&mut self, message: &Message) {
        for part in [LITERALS, FIELDS, QUOTE, FACTS] {
            self.shrink(part, Limits::LEAST_PIECE, message);
        }
        self.shrink(TEXT, LINE, message);
    }

    /// Finds the most room for this part's pieces with which the whole fits; `least` if there is
    /// none. One room for all of them cuts the longest first.
    fn shrink(&mut self, part: Part, least: usize, message: &Message) {
        if *part(self) <= least || self.holds(message) {
            return;
        }
        let (mut fits, mut too_much) = (least, *part(self));
        while fits + 1 < too_much {
            let middle = fits.midpoint(too_much);
            *part(self) = middle;
            if self.holds(message) {
                fits = middle;
            } else {
                too_much = middle;
            }
        }
        *part(self) = fits;
    }

    /// The message with each piece cut to its room.
    fn cut(&self, message: &Message) -> Message {
        let quoted = self.quote != LEFT_OUT;
        let mut fitted = Message {
            change: self.line(message.change.as_ref(), FACT),
            channel: message.channel.clone(),
            facts: every(&message.facts, self.fact, |fact| self.piece(fact, self.fact)),
            fields: every(self.first(&message.fields), self.field, |piece| self.field_piece(piece)),
            icon: message.icon.clone().filter(|icon| self.fits(icon, FACT)),
            id: message.id.clone(),
            links: every(self.first(&message.links), self.field, Link::clone),
            literals: every(&message.literals, self.literal, |piece| self.literal_piece(piece)),
            mention: message.mention.clone(),
            notes: every(&message.notes, self.fact, |note| self.piece(note, self.fact)),
            place: self.line(message.place.as_ref().filter(|_| quoted), LINE),
            quote: self.line(message.quote.as_ref().filter(|_| quoted), self.quote),
            sensitive: message.sensitive.clone(),
            severity: message.severity,
            silent: message.silent,
            subject: self.line(message.subject.as_ref(), LINE),
            text: self.piece(&message.text, self.text),
            topic: message.topic.clone(),
            user: self.line(message.user.as_ref(), USER),
            username: self.line(message.username.as_ref(), LINE),
        };
        // Half a URL would lead elsewhere.
        fitted
            .links
            .retain(|Link { label, url }| self.fits(&format!("{label}: {url}"), self.field));
        match parts(message) - parts(&fitted) {
            0 => {}
            1 => fitted.notes.push("… (+1 part cut)".to_owned()),
            more => fitted.notes.push(format!("… (+{more} parts cut)")),
        }
        fitted
    }

    /// As many fields or links as are shown at most.
    fn first<'a, T>(&self, pieces: &'a [T]) -> &'a [T] {
        &pieces[..pieces.len().min(self.fields)]
    }

    fn literal_piece(&self, literal: &Literal) -> Literal {
        Literal {
            note: self.line(literal.note.as_ref(), FACT),
            text: self.piece(&literal.text, self.literal),
            ..*literal
        }
    }

    /// The name gets at most half of the room.
    fn field_piece(&self, Field { name, value }: &Field) -> Field {
        let name = self.piece(name, self.field / 2);
        let left = self.field - self.unit.count(&name);
        Field { value: self.piece(value, left), name }
    }

    fn line(&self, text: Option<&String>, most: usize) -> Option<String> {
        text.map(|text| self.piece(text, most))
    }

    fn piece(&self, text: &str, most: usize) -> String {
        if self.fits(text, most) {
            return text.to_owned();
        }
        let kept = self.unit.cut(text, most.saturating_sub(MARK)).trim_end();
        format!("{kept}… (+{} cut)", Size((text.len() - kept.len()) as u64))
    }

    fn fits(&self, text: &str, most: usize) -> bool {
        self.unit.cut(text, most).len() == text.len()
    }
}

fn every<T>(pieces: &[T], room: usize, cut: impl FnMut(&T) -> T) -> Vec<T> {
    if room == LEFT_OUT { Vec::new() } else { pieces.iter().map(cut).collect() }
}

/// How many pieces a reader would miss.
fn parts(message: &Message) -> usize {
    let Message { facts, fields, links, literals, notes, place, quote, .. } = message;
    let lists = facts.len() + fields.len() + links.len() + literals.len() + notes.len();
    lists + usize::from(place.is_some()) + usize::from(quote.is_some())
}

/// The longest fact, note, change and icon.
const FACT: usize = 300;
/// The longest subject, place and name; this much of the text always stays.
const LINE: usize = 150;
/// The longest user.
pub(crate) const USER: usize = 256;
/// Room for `… (+1023.9 KiB cut)`, in any unit.
const MARK: usize = 24;
/// The room of a part that is left out altogether.
const LEFT_OUT: usize = 0;

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    const UNITS: [Unit; 3] = [Unit::Bytes, Unit::Chars, Unit::Utf16];

    fn literal(label: &'static str, text: impl Into<String>) -> Literal {
        Literal { label, note: None, text: text.into(), language: None }
    }

    fn limits(total: usize) -> Limits {
        Limits::default().total(total)
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let mut message = Message::new("Hello").user("alice").field("plan", "pro");
        message.literals.push(literal("Payload", "{\n  \"a\": 1\n}"));
        assert!(fit(message.clone(), &Limits::default()) == message);
    }

    #[test]
    fn a_cut_says_how_much_is_gone() {
        let fitted = fit(Message::new("x".repeat(1 << 20)), &Limits::default());
        assert_eq!(fitted.text.len(), 3_000 - MARK + "… (+1021.1 KiB cut)".len());
        assert!(fitted.text.ends_with("x… (+1021.1 KiB cut)"), "{}", &fitted.text[2_900..]);
    }

    #[test]
    fn the_longest_literal_is_cut_first() {
        let mut message = Message::new("heading");
        message.quote = Some("q".repeat(200));
        message.literals =
            vec![literal("Request", "r".repeat(200)), literal("Payload", "p".repeat(2_000))];
        let fitted = fit(message.clone(), &limits(1_000));
        assert!(fitted.quote == message.quote);
        assert!(fitted.literals[0] == message.literals[0]);
        assert!(fitted.literals[1].text.ends_with("cut)"));
        let spare = 1_000 - Unit::Chars.count(&fitted.plain_text());
        assert!(spare < MARK, "{spare} left unused");
    }

    #[test]
    fn in_great_need_the_error_outlasts_the_details() {
        let mut message = Message::new(":x: Generic Server Error").user("alice@example.com");
        message.subject = Some("500 · POST /checkout · shop-api".to_owned());
        message.quote = Some("card declined ".repeat(100));
        message.id = Some("a1f3k9q2".to_owned());
        message.literals = ["Request", "Headers", "Payload", "Response"]
            .map(|l| literal(l, "l".repeat(900)))
            .into();
        message = (0..20).fold(message, |m, n| m.field(format!("tag {n}"), "v".repeat(90)));
        let fitted = fit(message, &limits(0));
        assert!(fitted.quote.is_some_and(|quote| quote.len() > 300));
        let plain = Message { quote: None, ..fitted }.plain_text();
        assert_eq!(
            plain,
            ":x: Generic Server Error   500 · POST /checkout · shop-api\n\
             user:alice@example.com\n\
             #a1f3k9q2 · … (+24 parts cut)"
        );
    }

    #[test]
    fn too_many_fields_are_counted() {
        let message = (0..25).fold(Message::new("x"), |m, n| m.field(format!("f{n}"), n));
        let fitted = fit(message, &Limits::default());
        assert_eq!(fitted.fields.len(), 20);
        assert_eq!(fitted.notes, ["… (+5 parts cut)"]);
    }

    #[test]
    fn half_a_url_is_no_link() {
        let long = format!("https://example.com/{}", "a".repeat(2_000));
        let message = Message::new("x").link("short", "https://example.com").link("long", long);
        let fitted = fit(message, &Limits::default());
        assert_eq!(fitted.links.len(), 1);
        assert_eq!(fitted.notes, ["… (+1 part cut)"]);
    }

    #[test]
    fn what_changed_is_one_line_beside_the_message() {
        let mut message = Message::new("x");
        message.change = Some(format!("×2\n#a1f3k9q2 {}", "/a".repeat(1_000)));
        let fitted = fit(message, &Limits::default());
        assert_eq!(fitted.plain_text(), "x");
        let change = fitted.change.unwrap();
        assert!(change.starts_with("×2 #a1f3k9q2 /a") && change.ends_with(" cut)"), "{change}");
        assert!(Unit::Chars.count(&change) <= FACT, "{change}");
    }

    #[test]
    fn nothing_breaks_out_of_its_line() {
        let fitted = fit(
            Message::new("one\r\ntwo\u{202e}").user("eve\n#00000000").field("a\nb", "c\nd"),
            &Limits::default(),
        );
        assert_eq!(fitted.plain_text(), "one\ntwo\nuser:eve #00000000\na b: c d");
    }

    fn piece(most: usize) -> impl Strategy<Value = String> {
        // With what is invisible, wide, a line's end or of two UTF-16 units; without a mark's `)`.
        let letters =
            proptest::sample::select(vec!['a', 'b', ' ', 'é', '😀', '漢', '\n', '\u{200b}']);
        vec(letters, 0..=most).prop_map(|letters| letters.into_iter().collect())
    }

    prop_compose! {
        fn messages()(
            text in piece(800),
            subject in option::of(piece(300)),
            quote in option::of(piece(800)),
            place in option::of(piece(200)),
            user in option::of("[a-z@.]{1,40}"),
            facts in vec(piece(400), 0..4),
            notes in vec(piece(400), 0..4),
            fields in vec((piece(150), piece(600)), 0..30),
            links in vec((piece(100), piece(300)), 0..5),
            literals in vec((option::of(piece(60)), piece(1_000)), 0..5),
        ) -> Message {
            let labels = ["Request", "Headers", "Payload", "Response"].into_iter().cycle();
            let literal = |(label, (note, text))| Literal { label, note, text, language: None };
            Message {
                facts,
                fields: fields.into_iter().map(|(name, value)| Field { name, value }).collect(),
                id: Some("a1f3k9q2".to_owned()),
                links: links.into_iter().map(|(label, url)| Link { label, url }).collect(),
                literals: labels.zip(literals).map(literal).collect(),
                notes,
                place,
                quote,
                subject,
                user,
                ..Message::new(text)
            }
        }
    }

    prop_compose! {
        fn any_limits()(
            field in 0usize..1_500,
            fields in 0usize..40,
            literal in 0usize..2_000,
            text in 0usize..1_500,
            total in prop_oneof![0usize..1_500, 500usize..6_000],
            unit in proptest::sample::select(&UNITS[..]),
        ) -> Limits {
            Limits { field, fields, literal, text, total, unit }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_message_fits_every_limit(message in messages(), limits in any_limits()) {
            let fitted = fit(message, &limits);
            let count = |text: &str| limits.unit.count(text);
            let least = Limits::LEAST_PIECE;

            prop_assert!(count(&fitted.plain_text()) <= limits.total.max(Limits::LEAST_TOTAL));
            prop_assert!(count(&fitted.text) <= limits.text.max(least));
            prop_assert!(fitted.quote.iter().all(|q| count(q) <= limits.text.max(least)));
            prop_assert!(fitted.fields.len() <= limits.fields);
            prop_assert!(fitted.links.len() <= limits.fields);
            for Field { name, value } in &fitted.fields {
                prop_assert!(count(name) + count(value) <= limits.field.max(least));
            }
            for literal in &fitted.literals {
                prop_assert!(count(&literal.text) <= limits.literal.max(least));
            }
        }

        #[test]
        fn what_is_searched_for_stays_whole(message in messages(), limits in any_limits()) {
            let fitted = fit(message.clone(), &limits);
            let plain = fitted.plain_text();
            prop_assert!(plain.contains("#a1f3k9q2"));
            if let Some(user) = &message.user {
                let token = format!("user:{user}");
                prop_assert!(plain.contains(&token));
            }
            let heading = limits.unit.cut(&tidy(message).text, 40).to_owned();
            prop_assert!(fitted.text.starts_with(heading.trim_end()));
        }

        #[test]
        fn a_cut_is_marked_and_only_a_cut(message in messages(), limits in any_limits()) {
            let whole = tidy(message.clone());
            let fitted = fit(message, &limits);
            prop_assert_eq!(fitted.plain_text().contains(" cut)"), fitted != whole);
        }

        #[test]
        fn fitting_twice_changes_nothing(message in messages(), limits in any_limits()) {
            let once = fit(message, &limits);
            prop_assert!(fit(once.clone(), &limits) == once);
        }
    }
}
