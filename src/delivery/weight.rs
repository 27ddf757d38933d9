//! About how many bytes something keeps: its texts. Good enough to bound a queue by.

use crate::{
    message::Message,
    report::{Payload, Report, RequestSnapshot},
};

/// Counted for what is always there.
const BASE: usize = 512;
/// Counted for each small piece beside its text.
const PIECE: usize = 32;

pub(crate) fn message(message: &Message) -> usize {
    let Message { channel, facts, fields, icon, id, links, literals, mention, notes, .. } = message;
    let Message { place, quote, subject, text, topic, user, username, .. } = message;
    let single = [channel, icon, id, mention, place, quote, subject, user, username];
    let fields = fields.iter().map(|field| PIECE + field.name.len() + field.value.len());
    let links = links.iter().map(|link| PIECE + link.label.len() + link.url.len());
    let literals = literals.iter().map(|literal| PIECE + opt(&literal.note) + literal.text.len());
    let lines = facts.iter().chain(notes).map(|line| PIECE + line.len());
    let pieces: usize = fields.chain(links).chain(literals).chain(lines).sum();
    let topic = topic.as_ref().map_or(0, |topic| topic.as_str().len());
    BASE + text.len() + topic + single.into_iter().map(opt).sum::<usize>() + pieces
}

pub(crate) fn report(report: &Report) -> usize {
    let cause = report.cause.iter().flat_map(|cause| &cause.chain);
    let tags = report.tags.iter().map(|(name, value)| PIECE + name.len() + value.len());
    let pieces: usize = cause.map(|text| PIECE + text.len()).chain(tags).sum();
    let response = report.response.as_ref().map_or(0, |response| opt(&response.text));
    let single = opt(&report.request_id) + opt(&report.user);
    BASE + pieces + response + single + report.request.as_ref().map_or(0, request)
}

fn request(request: &RequestSnapshot) -> usize {
    let headers = request.headers.iter();
    let headers: usize = headers.map(|line| PIECE + line.name.len() + opt(&line.value)).sum();
    let single = [&request.scheme, &request.authority, &request.route];
    let single: usize = single.into_iter().map(opt).sum();
    headers + single + request.target.len() + payload(&request.payload)
}

fn payload(payload: &Payload) -> usize {
    match payload {
        Payload::None | Payload::NotRead { .. } => 0,
        Payload::NotShown(why) => why.len(),
        Payload::Raw { prefix, .. } => prefix.len(),
        Payload::Shown { text, .. } => text.len(),
    }
}

fn opt(text: &Option<String>) -> usize {
    text.as_ref().map_or(0, String::len)
}
