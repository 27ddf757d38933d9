//! The message as plain text: for consoles, previews and search.

use std::borrow::Cow;

use super::{Literal, Message};

impl Message {
    /// The whole message as plain text, in the order in which it is read: the heading, the error,
    /// who and when, the details, the id. What was cut from it says so.
    ///
    /// `user:…` and `#id` stand unbroken, so that a search finds them. Literals of several lines
    /// are indented by two spaces, so that nothing inside them looks like a line of the message.
    ///
    /// ```
    /// use tower_bell::Message;
    ///
    /// let message = Message::new("New registration").user("alice@example.com").field("plan", "pro");
    /// assert_eq!(message.plain_text(), "New registration\nuser:alice@example.com\nplan: pro");
    /// ```
    #[must_use]
    pub fn plain_text(&self) -> String {
        let mut lines = Vec::new();
        lines.push(joined([self.text.as_str().into(), text(self.subject.as_ref())], "   "));
        lines.extend(self.quoted());
        lines.push(joined(self.who(), " · "));
        lines.extend(self.fields.iter().map(|field| pair(&field.name, &field.value)));
        lines.extend(self.literals.iter().map(literal));
        lines.extend(self.links.iter().map(|link| pair(&link.label, &link.url)));
        lines.push(joined(self.last(), " · "));
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// The quote, its place in the code at the end of the first line.
    fn quoted(&self) -> Vec<String> {
        let mut quote = text(self.quote.as_ref()).lines().map(str::to_owned).collect::<Vec<_>>();
        if let Some(place) = &self.place {
            match quote.first_mut() {
                Some(first) => *first = format!("{first}      {place}"),
                None => quote.push(format!("at {place}")),
            }
        }
        quote.iter().map(|line| format!("> {line}").trim_end().to_owned()).collect()
    }

    fn who(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let user = self.user.iter().map(|user| format!("user:{user}").into());
        user.chain(self.facts.iter().map(Cow::from))
    }

    fn last(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let id = self.id.iter().map(|id| format!("#{id}").into());
        id.chain(self.notes.iter().map(Cow::from))
    }
}

/// On the label's line if it is only a note or only one line, else below it.
fn literal(Literal { label, note, text, .. }: &Literal) -> String {
    match note {
        Some(note) if text.is_empty() => format!("{label:<10}{note}"),
        Some(note) => format!("{label:<10}{note}\n{}", indented(text)),
        None if text.contains('\n') => format!("{label}\n{}", indented(text)),
        None => format!("{label:<10}{text}"),
    }
}

fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| format!("  {line}").trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

fn pair(name: &str, value: &str) -> String {
    format!("{name}: {value}").trim_end().to_owned()
}

fn text(piece: Option<&String>) -> Cow<'_, str> {
    piece.map_or(Cow::Borrowed(""), Cow::from)
}

fn joined<'a>(pieces: impl IntoIterator<Item = Cow<'a, str>>, between: &str) -> String {
    let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
    pieces.collect::<Vec<_>>().join(between)
}
