//! The way through a report, field by field. Each struct is taken apart by name: a new field does not
//! compile until it is decided here what becomes of it.

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{
    Rules,
    headers::Fate,
    keys::Verdict,
    placeholder::REDACTED,
    scan::{Scan, Tier, without_half},
    secrets::Secrets,
    trail::{self, Trail, Why},
};
use crate::{
    report::{Cause, Header, Page, Payload, Report, RequestSnapshot, ResponseSnapshot},
    sensitive::Sensitive,
    text::{Unit, clean, discard, one_line, one_name},
};

impl Rules {
    /// The request first: what is hidden there is hidden where an error's text repeats it, too.
    pub(super) fn report(&self, report: Report, trail: &Trail) -> Report {
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
            sensitive,
            elapsed,
            at,
            channel,
            mut hidden_headers,
        } = report;
        let known = Secrets::of(&sensitive, &[]);
        let scan = |tier| Scan::new(self, tier).knowing(&known).followed_by(trail);
        let (captured, own) = (scan(Tier::Captured), scan(Tier::Own));
        let is_hidden = request.as_ref().is_some_and(|request| self.hides_route_of(request));
        let request = request.map(|request| match is_hidden {
            true => captured.hidden_request(request),
            false => captured.request(request, &mut hidden_headers),
        });
        trail.enter("request id");
        let request_id = request_id.map(|id| captured.line(&id));
        let user = user.map(|user| own.user(&user));
        let named = |user: String| one_name(&captured.wanted().line(&user)).into_owned();
        let user = user.or_else(|| trail.user().map(named));
        trail.enter("tag");
        let tags = tags.into_iter().map(|(name, value)| own.tag(name, &value)).collect();
        let known = Secrets::of(&sensitive, &trail.echoes());
        let error = Scan::new(self, Tier::Error).knowing(&known).followed_by(trail);
        trail.enter("error");
        let cause = cause.map(|cause| error.cause(cause));
        trail.enter("response");
        let response = response.map(|response| match is_hidden {
            true => ResponseSnapshot { text: None, ..response },
            false => error.response(response),
        });
        Report {
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
            user_unknown: user_unknown && user.is_none(),
            user,
            tags,
            sensitive: Sensitive::default(),
            elapsed,
            at,
            channel,
            hidden_headers,
        }
    }

    fn hides_route_of(&self, request: &RequestSnapshot) -> bool {
        let path = request.target.split(['?', '#']).next().unwrap_or_default();
        self.hides_route(request.route.as_deref().unwrap_or(path)) || self.hides_route(path)
    }

    pub(super) fn page(&self, Page { path, from }: Page) -> Page {
        // Cut when it is redacted: half a secret is none that anyone knows. One of this length may
        // have been cut before.
        let shown = |path: String| {
            let long = path.len() >= LONG;
            let path = if long { without_half_url(&path) } else { &path };
            let shown = Scan::new(self, Tier::Captured).whole_url(path);
            let kept = Unit::Chars.cut(&shown, Page::LONGEST);
            let mark = if long || kept.len() < shown.len() { "…" } else { "" };
            format!("{kept}{mark}")
        };
        Page { path: shown(path), from: from.map(shown) }
    }
}

