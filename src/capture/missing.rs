//! Pages that are not there: which of them are worth a line.

use http::{StatusCode, header};

use super::{snapshot::Capture, tell::Why};
use crate::{
    incident::{Asked, Site},
    report::Page,
    text::Unit,
};

/// What those ask for who try every door, and what browsers ask for unasked: no fault of the site's.
/// A path is one of them if it begins with one of these or, for a name that begins with `*`, ends
/// with the rest of it; in any case of letters.
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
    "/admin.php",
    "/apple-touch-icon",
    "/autodiscover",
    "/boaform",
    "/browserconfig.xml",
    "/cgi-bin",
    "/config.json",
    "/console",
    "/db/",
    "/debug/",
    "/favicon",
    "/geoserver",
    "/hnap1",
    "/humans.txt",
    "/manager/html",
    "/mysql",
    "/owa/",
    "/phpmyadmin",
    "/pma",
    "/robots.txt",
    "/security.txt",
    "/server-status",
    "/sitemap",
    "/solr",
    "/telescope",
    "/vendor/",
    "/wordpress",
    "/wp-",
    "/xmlrpc",
    "*.asp",
    "*.aspx",
    "*.bak",
    "*.cgi",
    "*.env",
    "*.jsp",
    "*.map",
    "*.php",
    "*.php7",
    "*.pl",
    "*.sql",
    "*.tar.gz",
    "*.zip",
];

impl Capture {
    /// Whether a failure is only a page that is not there: counted, and told once an hour.
    pub(crate) fn is_missing_page(&self, status: StatusCode, why: &Why<'_>) -> bool {
        status == StatusCode::NOT_FOUND && matches!(why, Why::Nothing) && !self.is_critical_path()
    }

    /// Counts it.
    pub(crate) fn count_missing(&self) {
        let path = shortened(self.path());
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
        let page = || Page { path: self.path().to_owned(), from: from.map(str::to_owned) };
        self.shared.bell.not_found(&site, asked, page);
    }

    /// The path of the page of the same site that links here. One that links to itself does not: some
    /// clients send what they ask for.
    fn linked_from(&self) -> Option<&str> {
        let referer = std::str::from_utf8(self.header(&header::REFERER)?).ok()?;
        let (_, rest) = referer.split_once("://")?;
        let (host, from) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let own = self.host().filter(|own| own.eq_ignore_ascii_case(host))?;
        let from = from.split(['?', '#']).next().unwrap_or_default();
        let itself =
            shortened(from).trim_end_matches('/') == shortened(self.path()).trim_end_matches('/');
        (!own.is_empty() && !itself).then_some(if from.is_empty() { "/" } else { from })
    }
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

fn shortened(path: &str) -> &str {
    Unit::Chars.cut(path, Page::LONGEST)
}

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
        ] {
            assert!(is_probe(path), "{path}");
        }
        for path in ["/", "", "/pricing", "/users/env", "/a.git", "/phparty", "/é.ph", "/ph"] {
            assert!(!is_probe(path), "{path}");
        }
    }
}
