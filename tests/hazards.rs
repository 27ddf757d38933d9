//! What goes wrong in middleware, and the test that shows it does not go wrong here.
//!
//! | hazard | what it is | test |
//! |---|---|---|
//! | H1 | calling a service that was not made ready | `the_service_that_was_ready_is_the_one_that_is_called` |
//! | H2 | work in `call` that leaks if the future is never polled | `a_future_that_is_never_polled_leaves_nothing_behind` |
//! | H3 | panics in the handler, in `call`, in `poll_ready` | `a_panic_in_the_handler_is_answered`, `a_panic_in_call_is_answered`, `a_panic_in_poll_ready_is_told_and_goes_on`, `a_panic_goes_on_where_asked_to`, `a_panic_on_an_ignored_path_is_answered_and_not_told` |
//! | H4 | a panic in the response body | `a_panic_in_the_response_body_is_told_and_goes_on` |
//! | H5 | an error in the response body | `an_error_in_the_response_body_is_told` |
//! | H6 | a dropped future is a client that went away | `a_client_that_goes_away_is_counted_and_not_rung`, `a_client_that_waited_long_rings_where_asked_to` |
//! | H7 | nobody polls again after an exact length | `the_text_is_told_though_nobody_polls_to_the_end` |
//! | H8 | trailers | `trailers_go_through_and_are_judged`, `a_status_in_the_head_is_judged_too` |
//! | H9 | gRPC fails with 200 | `only_the_servers_own_faults_ring_for_grpc`, `a_grpc_body_without_a_status_rings` |
//! | H10 | reading the body ahead | `a_body_that_is_not_read_is_not_touched` |
//! | H11 | back-pressure and memory | `a_long_body_is_kept_up_to_the_limit` |
//! | H12 | limits above and below | `a_413_stays_a_413_through_two_bells` |
//! | H13 | upgrades | `an_upgrade_goes_through` (wire/) |
//! | H14 | server-sent events | `events_arrive_one_by_one` (wire/) |
//! | H15, H16 | HEAD, 204, 304, lengths | `what_a_client_sees_is_the_same_with_and_without_the_layer` (wire/) |
//! | H17 | body types that change | `body_types_stay_as_they_are`, places.rs |
//! | H18 | routes in nested routers, fallbacks, 405 | `the_route_is_named_wherever_it_is_known` |
//! | H19 | told twice by nested layers, retries | `nested_layers_ring_once`, `a_retry_rings_for_the_final_outcome` |
//! | H20 | errors are passed on, not replaced | `an_error_comes_out_as_it_went_in` |
//! | H21 | which 5xx count | `what_counts_is_decided` |
//! | H22 | header values that are no text, double lines | `headers_of_any_bytes_are_shown_line_by_line` |
//! | H23 | giant headers | `giant_headers_are_cut` |
//! | H25 | a reset stream | `a_reset_stream_is_no_failure` (wire/) |
//! | H27 | cancelled between deciding and telling | `a_response_dropped_at_once_is_still_told` |
//! | H29 | `Infallible` stays | `body_types_stay_as_they_are` |
//! | H30 | `Layer::layer` for each request | `layers_made_again_and_again_share_one_bell` |
//! | H31 | every form of target | `every_form_of_target_is_shown` |
//!
//! H24 (a handler that answers early and works on), H26 (upstream), H28 (other protocols) and H32
//! (upstream) are not the layer's.

mod support;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{DefaultBodyLimit, Request},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version, header},
    response::IntoResponse,
    routing::{any, get, post},
};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use support::rung;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_bell::{PanicPolicy, ResponseExt, ServerError};

/// A body of scripted frames and of unknown length, unless said otherwise.
#[derive(Default)]
struct Script {
    frames: std::collections::VecDeque<Step>,
    length: Option<u64>,
}

