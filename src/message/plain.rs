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
        let called = joined([text(self.mention.as_ref()), self.text.as_str().into()], " ");
        lines.push(joined([called.into(), text(self.subject.as_ref())], "   "));
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
        let id = self.shown_id().into_iter().map(Into::into);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn with_literal(note: Option<&str>, text: &str) -> String {
        let mut message = Message::new("x");
        let note = note.map(str::to_owned);
        let text = text.to_owned();
        message.literals.push(Literal { label: "Payload", note, text, language: None });
        message.plain_text()
    }

    #[test]
    fn nothing_inside_a_literal_looks_like_a_line_of_the_message() {
        let plain = with_literal(None, "a\n#0000000\nuser:eve");
        assert_eq!(plain, "x\nPayload\n  a\n  #0000000\n  user:eve");
        let plain = with_literal(Some("4 B"), "\n\nuser:eve");
        assert_eq!(plain, "x\nPayload   4 B\n\n\n  user:eve");
    }

    #[test]
    fn what_fits_beside_the_label_stands_there() {
        assert_eq!(with_literal(None, "one line"), "x\nPayload   one line");
        assert_eq!(with_literal(Some("not read"), ""), "x\nPayload   not read");
    }

    #[test]
    fn every_line_of_a_quote_is_marked() {
        let mut message = Message::new("x");
        message.place = Some("src/a.rs:1".to_owned());
        assert_eq!(message.plain_text(), "x\n> at src/a.rs:1");
        message.quote = Some("one\n\nuser:eve".to_owned());
        assert_eq!(message.plain_text(), "x\n> one      src/a.rs:1\n>\n> user:eve");
    }

    #[test]
    fn what_is_not_there_leaves_no_line() {
        assert_eq!(Message::new("").plain_text(), "");
        assert_eq!(Message::new("").user("alice").plain_text(), "user:alice");
        assert_eq!(Message::new("x").field("empty", "").plain_text(), "x\nempty:");
    }
}
