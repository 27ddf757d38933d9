use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Wake},
    thread,
};

use super::*;
use crate::redact::Redactor;

fn message(text: &str) -> Redacted<Message> {
    Redactor::default().message(Message::new(text))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn ring(stub: &Stub, text: &str) -> Result<Receipt, SendError> {
    block_on(stub.post(&message(text)))
}

fn panic_of(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).unwrap_err();
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn clones_share_what_rang() {
    let stub = Stub::new();
    ring(&stub.clone(), "one").unwrap();
    ring(&stub, "two").unwrap();
    let texts: Vec<_> = stub.messages().iter().map(|m| m.text().to_owned()).collect();
    assert_eq!(texts, ["one", "two"]);
    stub.assert_rang(2);
    assert_eq!(stub.take().len(), 2);
    stub.assert_rang(0);
    assert_eq!(ring(&stub, "three"), Ok(Receipt::new("3")), "a name of its own");
}

#[test]
fn next_gives_each_message_once() {
    let stub = Stub::new();
    ring(&stub, "one").unwrap();
    ring(&stub, "two").unwrap();
    block_on(async {
        assert_eq!(stub.next().await.text(), "one");
        assert_eq!(stub.next().await.text(), "two");
    });
    ring(&stub, "three").unwrap();
    stub.take();
    ring(&stub, "four").unwrap();
    assert_eq!(block_on(stub.next()).text(), "four");
}

#[test]
fn a_message_from_another_thread_wakes_who_waits() {
    struct Woken(AtomicBool);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Release);
        }
    }
    let stub = Stub::new();
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Arc::clone(&woken).into();
    let mut next = pin!(stub.next());
    assert!(next.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let bell = stub.clone();
    thread::spawn(move || ring(&bell, "late")).join().unwrap().unwrap();
    assert!(woken.0.load(Ordering::Acquire));
    let Poll::Ready(message) = next.poll(&mut Context::from_waker(&waker)) else {
        panic!("woken for nothing")
    };
    assert_eq!(message.text(), "late");
}

#[test]
fn all_who_wait_get_a_message_each() {
    let stub = Stub::new();
    block_on(async {
        let both = async { tokio::join!(stub.next(), stub.next()) };
        let ringing = async {
            stub.post(&message("one")).await.unwrap();
            stub.post(&message("two")).await.unwrap();
        };
        let ((first, second), ()) = tokio::join!(both, ringing);
        let mut texts = [first.text(), second.text()];
        texts.sort_unstable();
        assert_eq!(texts, ["one", "two"]);
    });
}

#[test]
fn paused_time_does_not_end_the_waiting() {
    let stub = Stub::new();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap().block_on(async {
        let late = async {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            stub.post(&message("an hour later")).await.unwrap();
        };
        let (next, ()) = tokio::join!(stub.next(), late);
        assert_eq!(next.text(), "an hour later");
    });
}

#[test]
fn the_script_comes_before_the_standing_answer() {
    let stub = Stub::failing(SendError::permanent("gone"));
    stub.answer(Ok(()));
    stub.answer(Err(SendError::transient("busy")));
    assert!(ring(&stub, "one").is_ok());
    assert!(ring(&stub, "two").is_err_and(|e| e.is_transient()));
    assert!(ring(&stub, "three").is_err_and(|e| e.is_permanent()));
    stub.assert_rang(1);
    assert_eq!(stub.attempts(), 3);
}

#[test]
fn edits_are_kept_apart() {
    let stub = Stub::new();
    let receipt = ring(&stub, "one").unwrap();
    let edited = block_on(stub.edit(&receipt, &message("one, twice")));
    assert_eq!(edited, Ok(receipt));
    stub.assert_rang(1);
    stub.assert_contains("twice");
    assert_eq!(stub.edits()[0].text(), "one, twice");
}

