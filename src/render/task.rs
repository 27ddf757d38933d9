//! The wording of scheduled jobs.

use std::time::Duration;

use super::{chain, elapsed, error_type, machine, service};
use crate::{
    incident::schedule::{Ended, Ending, Failure, Failures, Fresh, Missed, Say, What},
    message::{Field, Message},
    report::{Cause, Origin, job::Summary},
    text::one_line,
    topic::Topic,
};

/// The message for something that is to be said of a job.
pub(crate) fn task(say: &Say, origin: &Origin) -> Message {
    let name = one_line(&say.task);
    let mut message = match &say.what {
        What::Started => Message::new(format!(":hourglass_flowing_sand: {name} started")),
        What::Ended(ended) => result(&name, ended),
        What::Failing { last, failures } => again(&name, last, failures),
        What::Overran { limit, going, runs } => overran(&name, *limit, *going, *runs),
        What::Missed(missed) => Message::new(absence(&name, missed)),
    };
    let subject = [message.subject, Some(service(origin))];
    message.subject = Some(subject.into_iter().flatten().collect::<Vec<_>>().join(" · "));
    message.facts.extend(machine(origin));
    message.channel = say.settings.channel.as_deref().map(str::to_owned);
    message.topic(Topic::Task).severity(say.severity())
}

/// What came of a run in one line, for the place where it began: it goes where that is.
pub(crate) fn task_in_short(say: &Say, origin: &Origin) -> Message {
    let Message { channel, subject, text, .. } = task(say, origin);
    Message { channel, subject, ..Message::new(text).topic(Topic::Task) }
}

fn result(name: &str, ended: &Ended) -> Message {
    let took = elapsed(ended.took);
    let failures = &ended.failures;
    let message = match &ended.ending {
        Ending::Done(summary) if failures.in_a_row > 0 => {
            let runs = plural(failures.in_a_row, "failure");
            let mut message = Message::new(format!(":tada: {name} works again after {runs}"));
            message.facts.push(format!("took {took}"));
            message.facts.push(format!("failed for {}", elapsed(failures.lasting)));
            summarized(message, summary)
        }
        Ending::Done(summary) => {
            let text = format!(":white_check_mark: {name} done in {took}");
            summarized(Message::new(text), summary)
        }
        Ending::Failed(failure) => {
            let text = match failure {
                Failure::Returned(_) => format!(":x: {name} failed after {took}"),
                Failure::Panicked(_) => format!(":boom: {name} panicked after {took}"),
                Failure::Dropped => {
                    format!(":warning: {name} was dropped after {took}, before it was done")
                }
            };
            counted(failed(Message::new(text), failure), failures)
        }
    };
    Message { notes: notes(ended), ..message }
}

fn again(name: &str, last: &Failure, failures: &Failures) -> Message {
    let (how, now) = match failures.in_a_row {
        0 => ("failed again", "works by now".to_owned()),
        runs => ("keeps failing", in_a_row(runs)),
    };
    let message = failed(Message::new(format!(":x: {name} {how}")), last);
    Message { subject: Some(format!("{}, {now}", more(failures.fresh))), ..message }
}

fn overran(name: &str, limit: Duration, going: bool, runs: Fresh) -> Message {
    let limit = elapsed(limit);
    let message = Message::new(match going {
        true => format!(":hourglass: {name} is still running after {limit}"),
        false => format!(":hourglass: {name} ran for longer than {limit}"),
    });
    Message { subject: (runs.count > 1).then(|| more(runs)), ..message }
}

fn summarized(mut message: Message, summary: &Summary) -> Message {
    let counts = summary.counts.iter();
    message.fields.extend(
        counts.map(|(name, count)| Field { name: name.to_string(), value: count.to_string() }),
    );
    message.quote = (!summary.notes.is_empty()).then(|| summary.notes.join("\n"));
    if summary.left_out > 0 {
        message.facts.push(format!("{} more left out", summary.left_out));
    }
    message
}

fn failed(message: Message, failure: &Failure) -> Message {
    match failure {
        Failure::Returned(cause) => caused(message, cause, ""),
        Failure::Panicked(cause) => caused(message, cause, "panicked: "),
        Failure::Dropped => message,
    }
}

fn caused(mut message: Message, cause: &Cause, how: &str) -> Message {
    message.quote = Some(format!("{how}{}", chain(cause)));
    message.place = cause.place.as_ref().map(ToString::to_string);
    message.facts.extend(error_type(cause).map(|error_type| format!("error {error_type}")));
    message
}

