//! Multipart payloads: a line for each part. Of a file only its name, type and size are said.

mod parts;

use std::borrow::Cow;

use self::parts::{Part, parts};
pub(super) use self::parts::{boundary, boundary_of};
use super::{
    keys::{KeyRule, Verdict},
    placeholder::REDACTED,
    scan::{Hiding, Scan, without_half},
    trail::Why,
};
use crate::text::Size;

impl Scan<'_> {
    /// The parts; `cut` if more of the body was not kept. `None` if there are none.
    pub(super) fn multipart(self, body: &[u8], boundary: &str, cut: bool) -> Option<Hiding> {
        let mut hiding = Hiding::default();
        let mut any = false;
        for part in parts(body, boundary) {
            if any {
                hiding.text.push('\n');
            }
            self.part(&part, cut, &mut hiding);
            any = true;
        }
        any.then_some(hiding)
    }

    fn part(self, part: &Part<'_>, cut: bool, into: &mut Hiding) {
        let Some(name) = &part.name else {
            into.text.push_str("(no name): ");
            return self.described(part, "part", into);
        };
        into.text.extend([&*self.line(name), ": "]);
        match &part.file_name {
            Some(file) => self.under(name).described(part, file, into),
            None if !part.content_type.is_none_or(is_text) => self.described(part, "part", into),
            None => self.field_part(name, part, cut, into),
        }
    }

    /// A name with type and size: never the content.
    fn described(self, part: &Part<'_>, what: &str, into: &mut Hiding) {
        let size = Size(part.content.len() as u64);
        let more = if part.whole { "" } else { "more than " };
        let kind = part.content_type.map(|kind| format!("{}, ", self.line(kind)));
        let what = self.line(what);
        into.text.push_str(&format!("{what} ({}{more}{size})", kind.unwrap_or_default()));
        self.hid(Why::Kind, "");
    }

    fn field_part(self, name: &str, part: &Part<'_>, cut: bool, into: &mut Hiding) {
        let value = String::from_utf8_lossy(part.content);
        let (rule, scan) = match self.verdict(name) {
            Verdict::Secret(rule) => (Some(rule), self),
            Verdict::Unlisted => (Some(KeyRule::Unlisted), self),
            Verdict::Wanted => (None, self.wanted()),
            Verdict::Plain => (None, self),
        };
        let scan = scan.under(name);
        if part.whole {
            scan.field(name, &value, rule, 0);
        }
        if let Some(rule) = rule.filter(|_| !value.is_empty()) {
            scan.hid(Why::Key(rule), &value);
            into.text.push_str(REDACTED);
            into.hidden += 1;
            return;
        }
        if part.content.contains(&0) {
            return scan.described(part, "binary", into);
        }
        let kept = if part.whole || !cut { &*value } else { without_half(&value) };
        let seen = Scan::seen(Cow::Borrowed(kept));
        // As a whole first: what is known is hidden also where it goes over several lines.
        let shown = scan.value(&seen);
        into.hidden += usize::from(*shown != *seen);
        into.text.push_str(&shown);
    }
}

/// Whether a part of this type is a field. Others are files whose names were left out, or hold more
/// parts.
fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_image = essence.starts_with("image/");
    let endings = ["json", "xml", "x-www-form-urlencoded"];
    essence.starts_with("text/") || !is_image && endings.iter().any(|kind| essence.ends_with(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{Rules, scan::Tier};

    fn shown(body: &str, cut: bool) -> String {
        let rules = Rules::default();
        let shown = Scan::new(&rules, Tier::Captured).multipart(body.as_bytes(), "B", cut);
        shown.map_or_else(|| "nothing".to_owned(), |hiding| hiding.text)
    }

    fn field(name: &str, value: &str) -> String {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    }

    #[test]
    fn fields_are_shown_and_secrets_hidden() {
        let body = [
            field("plan", "pro"),
            field("password", "hunter2"),
            field("user[api_key]", "k"),
            field("note", "sent Bearer abc123\r\nand left"),
            field("meta", "{\"pin\":1234,\"a\":1}"),
            "--B--".to_owned(),
        ];
        let text = "plan: pro\npassword: [redacted]\nuser[api_key]: [redacted]\n\
                    note: sent Bearer [redacted]\nand left\nmeta: {\"pin\":\"[redacted]\",\"a\":1}";
        assert_eq!(shown(&body.concat(), false), text);
    }

    #[test]
    fn of_a_file_only_its_name_type_and_size_are_said() {
        let file = "--B\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"me.png\"\r\n\
                    Content-Type: image/png\r\n\r\nhunter2\r\n";
        assert_eq!(shown(&format!("{file}--B--"), false), "avatar: me.png (image/png, 7 B)");
        assert_eq!(
            shown(&file[..file.len() - 4], true),
            "avatar: me.png (image/png, more than 5 B)"
        );
        let nameless = "--B\r\nContent-Type: application/json\r\n\r\n{\"a\":\"hunter2\"}\r\n--B--";
        assert_eq!(shown(nameless, false), "(no name): part (application/json, 15 B)");
        assert_eq!(shown("hunter2", false), "nothing");
    }

    #[test]
    fn a_part_whose_type_is_no_text_is_described_without_a_file_name_too() {
        for (kind, content, text) in [
            ("application/octet-stream", "hunter2", "a: part (application/octet-stream, 7 B)"),
            ("image/svg+xml", "<svg/>", "a: part (image/svg+xml, 6 B)"),
            (
                "multipart/mixed; boundary=C",
                "--C\r\n\r\nhunter2\r\n--C--",
                "a: part (multipart/mixed; boundary=C, 21 B)",
            ),
            ("Text/Plain; charset=utf-8", "pro", "a: pro"),
            ("application/json", "{\"pin\":12}", "a: {\"pin\":\"[redacted]\"}"),
        ] {
            let head = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: ";
            assert_eq!(shown(&format!("{head}{kind}\r\n\r\n{content}\r\n--B--"), false), text);
        }
    }

    #[test]
    fn what_is_said_of_a_part_can_be_seen_and_stays_on_its_line() {
        let file = "--B\r\nContent-Disposition: form-data; name=\"a\u{202e}b\"; filename=\"c\0\td\"\r\n\
                    Content-Type: image/\u{7}png;\r\n x\r\n\r\n\r\n--B--";
        assert_eq!(shown(file, false), "ab: c d (image/png;  x, 0 B)");
        let split =
            "--B\r\nContent-Disposition: form-data; name=\"x://u:p\u{200b}w@h\"\r\n\r\n\r\n--B--";
        assert_eq!(shown(split, false), "x://[redacted]@h: ");
    }

    #[test]
    fn of_a_cut_field_the_last_word_is_left_out() {
        let body = field("note", "see postgres://u:hunter2");
        assert_eq!(shown(&body[..body.len() - 4], true), "note: see ");
    }
}