#[test]
fn a_reply_rings_and_is_known_as_one() {
    let stub = Stub::new().can(|can| can.thread(true));
    let root = ring(&stub, "one").unwrap();
    let replied = block_on(stub.reply(&root, &message("ten times"))).unwrap();
    assert_ne!(replied, root);
    stub.assert_rang(2);
    assert_eq!(stub.messages()[1].text(), "ten times");
    assert_eq!(stub.replies().len(), 1);
    assert_eq!(stub.replies()[0].text(), "ten times");
    block_on(async {
        assert_eq!(stub.next().await.text(), "one");
        assert_eq!(stub.next().await.text(), "ten times");
    });
    stub.answer(Err(SendError::lost_anchor("gone")));
    assert!(block_on(stub.reply(&root, &message("x"))).is_err_and(|e| e.is_lost_anchor()));
    stub.assert_rang(2);
    assert_eq!(stub.attempts(), 3);
    stub.take();
    assert!(stub.replies().is_empty());
}

#[test]
fn it_can_what_it_says_it_can() {
    let stub = Stub::new();
    let can = stub.capabilities();
    assert!(can.edit && can.username && !can.thread);
    assert_eq!((can.pace, can.edit_period), (Duration::ZERO, Duration::ZERO));
    let receipt = ring(&stub, "one").unwrap();
    let other = stub.clone().can(|can| can.edit(false));
    assert!(block_on(stub.reply(&receipt, &message("x"))).is_err_and(|e| e.is_permanent()));
    assert!(block_on(stub.edit(&receipt, &message("x"))).is_err_and(|e| e.is_permanent()));
    assert_eq!(other.capabilities(), can.edit(false));
    assert_eq!(stub.attempts(), 1);
}

#[test]
fn it_remembers_the_last_and_counts_them_all() {
    let stub = Stub::new();
    block_on(async {
        for at in 0..REMEMBERED + 2 {
            stub.post(&message(&at.to_string())).await.unwrap();
        }
        stub.assert_rang(REMEMBERED + 2);
        assert_eq!(stub.messages().len(), REMEMBERED);
        assert_eq!(stub.next().await.text(), "2");
        assert_eq!(stub.next().await.text(), "3");
    });
}

#[test]
fn a_failed_assertion_shows_what_rang() {
    let stub = Stub::new();
    assert!(panic_of(|| stub.assert_rang(1)).contains("nothing rang"));
    ring(&stub, "hello").unwrap();
    assert!(panic_of(|| stub.assert_rang(2)).contains("1. hello"));
    assert!(panic_of(|| stub.assert_contains("bye")).contains("1. hello"));
}

#[test]
fn a_secret_is_found_however_it_is_written() {
    let secret = "h<nt/r \"2\"&";
    for written in [
        secret.to_owned(),
        format!("{secret:?}"),
        "h%3Cnt%2Fr%20%222%22%26".to_owned(),
        "h%3cnt%2fr+%222%22%26".to_owned(),
        "h%253Cnt%252Fr%2520%25222%2522%2526".to_owned(),
        "{\"note\": \"h<nt/r \\\"2\\\"&\"}".to_owned(),
    ] {
        let stub = Stub::new();
        ring(&stub, &format!("before {written} after")).unwrap();
        let told = panic_of(|| stub.assert_no_secret(secret));
        assert!(told.contains("1. message"), "{written}: {told}");
        assert!(!told.contains(secret), "{told}");
    }
    let stub = Stub::new();
    ring(&stub, "nothing of that kind: h<nt/r").unwrap();
    stub.assert_no_secret(secret);
}

#[test]
fn a_secret_in_an_edit_is_found() {
    let stub = Stub::new();
    block_on(stub.edit(&Receipt::none(), &message("hunter2"))).unwrap();
    assert!(panic_of(|| stub.assert_no_secret("hunter2")).contains("the secret rang"));
}

#[test]
fn a_secret_in_what_changed_is_found() {
    let stub = Stub::new();
    let changed = |message: Message| Message { change: Some("×2 hunter2".to_owned()), ..message };
    block_on(stub.edit(&Receipt::none(), &message("one").map(changed))).unwrap();
    let told = panic_of(|| stub.assert_no_secret("hunter2"));
    assert!(told.contains("as change on a console"), "{told}");
}

#[test]
fn an_empty_secret_is_a_mistake_in_the_test() {
    assert!(catch_unwind(|| Stub::new().assert_no_secret("")).is_err());
}
