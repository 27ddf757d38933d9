//! A transport that sends nothing and remembers everything: for your tests.
//!
//! Clones share what rang: hand one to the bell, keep one.
//!
//! ```
//! use tower_bell::{Message, Redactor, transport::{Transport, stub::Stub}};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let stub = Stub::new();
//! # let transport = stub.clone();
//! # let message = Redactor::default().message(Message::new("disk almost full").user("alice"));
//! # transport.post(&message).await.unwrap();
//! // .. the app runs and something rings ..
//! assert_eq!(stub.next().await.text(), "disk almost full");
//! stub.assert_rang(1);
//! stub.assert_contains("user:alice");
//! stub.assert_no_secret("hunter2");
//! # });
//! ```

mod leak;
mod next;

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Duration,
};

pub use self::next::Next;
use crate::{
    message::Message,
    redact::Redacted,
    secret::Secret,
    transport::{Capabilities, Receipt, SendError, Transport},
};

/// How many messages a stub remembers; of more, the last ones.
pub const REMEMBERED: usize = 10_000;

/// Remembers what rang. See the [module docs](self) for an example.
///
/// It takes messages as fast as they come, shows names and can edit as often as asked, but has no
/// threads; [`can`](Stub::can) changes that. What it answered with an error did not ring;
/// [`attempts`](Stub::attempts) counts it all the same.
#[derive(Clone, Default)]
pub struct Stub(Arc<Mutex<State>>);

struct State {
    can: Capabilities,
    posted: VecDeque<Redacted<Message>>,
    edited: VecDeque<Redacted<Message>>,
    /// These stand among the posted ones too.
    replied: VecDeque<Redacted<Message>>,
    /// Posted since the last `take`, the forgotten ones too.
    count: usize,
    /// How many of these `next` gave out.
    seen: usize,
    /// Posted ever: no two messages have the same name.
    named: usize,
    attempts: usize,
    script: VecDeque<Result<(), SendError>>,
    failing: Option<SendError>,
    waiting: Vec<Waker>,
}

impl Default for State {
    fn default() -> Self {
        let can = Capabilities::default().edit(true).edit_period(Duration::ZERO);
        Self {
            can: can.pace(Duration::ZERO).username(true),
            posted: VecDeque::new(),
            edited: VecDeque::new(),
            replied: VecDeque::new(),
            count: 0,
            seen: 0,
            named: 0,
            attempts: 0,
            script: VecDeque::new(),
            failing: None,
            waiting: Vec::new(),
        }
    }
}

impl Stub {
    /// A stub that takes every message.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A stub that answers every message with this error, once what [`answer`](Self::answer)
    /// scripted is used up.
    #[must_use]
    pub fn failing(error: SendError) -> Self {
        let stub = Self::new();
        stub.lock().failing = Some(error);
        stub
    }

    /// Changes what it can do, to that of the service that it stands for. Before a bell has it: a bell
    /// asks once.
    ///
    /// ```
    /// use tower_bell::transport::{Transport, stub::Stub};
    ///
    /// let stub = Stub::new().can(|can| can.thread(true).username(false));
    /// assert!(stub.capabilities().thread && stub.capabilities().edit);
    /// ```
    #[must_use]
    pub fn can(self, change: impl FnOnce(Capabilities) -> Capabilities) -> Self {
        // Not under the lock: `change` may look at the stub.
        let can = change(self.capabilities());
        self.lock().can = can;
        self
    }

    /// Scripts the answer to the next post, edit or reply that has none yet.
    pub fn answer(&self, answer: Result<(), SendError>) {
        self.lock().script.push_back(answer);
    }

    /// What rang, oldest first: the last [`REMEMBERED`] messages, as they were posted. Replies ring.
    #[must_use]
    pub fn messages(&self) -> Vec<Redacted<Message>> {
        self.lock().posted.iter().cloned().collect()
    }

    /// What posted messages were replaced with, oldest first: the last [`REMEMBERED`] edits.
    #[must_use]
    pub fn edits(&self) -> Vec<Redacted<Message>> {
        self.lock().edited.iter().cloned().collect()
    }

    /// What posted messages were answered with, oldest first: the last [`REMEMBERED`] replies.
    #[must_use]
    pub fn replies(&self) -> Vec<Redacted<Message>> {
        self.lock().replied.iter().cloned().collect()
    }

