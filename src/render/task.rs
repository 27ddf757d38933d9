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
    message.fields.extend(counts.map(|(name, count)| Field {
        name: name.to_string(),
        value: count.to_string(),
    }));
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
