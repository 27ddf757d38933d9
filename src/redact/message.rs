//! The way through a message of the app's own, field by field.

use super::{
    Rules,
    scan::{Scan, Tier},
    secrets::Secrets,
};
use crate::{
    message::{Field, Link, Literal, Message},
    sensitive::Sensitive,
};

impl Rules {
    pub(super) fn message(&self, message: Message) -> Message {
        let known = Secrets::of(&message.sensitive, &[]);
        Scan::new(self, Tier::Own).knowing(&known).message(message)
    }
}

impl Scan<'_> {
    fn message(self, message: Message) -> Message {
        let Message {
            change,
            channel,
            facts,
            fields,
            icon,
            id,
            links,
            literals,
            mention,
            notes,
            place,
            quote,
            sensitive: _,
            severity,
            silent,
            subject,
            text,
            topic,
            user,
            username,
        } = message;
        let line = |text: String| self.line(&text);
        let block = |text: String| self.block(&text);
        Message {
            change: change.map(line),
            channel: channel.map(line),
            facts: facts.into_iter().map(line).collect(),
            fields: fields.into_iter().map(|field| self.field_of(field)).collect(),
            icon: icon.map(line),
            id: id.map(line),
            links: links.into_iter().map(|link| self.link(link)).collect(),
            literals: literals.into_iter().map(|literal| self.literal(literal)).collect(),
            // What the bell was built with.
            mention,
            notes: notes.into_iter().map(line).collect(),
            place: place.map(line),
            quote: quote.map(block),
            sensitive: Sensitive::default(),
            severity,
            silent,
            subject: subject.map(line),
            text: self.block(&text),
            topic,
            user: user.map(|user| self.user(&user)),
            username: username.map(line),
        }
    }

    fn field_of(self, field: Field) -> Field {
        let (name, value) = self.named(field.name, &field.value);
        Field { name: self.line(&name), value }
    }

    fn link(self, link: Link) -> Link {
        let Link { label, url } = link;
        Link { label: self.line(&label), url: self.whole_url(&url) }
    }

    fn literal(self, literal: Literal) -> Literal {
        let Literal { label, note, text, language } = literal;
        let note = note.map(|note| self.line(&note));
        Literal { label, note, text: self.block(&text), language }
    }
}
