//! Other ears than the middleware: what the app tells of itself.

mod event;
mod money;

pub use self::event::Event;
