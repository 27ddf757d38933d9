//! What a client sees over real sockets is the same with and without the layer, wherever it stands.
//!
//! | hazard | test |
//! |---|---|
//! | H4, H5, H7, H8, H15, H16: panics, errors, ends, trailers, lengths of bodies | the property below |
//! | H6, H25: clients that go away, resets | `stream`: `a_reset_stream_..`, `a_stream_that_is_reset_..`, `a_client_that_hangs_up_..`, `an_answer_before_the_payload_..` |
//! | H12: limits above and below | `connection::a_payload_that_is_too_large_stays_a_413` |
//! | H13: upgrades, CONNECT | `connection::an_upgrade_goes_through`, `a_websocket_over_http2_goes_through` |
//! | H14: events | `stream::events_arrive_one_by_one` |
//! | H15: HEAD | `connection::a_head_request_keeps_its_content_length` |

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
        let plan = Arc::new(plan);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut bare = (String::new(), Sight::default());
            for place in Place::ALL {
                let seen = (seen_over_http1(place, &plan).await, seen_over_http2(place, &plan).await);
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
async fn seen_over_http1(place: Place, plan: &Arc<Plan>) -> String {
    let server = serving(place, plan, Arc::new(AtomicUsize::new(usize::MAX)));
    in_time(client::http1(&server, &plan.asked.as_http1())).await
}

async fn seen_over_http2(place: Place, plan: &Arc<Plan>) -> Sight {
    let seen = Arc::new(AtomicUsize::new(0));
    let server = serving(place, plan, Arc::clone(&seen));
    let (head, payload, trailers) = plan.asked.as_http2();
    in_time(client::http2(&server, head, payload, trailers, |bytes| seen.store(bytes, Relaxed)))
        .await
}

fn serving(place: Place, plan: &Arc<Plan>, seen: Arc<AtomicUsize>) -> Server {
    let plan = Arc::clone(plan);
    let layer = bell().layer().panics(PanicPolicy::Resume);
    place.serve(&layer, move |request| Plan::answer(Arc::clone(&plan), Arc::clone(&seen), request))
}

/// Nothing is written beside the source. `PROPTEST_CASES` asks for more than 256 cases.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}
