//! The way through a report and a message, field by field. Each struct is taken apart by name: a
//! new field does not compile until it is decided here what becomes of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    Rules,
    headers::Fate,
    scan::{REDACTED, Scan, without_half},
};
use crate::{
    message::{Field, Link, Literal, Message},
    report::{Cause, Header, Page, Payload, Report, RequestSnapshot, ResponseSnapshot},
    text::{Unit, clean, discard, one_line},
};

impl Rules {
    pub(super) fn report(&self, report: Report) -> Report {
        let Report {
            kind,
            severity,
            fingerprint,
            origin,
            status,
            grpc,
            cause,
            request,
            response,
            request_id,
            user,
            user_unknown,
            tags,
            elapsed,
            at,
            channel,
            mut hidden_headers,
        } = report;
        let request = request.map(|request| self.request(request, &mut hidden_headers));
        Report {
            kind,
            severity,
            fingerprint,
            origin,
            status,
            grpc,
            cause: cause.map(|cause| self.cause(cause)),
            request,
            response: response.map(|response| self.response(response)),
            request_id: request_id.map(|id| self.line(&id)),
            user: user.map(|user| self.user(&user)),
            user_unknown,
            tags: tags.into_iter().map(|(name, value)| self.named(name, &value)).collect(),
            elapsed,
            at,
            channel,
            hidden_headers,
        }
    }

    pub(super) fn page(&self, Page { path, from }: Page) -> Page {
        // Cut when it is redacted: half a secret is none that anyone knows. One of this length may
        // have been cut before.
        let shown = |path: String| {
            let long = path.len() >= LONG;
            let shown = self.url(if long { without_half_url(&path) } else { &path });
            let kept = Unit::Chars.cut(&shown, Page::LONGEST);
            let mark = if long || kept.len() < shown.len() { "…" } else { "" };
            format!("{kept}{mark}")
        };
        Page { path: shown(path), from: from.map(shown) }
    }

    pub(super) fn cause(&self, cause: Cause) -> Cause {
        let Cause { error_type, chain, cut, place } = cause;
        // Any of them may be the one that was cut; a short one was not.
        let block = |text: &String| {
            let is_cut = cut && text.len() >= LONG;
            self.block(if is_cut { without_half(text) } else { text })
        };
        Cause { error_type, chain: chain.iter().map(block).collect(), cut, place }
    }

    fn request(&self, request: RequestSnapshot, hidden: &mut Vec<String>) -> RequestSnapshot {
        let RequestSnapshot {
            method,
            scheme,
            authority,
            target,
            version,
            route,
            headers,
            head_cut,
            payload,
        } = request;
        // A target that leaves no room for any header was cut.
        let target =
            if head_cut && headers.is_empty() { without_half_url(&target) } else { &target };
        let header = |header| self.header(header, hidden);
        RequestSnapshot {
            method,
            scheme: scheme.map(|scheme| self.line(&scheme)),
            authority: authority.map(|authority| self.authority(&authority)),
            target: self.url(target),
            version,
            route: route.map(|route| self.line(&route)),
            headers: headers.into_iter().map(header).collect(),
            head_cut,
            payload: self.guarded_payload(payload),
        }
    }

    fn header(&self, header: Header, hidden: &mut Vec<String>) -> Header {
        let Header { name, value, cut } = header;
        let shown_name = one_line(&name).into_owned();
        let Some(value) = value else {
            return Header { name: shown_name, value: None, cut };
        };
        let value = if cut { without_half(&value) } else { &value };
        let value = match self.headers.fate(&name, &self.keys) {
            Fate::Shown => Some(self.line(value)),
            Fate::Url => Some(self.url(value)),
            Fate::Secret => None,
            Fate::Unlisted => {
                if !hidden.contains(&shown_name) {
                    hidden.push(shown_name.clone());
                }
                None
            }
        };
        Header { name: shown_name, value, cut }
    }

    fn response(&self, response: ResponseSnapshot) -> ResponseSnapshot {
        let ResponseSnapshot { length, text, text_cut, sent } = response;
        let shown = |text: String| {
            let text = if text_cut { without_half(&text) } else { &text };
            self.block(text)
        };
        ResponseSnapshot { length, text: text.map(shown), text_cut, sent }
    }