/// `×29 more in 58 min, 30 in a row`; nothing of a single failure.
fn counted(message: Message, failures: &Failures) -> Message {
    let parts = [
        (failures.fresh.count > 1).then(|| more(failures.fresh)),
        (failures.in_a_row > 1).then(|| in_a_row(failures.in_a_row)),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    Message { subject: (!parts.is_empty()).then(|| parts.join(", ")), ..message }
}

fn in_a_row(runs: u64) -> String {
    if runs == 1 { "the last run too".to_owned() } else { format!("{runs} in a row") }
}

fn more(Fresh { count, over }: Fresh) -> String {
    format!("×{count} more in {}", elapsed(over))
}

fn absence(name: &str, missed: &Missed) -> String {
    let Missed { every, runs, last_start, waited } = missed;
    let since = match last_start {
        Some(ago) => format!("last started {} ago", elapsed(*ago)),
        None => format!("never started in {}", elapsed(*waited)),
    };
    let runs = if *runs > 1 { format!(", {runs} runs missed") } else { String::new() };
    let every = elapsed(*every);
    format!(":alarm_clock: {name} did not run: expected every {every}, {since}{runs}")
}

fn notes(ended: &Ended) -> Vec<String> {
    let Ended { beside, overran, missed, failures, .. } = ended;
    let fresh = failures.fresh.count;
    let untold = matches!(ended.ending, Ending::Done(_)) && fresh > failures.in_a_row;
    let notes = [
        beside.map(|number| format!("run {number}; another run of this name was going")),
        overran.map(|limit| format!("longer than {}", elapsed(limit))),
        (*missed > 0).then(|| format!("{} missed before it", plural(*missed, "run"))),
        untold.then(|| format!("{} since the last message", plural(fresh, "failure"))),
    ];
    notes.into_iter().flatten().collect()
}

fn plural(many: u64, what: &str) -> String {
    if many == 1 { format!("1 {what}") } else { format!("{many} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        incident::schedule::Settings,
        message::{Limits, fit},
        render::examples::redacted,
        report::Place,
        severity::Severity,
    };

    const SECOND: Duration = Duration::from_secs(1);
    const HOUR: Duration = Duration::from_secs(3600);
    const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

    fn said(what: What) -> Message {
        said_with(what, Settings::default())
    }

    fn said_with(what: What, settings: Settings) -> Message {
        let origin = Origin {
            service: "shop-api".into(),
            environment: Some("production".into()),
            release: Some("1.8.2".into()),
            host: Some("web-7d9f".into()),
        };
        task(&Say { task: "weekly-report".into(), settings: settings.into(), what }, &origin)
    }

    fn ended(ending: Ending) -> Ended {
        let failures = Failures::default();
        let took = Duration::from_millis(3_240);
        Ended { ending, took, beside: None, overran: None, missed: 0, failures }
    }

    fn returned() -> Failure {
        Failure::Returned(redacted(Cause {
            error_type: Some("shop::MailError"),
            chain: vec!["mail server".to_owned(), "connection refused".to_owned()],
            ..Cause::default()
        }))
    }

    fn panicked() -> Failure {
        Failure::Panicked(redacted(Cause {
            place: Some(Place::new("src/report.rs", 17)),
            ..Cause::of_text(&"no paper")
        }))
    }

    fn failures(in_a_row: u64, fresh: u64) -> Failures {
        let over = if fresh > 1 { 58 * 60 * SECOND } else { Duration::ZERO };
        Failures { in_a_row, lasting: 2 * HOUR, fresh: Fresh { count: fresh, over } }
    }

    fn failed(failure: Failure, in_a_row: u64, fresh: u64) -> What {
        let failures = failures(in_a_row, fresh);
        What::Ended(Ended { failures, ..ended(Ending::Failed(failure)) })
    }

    #[test]
    fn each_thing_has_its_words() {
        let service = "shop-api (production)";
        let machine = "release 1.8.2 · host web-7d9f";
        let summary = || Summary::new().count("sent", 312).count("bounced", 4).note("slow today");
        let counts = "sent: 312\nbounced: 4";
        let did = |before: Ended| What::Ended(Ended { missed: 2, ..before });
        let missed = |last_start, runs| {
            let every = WEEK;
            What::Missed(Missed { every, runs, last_start, waited: 8 * WEEK / 7 })
        };
        let overran = |going, count| {
            let runs = Fresh { count, over: HOUR };
            What::Overran { limit: 600 * SECOND, going, runs }
        };
        for (what, words) in [
            (
                What::Started,
                format!(":hourglass_flowing_sand: weekly-report started   {service}\n{machine}"),
            ),
            (
                What::Ended(ended(Ending::Done(summary()))),
                format!(
                    ":white_check_mark: weekly-report done in 3.2 s   {service}\n\
                     > slow today\n{machine}\n{counts}"
                ),
            ),
            (
                What::Ended(Ended { failures: failures(3, 0), ..ended(Ending::Done(summary())) }),
                format!(
                    ":tada: weekly-report works again after 3 failures   {service}\n\
                     > slow today\ntook 3.2 s · failed for 2 h · {machine}\n{counts}"
                ),
            ),
            (
                did(Ended {
                    beside: Some(12),
                    overran: Some(SECOND),
                    ..ended(Ending::Done(Summary::new()))
                }),
                format!(
                    ":white_check_mark: weekly-report done in 3.2 s   {service}\n{machine}\n\
                     run 12; another run of this name was going · longer than 1 s · \
                     2 runs missed before it"
                ),
            ),
            (
                failed(returned(), 1, 1),
                format!(
                    ":x: weekly-report failed after 3.2 s   {service}\n\
                     > mail server: connection refused\nerror shop::MailError · {machine}"
                ),
            ),
            (
                failed(panicked(), 30, 29),
                format!(
                    ":boom: weekly-report panicked after 3.2 s   \
                     ×29 more in 58 min, 30 in a row · {service}\n\
                     > panicked: no paper      src/report.rs:17\n{machine}"
                ),
            ),
            (
                failed(Failure::Dropped, 2, 1),
                format!(
                    ":warning: weekly-report was dropped after 3.2 s, before it was done   \
                     2 in a row · {service}\n{machine}"
                ),
            ),
            (
                What::Failing { last: Failure::Dropped, failures: failures(30, 29) },
                format!(
                    ":x: weekly-report keeps failing   ×29 more in 58 min, 30 in a row · \
                     {service}\n{machine}"
                ),
            ),
            (
                What::Failing { last: panicked(), failures: failures(0, 29) },
                format!(
                    ":x: weekly-report failed again   ×29 more in 58 min, works by now · \
                     {service}\n> panicked: no paper      src/report.rs:17\n{machine}"
                ),
            ),
            (
                overran(true, 1),
                format!(
                    ":hourglass: weekly-report is still running after 10 min   {service}\n{machine}"
                ),
            ),
            (
                overran(false, 12),
                format!(
                    ":hourglass: weekly-report ran for longer than 10 min   \
                     ×12 more in 1 h · {service}\n{machine}"
                ),
            ),
            (
                missed(Some(9 * WEEK / 7), 1),
                format!(
                    ":alarm_clock: weekly-report did not run: expected every 7 d, \
                     last started 9 d ago   {service}\n{machine}"
                ),
            ),
            (
                missed(None, 3),
                format!(
                    ":alarm_clock: weekly-report did not run: expected every 7 d, \
                     never started in 8 d, 3 runs missed   {service}\n{machine}"
                ),
            ),
        ] {
            let message = said(what);
            assert_eq!(message.plain_text(), words);
            assert!(fit(message.clone(), &Limits::default()) == message, "{words}");
        }
    }

    #[test]
    fn what_a_job_asks_for_is_how_bad_its_failures_are() {
        let asked = |what| {
            let severity = Some(Critical);
            said_with(what, Settings { severity, ..Settings::default() }).level()
        };
        let missed =
            || What::Missed(Missed { every: WEEK, runs: 1, last_start: None, waited: WEEK });
        let overran = || What::Overran { limit: HOUR, going: true, runs: Fresh::default() };
        let done = || What::Ended(ended(Ending::Done(Summary::new())));
        let dropped = || failed(Failure::Dropped, 1, 1);
        use Severity::{Critical, Error, Info, Warning};
        assert_eq!(
            [said(failed(returned(), 1, 1)).level(), asked(failed(returned(), 1, 1))],
            [Error, Critical]
        );
        assert_eq!([said(missed()).level(), asked(missed())], [Warning, Critical]);
        assert_eq!([said(overran()).level(), asked(overran())], [Warning, Warning]);
        assert_eq!([said(dropped()).level(), asked(dropped())], [Warning, Warning]);
        assert_eq!([said(done()).level(), asked(done())], [Info, Info]);
    }

    #[test]
    fn what_a_summary_had_no_room_for_is_counted() {
        let summary = (0..12).fold(Summary::new(), |summary, i| summary.note(i));
        let message = said(What::Ended(ended(Ending::Done(summary))));
        assert!(message.plain_text().contains("2 more left out · release"));
    }
}
