//! Many events in one message: what a flood of them becomes.

use std::{iter, time::Duration};

use super::words::elapsed;
use crate::{
    message::{Limits, Literal, Message, USER},
    severity::Severity,
    text::{Unit, one_line},
};

/// The message for several events of this topic that came within `over`: a line for each, in literals
/// of the length that the limits allow. Whether it fits as a whole is not looked at.
pub(crate) fn digest(topic: &str, events: &[&Message], over: Duration, limits: &Limits) -> Message {
    let topic = cut(&one_line(topic), TEXT);
    let text = format!(":ocean: {} {topic} events in {}", events.len(), elapsed(over));
    let lines = events.iter().map(|event| line(event));
    let mut message = Message::new(text);
    message.icon = common(events, |event| &event.icon);
    message.literals = literals("Events", lines, limits);
    message.mention = events.iter().find_map(|event| event.mention.clone());
    message.severity = events.iter().map(|event| event.severity).max().unwrap_or_default();
    message.silent = events.iter().all(|event| event.silent);
    message.topic = events.first().and_then(|event| event.topic.clone());
    message.username = common(events, |event| &event.username);
    message
}

/// One event on one line: `New registration · user:alice@example.com · plan: pro`. Cut visibly, but
/// for the user, who is searched for.
fn line(event: &Message) -> String {
    let severity = (event.severity > Severity::Info).then(|| event.severity.to_string());
    let user = event.user.iter().map(|user| format!("user:{}", cut(&one_line(user), USER)));
    let head = severity.into_iter().chain([cut(&one_line(&event.text), TEXT)]).chain(user);
    let fields = event.fields.iter().map(|field| format!("{}: {}", field.name, field.value));
    let links = event.links.iter().map(|link| format!("{}: {}", link.label, link.url));
    let id = event.shown_id();
    let rest = iter::empty()
        .chain(event.subject.clone())
        .chain(event.quote.clone())
        .chain(fields)
        .chain(links)
        .chain(id)
        .chain(event.notes.iter().cloned());

    let mut line = joined(head);
    // With room for the space and the mark behind the user.
    let most = LINE.max(Unit::Chars.count(&line) + 2);
    let rest = joined(rest);
    if !rest.is_empty() {
        line.extend([" · ", &*one_line(&rest)]);
    }
    cut(&line, most)
}

/// The lines in as few pieces as possible.
pub(super) fn literals(
    label: &'static str,
    lines: impl Iterator<Item = String>,
    limits: &Limits,
) -> Vec<Literal> {
    let mut literals: Vec<Literal> = Vec::new();
    let mut room = 0;
    for line in lines {
        let length = limits.unit.count(&line) + 1;
        match literals.last_mut().filter(|_| length <= room) {
            Some(Literal { text, .. }) => text.extend(["\n", &*line]),
            None => {
                room = limits.literal + 1;
                literals.push(Literal { label, note: None, text: line, language: None });
            }
        }
        room = room.saturating_sub(length);
    }
    literals
}

/// What all of them have in common.
fn common(events: &[&Message], part: fn(&Message) -> &Option<String>) -> Option<String> {
    let (first, others) = events.split_first()?;
    others.iter().all(|event| part(event) == part(first)).then(|| part(first).clone())?
}

fn joined(parts: impl IntoIterator<Item = String>) -> String {
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts.collect::<Vec<_>>().join(" · ")
}

fn cut(text: &str, most: usize) -> String {
    if Unit::Chars.cut(text, most).len() == text.len() {
        return text.to_owned();
    }
    format!("{}…", Unit::Chars.cut(text, most - 1))
}

