//! What `Retry-After` asks for. Pure: the caller says what time it is.

use std::time::{Duration, SystemTime};

/// The longest pause that a service may ask for; longer ones are shortened to it.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Reads seconds (`3`, `0.5`) or a date (`Wed, 21 Oct 2026 07:28:00 GMT`), at most
/// [`LONGEST_PAUSE`]. A date that has passed is no pause; garbage and negative numbers are `None`.
pub(crate) fn parse(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let asked = match value.parse() {
        Ok(seconds) => return from_seconds(seconds),
        Err(_) => httpdate::parse_http_date(value).ok()?,
    };
    Some(asked.duration_since(now).unwrap_or_default().min(LONGEST_PAUSE))
}

/// The same for a number, as some services put it into the answer's body.
pub(crate) fn from_seconds(seconds: f64) -> Option<Duration> {
    if !seconds.is_finite() || seconds.is_sign_negative() {
        return None;
    }
    Some(
        Duration::try_from_secs_f64(seconds)
            .map_or(LONGEST_PAUSE, |asked| asked.min(LONGEST_PAUSE)),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Wed, 21 Oct 2026 07:28:00 GMT.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_792_567_680)
    }

    #[test]
    fn seconds_floats_and_dates_are_read() {
        let millis = |value| parse(value, now()).map(|pause| pause.as_millis());
        assert_eq!(millis("3"), Some(3_000));
        assert_eq!(millis(" 0 "), Some(0));
        assert_eq!(millis("0.25"), Some(250));
        assert_eq!(millis("Wed, 21 Oct 2026 07:28:30 GMT"), Some(30_000));
    }

    #[test]
    fn a_date_that_has_passed_is_no_pause() {
        assert_eq!(parse("Wed, 21 Oct 2026 07:27:00 GMT", now()), Some(Duration::ZERO));
    }

    #[test]
    fn an_hour_is_the_most() {
        for value in ["3601", "1e300", "99999999999999999999", "Thu, 22 Oct 2026 07:28:00 GMT"] {
            assert_eq!(parse(value, now()), Some(LONGEST_PAUSE), "{value}");
        }
    }

    #[test]
    fn what_is_no_pause_is_none() {
        for value in ["", "soon", "-1", "-0", "NaN", "inf", "-inf", "1e999", "3 s", "\u{663}"] {
            assert_eq!(parse(value, now()), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn nothing_asks_for_more_than_an_hour(value in any::<String>(), seconds in any::<f64>()) {
            prop_assert!(parse(&value, now()).is_none_or(|pause| pause <= LONGEST_PAUSE));
            prop_assert!(from_seconds(seconds).is_none_or(|pause| pause <= LONGEST_PAUSE));
        }
    }
}