    /// How many messages rang, replies among them. Edits do not ring.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().count
    }

    /// How many posts, edits and replies were tried, with whatever result.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.lock().attempts
    }

    /// What rang; the stub forgets it, the edits and replies too, and counts from zero.
    #[expect(clippy::must_use_candidate, reason = "also called to forget")]
    pub fn take(&self) -> Vec<Redacted<Message>> {
        let mut state = self.lock();
        state.edited.clear();
        state.replied.clear();
        (state.count, state.seen) = (0, 0);
        std::mem::take(&mut state.posted).into()
    }

    /// Waits for the next message that no `next` gave out yet. On any executor, and in tokio's paused
    /// time: it uses no timer of theirs.
    ///
    /// # Panics
    /// After ten seconds of real time, with what did ring.
    #[must_use = "futures do nothing unless polled"]
    pub fn next(&self) -> Next {
        Next::new(self.clone())
    }

    /// # Panics
    /// If not exactly `count` messages rang: with what did ring.
    #[track_caller]
    pub fn assert_rang(&self, count: usize) {
        let rang = self.count();
        assert!(rang == count, "{rang} messages rang, not {count}\n{}", self.dump());
    }

    /// # Panics
    /// If no message and no edit has this text in it: with what did ring.
    #[track_caller]
    pub fn assert_contains(&self, text: &str) {
        let found = self.everything().iter().any(|message| message.plain_text().contains(text));
        assert!(found, "nothing that rang says {text:?}\n{}", self.dump());
    }

    /// Searches every message and edit, in every form that a transport of this crate gives it, for
    /// the text as it is and as JSON, HTML and percent escapes write it.
    ///
    /// # Panics
    /// If it is found: with where, and without the secret. If `secret` is empty.
    #[track_caller]
    pub fn assert_no_secret(&self, secret: &str) {
        assert!(!secret.is_empty(), "an empty secret is in every message");
        let leaks: Vec<_> = leak::find(&self.everything(), secret).collect();
        assert!(leaks.is_empty(), "the secret rang:\n{}", leaks.join("\n"));
    }

    fn everything(&self) -> Vec<Redacted<Message>> {
        let state = self.lock();
        state.posted.iter().chain(&state.edited).cloned().collect()
    }

    /// What rang, for people who look for what did not.
    fn dump(&self) -> String {
        let messages = self.messages();
        if messages.is_empty() {
            return "nothing rang".to_owned();
        }
        let numbered = messages.iter().enumerate().rev().take(DUMPED).rev();
        let shown = numbered.map(|(at, message)| format!("{}. {}\n", at + 1, message.plain_text()));
        format!("what rang (at most the last {DUMPED}):\n{}", shown.collect::<String>())
    }

    fn take_turn(&self, keep: impl FnOnce(&mut State) -> Receipt) -> Result<Receipt, SendError> {
        let mut state = self.lock();
        state.attempts += 1;
        let failing = state.failing.clone().map_or(Ok(()), Err);
        state.script.pop_front().unwrap_or(failing)?;
        let receipt = keep(&mut state);
        drop(state);
        self.wake();
        Ok(receipt)
    }

    /// Has everyone who waits look again.
    fn wake(&self) {
        let waiting = std::mem::take(&mut self.lock().waiting);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn post(&mut self, message: &Redacted<Message>) -> Receipt {
        remember(&mut self.posted, message);
        self.count += 1;
        self.named += 1;
        Receipt::new(self.named.to_string())
    }

    /// The oldest message that is neither given out nor forgotten.
    fn next(&mut self) -> Option<Redacted<Message>> {
        let unseen = (self.count - self.seen).min(self.posted.len());
        let next = self.posted.get(self.posted.len() - unseen)?.clone();
        self.seen = self.count - unseen + 1;
        Some(next)
    }
}

fn remember(messages: &mut VecDeque<Redacted<Message>>, message: &Redacted<Message>) {
    if messages.len() == REMEMBERED {
        messages.pop_front();
    }
    messages.push_back(message.clone());
}

impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stub").field("count", &self.count()).finish_non_exhaustive()
    }
}

impl Transport for Stub {
    fn capabilities(&self) -> Capabilities {
        self.lock().can.clone()
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        self.take_turn(|state| state.post(message))
    }

    async fn edit(
        &self,
        receipt: &Receipt,
        message: &Redacted<Message>,
    ) -> Result<Receipt, SendError> {
        if !self.lock().can.edit {
            return Err(SendError::permanent("this stub cannot edit"));
        }
        self.take_turn(|state| {
            remember(&mut state.edited, message);
            receipt.clone()
        })
    }

    async fn reply(&self, _: &Receipt, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        if !self.lock().can.thread {
            return Err(SendError::permanent("this stub has no threads"));
        }
        self.take_turn(|state| {
            remember(&mut state.replied, message);
            state.post(message)
        })
    }
}

/// How many messages a failed assertion shows.
const DUMPED: usize = 20;

#[cfg(test)]
mod tests;