enum Step {
    Data(&'static str),
    Trailers(HeaderMap),
    Error(&'static str),
    Panic(&'static str),
}

impl Script {
    fn of(frames: impl IntoIterator<Item = Step>) -> Self {
        Self { frames: frames.into_iter().collect(), length: None }
    }
}

impl http_body::Body for Script {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(match self.frames.pop_front() {
            None => None,
            Some(Step::Data(text)) => Some(Ok(Frame::data(Bytes::from_static(text.as_bytes())))),
            Some(Step::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
            Some(Step::Error(text)) => Some(Err(text.into())),
            Some(Step::Panic(text)) => std::panic::panic_any(text),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.length.is_some() && self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn request(method: &str, uri: &str) -> Request {
    Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()
}

fn text_response(status: u16, text: &'static str) -> Response<Body> {
    let builder = Response::builder().status(status).header("content-type", "text/plain");
    builder.body(Body::from(text)).unwrap()
}

/// One route, `/`, answering like this, under one layer of the bell.
fn answering<F>(bell: &tower_bell::Bell, answer: F) -> Router
where
    F: Fn() -> Response<Body> + Clone + Send + Sync + 'static,
{
    Router::new().route("/", any(move || std::future::ready(answer()))).layer(bell.layer())
}

#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    #[derive(Default)]
    struct Checked {
        ready: bool,
    }
    impl Clone for Checked {
        fn clone(&self) -> Self {
            Self::default()
        }
    }
    impl Service<Request> for Checked {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            self.ready = true;
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request) -> Self::Future {
            assert!(std::mem::take(&mut self.ready), "called without being ready");
            std::future::ready(Ok(text_response(200, "fine")))
        }
    }
    let (bell, stub) = rung();
    let mut service = bell.layer().layer(Checked::default());
    for _ in 0..3 {
        let response = service.ready().await.unwrap().call(request("GET", "/")).await.unwrap();
        assert_eq!(response.status(), 200);
    }
    bell.flush(support::LONG).await;
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn a_future_that_is_never_polled_leaves_nothing_behind() {
    let (bell, stub) = rung();
    let mut service = bell.layer().layer(service_fn(|_: Request| async {
        tower_bell::context::user("nobody");
        Ok::<_, Infallible>(text_response(200, ""))
    }));
    drop(service.ready().await.unwrap().call(request("GET", "/")));
    let failing = answering(&bell, || text_response(500, "no"));
    failing.oneshot(request("GET", "/")).await.unwrap().into_body().collect().await.unwrap();
    assert!(!stub.next().await.plain_text().contains("nobody"));
    assert_eq!(bell.stats().failures, 1);
}

#[tokio::test]
async fn a_panic_in_the_handler_is_answered() {
    let (bell, stub) = rung();
    let app: Router = Router::new()
        .route(
            "/",
            get(|| async {
                if true {
                    panic!("ouch {}", 7)
                }
            }),
        )
        .layer(bell.layer());
    let response = app.oneshot(request("GET", "/")).await.unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), r#"{"error":true}"#);
    let text = stub.next().await.plain_text();
    assert!(text.contains("ouch 7") && text.contains("tests/hazards.rs:"), "{text}");
}

#[tokio::test]
async fn a_panic_in_call_is_answered() {
    let (bell, stub) = rung();
    let service = bell.layer().layer(service_fn(
        |_: Request| -> std::future::Ready<Result<Response<Body>, Infallible>> {
            panic!("before any future")
        },
    ));
    let response = service.oneshot(request("GET", "/")).await.unwrap();
    assert_eq!(response.status(), 500);
    assert!(stub.next().await.plain_text().contains("before any future"));
}

#[derive(Clone)]
struct PanicsWhenAsked;

impl Service<Request> for PanicsWhenAsked {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        panic!("not ready at all")
    }

    fn call(&mut self, _: Request) -> Self::Future {
        unreachable!()
    }
}

#[tokio::test]
async fn a_panic_in_poll_ready_is_told_and_goes_on() {
    let (bell, stub) = rung();
    let service = bell.layer().layer(bell.layer().layer(PanicsWhenAsked));
    let joined = tokio::spawn(service.oneshot(request("GET", "/"))).await;
    assert!(joined.unwrap_err().is_panic());
    assert!(stub.next().await.plain_text().contains("not ready at all"));
    assert_eq!(bell.stats().failures, 1);
}

#[tokio::test]
async fn a_panic_goes_on_where_asked_to() {
    let (bell, stub) = rung();
    let app: Router = Router::new()
        .route(
            "/",
            get(|| async {
                if true {
                    panic!("let it go")
                }
            }),
        )
        .layer(bell.layer().panics(PanicPolicy::Resume));
    let joined = tokio::spawn(app.oneshot(request("GET", "/"))).await;
    assert!(joined.unwrap_err().is_panic());
    assert!(stub.next().await.plain_text().contains("let it go"));
}

#[tokio::test]
async fn what_panics_while_a_panic_is_cleaned_up_does_no_harm() {
    struct PanicsInDrop;
    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            panic!("the payload in drop")
        }
    }
    /// Panics when polled, and again when dropped.
    struct DropsBadly;
    impl Future for DropsBadly {
        type Output = Result<Response<Body>, Infallible>;
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            std::panic::panic_any(PanicsInDrop)
        }
    }
    impl Drop for DropsBadly {
        fn drop(&mut self) {
            panic!("the future in drop")
        }
    }
    let (bell, stub) = rung();
    let service = bell.layer().layer(service_fn(|_: Request| DropsBadly));
    let response = service.oneshot(request("GET", "/")).await.unwrap();
    assert_eq!(response.status(), 500);
    assert!(stub.next().await.plain_text().contains("a payload that is no text"));
}

#[tokio::test]
async fn a_panic_on_an_ignored_path_is_answered_and_not_told() {
    /// Panics when polled, and again when dropped.
    struct Panics;
    impl Future for Panics {
        type Output = Result<Response<Body>, Infallible>;
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            panic!("in poll")
        }
    }
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("in drop")
        }
    }
    fn service<B>(request: http::Request<B>) -> Panics {
        let (head, _) = request.into_parts();
        assert!(head.method != Method::PUT, "in call");
        Panics
    }
    let (bell, _stub) = rung();
    let layer = bell.layer().ignore_path("/health");
    let same = layer.clone().layer(service_fn(service));
    let any = layer.any_body().layer(service_fn(service));
    for method in ["GET", "PUT"] {
        let response = same.clone().oneshot(request(method, "/health")).await.unwrap();
        assert_eq!(response.status(), 500);
        assert!(!response.body().is_end_stream());
        let mut call = request(method, "/health");
        *call.version_mut() = Version::HTTP_2;
        call.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
        let response = any.clone().oneshot(call).await.unwrap();
        assert_eq!(
            (response.status(), &response.headers()["grpc-status"]),
            (StatusCode::OK, &HeaderValue::from_static("13"))
        );
    }
    assert_eq!(bell.stats().failures, 0);
    same.oneshot(request("GET", "/health/deep")).await.unwrap();
    assert_eq!(bell.stats().failures, 1, "only exactly this path is ignored");
}

