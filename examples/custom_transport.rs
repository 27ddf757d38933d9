//! A transport of your own: here one that appends to a file, a line for each message.
//!
//! `cargo run --example custom_transport`

use std::{fs::OpenOptions, io::Write, path::PathBuf, time::Duration};

use tower_bell::{
    Bell, Message, Secret,
    redact::Redacted,
    transport::{Capabilities, Receipt, SendError, Transport},
};

struct File(PathBuf);

impl Transport for File {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().pace(Duration::ZERO)
    }

    // A webhook's URL or a token would be named here, and then scrubbed from everything.
    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        let line = message.plain_text().replace('\n', " | ");
        let file = OpenOptions::new().append(true).create(true).open(&self.0);
        file.and_then(|mut file| writeln!(file, "{line}"))
            .map_err(|error| SendError::transient(error.kind().to_string()))?;
        Ok(Receipt::none())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::temp_dir().join("tower-bell.log");
    let bell = Bell::builder("custom").channel("file", File(path.clone())).build()?;
    bell.send(Message::new("Nice job, I'm all set up!").field("password", "hunter2"));
    let drained = bell.shutdown_blocking(Duration::from_secs(5));
    println!("{drained:?}, see {}", path.display());
    print!("{}", std::fs::read_to_string(path)?);
    Ok(())
}
