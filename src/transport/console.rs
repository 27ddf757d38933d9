//! Messages on a terminal, for a person's eyes: while developing, and where no chat is configured.

use std::{
    env, fmt,
    io::{self, IsTerminal, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    message::Message,
    redact::Redacted,
    secret::Secret,
    severity::Severity,
    text,
    topic::Topic,
    transport::{Capabilities, Receipt, SendError, Transport},
};

/// Writes every message as a block of lines, and what changed of it as one further line
/// (`×2 #a1f3k9q2 500 · POST /checkout`): what was written cannot be replaced. What is said of a job is
/// always a block. See [`Console::new`].
///
/// ```
/// use tower_bell::transport::console::Console;
///
/// let console = Console::to(std::io::sink());
/// ```
pub struct Console {
    out: Mutex<Box<dyn Write + Send>>,
    colour: bool,
    label: String,
    posted: AtomicU64,
}

impl Console {
    /// Writes to stderr; in colour only if that is a terminal and `NO_COLOR` is unset or empty.
    #[must_use]
    pub fn new() -> Self {
        let wanted = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let colour = wanted && io::stderr().is_terminal();
        Self { colour, ..Self::to(io::stderr()) }
    }

    /// Writes elsewhere, without colour.
    #[must_use]
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self {
            out: Mutex::new(Box::new(out)),
            colour: false,
            label: String::new(),
            posted: AtomicU64::new(0),
        }
    }

    /// Begins each message with this, so that several channels can share a terminal. Default:
    /// nothing.
    ///
    /// ```
    /// use tower_bell::transport::console::Console;
    ///
    /// let financials = Console::new().label("#financials");
    /// ```
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    fn say(&self, words: &str) -> Result<(), SendError> {
        let label = if self.label.is_empty() { String::new() } else { format!("{}  ", self.label) };
        self.write(&format!("{label}{words}")).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => SendError::transient("console: it takes nothing just now"),
            kind => SendError::permanent(format!("console: {kind}")),
        })
    }

    /// One write per message, so that other writers cannot come between its lines.
    fn write(&self, block: &str) -> io::Result<()> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(block.as_bytes())?;
        out.flush()
    }
}

impl Default for Console {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("colour", &self.colour).finish_non_exhaustive()
    }
}

impl Transport for Console {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
            .edit(true)
            .edit_period(EDIT_PERIOD)
            .pace(Duration::ZERO)
            .username(true)
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    /// # Errors
    /// Permanent if the stream is closed, transient if it takes nothing just now.
    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        self.say(&block(message, self.colour))?;
        if message.about() == Some(&Topic::Task) {
            // A result that rings is told whole in any case. With a name, that it began would be
            // completed in short before: the same twice.
            return Ok(Receipt::none());
        }
        let number = self.posted.fetch_add(1, Relaxed) + 1;
        Ok(Receipt::new(number.to_string()))
    }

    /// Writes what changed, on one line; the whole message if it does not say what did.
    ///
    /// # Errors
    /// Those of [`post`](Self::post).
    async fn edit(
        &self,
        receipt: &Receipt,
        message: &Redacted<Message>,
    ) -> Result<Receipt, SendError> {
        let line = change(message, self.colour);
        self.say(&line.unwrap_or_else(|| block(message, self.colour)))?;
        Ok(receipt.clone())
    }
}

/// The plain text as lines, those after the first indented, with an empty one after them.
pub(crate) fn block(message: &Message, colour: bool) -> String {
    let name = message.username.iter().map(|name| format!("{}: ", text::one_line(name)));
    let words = name.chain([message.plain_text()]).collect::<String>();
    let words = text::clean(&words);
    let mut lines = words.trim().lines();
    let first = lines.next().unwrap_or_default();
    let mut block = styled(first, heading(message.severity), colour);
    for line in lines {
        block.push_str("\n  ");
        block.push_str(line);
    }
    block.push_str("\n\n");
    block
}

/// What changed, as one line; `None` if the message does not say.
pub(crate) fn change(message: &Message, colour: bool) -> Option<String> {
    let change = text::one_line(message.change.as_deref()?);
    let change = change.trim();
    let line = || format!("{}\n", styled(change, heading(message.severity), colour));
    (!change.is_empty()).then(line)
}

fn styled(line: &str, style: &str, colour: bool) -> String {
    if colour { format!("{style}{line}{PLAIN}") } else { line.to_owned() }
}

const fn heading(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "\x1b[1m",
        Severity::Warning => "\x1b[1;33m",
        Severity::Error | Severity::Critical => "\x1b[1;31m",
    }
}

const PLAIN: &str = "\x1b[0m";

