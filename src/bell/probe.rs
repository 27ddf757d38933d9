//! A message to every channel, to see that they work.

use std::{error::Error, fmt, sync::Arc};

use tokio::sync::oneshot;

use crate::{
    bell::{core::Core, handover::received},
    delivery::{Answered, Channel, Sending},
    message::Message,
    transport::{Receipt, SendError},
};

/// Some channel did not take the test message: what each answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TestFailed {
    answers: Vec<(Arc<str>, Answered)>,
}

impl TestFailed {
    /// What each channel answered, by name.
    pub fn answers(&self) -> impl Iterator<Item = (&str, Result<&Receipt, &SendError>)> {
        self.answers.iter().map(|(name, answered)| (&**name, answered.as_ref()))
    }
}

impl fmt::Display for TestFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (name, answered)) in self.answers.iter().enumerate() {
            let between = if number == 0 { "" } else { "; " };
            match answered {
                Ok(_) => write!(f, "{between}{name}: ok")?,
                Err(error) => write!(f, "{between}{name}: {error}")?,
            }
        }
        Ok(())
    }
}

impl Error for TestFailed {}

/// One channel that was asked.
pub(super) struct Asked {
    name: Arc<str>,
    /// `Err` if its queue did not take the message.
    answer: Result<oneshot::Receiver<Answered>, SendError>,
}

/// Puts a test message into every channel's queue.
pub(super) fn ask(core: &Core) -> Vec<Asked> {
    let message = Message::new(":bell: The bell works").field("service", &core.hub.origin.service);
    let message = core.hub.redactor.message(message);
    let ask = |channel: &Channel| {
        let (answer, answered) = oneshot::channel();
        let how = Sending { answer: Some(answer), probe: true, ..Sending::default() };
        let asked = channel.queue.push(message.clone(), how);
        Asked { name: Arc::clone(&channel.name), answer: asked.map(|()| answered) }
    };
    core.hub.channels.iter().map(ask).collect()
}

pub(super) async fn answers(asked: Vec<Asked>) -> Result<(), TestFailed> {
    let mut answers = Vec::with_capacity(asked.len());
    for Asked { name, answer } in asked {
        let answered = match answer {
            Ok(answer) => received(answer).await,
            Err(error) => Err(error),
        };
        answers.push((name, answered));
    }
    let all = answers.iter().all(|(_, answered)| answered.is_ok());
    if all { Ok(()) } else { Err(TestFailed { answers }) }
}