/// Characters of a line, if its user leaves so many.
const LINE: usize = 200;
/// Characters of the event's own text.
const TEXT: usize = 80;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{message::fit, render::examples::digest_of};

    fn event(text: &str) -> Message {
        Message::new(text).topic("user")
    }

    fn lines(message: &Message) -> Vec<&str> {
        message.literals.iter().flat_map(|literal| literal.text.lines()).collect()
    }

    #[test]
    fn a_line_says_what_happened_to_whom() {
        let mut failed = event("Not registered").user("bob").severity(Severity::Error);
        failed.quote = Some("down\ncaused by: refused".to_owned());
        failed.subject = Some("500 · POST /register".to_owned());
        failed.id = Some("a1f3k9q2".to_owned());
        let registered =
            event("Registered").field("plan", "pro").link("profile", "https://x.example");
        assert_eq!(line(&event("Just this")), "Just this");
        assert_eq!(line(&registered), "Registered · plan: pro · profile: https://x.example");
        assert_eq!(
            line(&failed),
            "error · Not registered · user:bob · 500 · POST /register · \
             down caused by: refused · #a1f3k9q2"
        );
    }

    #[test]
    fn a_cut_of_a_line_is_visible() {
        let long = line(&event("short").user("bob").field("note", "y".repeat(500)));
        assert_eq!(Unit::Chars.count(&long), LINE);
        assert!(long.starts_with("short · user:bob · note: yyy") && long.ends_with("y…"), "{long}");
        let text = line(&event(&"x".repeat(500)).user("bob"));
        assert_eq!(text, format!("{}… · user:bob", "x".repeat(TEXT - 1)));
        let user = "u".repeat(USER);
        let all = event(&"x".repeat(500)).user(&*user).severity(Severity::Critical).field("a", 1);
        assert_eq!(line(&all), format!("critical · {}… · user:{user} …", "x".repeat(TEXT - 1)));
    }

    #[test]
    fn a_name_stays_if_all_have_it() {
        let bot = |name: &str| event("x").username(name).icon(":robot_face:");
        let same = digest_of(&[bot("MyApp Bot"), bot("MyApp Bot")]);
        assert_eq!(same.username.as_deref(), Some("MyApp Bot"));
        let other = digest_of(&[bot("MyApp Bot"), bot("Another Bot")]);
        assert_eq!((other.username, other.icon.as_deref()), (None, Some(":robot_face:")));
        assert_eq!(digest_of(&[bot("MyApp Bot"), event("x")]).icon, None);
    }

    #[cfg(feature = "slack")]
    #[test]
    fn in_slack_every_user_stands_unbroken_in_one_block() {
        use serde_json::Value;

        use crate::transport::slack;

        let users: Vec<_> = (0..100).map(|n| format!("alice+{n}@example.com")).collect();
        let events: Vec<_> =
            users.iter().map(|user| event("New user registration!").user(user)).collect();
        let digest = fit(digest_of(&events), &Limits::default().total(9_000));
        let payload = slack::payload(&digest);
        assert_eq!(slack::check(&payload), Ok(()));
        let texts = |block: &Value| {
            let elements = block["elements"].as_array().cloned().unwrap_or_default();
            let texts = elements.iter().filter_map(|part| part["elements"][0]["text"].as_str());
            texts.map(str::to_owned).collect::<Vec<_>>()
        };
        let blocks = payload["blocks"].as_array().unwrap();
        let texts: Vec<_> = blocks.iter().flat_map(texts).collect();
        for user in users {
            let token = format!("user:{user}");
            assert!(digest.plain_text().contains(&token), "{token}");
            assert!(texts.iter().any(|text| text.lines().any(|line| line.ends_with(&token))));
        }
    }

    proptest! {
        #[test]
        fn each_event_has_one_line_and_its_user_is_whole(
            events in proptest::collection::vec(
                (".{0,300}", "[!-~]{1,256}", ".{0,300}", ".{0,300}"), 1..6),
            literal in 0usize..3_000,
        ) {
            let message = |(text, user, name, value): &(String, String, String, String)| {
                event(text).user(user).field(name, value)
            };
            let events: Vec<_> = events.iter().map(message).collect();
            let borrowed: Vec<_> = events.iter().collect();
            let limits = Limits { literal, ..Limits::default() };
            let digest = digest("user", &borrowed, Duration::ZERO, &limits);
            let lines = lines(&digest);
            prop_assert_eq!(lines.len(), events.len());
            for (line, event) in lines.iter().zip(&events) {
                let token = format!("user:{}", event.user.as_deref().unwrap());
                prop_assert!(line.contains(&token), "{line}");
                let user = Unit::Chars.count(&token);
                prop_assert!(Unit::Chars.count(line) <= LINE.max(TEXT + user + 30));
            }
            for Literal { text, .. } in &digest.literals {
                prop_assert!(!text.contains('\n') || Unit::Chars.count(text) <= literal);
            }
        }
    }
}
