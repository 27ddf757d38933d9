//! Paused time and real sockets.
//!
//! Paused time jumps to the next timer whenever the runtime has nothing to do, and waiting for a
//! socket is nothing to do: a request would time out before its answer came. Tokio keeps the time from
//! jumping while a blocking task runs, so each request is given one, until it is answered or is sure
//! never to be. Between requests an hour is over at once.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use tokio::{task::spawn_blocking, time::Instant};
use tower_bell::{
    Message, Secret,
    redact::Redacted,
    transport::{Capabilities, Receipt, SendError, Transport},
};

use super::local_slack::{LocalSlack, Watch};

/// A transport to the local Slack, during whose requests paused time stands still.
pub(crate) struct Still<T> {
    transport: T,
    watch: Watch,
    times: Arc<Mutex<Vec<Instant>>>,
}

impl<T: Transport> Still<T> {
    pub(crate) fn new(slack: &LocalSlack, transport: T) -> Self {
        Self { transport, watch: slack.watch(), times: Arc::default() }
    }

    /// When requests were begun.
    pub(crate) fn times(&self) -> Arc<Mutex<Vec<Instant>>> {
        Arc::clone(&self.times)
    }

    fn stop_time(&self) -> Stopped {
        self.times.lock().expect("no panic").push(Instant::now());
        let (over, watch) = (Arc::new(AtomicBool::new(false)), self.watch.clone());
        let unanswered = watch.unanswered();
        let stopped = Stopped { over: Arc::clone(&over), watch: watch.clone() };
        spawn_blocking(move || watch.wait_until(unanswered, || over.load(Relaxed)));
        stopped
    }
}

/// Lets the time go on when it is dropped.
struct Stopped {
    over: Arc<AtomicBool>,
    watch: Watch,
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
        self.watch.look();
    }
}

impl<T: Transport> Transport for Still<T> {
    fn capabilities(&self) -> Capabilities {
        self.transport.capabilities()
    }

    fn secrets(&self) -> Vec<Secret> {
        self.transport.secrets()
    }

    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        let _stopped = self.stop_time();
        self.transport.post(message).await
    }

    async fn edit(
        &self,
        receipt: &Receipt,
        message: &Redacted<Message>,
    ) -> Result<Receipt, SendError> {
        let _stopped = self.stop_time();
        self.transport.edit(receipt, message).await
    }

    async fn reply(
        &self,
        receipt: &Receipt,
        message: &Redacted<Message>,
    ) -> Result<Receipt, SendError> {
        let _stopped = self.stop_time();
        self.transport.reply(receipt, message).await
    }
}
