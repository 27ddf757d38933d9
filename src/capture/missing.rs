//! Pages that are not there: which of them are worth a line.

use http::{HeaderName, header};

use super::{snapshot::Capture, tell::Why};
use crate::{
    context::Scope,
    incident::{Asked, Site},
    report::Page,
    severity::Severity,
};

/// What those ask for who try every door, and what browsers and robots ask for unasked: no fault of
/// the site's. A path is one of them if it begins with one of these or, for a name that begins with
/// `*`, ends with the rest of it; in any case of letters.
pub const PROBES: &[&str] = &[
    "/.aws",
    "/.ds_store",
    "/.env",
    "/.git",
    "/.svn",
    "/.vscode",
    "/.well-known/",
    "/_profiler",
    "/actuator",
    "/ads.txt",
    "/apple-touch-icon",
    "/autodiscover",
    "/boaform",
    "/browserconfig.xml",
    "/cgi-bin",
    "/favicon",
    "/geoserver",
    "/hnap1",
    "/humans.txt",
    "/manager/html",
    "/owa/",
    "/phpmyadmin",
    "/pma/",
    "/robots.txt",
    "/security.txt",
    "/server-status",
    "/sitemap.xml",
    "/solr/",
    "/telescope/requests",
    "/vendor/",
    "/wordpress",
    "/wp-",
    "/xmlrpc",
    "*.asp",
    "*.aspx",
    "*.bak",
    "*.cgi",
    "*.css.map",
    "*.env",
    "*.js.map",
    "*.jsp",
    "*.php",
    "*.php7",
    "*.pl",
    "*.sql",
];

impl Capture {
    /// Takes on a 404 that is only a missing page: it is counted, and told once an hour. `false` if it
    /// says why or if the app calls it severe: then it fails like any other.
    #[cold]
    #[inline(never)]
    pub(crate) fn took_missing(&self, scope: &mut Scope, why: &Why<'_>) -> bool {
        let mut is_severe = || scope.said_severity().is_some_and(|said| said > Severity::Warning);
        if !matches!(why, Why::Nothing) || self.is_critical_path() || is_severe() {
            return false;
        }
        if scope.claim_count() {
            self.count_missing();
        }
        scope.answered();
        true
    }

    fn count_missing(&self) {
        if self.is_ring() {
            // The bell's own message: a digest of it would be the next one.
            return;
        }
        let path = self.path();
        let from = self.linked_from();
        let asked = if is_probe(path) {
            Asked::Probe
        } else if from.is_some() || self.shared.config.all_not_found {
            Asked::Listed(path)
        } else {
            Asked::Foreign
        };
        let site = Site {
            service: self.shared.service().clone(),
            channel: self.shared.config.channel.clone(),
        };
        let page = || Page { path: path.to_owned(), from: from.map(str::to_owned) };
        if let Some(hub) = self.shared.bell.hub() {
            hub.count_missing(&site, asked, page);
        }
    }

    /// The path of the page of the same site that links here. One that links to itself does not: some
    /// clients send what they ask for.
    fn linked_from(&self) -> Option<&str> {
        let referer = str::from_utf8(self.header(&header::REFERER)?).ok()?;
        let (_, rest) = referer.split_once("://")?;
        let (host, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let from = rest.split(['?', '#']).next().filter(|path| !path.is_empty()).unwrap_or("/");
        let itself = from.trim_end_matches('/') == self.path().trim_end_matches('/');
        (self.is_own_host(host) && !itself).then_some(from)
    }

    /// Whether this is the host that was asked, or that the proxy in front says was. Anyone can say
    /// so, as anyone can say what page links here.
    fn is_own_host(&self, host: &str) -> bool {
        let forwarded = || str::from_utf8(self.header(&FORWARDED_HOST)?).ok()?.split(',').next();
        let is_host = |own: &str| bare(own).eq_ignore_ascii_case(bare(host));
        !host.is_empty() && (self.host().is_some_and(is_host) || forwarded().is_some_and(is_host))
    }
}

/// A host without the port that goes without saying.
fn bare(host: &str) -> &str {
    let host = host.trim();
    host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host)
}

fn is_probe(path: &str) -> bool {
    let begins = |start: &str| {
        path.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
    };
    let ends = |end: &str| {
        let at = path.len().checked_sub(end.len());
        at.and_then(|at| path.get(at..)).is_some_and(|rest| rest.eq_ignore_ascii_case(end))
    };
    PROBES.iter().any(|probe| probe.strip_prefix('*').map_or_else(|| begins(probe), ends))
}

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_doors_are_known() {
        for path in [
            "/.env",
            "/.env.local",
            "/.git/config",
            "/wp-login.php",
            "/WP-Admin/",
            "/favicon.ico",
            "/robots.txt",
            "/shop/index.php",
            "/apple-touch-icon-120x120.png",
            "/backup.SQL",
            "/app.js.map",
        ] {
            assert!(is_probe(path), "{path}");
        }
        for path in [
            "/",
            "",
            "/pricing",
            "/users/env",
            "/a.git",
            "/phparty",
            "/é.ph",
            "/ph",
            // What an own page may well link to.
            "/console",
            "/debug/flags",
            "/downloads/app.zip",
            "/mysql-hosting",
            "/sitemap",
            "/solar",
        ] {
            assert!(!is_probe(path), "{path}");
        }
    }

    #[test]
    fn a_port_that_goes_without_saying_does_not_count() {
        let bared = ["a.example:443", "a.example:80", " a.example", "a.example:8080", "[::1]:80"];
        assert_eq!(
            bared.map(bare),
            ["a.example", "a.example", "a.example", "a.example:8080", "[::1]"]
        );
    }
}
