//! A message as Block Kit.
//!
//! From top to bottom: the name (where it cannot be set otherwise), the text, what it is about,
//! the quote and its place, who and when, fields, literals, links, the id and notes. Where the
//! message is too long after all, what comes first in [`payload`] is kept: the id before all.

use serde_json::{Value, json};

use crate::{
    message::{Field, Link, Literal, Message},
    text,
    transport::slack::{
        BUDGET, OBJECT_TEXT, SECTION_TEXT, TEXT, UNIT,
        escape::{CUT, escaped, escaped_within, inert_within, plain_within},
        mention::is_mention,
    },
};

/// The payload of `message`, complete but for where it goes and who says it.
pub(crate) fn payload(message: &Message) -> Value {
    let mut room = Room(BUDGET);
    let last = context(&mut room, &join(id(message).into_iter().chain(message.notes.clone())));
    let heading = heading(&mut room, message);
    let about = rich_text(about(&mut room, message));
    let links = links(&mut room, &message.links);
    let literals = rich_text(literals(&mut room, &message.literals));
    let blocks = heading.into_iter().chain(about).chain(literals).chain(links).chain(last);
    let mut blocks: Vec<_> = blocks.collect();
    if blocks.is_empty() {
        // An edit without blocks is marked as one, and Slack reads markup in its text.
        blocks.push(mrkdwn(NO_TEXT));
    }
    json!({
        "blocks": blocks,
        "text": summary(message),
        "link_names": false,
        // An edit that leaves it out makes links of what looks like one.
        "parse": "none",
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// Puts the name before the text, where it cannot be set otherwise.
pub(super) fn say_name(payload: &mut Value, name: &str) {
    let name = text::one_line(name);
    let Some(block) = context(&mut Room(NAME), &name) else { return };
    if let Some(blocks) = payload.get_mut("blocks").and_then(Value::as_array_mut) {
        blocks.insert(0, block);
    }
    let text = payload["text"].as_str().unwrap_or_default();
    payload["text"] = format!("{}: {text}", inert_within(&name, NAME)).into();
}

/// The longest name shown, in units.
pub(super) const NAME: usize = 80;

/// What is left of the budget.
struct Room(usize);

impl Room {
    /// Not even a cut text has room.
    fn is_spent(&self) -> bool {
        self.0 <= UNIT.count(CUT)
    }

    /// As much of the text as there is room for, with a mark where it is cut; `None` if nothing is
    /// left to show.
    fn take(&mut self, text: &str, most: usize) -> Option<String> {
        self.take_as(plain_within, text, most)
    }

    /// The same on one line.
    fn take_line(&mut self, text: &str) -> Option<String> {
        self.take(&text::one_line(text), BUDGET)
    }

    /// The same for `mrkdwn`.
    fn take_escaped(&mut self, text: &str, most: usize) -> Option<String> {
        self.take_as(escaped_within, text, most)
    }

    fn take_as(
        &mut self,
        within: fn(&str, usize) -> String,
        text: &str,
        most: usize,
    ) -> Option<String> {
        let shown = within(text, most.min(self.0));
        // A text of which only the mark is left says nothing.
        let says = !shown.trim().is_empty() && (shown != CUT || text == CUT);
        says.then(|| {
            self.0 -= UNIT.count(&shown);
            shown
        })
    }
}

fn heading(room: &mut Room, message: &Message) -> Option<Value> {
    let mention = message.mention.as_deref().filter(|mention| is_mention(mention));
    let beside = mention.map_or(0, |mention| UNIT.count(mention) + 1);
    let text = room.take_escaped(&message.text, SECTION_TEXT - 2 - beside)?;
    let text = if message.subject.is_some() { bold_first_line(&text) } else { text };
    Some(mrkdwn(&mention.into_iter().chain([text.as_str()]).collect::<Vec<_>>().join(" ")))
}

/// `*first line*`, where that line has no markup of its own.
fn bold_first_line(text: &str) -> String {
    let (first, rest) = text.split_at(text.find('\n').unwrap_or(text.len()));
    if first.trim() != first || first.is_empty() || has_markup(first) {
        return text.to_owned();
    }
    format!("*{first}*{rest}")
}

fn has_markup(line: &str) -> bool {
    line.split(' ').any(|word| !is_emoji(word) && word.contains(['*', '_', '~', '`']))
}

/// `:rotating_light:`, whose underscore is none that Slack reads.
fn is_emoji(word: &str) -> bool {
    let name = word.strip_prefix(':').and_then(|word| word.strip_suffix(':'));
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"_+-".contains(&b);
    name.is_some_and(|name| name.bytes().all(is_part))
}

fn about(room: &mut Room, message: &Message) -> Vec<Value> {
    let mut lines = Vec::new();
    let subject = message.subject.as_deref().and_then(|subject| room.take_line(subject));
    lines.extend(subject.map(|subject| line([bold(&subject)])));
    // Claimed before the quote, shown after it: a long error must not hide who met it.
    let who = user(message).into_iter().chain(message.facts.clone());
    let who = room.take_line(&join(who));
    lines.extend(quote(room, message));
    lines.extend(who.map(|who| line([plain(&who)])));
    lines.extend(fields(room, &message.fields));
    lines
}

fn quote(room: &mut Room, message: &Message) -> Option<Value> {
    let place = message.place.as_deref().and_then(|place| room.take_line(place));
    let text = message.quote.as_deref().and_then(|quote| room.take(quote, SECTION_TEXT));
    let place = place.map(|place| json!({"type": "text", "text": place, "style": {"code": true}}));
    let parts: Vec<_> = match (text, place) {
        (Some(text), Some(place)) => vec![plain(&format!("{text}\n")), place],
        (text, place) => text.iter().map(|text| plain(text)).chain(place).collect(),
    };
    (!parts.is_empty()).then(|| json!({"type": "rich_text_quote", "elements": parts}))
}

fn fields(room: &mut Room, fields: &[Field]) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut shown = 0;
    for Field { name, value } in fields.iter().take(MOST_FIELDS) {
        if room.is_spent() {
            break;
        }
        let name = room.take_line(name).map(|name| bold(&format!("{name}: ")));
        let value = room.take(value, SECTION_TEXT).map(|value| plain(&value));
        let field: Vec<_> = name.into_iter().chain(value).collect();
        lines.extend((!field.is_empty()).then(|| line(field)));
        shown += 1;
    }
    if shown < fields.len() {
        lines.push(line([plain(&format!("{} more fields {CUT}", fields.len() - shown))]));
    }
    lines
}

fn literals(room: &mut Room, literals: &[Literal]) -> Vec<Value> {
    let mut parts = Vec::new();
    for Literal { label, note, text, language } in literals {
        let Some(label) = room.take_line(label) else { break };
        let note = note.as_deref().and_then(|note| room.take_line(note));
        let note = note.map(|note| plain(&format!("  {note}")));
        parts.push(line([bold(&label)].into_iter().chain(note)));
        parts.extend(room.take(text, BUDGET).map(|text| code(&text, *language)));
    }
    parts
}

/// The links that are links, then the others as text.
fn links(room: &mut Room, links: &[Link]) -> Vec<Value> {
    let (good, bad): (Vec<_>, Vec<_>) = links.iter().partition(|link| address(link).is_some());
    let mut sections: Vec<String> = Vec::new();
    for link in good {
        let Some(shown) = anchor(room, link) else { break };
        match sections.last_mut() {
            Some(section) if UNIT.count(section) + UNIT.count(&shown) + 3 <= SECTION_TEXT => {
                section.extend([" · ", &shown]);
            }
            _ => sections.push(shown),
        }
    }
    let texts = bad.into_iter().map_while(|link| {
        let text = format!("{}: {}", link.label, link.url);
        Some(line([plain(&room.take_line(&text)?)]))
    });
    let texts = rich_text(texts.take(MOST_FIELDS).collect());
    sections.into_iter().take(MOST_FIELDS).map(|text| mrkdwn(&text)).chain(texts).collect()
}

/// `<url|label>`, if there is room for the whole of it.
fn anchor(room: &mut Room, link: &Link) -> Option<String> {
    let url = address(link)?;
    let label = text::one_line(&link.label);
    let label = if label.trim().is_empty() { url.as_str() } else { label.trim() };
    let shown = format!("<{}|{}>", escaped(&url), escaped_within(label, LINE));
    let length = UNIT.count(&shown) + 3;
    room.0 = room.0.checked_sub(length)?;
    Some(shown)
}

/// The URL as it may stand in a link: http or https, nothing in it that ends the link or begins its
/// label, short enough for a section with a label. Not escaped yet.
fn address(link: &Link) -> Option<String> {
    let url = reqwest::Url::parse(link.url.trim()).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let url = url.as_str().replace('|', "%7C").replace('<', "%3C").replace('>', "%3E");
    (web && UNIT.count(&escaped(&url)) + LINE + 10 <= SECTION_TEXT).then_some(url)
}

/// The text for notifications, for the phone's lock screen, and for search.
fn summary(message: &Message) -> String {
    let heading = escaped_within(&message.text, TEXT / 4);
    let subject =
        message.subject.as_deref().map(|subject| inert_within(&text::one_line(subject), LINE));
    let first = join([heading].into_iter().chain(subject));
    let quote = message.quote.as_deref().map(|quote| inert_within(quote, TEXT / 4));
    // These two are searched for: they stand unbroken.
    let user = user(message).map(|user| escaped_within(&user, LINE));
    let id = id(message).map(|id| escaped_within(&id, LINE / 2));
    let last = join(user.into_iter().chain(id));
    let lines: Vec<_> = [first, quote.unwrap_or_default(), last]
        .into_iter()
        .filter(|line| !line.trim().is_empty())
        .collect();
    if lines.is_empty() { instead(message) } else { lines.join("\n") }
}

/// For a message without any text.
fn instead(message: &Message) -> String {
    let fields = message.fields.iter().map(|field| format!("{}: {}", field.name, field.value));
    let links = message.links.iter().map(|link| link.label.clone());
    let text = inert_within(&join(fields.chain(links).take(MOST_FIELDS)), TEXT / 4);
    if text.trim().is_empty() { NO_TEXT.to_owned() } else { text }
}

fn user(message: &Message) -> Option<String> {
    Some(format!("user:{}", text::one_line(message.user.as_deref()?)))
}

fn id(message: &Message) -> Option<String> {
    Some(format!("#{}", text::one_line(message.id.as_deref()?)))
}

fn join<T: AsRef<str>>(parts: impl IntoIterator<Item = T>) -> String {
    let mut joined = String::new();
    for part in parts {
        let part = text::one_line(part.as_ref());
        if part.trim().is_empty() {
            continue;
        }
        if !joined.is_empty() {
            joined.push_str(" · ");
        }
        joined.push_str(&part);
    }
    joined
}

/// The longest label of a link, and the longest part of the summary's lines, in units.
const LINE: usize = 600;

/// What is said where nothing can be seen.
const NO_TEXT: &str = "(no text)";

/// More are only counted.
const MOST_FIELDS: usize = 40;

fn context(room: &mut Room, text: &str) -> Option<Value> {
    let text = room.take(text, OBJECT_TEXT)?;
    let element = json!({"type": "plain_text", "emoji": false, "text": text});
    Some(json!({"type": "context", "elements": [element]}))
}

fn mrkdwn(text: &str) -> Value {
    // Verbatim: Slack makes no links out of what looks like a URL or a channel's name.
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}

fn rich_text(elements: Vec<Value>) -> Option<Value> {
    let elements = Some(elements).filter(|elements| !elements.is_empty())?;
    Some(json!({"type": "rich_text", "elements": Value::Array(elements)}))
}

/// One line of rich text.
fn line(elements: impl IntoIterator<Item = Value>) -> Value {
    json!({"type": "rich_text_section", "elements": Vec::from_iter(elements)})
}

fn plain(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn bold(text: &str) -> Value {
    json!({"type": "text", "text": text, "style": {"bold": true}})
}

fn code(text: &str, language: Option<&str>) -> Value {
    let mut code =
        json!({"type": "rich_text_preformatted", "elements": [plain(text)], "border": 0});
    if let Some(language) = language {
        code["language"] = language.into();
    }
    code
}

#[cfg(test)]
mod tests;