#[tokio::test]
async fn a_panic_in_the_response_body_is_told_and_goes_on() {
    let (bell, stub) = rung();
    let app = answering(&bell, || {
        Response::new(Body::new(Script::of([Step::Data("half"), Step::Panic("mid-stream")])))
    });
    let response = app.oneshot(request("GET", "/")).await.unwrap();
    assert_eq!(response.status(), 200);
    let read = tokio::spawn(response.into_body().collect()).await;
    assert!(read.unwrap_err().is_panic(), "the connection must break as without the layer");
    assert!(stub.next().await.plain_text().contains("mid-stream"));
    assert_eq!(bell.stats().failures, 1);
}

#[tokio::test]
async fn an_error_in_the_response_body_is_told() {
    let (bell, stub) = rung();
    let app = answering(&bell, || {
        Response::new(Body::new(Script::of([Step::Data("half"), Step::Error("row 7 is gone")])))
    });
    let body = app.oneshot(request("GET", "/")).await.unwrap().into_body();
    assert!(body.collect().await.unwrap_err().to_string().contains("row 7 is gone"));
    let text = stub.next().await.plain_text();
    assert!(text.contains("row 7 is gone") && text.contains("4 B"), "{text}");
}

#[tokio::test]
async fn a_client_that_goes_away_is_counted_and_not_rung() {
    let (bell, stub) = rung();
    let app: Router = Router::new().route("/", get(std::future::pending::<()>)).layer(bell.layer());
    let mut waiting = Box::pin(app.oneshot(request("GET", "/")));
    assert!(futures_poll(&mut waiting).is_pending());
    drop(waiting);
    let finished = answering(&bell, || text_response(200, "fine"));
    finished.oneshot(request("GET", "/")).await.unwrap();
    bell.flush(support::LONG).await;
    assert_eq!((stub.count(), bell.stats().cancelled), (0, 1));
}

#[tokio::test]
async fn a_client_that_waited_long_rings_where_asked_to() {
    let (bell, stub) = rung();
    let layer = bell.layer().cancelled_after(Duration::ZERO);
    let app: Router = Router::new().route("/", get(std::future::pending::<()>)).layer(layer);
    let mut waiting = Box::pin(app.oneshot(request("GET", "/")));
    assert!(futures_poll(&mut waiting).is_pending());
    drop(waiting);
    assert!(stub.next().await.plain_text().contains("GET /"));
}