impl Scan<'_> {
    pub(super) fn cause(self, cause: Cause) -> Cause {
        let Cause { error_type, chain, cut, place } = cause;
        // Any of them may be the one that was cut; a short one was not.
        let block = |text: &String| {
            let is_cut = cut && text.len() >= LONG;
            self.block(if is_cut { without_half(text) } else { text })
        };
        Cause { error_type, chain: chain.iter().map(block).collect(), cut, place }
    }

    fn request(self, request: RequestSnapshot, hidden: &mut Vec<String>) -> RequestSnapshot {
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
        self.enter("target");
        // A target that leaves no room for any header was cut.
        let is_cut = head_cut && headers.is_empty();
        if is_cut {
            self.unexplained(|scan| drop(scan.whole_url(&target)));
            self.cut_behind(&target);
        }
        let target = if is_cut { without_half_url(&target) } else { &target };
        let (authority, scheme) = (authority.map(|text| self.authority(&text)), scheme);
        let target = self.whole_url(target);
        let route = route.map(|route| self.line(&route));
        self.enter("header");
        let headers = headers.into_iter().map(|header| self.header(header, hidden)).collect();
        self.enter(trail::PAYLOAD);
        RequestSnapshot {
            method,
            scheme: scheme.map(|scheme| self.line(&scheme)),
            authority,
            target,
            version,
            route,
            headers,
            head_cut,
            payload: self.guarded_payload(payload),
        }
    }

    /// Of a route whose requests are not shown: only which it was.
    fn hidden_request(self, request: RequestSnapshot) -> RequestSnapshot {
        self.enter("target");
        let at = request.target.find(['?', '#']).unwrap_or(request.target.len());
        let (path, tail) = request.target.split_at(at);
        let tail_shown = if tail.is_empty() { "" } else { "?[redacted]" };
        let target = self.whole_url(path) + tail_shown;
        self.hid(Why::Route, "");
        self.hid_words(tail);
        let headers = request.headers.into_iter().map(|Header { name, value, cut }| {
            value.iter().for_each(|value| self.hid_too(value));
            value.iter().filter(|_| cut).for_each(|value| self.cut_behind(value));
            Header { name: self.header_name(&name), value: None, cut }
        });
        let headers = headers.collect();
        if let Payload::Raw { prefix, .. } = &request.payload {
            self.hid_words(&String::from_utf8_lossy(prefix));
        }
        self.enter(trail::PAYLOAD);
        // Only for the field that names the user.
        let looked_through = self.unexplained(|scan| scan.guarded_payload(request.payload));
        RequestSnapshot {
            scheme: request.scheme.map(|scheme| self.line(&scheme)),
            authority: request.authority.map(|text| self.authority(&text)),
            target,
            route: request.route.map(|route| self.line(&route)),
            headers,
            payload: match looked_through {
                Payload::None => Payload::None,
                _ => Payload::NotShown("`hide_route`".to_owned()),
            },
            ..request
        }
    }

    fn header(self, header: Header, hidden: &mut Vec<String>) -> Header {
        let Header { name, value, cut } = header;
        let shown_name = self.header_name(&name);
        let Some(value) = value else {
            return Header { name: shown_name, value: None, cut };
        };
        let (whole, value) = (&value, if cut { without_half(&value) } else { &value });
        let scan = self.under(&shown_name);
        let shown = match self.rules.headers.fate(&name, &self.rules.keys) {
            // The server's own address.
            Fate::Shown if name == "host" => Some(scan.of_machines().line(value)),
            Fate::Shown => Some(scan.line(value)),
            Fate::Wanted => Some(scan.wanted().line(value)),
            Fate::Url => Some(scan.of_machines().whole_url(value)),
            Fate::Secret(rule) => {
                scan.hid(Why::Header(rule), whole);
                None
            }
            Fate::Unlisted => {
                scan.hid(Why::Header("a header that is not listed"), whole);
                if !hidden.contains(&shown_name) {
                    hidden.push(shown_name.clone());
                }
                None
            }
        };
        if cut && shown.is_none() {
            scan.cut_behind(whole);
        }
        Header { name: shown_name, value: shown, cut }
    }

    /// A name is chosen by the client, too.
    fn header_name(self, name: &str) -> String {
        self.guarded(|| self.patterns(&self.known_hidden(&one_line(name))).into_owned())
    }

    fn response(self, response: ResponseSnapshot) -> ResponseSnapshot {
        let ResponseSnapshot { length, text, text_cut, sent } = response;
        let shown = |text: String| {
            let text = if text_cut { without_half(&text) } else { &text };
            self.block(text)
        };
        ResponseSnapshot { length, text: text.map(shown), text_cut, sent }
    }

    /// A text on one line.
    pub(super) fn line(self, text: &str) -> String {
        self.guarded(|| self.value(&one_line(text)).into_owned())
    }

    /// A text that may have several lines.
    pub(super) fn block(self, text: &str) -> String {
        self.guarded(|| self.value(&clean(text)).into_owned())
    }

    /// A text that is a URL.
    pub(super) fn whole_url(self, text: &str) -> String {
        self.guarded(|| {
            let url = self.url(&one_line(text)).text;
            // The parts were looked at one by one.
            self.patterns(&url).into_owned()
        })
    }

    /// Host and port, without userinfo.
    fn authority(self, text: &str) -> String {
        match text.rsplit_once('@') {
            Some((_, host)) => format!("{REDACTED}@{}", self.of_machines().line(host)),
            None => self.of_machines().line(text),
        }
    }

    /// A value that stands beside a name.
    pub(super) fn named<N: AsRef<str>>(self, name: N, value: &str) -> (N, String) {
        let scan = self.under(name.as_ref());
        let value = match self.verdict(name.as_ref()) {
            Verdict::Secret(rule) if !value.is_empty() => {
                scan.hid(Why::Key(rule), value);
                REDACTED.to_owned()
            }
            _ => scan.block(value),
        };
        (name, value)
    }

    /// A value beside a name that may be made from anything.
    fn tag(self, name: Cow<'static, str>, value: &str) -> (Cow<'static, str>, String) {
        let (name, value) = self.named(name, value);
        let shown = self.line(&name);
        (if shown == name { name } else { Cow::Owned(shown) }, value)
    }

    /// Shown as the app named it, so that searching the chat finds it.
    pub(super) fn user(self, user: &str) -> String {
        self.guarded(|| one_name(&self.known_hidden(&one_line(user))).into_owned())
    }

    fn guarded_payload(self, payload: Payload) -> Payload {
        catch_unwind(AssertUnwindSafe(|| self.payload(payload))).unwrap_or_else(|panic| {
            discard(panic);
            self.hid(Why::Failed, "");
            Payload::NotShown(FAILED.to_owned())
        })
    }

    /// Fails closed: what cannot be redacted is not shown.
    fn guarded(self, redact: impl FnOnce() -> String) -> String {
        catch_unwind(AssertUnwindSafe(redact)).unwrap_or_else(|panic| {
            discard(panic);
            self.hid(Why::Failed, "");
            FAILED.to_owned()
        })
    }
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
        let rules = Rules::default();
        let scan = Scan::new(&rules, Tier::Own);
        assert_eq!(scan.guarded(|| panic!("hunter2")), "[redaction failed]");
    }

    #[test]
    fn a_cut_target_shows_no_half_value() {
        assert_eq!(without_half_url("/x?a=1&next=http:u:pw"), "/x?a=1&next=");
        assert_eq!(without_half_url("/x/411111"), "/x/");
        assert_eq!(without_half_url("*"), "");
    }
}
