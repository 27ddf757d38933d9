//! What reaches a terminal of any message.
#![no_main]

use std::{
    io::{self, Write},
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use libfuzzer_sys::fuzz_target;
use tower_bell::{
    Message,
    transport::{Transport, console::Console},
};
use tower_bell_fuzz::{REDACTOR, assert_sound, message, pieces};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (message, _) = message(&text);
    // Every piece is written, the name too, which is no part of the plain text. What the console adds
    // to it, two blanks at each line's end, is less than what hiding may.
    let length = pieces(&text).map(|piece| piece.len()).sum();
    let shown = shown(message);
    assert_sound(&shown, length);
    assert_inside(&shown);
});

/// Nothing in a message looks like the beginning of another one.
fn assert_inside(shown: &str) {
    let lines = shown.strip_suffix("\n\n").expect("an empty line at the end").split('\n');
    for line in lines.skip(1) {
        assert!(line.starts_with("  "), "{line:?} of {shown:?}");
    }
}

fn shown(message: Message) -> String {
    let out = Shared::default();
    let console = Console::to(out.clone());
    let redacted = REDACTOR.message(message);
    let mut post = pin!(console.post(&redacted));
    let written = post.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(written, Poll::Ready(Ok(_))), "{written:?}");
    let bytes = out.0.lock().expect("no panic").clone();
    String::from_utf8(bytes).expect("a text")
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
