//! What a client sees over real sockets is the same with and without the layer, wherever it stands.

mod client;
mod connection;
mod places;
mod script;
mod stream;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use proptest::prelude::*;
use tower_bell::PanicPolicy;

use self::{
    client::{Sight, in_time},
    places::{Place, Server, bell},
    script::Plan,
};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_a_client_sees_is_the_same_with_and_without_the_layer(plan in script::plan()) {
        let (bell, plan) = (bell(), Arc::new(plan));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut bare = (String::new(), Sight::default());
            for place in Place::ALL {
                let layer = bell.layer().panics(PanicPolicy::Resume);
                let server = |seen| plan.serve(place, &layer, seen);
                let seen = (over_http1(&plan, server).await, over_http2(&plan, server).await);
                if place.is_bare() {
                    bare = seen;
                } else {
                    prop_assert_eq!(&seen.0, &bare.0, "{:?}", place);
                    prop_assert_eq!(&seen.1, &bare.1, "{:?}", place);
                }
            }
            Ok(())
        })?;
    }
}

/// The raw bytes, up to the end of the connection.
async fn over_http1(plan: &Plan, server: impl Fn(Arc<AtomicUsize>) -> Server) -> String {
    let server = server(Arc::new(AtomicUsize::new(usize::MAX)));
    in_time(client::http1(&server, &plan.asked.as_http1())).await
}

async fn over_http2(plan: &Plan, server: impl Fn(Arc<AtomicUsize>) -> Server) -> Sight {
    let seen = Arc::new(AtomicUsize::new(0));
    let server = server(Arc::clone(&seen));
    let (head, payload, trailers) = plan.asked.as_http2();
    let tell = |bytes| seen.store(bytes, Relaxed);
    in_time(client::http2(&server, head, payload, trailers, tell)).await
}

/// Nothing is written beside the source. `PROPTEST_CASES` asks for more than 256 cases.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}
