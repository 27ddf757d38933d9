//! What the compiler derives by itself, so that no change of a private field changes it unseen. The
//! lists are exact: what is not named does not hold.

use std::marker::PhantomData;

use tower_bell::{
    Bell, BellBody, BellLayer, Builder, Event, Fingerprint, Handover, Message, Redactor, Route,
    Secret, Stats, TestFailed, Worker,
    capture::{AnyBody, BellService, ResponseFuture, SameBody},
    context::Carried,
    redact::{Finding, Hide, Pii, Redacted, Shown},
    transport::{
        Capabilities, Receipt, SendError,
        console::Console,
        stub::{Next, Stub},
    },
};

/// Has a constant of its own only where the trait holds; where not, [`Not`]'s is found.
struct Probe<T>(PhantomData<T>);

trait Not {
    const SEND: u8 = 0;
    const SYNC: u8 = 0;
    const UNPIN: u8 = 0;
}

impl<T> Not for Probe<T> {}

impl<T: Send> Probe<T> {
    const SEND: u8 = 1;
}

impl<T: Sync> Probe<T> {
    const SYNC: u8 = 2;
}

impl<T: Unpin> Probe<T> {
    const UNPIN: u8 = 4;
}

macro_rules! bit {
    (Send) => {
        1
    };
    (Sync) => {
        2
    };
    (Unpin) => {
        4
    };
}

macro_rules! exactly {
    ($($type:ty: $($auto:ident)*;)*) => {$(
        const _: () = assert!(
            Probe::<$type>::SEND + Probe::<$type>::SYNC + Probe::<$type>::UNPIN == 0 $(+ bit!($auto))*,
            concat!(stringify!($type), " is not exactly: ", stringify!($($auto)*)),
        );
    )*};
}

/// Sent and shared, but not moved once pinned.
type Pinned = std::marker::PhantomPinned;
/// Stays on its thread.
type Local = *const ();
/// May go to another thread, but not be shared.
type Unshared = std::cell::Cell<u8>;

exactly! {
    // The layer is what the app has, whatever it is put round.
    BellLayer<SameBody>: Send Sync Unpin;
    BellLayer<AnyBody>: Send Sync Unpin;

    // The service is what the service inside is.
    BellService<(), SameBody>: Send Sync Unpin;
    BellService<(), AnyBody>: Send Sync Unpin;
    BellService<Local, SameBody>: Unpin;
    BellService<Local, AnyBody>: Unpin;
    BellService<Unshared, SameBody>: Send Unpin;
    BellService<Unshared, AnyBody>: Send Unpin;
    BellService<Pinned, SameBody>: Send Sync;
    BellService<Pinned, AnyBody>: Send Sync;

    // The future may hold a panic's payload, which nobody may share.
    ResponseFuture<(), SameBody>: Send Unpin;
    ResponseFuture<(), AnyBody>: Send Unpin;
    ResponseFuture<Local, SameBody>: Unpin;
    ResponseFuture<Local, AnyBody>: Unpin;
    ResponseFuture<Pinned, SameBody>: Send;
    ResponseFuture<Pinned, AnyBody>: Send;
    Carried<()>: Send Sync Unpin;
    Carried<Local>: Unpin;
    Carried<Pinned>: Send Sync;

    // The body is what the body inside is.
    BellBody<()>: Send Sync Unpin;
    BellBody<Local>: Unpin;
    BellBody<Unshared>: Send Unpin;
    BellBody<Pinned>: Send Sync;

    Bell: Send Sync Unpin;
    Builder: Send Sync Unpin;
    Capabilities: Send Sync Unpin;
    Console: Send Sync Unpin;
    Event: Send Sync Unpin;
    Fingerprint: Send Sync Unpin;
    Handover: Send Sync Unpin;
    Message: Send Sync Unpin;
    Next: Send Sync Unpin;
    Receipt: Send Sync Unpin;
    Finding: Send Sync Unpin;
    Hide: Send Sync Unpin;
    Pii: Send Sync Unpin;
    Shown<'static>: Send Sync Unpin;
    Redacted<Message>: Send Sync Unpin;
    Redactor: Send Sync Unpin;
    Route: Send Sync Unpin;
    Secret: Send Sync Unpin;
    SendError: Send Sync Unpin;
    Stats: Send Sync Unpin;
    Stub: Send Sync Unpin;
    TestFailed: Send Sync Unpin;
    Worker: Send Sync Unpin;
}

#[cfg(feature = "axum")]
exactly! {
    tower_bell::ServerError: Send Sync Unpin;
}

#[cfg(feature = "slack")]
exactly! {
    tower_bell::slack::Bot: Send Sync Unpin;
    tower_bell::slack::BotChannel: Send Sync Unpin;
    tower_bell::slack::Webhook: Send Sync Unpin;
}
