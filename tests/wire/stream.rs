//! Answers that come piece by piece, and clients that do not wait for them.

use std::future::{pending, poll_fn};

use bytes::Bytes;
use h2::{Reason, client::ResponseFuture};
use http::{Request, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, channel};
use tokio::{
    io::AsyncWriteExt,
    sync::{mpsc, oneshot},
};
use tower::BoxError;
use tower_bell::Bell;

use super::{
    client::{self, in_time, read_until},
    places::{Payload, Place, Server, bell},
};

/// Each event is made only when the client has seen the one before.
#[tokio::test]
async fn events_arrive_one_by_one() {
    for place in Place::ALL {
        for status in [StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR] {
            let (started, mut streams) = mpsc::unbounded_channel();
            let server = place.serve(&bell().layer(), move |_| {
                let (events, body) = channel::Channel::<Bytes, BoxError>::new(1);
                let sent = started.send(events);
                let mut response = Response::new(body);
                *response.status_mut() = status;
                let kind = header::HeaderValue::from_static("text/event-stream");
                response.headers_mut().insert(header::CONTENT_TYPE, kind);
                async move { sent.map(|()| response).map_err(Into::into) }
            });
            in_time(async {
                let mut client = server.connect().await.client;
                client.write_all(b"GET /events HTTP/1.1\r\n\r\n").await.unwrap();
                let mut events = streams.recv().await.unwrap();
                for event in EVENTS {
                    events.send_data(event.into()).await.unwrap();
                    read_until(&mut client, event).await;
                }
                drop(events);
                assert_eq!(read_until(&mut client, "0\r\n\r\n").await, "\r\n0\r\n\r\n");

                let (answer, _) = ask_over_http2(&server, "/events").await;
                let mut events = streams.recv().await.unwrap();
                let mut body = answer.await.unwrap().into_body();
                for event in EVENTS {
                    events.send_data(event.into()).await.unwrap();
                    assert_eq!(body.data().await.unwrap().unwrap(), event, "{place:?}");
                }
                drop(events);
                assert_eq!(client::rest(body).await, "", "{place:?}");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_reset_stream_is_no_failure() {
    for place in Place::ALL {
        goes_away(place, async |server, gone| {
            let (answer, mut stream) = ask_over_http2(server, "/waits").await;
            let gone = gone.recv().await.unwrap();
            stream.send_reset(Reason::CANCEL);
            is_dropped(gone).await;
            drop(answer);
        })
        .await;
    }
}

#[tokio::test]
async fn a_stream_that_is_reset_half_way_is_no_failure() {
    for place in Place::ALL {
        let bell = bell();
        let (server, mut gone) = waiting_server(place, &bell);
        in_time(async {
            let (answer, mut stream) = ask_over_http2(&server, "/streams").await;
            assert_eq!(answer.await.unwrap().status(), StatusCode::OK);
            stream.send_reset(Reason::CANCEL);
            is_dropped(gone.recv().await.unwrap()).await;
        })
        .await;
        assert_eq!(bell.stats().failures, 0, "{place:?}");
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_is_no_failure() {
    for place in Place::ALL {
        goes_away(place, async |server, gone| {
            let mut client = server.connect().await.client;
            client.write_all(b"GET /waits HTTP/1.1\r\n\r\n").await.unwrap();
            let gone = gone.recv().await.unwrap();
            drop(client);
            is_dropped(gone).await;
        })
        .await;
    }
}

/// The answer is whole; the server only says that it does not want the payload any more.
#[tokio::test]
async fn an_answer_before_the_payload_is_no_failure() {
    for place in Place::ALL {
        let bell = bell();
        let answer = async |_| Ok(Response::new(Full::new(Bytes::from_static(b"enough"))));
        let server = place.serve(&bell.layer(), answer);
        in_time(async {
            let (answer, mut stream) = ask_over_http2(&server, "/upload").await;
            let mut body = answer.await.unwrap().into_body();
            assert_eq!(body.data().await.unwrap().unwrap(), "enough", "{place:?}");
            let reset = poll_fn(|cx| stream.poll_reset(cx)).await.unwrap();
            assert_eq!(reset, Reason::NO_ERROR, "{place:?}");
        })
        .await;
        assert_eq!(bell.stats().failures, 0, "{place:?}");
    }
}

/// Gives, for each request, what tells that its handler was dropped.
type Gone = mpsc::UnboundedReceiver<oneshot::Receiver<()>>;

/// A client that goes away is counted, and does not ring.
async fn goes_away(place: Place, leave: impl AsyncFn(&Server, &mut Gone)) {
    let bell = bell();
    let (server, mut gone) = waiting_server(place, &bell);
    in_time(leave(&server, &mut gone)).await;
    let stats = bell.stats();
    let seen = u64::from(!place.is_bare());
    assert_eq!((stats.cancelled, stats.failures), (seen, 0), "{place:?}");
}

async fn is_dropped(gone: oneshot::Receiver<()>) {
    gone.await.expect_err("nothing is ever sent");
}

/// Never comes to an end: `/streams` answers with a body that never comes, other paths not at all.
fn waiting_server(place: Place, bell: &Bell) -> (Server, Gone) {
    let (came, gone) = mpsc::unbounded_channel();
    let server = place.serve(&bell.layer(), move |request: Request<Payload>| {
        let (held, dropped) = oneshot::channel::<()>();
        let sent = came.send(dropped);
        async move {
            sent?;
            if request.uri().path() != "/streams" {
                pending::<()>().await;
            }
            let frames = tokio_stream::pending::<Result<Frame<Bytes>, BoxError>>();
            let body = StreamBody::new(frames).map_frame(move |frame| {
                let _ = &held;
                frame
            });
            Ok(Response::new(body))
        }
    });
    (server, gone)
}

/// The request stays open.
async fn ask_over_http2(server: &Server, path: &str) -> (ResponseFuture, h2::SendStream<Bytes>) {
    let mut client = client::handshake(server).await;
    let mut request = Request::new(());
    *request.uri_mut() = format!("http://shop.example.com{path}").parse().expect("a URI");
    client.send_request(request, false).expect("a stream")
}

const EVENTS: [&str; 3] = ["data: a\n\n", "data: b\n\n", "data: c\n\n"];