/// Who looks at a terminal wants to see the second failure, not each of a thousand.
const EDIT_PERIOD: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{message::Literal, redact::Redactor};

    fn failure() -> Message {
        let mut message = Message::new(":x: Generic Server Error")
            .severity(Severity::Error)
            .user("alice@example.com")
            .field("plan", "pro");
        message.quote = Some("charge failed".to_owned());
        message.literals = vec![Literal {
            label: "Payload",
            note: Some("41 B".to_owned()),
            text: "{\n\n  \"a\": 1\n}".to_owned(),
            language: Some("json"),
        }];
        message.id = Some("a1f3k9q2".to_owned());
        message
    }

    #[test]
    fn a_failure_is_a_block_of_lines() {
        let shown = block(&failure(), false);
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[0], ":x: Generic Server Error");
        assert_eq!(lines[2], "  user:alice@example.com");
        assert!(lines[1..].iter().all(|line| line.starts_with("  ") || line.is_empty()));
        assert!(shown.ends_with("\n  #a1f3k9q2\n\n"));
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&shown), words(&failure().plain_text()));
    }

    #[test]
    fn colour_changes_no_word() {
        let coloured = block(&failure(), true);
        assert!(coloured.starts_with("\x1b[1;31m:x: Generic Server Error\x1b[0m\n"));
        let plain = coloured.replace(heading(Severity::Error), "").replace(PLAIN, "");
        assert_eq!(plain, block(&failure(), false));
    }

    #[test]
    fn the_name_stands_before_the_text() {
        let message = Message::new("hello\nworld").username("MyApp\nBot");
        assert_eq!(block(&message, false), "MyApp Bot: hello\n  world\n\n");
    }

    /// What was written, for the test to read.
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A stream that is closed, or takes nothing.
    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    impl Shared {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn hello() -> Redacted<Message> {
        Redactor::default().message(Message::new("hello"))
    }

    /// The failure for the second time.
    fn again() -> Redacted<Message> {
        let change = Some("×2 #a1f3k9q2 500 · POST /checkout".to_owned());
        Redactor::default().message(Message { change, ..failure() })
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn every_message_is_written_and_has_its_own_name() {
        let out = Shared::default();
        let console = Console::to(out.clone());
        let names = [(), ()].map(|()| block_on(console.post(&hello())));
        assert_eq!(names, [Ok(Receipt::new("1")), Ok(Receipt::new("2"))]);
        assert_eq!(out.text(), "hello\n\nhello\n\n");
    }

    #[test]
    fn what_changed_is_one_further_line() {
        let out = Shared::default();
        let console = Console::to(out.clone()).label("#errors");
        let posted = block_on(console.post(&hello())).unwrap();
        for _ in 0..2 {
            assert_eq!(block_on(console.edit(&posted, &again())).as_ref(), Ok(&posted));
        }
        assert_eq!(
            out.text(),
            "#errors  hello\n\n\
             #errors  ×2 #a1f3k9q2 500 · POST /checkout\n\
             #errors  ×2 #a1f3k9q2 500 · POST /checkout\n"
        );
    }

    #[test]
    fn what_changed_has_the_colour_of_the_heading() {
        let line = change(&again(), true).unwrap();
        assert_eq!(line, "\x1b[1;31m×2 #a1f3k9q2 500 · POST /checkout\x1b[0m\n");
        assert_eq!(change(&again(), false).unwrap(), "×2 #a1f3k9q2 500 · POST /checkout\n");
    }

    #[test]
    fn an_edit_that_does_not_say_what_changed_is_written_whole() {
        for unsaid in [None, Some(String::new()), Some(" \u{200b}\n".to_owned())] {
            let out = Shared::default();
            let message = Message { change: unsaid, ..failure() };
            let whole = block(&message, false);
            let message = Redactor::default().message(message);
            block_on(Console::to(out.clone()).edit(&Receipt::new("1"), &message)).unwrap();
            assert_eq!(out.text(), whole);
        }
    }

    #[test]
    fn what_is_said_of_a_job_is_not_replaced() {
        let began = Redactor::default().message(Message::new("report started").topic(Topic::Task));
        assert_eq!(block_on(Console::to(io::sink()).post(&began)), Ok(Receipt::none()));
    }

    #[test]
    fn a_stream_that_is_closed_is_an_error_not_a_panic() {
        let both = |kind| {
            let console = Console::to(Broken(kind));
            let posted = block_on(console.post(&hello()));
            [posted, block_on(console.edit(&Receipt::new("1"), &again()))].map(Result::unwrap_err)
        };
        assert!(both(io::ErrorKind::BrokenPipe).iter().all(SendError::is_permanent));
        assert!(both(io::ErrorKind::WouldBlock).iter().all(SendError::is_transient));
    }

    /// Unlike `any::<String>()`, with control characters.
    fn anything() -> impl Strategy<Value = String> {
        prop::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn no_control_character_reaches_the_terminal(
            text in anything(),
            quote in anything(),
            body in anything(),
        ) {
            let mut message = failure();
            message.text = text.clone();
            message.username = Some(quote.clone());
            message.quote = Some(quote.clone());
            message.user = Some(quote.clone());
            message.facts = vec![quote.clone()];
            message.literals[0].text = body;
            message.change = Some(quote.clone());
            message.id = Some(quote);
            let shown = block(&message, false);
            prop_assert_eq!(text::clean(&shown), shown.as_str());
            if let Some(line) = change(&message, false) {
                prop_assert_eq!(text::clean(&line), line.as_str());
                prop_assert_eq!(line.lines().count(), 1);
            }
        }
    }
}