#[tokio::test]
async fn nested_layers_count_a_client_that_goes_away_once() {
    let (bell, _stub) = rung();
    let layer = || bell.layer().cancelled_after(Duration::ZERO);
    let app: Router =
        Router::new().route("/", get(std::future::pending::<()>)).layer(layer()).layer(layer());
    let mut waiting = Box::pin(app.oneshot(request("GET", "/")));
    assert!(futures_poll(&mut waiting).is_pending());
    drop(waiting);
    assert_eq!((bell.stats().failures, bell.stats().cancelled), (1, 1));
}

#[tokio::test]
async fn a_panic_in_call_is_told_though_nobody_polls() {
    let (bell, stub) = rung();
    let mut service = bell.layer().layer(service_fn(
        |_: Request| -> std::future::Ready<Result<Response<Body>, Infallible>> {
            panic!("before any future")
        },
    ));
    drop(service.call(request("GET", "/")));
    assert!(stub.next().await.plain_text().contains("panicked"));
    assert_eq!((bell.stats().failures, bell.stats().cancelled), (1, 0));
}

fn futures_poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(std::task::Waker::noop()))
}

#[tokio::test]
async fn the_text_is_told_though_nobody_polls_to_the_end() {
    let (bell, stub) = rung();
    let app = answering(&bell, || text_response(500, "exactly this"));
    let mut body = app.oneshot(request("GET", "/")).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    assert!(body.is_end_stream());
    // It is told while the body is still there.
    assert!(stub.next().await.plain_text().contains("exactly this"));
    drop(body);
}

#[tokio::test]
async fn a_response_dropped_at_once_is_still_told() {
    let (bell, stub) = rung();
    let app = answering(&bell, || text_response(500, "never read"));
    drop(app.oneshot(request("GET", "/")).await.unwrap());
    assert!(stub.next().await.plain_text().contains("500"));
}

fn grpc(headers: &[(&'static str, &'static str)], frames: Vec<Step>) -> Response<Body> {
    let mut response = Response::new(Body::new(Script::of(frames)));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    for (name, value) in headers {
        response.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    response
}

fn trailers(code: &'static str) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(code));
    trailers.insert("grpc-message", HeaderValue::from_static("disk%20full"));
    trailers
}

#[tokio::test]
async fn trailers_go_through_and_are_judged() {
    let (bell, stub) = rung();
    let app =
        answering(&bell, || grpc(&[], vec![Step::Data("partial"), Step::Trailers(trailers("13"))]));
    let response = app.oneshot(request("POST", "/")).await.unwrap();
    let collected = response.into_body().collect().await.unwrap();
    assert_eq!(collected.trailers().unwrap()["grpc-status"], "13");
    assert_eq!(collected.to_bytes(), "partial");
    let text = stub.next().await.plain_text();
    assert!(text.contains("disk full") && text.contains("13"), "{text}");
}

#[tokio::test]
async fn a_status_in_the_head_is_judged_too() {
    let (bell, stub) = rung();
    let headers = [("grpc-status", "14"), ("grpc-message", "try%20later")];
    let app = answering(&bell, move || grpc(&headers, vec![]));
    app.oneshot(request("POST", "/")).await.unwrap();
    assert!(stub.next().await.plain_text().contains("try later"));
}

#[tokio::test]
async fn only_the_servers_own_faults_ring_for_grpc() {
    let (bell, stub) = rung();
    for code in ["0", "1", "3", "5", "6", "7", "8", "9", "10", "11", "16"] {
        let app = answering(&bell, move || grpc(&[], vec![Step::Trailers(trailers(code))]));
        app.oneshot(request("POST", "/")).await.unwrap().into_body().collect().await.unwrap();
    }
    bell.flush(support::LONG).await;
    assert_eq!(stub.count(), 0);
    for code in ["2", "4", "12", "13", "14", "15"] {
        let app = answering(&bell, move || grpc(&[], vec![Step::Trailers(trailers(code))]));
        app.oneshot(request("POST", "/")).await.unwrap().into_body().collect().await.unwrap();
    }
    assert_eq!(bell.stats().failures, 6);
}

#[tokio::test]
async fn a_grpc_body_without_a_status_rings() {
    let (bell, _stub) = rung();
    let app = answering(&bell, || grpc(&[], vec![Step::Data("and then nothing")]));
    app.oneshot(request("POST", "/")).await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(bell.stats().failures, 1);
    // A client that went away is no failure.
    let app = answering(&bell, || grpc(&[], vec![Step::Data("and then nothing")]));
    drop(app.oneshot(request("POST", "/")).await.unwrap());
    assert_eq!(bell.stats().failures, 1);
}

#[tokio::test]
async fn a_body_that_is_not_read_is_not_touched() {
    struct Untouchable;
    impl http_body::Body for Untouchable {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            panic!("the layer read the body by itself")
        }
    }
    let (bell, stub) = rung();
    let app = answering(&bell, || text_response(500, "no"));
    let request = Request::post("/").header("content-length", "1234");
    let response = app.oneshot(request.body(Body::new(Untouchable)).unwrap()).await.unwrap();
    drop(response);
    let text = stub.next().await.plain_text();
    assert!(text.contains("not read") && text.contains("1234"), "{text}");
}

