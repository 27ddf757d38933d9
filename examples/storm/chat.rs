//! A channel in memory. It shows what comes, and counts it as a person would who reads along: by the
//! words alone, without asking the bell.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tower_bell::{
    Message, Secret,
    redact::Redacted,
    transport::{Capabilities, Receipt, SendError, Transport},
};

/// Clones are the same channel.
#[derive(Clone)]
pub(crate) struct Chat {
    name: &'static str,
    /// Messages can be edited, and answered in a thread.
    edits: bool,
    start: Instant,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// Failures by the message that tells of them.
    told: BTreeMap<String, u64>,
    notified: usize,
    edited: usize,
    /// Words of the quiet.
    ended: usize,
}

impl Chat {
    pub(crate) fn editing(name: &'static str, start: Instant) -> Self {
        Self { name, edits: true, start, seen: Arc::default() }
    }

    pub(crate) fn plain(name: &'static str, start: Instant) -> Self {
        Self { edits: false, ..Self::editing(name, start) }
    }

    pub(crate) fn name(&self) -> &str {
        self.name
    }

    /// Messages that notified: all but edits.
    pub(crate) fn notified(&self) -> usize {
        self.seen().notified
    }

    pub(crate) fn edited(&self) -> usize {
        self.seen().edited
    }

    /// How often it was said that something is quiet.
    pub(crate) fn ended(&self) -> usize {
        self.seen().ended
    }

    /// The failures that whoever reads the channel knows of.
    pub(crate) fn told(&self) -> u64 {
        self.seen().told.values().sum()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One line: what was said first, and that it is quiet.
    fn show(&self, sign: char, message: &Message) -> String {
        let text = message.plain_text();
        let quiet = text.lines().find(|line| line.contains("quiet for ")).unwrap_or_default();
        let first = text.lines().next().unwrap_or_default();
        println!(
            "{:>6.1} s  {}  {sign} {first} {quiet}",
            self.start.elapsed().as_secs_f64(),
            self.name
        );
        self.seen().ended += usize::from(!quiet.is_empty());
        first.to_owned()
    }
}

impl Transport for Chat {
    fn capabilities(&self) -> Capabilities {
        // A message a second, as Slack takes them; edits more often, so that there are some to see.
        Capabilities::default()
            .edit(self.edits)
            .edit_period(Duration::from_secs(2))
            .thread(self.edits)
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        let first = self.show('✉', message);
        let mut seen = self.seen();
        seen.notified += 1;
        let id = seen.notified.to_string();
        seen.told.insert(id.clone(), fresh(&first));
        Ok(if self.edits { Receipt::new(id) } else { Receipt::none() })
    }

    /// Its count takes the place of the one before.
    async fn edit(&self, at: &Receipt, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        let first = self.show('✎', message);
        let mut seen = self.seen();
        seen.edited += 1;
        seen.told.insert(at.id().unwrap_or_default().to_owned(), fresh(&first));
        Ok(at.clone())
    }

    /// It tells more of the message that it answers.
    async fn reply(&self, to: &Receipt, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        let first = self.show('✉', message);
        let mut seen = self.seen();
        seen.notified += 1;
        *seen.told.entry(to.id().unwrap_or_default().to_owned()).or_default() += fresh(&first);
        Ok(Receipt::new(format!("answer {}", seen.notified)))
    }
}

/// How many failures a message's first line tells that were not told before: `×9 999 more in 1 min`,
/// `×3 in 2 s`, nothing if it is one, and `×3 in all` if there was none.
fn fresh(first: &str) -> u64 {
    let Some((_, count)) = first.split_once('×') else { return 1 };
    let end = count.find(|c: char| c != ' ' && !c.is_ascii_digit()).unwrap_or(count.len());
    let (count, rest) = count.split_at(end);
    if rest.starts_with("in all") { 0 } else { count.replace(' ', "").parse().unwrap_or(0) }
}