    pub(super) fn message(&self, message: Message) -> Message {
        let Message {
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
            channel: channel.map(line),
            facts: facts.into_iter().map(line).collect(),
            fields: fields.into_iter().map(|field| self.field(field)).collect(),
            icon: icon.map(line),
            id: id.map(line),
            links: links.into_iter().map(|link| self.link(link)).collect(),
            literals: literals.into_iter().map(|literal| self.literal(literal)).collect(),
            // What the bell was built with.
            mention,
            notes: notes.into_iter().map(line).collect(),
            place: place.map(line),
            quote: quote.map(block),
            severity,
            silent,
            subject: subject.map(line),
            text: self.block(&text),
            topic,
            user: user.map(|user| self.user(&user)),
            username: username.map(line),
        }
    }

    fn field(&self, field: Field) -> Field {
        let (name, value) = self.named(field.name, &field.value);
        Field { name: self.line(&name), value }
    }

    fn link(&self, link: Link) -> Link {
        let Link { label, url } = link;
        Link { label: self.line(&label), url: self.url(&url) }
    }

    fn literal(&self, literal: Literal) -> Literal {
        let Literal { label, note, text, language } = literal;
        let note = note.map(|note| self.line(&note));
        Literal { label, note, text: self.block(&text), language }
    }

    /// A text on one line.
    pub(super) fn line(&self, text: &str) -> String {
        guarded(|| Scan::new(self).value(&one_line(text)).into_owned())
    }

    /// A text that may have several lines.
    pub(super) fn block(&self, text: &str) -> String {
        guarded(|| Scan::new(self).value(&clean(text)).into_owned())
    }

    fn url(&self, text: &str) -> String {
        guarded(|| {
            let url = Scan::new(self).url(&one_line(text)).text;
            self.patterns.hide(&url).into_owned()
        })
    }

    /// Host and port, without userinfo.
    fn authority(&self, text: &str) -> String {
        match text.rsplit_once('@') {
            Some((_, host)) => format!("{REDACTED}@{}", self.line(host)),
            None => self.line(text),
        }
    }

    /// A value that stands beside a name.
    fn named<N: AsRef<str>>(&self, name: N, value: &str) -> (N, String) {
        let secret = !value.is_empty() && self.keys.is_secret(name.as_ref());
        let value = if secret { REDACTED.to_owned() } else { self.block(value) };
        (name, value)
    }

    /// Shown as the app named it, so that searching the chat finds it.
    fn user(&self, user: &str) -> String {
        guarded(|| self.secrets.hide(&one_line(user)).into_owned())
    }

    fn guarded_payload(&self, payload: Payload) -> Payload {
        catch_unwind(AssertUnwindSafe(|| self.payload(payload))).unwrap_or_else(|panic| {
            discard(panic);
            Payload::NotShown(FAILED.to_owned())
        })
    }
}

/// Fails closed: what cannot be redacted is not shown.
fn guarded(redact: impl FnOnce() -> String) -> String {
    catch_unwind(AssertUnwindSafe(redact)).unwrap_or_else(|panic| {
        discard(panic);
        FAILED.to_owned()
    })
}

/// A cut target without its last pair's value or its last segment.
fn without_half_url(target: &str) -> &str {
    &target[..target.rfind(['=', '/', '&', '?']).map_or(0, |at| at + 1)]
}

const FAILED: &str = "[redaction failed]";
/// Bytes of the shortest text of a cut cause, or path of a page, that may be the cut one.
const LONG: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_panics_is_not_shown() {
        assert_eq!(guarded(|| panic!("hunter2")), "[redaction failed]");
    }

    #[test]
    fn a_cut_target_shows_no_half_value() {
        assert_eq!(without_half_url("/x?a=1&next=http:u:pw"), "/x?a=1&next=");
        assert_eq!(without_half_url("/x/411111"), "/x/");
        assert_eq!(without_half_url("*"), "");
    }
}