#[tokio::test]
async fn a_long_body_is_kept_up_to_the_limit() {
    let (bell, stub) = rung();
    let app: Router = Router::new()
        .route(
            "/",
            post(|body: Bytes| async move { ServerError::new(format!("{} read", body.len())) }),
        )
        .layer(DefaultBodyLimit::disable())
        .layer(bell.layer().capture_body(1000));
    let long = "x ".repeat(1_500_000);
    let request = Request::post("/").header("content-type", "text/plain");
    app.oneshot(request.body(Body::from(long)).unwrap()).await.unwrap();
    let text = stub.next().await.plain_text();
    assert!(text.contains("3000000 read"), "{text}");
    assert!(text.contains("2.9 MiB"), "{text}");
    let kept = text.matches('x').count();
    assert!((450..550).contains(&kept), "{kept} kept");
}

#[tokio::test]
async fn a_413_stays_a_413_through_two_bells() {
    let (bell, _stub) = rung();
    let app: Router = Router::new()
        .route("/", post(|_: Bytes| async {}))
        .layer(bell.layer())
        .layer(bell.layer())
        .layer(tower_http::limit::RequestBodyLimitLayer::new(10));
    // Of unknown length, so that the limit is met while reading.
    let body = Body::new(Script::of([Step::Data("0123456789"), Step::Data("0")]));
    let response = app.oneshot(Request::post("/").body(body).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn body_types_stay_as_they_are() {
    fn same<S, B, R>(_: &S)
    where
        S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
    {
    }
    let bell = tower_bell::Bell::off();
    let service = service_fn(|_: Request<Full<Bytes>>| async {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    same::<_, Full<Bytes>, Full<Bytes>>(&bell.layer().layer(service));
    let axum = service_fn(|_: Request| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    same::<_, Body, Body>(&bell.layer().layer(axum));
}

#[tokio::test]
async fn the_route_is_named_wherever_it_is_known() {
    let (bell, stub) = rung();
    let fail = || async { StatusCode::INTERNAL_SERVER_ERROR };
    let inner = Router::new().route("/{id}/items/{item}", get(fail)).fallback(fail);
    let app: Router = Router::new()
        .nest("/orders", inner)
        .fallback(fail)
        .layer(bell.layer().client_errors([StatusCode::METHOD_NOT_ALLOWED]));
    for (method, uri, route) in [
        ("GET", "/orders/7/items/9", "GET /orders/{id}/items/{item}"),
        ("POST", "/orders/7/items/9", "POST /orders/{id}/items/{item}"),
        ("GET", "/nowhere", "GET /nowhere"),
    ] {
        app.clone().oneshot(request(method, uri)).await.unwrap();
        let text = stub.next().await.plain_text();
        let first = text.lines().next().unwrap();
        assert!(first.contains(route), "{first}");
    }
}

#[tokio::test]
async fn nested_layers_ring_once() {
    let answers: [fn() -> Response<Body>; 5] = [
        || ServerError::new("by cause").into_response(),
        || text_response(500, "by text"),
        || Response::builder().status(500).body(Body::empty()).unwrap(),
        || Response::new(Body::new(Script::of([Step::Error("by stream")]))),
        || panic!("by panic"),
    ];
    for (i, answer) in answers.into_iter().enumerate() {
        let (bell, _stub) = rung();
        let app = answering(&bell, answer)
            .layer(tower_http::timeout::TimeoutLayer::with_status_code(
                StatusCode::REQUEST_TIMEOUT,
                Duration::from_secs(60),
            ))
            .layer(bell.layer())
            .layer(tower::util::MapResponseLayer::new(|r: Response<Body>| r))
            .layer(bell.layer());
        let response = app.oneshot(request("GET", "/")).await.unwrap();
        let _ = response.into_body().collect().await;
        assert_eq!(bell.stats().failures, 1, "answer {i}");
    }
    let (bell, _stub) = rung();
    let fails =
        service_fn(|_: Request| async { Err::<Response<Body>, _>(BoxError::from("by Err")) });
    let service = bell.layer().layer(bell.layer().layer(fails));
    service.oneshot(request("GET", "/")).await.unwrap_err();
    assert_eq!(bell.stats().failures, 1);
}

#[tokio::test]
async fn a_failure_of_who_gave_an_inner_request_up_is_told() {
    async fn limit(request: Request, next: axum::middleware::Next) -> Response<Body> {
        let answer = tokio::time::timeout(Duration::ZERO, next.run(request)).await;
        answer.unwrap_or_else(|_| StatusCode::GATEWAY_TIMEOUT.into_response())
    }
    let (bell, stub) = rung();
    let app: Router = Router::new()
        .route("/", get(std::future::pending::<()>))
        .layer(bell.layer())
        .layer(axum::middleware::from_fn(limit))
        .layer(bell.layer());
    app.oneshot(request("GET", "/")).await.unwrap();
    assert!(stub.next().await.plain_text().contains("504"));
    let (bell, stub) = rung();
    let client = bell.layer().layer(service_fn(|_: Request| {
        std::future::pending::<Result<Response<Body>, Infallible>>()
    }));
    let handler = move || async move {
        let asked = client.oneshot(request("GET", "/upstream"));
        let _ = tokio::time::timeout(Duration::ZERO, asked).await;
        ServerError::new("no answer from upstream")
    };
    let app: Router = Router::new().route("/", get(handler)).layer(bell.layer());
    app.oneshot(request("GET", "/")).await.unwrap();
    assert!(stub.next().await.plain_text().contains("no answer from upstream"));
}

#[tokio::test]
async fn a_stream_that_fails_between_two_layers_rings_once() {
    async fn collect(request: Request, next: axum::middleware::Next) -> Response<Body> {
        let body = to_bytes(next.run(request).await.into_body(), 1024).await;
        body.map_or_else(|_| StatusCode::BAD_GATEWAY.into_response(), IntoResponse::into_response)
    }
    let (bell, stub) = rung();
    let app = answering(&bell, || Response::new(Body::new(Script::of([Step::Error("by stream")]))))
        .layer(axum::middleware::from_fn(collect))
        .layer(bell.layer());
    app.oneshot(request("GET", "/")).await.unwrap();
    assert!(stub.next().await.plain_text().contains("by stream"));
    assert_eq!(bell.stats().failures, 1);
}

#[tokio::test]
async fn a_text_that_is_dropped_half_way_is_told_as_cut() {
    let (bell, stub) = rung();
    let app = answering(&bell, || {
        let frames = [Step::Data("disk full "), Step::Data("on /var/lib")];
        let body = Script { length: Some(21), ..Script::of(frames) };
        text_response(500, "").map(|_| Body::new(body))
    });
    let mut body = app.oneshot(request("GET", "/")).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    let text = stub.next().await.plain_text();
    assert!(text.contains("first 4 B shown"), "{text}");
}

#[tokio::test]
async fn a_content_type_alone_does_not_turn_a_panic_into_a_200() {
    let (bell, _stub) = rung();
    let app = answering(&bell, || panic!("by panic"));
    let mut asked = request("GET", "/");
    asked.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    assert_eq!(app.oneshot(asked).await.unwrap().status(), 500);
}

#[tokio::test]
async fn a_panic_that_is_resumed_is_not_given_the_place_of_another() {
    let (bell, stub) = rung();
    let app: Router = Router::new()
        .route("/caught", get(async || drop(std::panic::catch_unwind(|| panic!("caught")))))
        .route("/", get(async || -> () { std::panic::resume_unwind(Box::new("resumed")) }))
        .layer(bell.layer());
    for path in ["/caught", "/"] {
        app.clone().oneshot(request("GET", path)).await.unwrap();
    }
    let text = stub.next().await.plain_text();
    assert!(text.contains("resumed") && !text.contains("hazards.rs"), "{text}");
}

#[tokio::test]
async fn a_good_stream_that_becomes_a_failure_further_out_is_told_there() {
    let (bell, stub) = rung();
    let app = answering(&bell, || Response::new(Body::new(Script::of([Step::Data("fine")]))))
        .layer(tower::util::MapResponseLayer::new(|_| text_response(502, "not so fine")))
        .layer(bell.layer());
    app.oneshot(request("GET", "/")).await.unwrap().into_body().collect().await.unwrap();
    assert!(stub.next().await.plain_text().contains("not so fine"));
    assert_eq!(bell.stats().failures, 1);
}

#[tokio::test]
async fn a_retry_rings_for_the_final_outcome() {
    #[derive(Clone)]
    struct Again(usize);
    impl<E> tower::retry::Policy<Request<()>, Response<Body>, E> for Again {
        type Future = std::future::Ready<()>;
        fn retry(
            &mut self,
            _: &mut Request<()>,
            result: &mut Result<Response<Body>, E>,
        ) -> Option<Self::Future> {
            let failed = result.as_ref().is_ok_and(|r| r.status().is_server_error());
            self.0 = self.0.checked_sub(usize::from(failed))?;
            failed.then(|| std::future::ready(()))
        }
        fn clone_request(&mut self, _: &Request<()>) -> Option<Request<()>> {
            Some(Request::new(()))
        }
    }
    let (bell, _stub) = rung();
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let flaky = service_fn(move |_: Request<()>| {
        let status = if seen.fetch_add(1, SeqCst) < 2 { 503 } else { 200 };
        async move { Ok::<_, Infallible>(text_response(status, "")) }
    });
    let retried = tower::retry::Retry::new(Again(5), flaky);
    // `()` is no body: the request's body is taken off below the layer.
    let service = bell.layer().layer(retried.map_request(|r: Request| r.map(drop)));
    let response = service.oneshot(request("GET", "/")).await.unwrap();
    assert_eq!((response.status().as_u16(), calls.load(SeqCst)), (200, 3));
    bell.flush(support::LONG).await;
    assert_eq!(bell.stats().failures, 0);
}

#[tokio::test]
async fn an_error_comes_out_as_it_went_in() {
    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("number {0}")]
    struct Numbered(u32);
    let (bell, stub) = rung();
    let fails = service_fn(|_: Request| async { Err::<Response<Body>, _>(Numbered(7)) });
    let service = bell.layer().cause::<Numbered>().layer(fails);
    assert_eq!(service.oneshot(request("GET", "/")).await.unwrap_err(), Numbered(7));
    assert!(stub.next().await.plain_text().contains("number 7"));
}

#[tokio::test]
async fn what_counts_is_decided() {
    let (bell, _stub) = rung();
    let mut expected = 0;
    let with = |status: u16, retry_after: bool| {
        move || {
            let mut response = text_response(status, "");
            if retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            response
        }
    };
    for (status, retry_after, counts) in [
        (200, false, false),
        (301, false, false),
        (404, false, false),
        (408, false, true),
        (429, true, false),
        (500, false, true),
        (501, false, false),
        (502, false, true),
        (503, false, true),
        (503, true, true),
        (599, false, true),
    ] {
        let app = answering(&bell, with(status, retry_after));
        app.oneshot(request("GET", "/")).await.unwrap();
        expected += u64::from(counts);
        assert_eq!(bell.stats().failures, expected, "{status} {retry_after}");
    }
    let ignored: Router = Router::new()
        .nest(
            "/in",
            Router::new().route(
                "/health",
                get(|| async {
                    if true {
                        panic!("answered")
                    }
                }),
            ),
        )
        .layer(bell.layer().ignore_path("/in/health"));
    let response = ignored.oneshot(request("GET", "/in/health?x")).await.unwrap();
    assert_eq!(response.status(), 500, "the panic of an ignored path is still answered");
    assert_eq!(bell.stats().failures, expected);
}

#[tokio::test]
async fn headers_of_any_bytes_are_shown_line_by_line() {
    let (bell, stub) = rung();
    let app = answering(&bell, || text_response(500, ""));
    let request = Request::get("/")
        .header("user-agent", HeaderValue::from_bytes(b"caf\xe9 \xff").unwrap())
        .header("accept", "text/html")
        .header("accept", "text/plain");
    app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let text = stub.next().await.plain_text();
    assert!(text.contains("caf\u{fffd}"), "{text}");
    assert!(text.contains("accept: text/html") && text.contains("accept: text/plain"), "{text}");
}

#[tokio::test]
async fn giant_headers_are_cut() {
    let (bell, stub) = rung();
    let app = answering(&bell, || text_response(500, ""));
    let giant = "a ".repeat(250 * 1024);
    let request = Request::get("/").header("user-agent", giant).header("accept", "text/html");
    app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let text = stub.next().await.plain_text();
    assert!(text.len() < 16 * 1024);
    assert!(text.contains("accept: text/html"), "{text}");
}

#[tokio::test]
async fn layers_made_again_and_again_share_one_bell() {
    let (bell, _stub) = rung();
    let layer = bell.layer();
    for _ in 0..100 {
        let service = layer
            .clone()
            .layer(service_fn(|_: Request| async { Ok::<_, Infallible>(text_response(500, "")) }));
        service.oneshot(request("GET", "/")).await.unwrap();
    }
    assert_eq!(bell.stats().failures, 100);
}

#[tokio::test]
async fn every_form_of_target_is_shown() {
    let (bell, stub) = rung();
    let service = bell
        .layer()
        .layer(service_fn(|_: Request| async { Ok::<_, Infallible>(text_response(500, "")) }));
    for (method, uri, shown) in [
        (Method::OPTIONS, "*", "OPTIONS *"),
        (Method::GET, "http://user:hunter2@example.com/a?b=c", "example.com/a?b=c"),
        (Method::CONNECT, "example.com:443", "CONNECT example.com:443"),
        (Method::GET, "/plain", "GET /plain"),
    ] {
        let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
        service.clone().oneshot(request).await.unwrap();
        let text = stub.next().await.plain_text();
        assert!(text.contains(shown) && !text.contains("hunter2"), "{uri}: {text}");
    }
}

#[tokio::test]
async fn a_response_of_ones_own_making_brings_its_cause() {
    let (bell, stub) = rung();
    let app = answering(&bell, || {
        text_response(500, "sorry").with_cause(std::io::Error::other("the disk is full"))
    });
    let response = app.oneshot(request("GET", "/")).await.unwrap();
    assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "sorry");
    let text = stub.next().await.plain_text();
    assert!(text.contains("the disk is full") && text.contains("tests/hazards.rs:"), "{text}");
}

#[tokio::test]
async fn invented_methods_are_one_kind() {
    let (bell, stub) = rung();
    let app = answering(&bell, || text_response(500, "no"));
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ".chars() {
        app.clone().oneshot(request(&format!("X{letter}"), "/")).await.unwrap();
    }
    bell.flush(support::LONG).await;
    assert_eq!(bell.stats().failures, 26);
    assert!(stub.count() <= 2, "{} messages", stub.count());
}

#[tokio::test]
async fn a_failure_on_a_critical_path_is_critical() {
    let (bell, stub) = rung();
    let fail = || async { ServerError::new("no") };
    let layer = bell.layer().critical_path("/register").critical_path("/orders/{id}");
    let app: Router = Router::new()
        .route("/register", post(fail))
        .route("/orders/{id}", get(fail))
        .route("/other", get(fail))
        .layer(layer);
    for (method, path, critical) in
        [("POST", "/register?x=/other", true), ("GET", "/orders/7", true), ("GET", "/other", false)]
    {
        app.clone().oneshot(request(method, path)).await.unwrap();
        let level = stub.next().await.level();
        assert_eq!(level == tower_bell::Severity::Critical, critical, "{path}");
    }
}

#[tokio::test]
async fn a_body_of_an_unknown_type_is_named_and_the_way_out_too() {
    let (bell, stub) = rung();
    let service = bell.layer().layer(service_fn(|_: Request<Full<Bytes>>| async {
        Ok::<_, Infallible>(Response::builder().status(500).body(Full::<Bytes>::default()).unwrap())
    }));
    service.oneshot(Request::new(Full::from("some payload"))).await.unwrap();
    let text = stub.next().await.plain_text();
    assert!(text.contains("Full<") && text.contains("any_body()"), "{text}");
    assert!(!text.contains("some payload"), "{text}");
}
