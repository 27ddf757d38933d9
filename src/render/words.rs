//! Times, durations and codes in words.

use std::time::{Duration, SystemTime};

/// A duration for people: `340 ms`, `1.2 s`, `30 s`, `2 min 3 s`, `1 h 5 min`, `7 d`.
pub(super) fn elapsed(duration: Duration) -> String {
    let (millis, tenths) = (duration.as_millis(), (duration.as_millis() + 50) / 100);
    let seconds = (duration.as_millis() + 500) / 1_000;
    match millis {
        0 => "under 1 ms".to_owned(),
        1..1_000 => format!("{millis} ms"),
        _ if tenths < 600 => match (tenths / 10, tenths % 10) {
            (whole, 0) => format!("{whole} s"),
            (whole, tenth) => format!("{whole}.{tenth} s"),
        },
        _ if seconds < 3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        _ if seconds < 48 * 3_600 => two(seconds / 3_600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

fn two(much: u128, of: &str, less: u128, of_less: &str) -> String {
    if less == 0 { format!("{much} {of}") } else { format!("{much} {of} {less} {of_less}") }
}

/// `2026-11-23 06:40:13 UTC`; `None` for a time that no calendar has.
pub(super) fn utc(time: SystemTime) -> Option<String> {
    let time = jiff::Timestamp::try_from(time).ok()?;
    jiff::fmt::strtime::format("%Y-%m-%d %H:%M:%S UTC", time).ok()
}

/// The day and the time of day of what [`utc`] gives.
pub(super) fn clock(time: &str) -> Option<(&str, &str)> {
    time.strip_suffix(" UTC")?.split_once(' ')
}

/// A number for people: `180 000`; up to four digits as they are.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() <= 4 {
        return digits;
    }
    let first = digits.len() % 3;
    let group = |at: usize| at > 0 && at % 3 == first % 3;
    let shown = digits
        .char_indices()
        .flat_map(|(at, digit)| group(at).then_some(' ').into_iter().chain([digit]));
    shown.collect()
}

/// The name of a gRPC status.
pub(super) fn grpc_name(code: u16) -> &'static str {
    GRPC_NAMES.get(usize::from(code)).copied().unwrap_or("of no known name")
}

/// By code, see <https://grpc.io/docs/guides/status-codes>.
const GRPC_NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_for_people() {
        let said = |millis| elapsed(Duration::from_millis(millis));
        let cases = [
            (0, "under 1 ms"),
            (340, "340 ms"),
            (999, "999 ms"),
            (1_000, "1 s"),
            (1_240, "1.2 s"),
            (30_020, "30 s"),
            (59_949, "59.9 s"),
            (59_950, "1 min"),
            (123_000, "2 min 3 s"),
            (3_599_600, "1 h"),
            (3_900_000, "1 h 5 min"),
            (90_000_000, "25 h"),
            (604_800_000, "7 d"),
            (266_400_000, "3 d 2 h"),
        ];
        assert_eq!(cases.map(|(millis, _)| said(millis)), cases.map(|(_, words)| words));
    }

    #[test]
    fn long_numbers_are_grouped() {
        let cases = [(0, "0"), (1_500, "1500"), (10_000, "10 000"), (180_000, "180 000")];
        assert_eq!(cases.map(|(number, _)| grouped(number)), cases.map(|(_, words)| words));
        assert_eq!(grouped(1_234_567), "1 234 567");
    }

    #[test]
    fn times_are_utc() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_416_013_999);
        assert_eq!(utc(at).as_deref(), Some("2026-11-23 06:40:13 UTC"));
        assert_eq!(utc(SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 60)), None);
    }

    #[test]
    fn every_grpc_code_has_words() {
        assert_eq!(
            [0, 13, 16, 17].map(grpc_name),
            ["OK", "INTERNAL", "UNAUTHENTICATED", "of no known name"]
        );
    }
}
