//! Where the layer can stand: each place compiled and run.

mod support;

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{Response, StatusCode},
    middleware::{self, Next},
    routing::{get, post},
};
use http_body_util::{BodyExt, Full};
use support::{
    http::{fetch, serve},
    rung,
};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_bell::{BellLayer, ServerError};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

async fn fails() -> Result<(), ServerError> {
    Err(ServerError::new("the disk is full"))
}

async fn echo(body: String) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, body)
}

#[tokio::test]
async fn in_a_router() {
    let (bell, stub) = rung();
    let app = Router::new()
        .nest("/api", Router::new().route("/orders/{id}", get(fails)))
        .layer(bell.layer());
    let request = Request::get("/api/orders/7?a=b").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 500);
    let text = stub.next().await.plain_text();
    assert!(text.contains("GET /api/orders/{id}"), "{text}");
    assert!(text.contains("/api/orders/7?a=b"), "{text}");
    assert!(text.contains("the disk is full"), "{text}");
    assert!(text.contains("tests/places.rs:"), "{text}");
}

#[tokio::test]
async fn between_from_fn_and_the_layers_of_tower_http() {
    async fn passes(request: Request, next: Next) -> axum::response::Response {
        next.run(request).await
    }
    let (bell, stub) = rung();
    let app: Router = Router::new().route("/echo", post(echo)).layer(
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(TraceLayer::new_for_http())
            .layer(CatchPanicLayer::new())
            .layer(CompressionLayer::new())
            .layer(RequestBodyLimitLayer::new(1024))
            // The limit has a body type of its own, which `from_fn` does not take.
            .map_request(|request: http::Request<_>| request.map(Body::new))
            .layer(middleware::from_fn(passes))
            .layer(bell.layer())
            .layer(middleware::from_fn(passes))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::REQUEST_TIMEOUT,
                Duration::from_secs(60),
            ))
            .layer(PropagateRequestIdLayer::x_request_id()),
    );
    let request = Request::post("/echo").body(Body::from("no good")).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "no good");
    let text = stub.next().await.plain_text();
    assert!(text.contains(&format!("request {id}")), "{text}");
    assert!(text.contains("no good"), "{text}");
}

#[tokio::test]
async fn round_the_whole_router_under_axum_serve() {
    let (bell, stub) = rung();
    let app: Router = Router::new().route("/orders/{id}", get(fails));
    let app = bell.layer().layer(app);
    let address = serve(axum::ServiceExt::<Request>::into_make_service(app)).await;
    let (status, body) = fetch(address, "GET", "/orders/42", "").await;
    assert_eq!((status, body.as_str()), (500, r#"{"error":true}"#));
    let text = stub.next().await.plain_text();
    // No router has named the route out here.
    assert!(text.contains("GET /orders/<n>") || text.contains("GET /orders/42"), "{text}");
}

#[tokio::test]
async fn over_a_server_of_hyper() {
    use hyper::body::Incoming;
    use hyper_util::{rt::TokioIo, service::TowerToHyperService};

    async fn handle(
        request: Request<impl http_body::Body>,
    ) -> Result<Response<Full<bytes::Bytes>>, Infallible> {
        let _ = request.into_body().collect().await;
        let answer = Response::builder().status(502).header("content-type", "text/plain");
        Ok(answer.body(Full::from("upstream is gone")).unwrap())
    }
    let (bell, stub) = rung();
    let service = ServiceBuilder::new()
        .layer(bell.layer().any_body())
        .service(service_fn(|request: Request<tower_bell::BellBody<Incoming>>| handle(request)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(service);
        let _ = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await;
    });
    let (status, body) = fetch(address, "POST", "/proxy", "some payload").await;
    assert_eq!((status, body.as_str()), (502, "upstream is gone"));
    let text = stub.next().await.plain_text();
    assert!(text.contains("upstream is gone") && text.contains("some payload"), "{text}");
}

#[tokio::test]
async fn over_a_client_of_hyper() {
    use hyper_util::{client::legacy::Client, rt::TokioExecutor};

    let (bell, stub) = rung();
    let address = serve(Router::new().route("/", get(fails)).into_make_service()).await;
    let client: Client<_, Full<bytes::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let client = |layer: BellLayer<_>| layer.layer(client.clone());
    let request = |port| {
        Request::get(format!("http://127.0.0.1:{port}/")).body(Full::<bytes::Bytes>::default())
    };

    // `layer()` leaves the types of the client alone.
    let same = client(bell.layer()).oneshot(request(address.port()).unwrap()).await.unwrap();
    let _: Response<hyper::body::Incoming> = same;
    assert!(stub.next().await.plain_text().contains("500"));

    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = client(bell.layer()).oneshot(request(free).unwrap()).await;
    assert!(refused.is_err());
    let text = stub.next().await.plain_text();
    assert!(text.contains("client error (Connect)"), "{text}");
}

#[tokio::test]
async fn over_a_plain_stack_with_boxed_errors() {
    let (bell, stub) = rung();
    let never = service_fn(|_: Request| std::future::pending::<Result<Response<Body>, BoxError>>());
    let get = || Request::get("/slow").body(Body::empty()).unwrap();

    let mut stack = ServiceBuilder::new()
        .layer(bell.layer())
        .load_shed()
        .concurrency_limit(1)
        .timeout(Duration::from_millis(1))
        .service(never);
    let first = stack.ready().await.unwrap().call(get());
    let shed = stack.ready().await.unwrap().call(get()).await.unwrap_err();
    assert!(shed.is::<tower::load_shed::error::Overloaded>(), "{shed}");
    let text = stub.next().await.plain_text();
    assert!(text.contains("service overloaded"), "{text}");

    let late = first.await.unwrap_err();
    assert!(late.is::<tower::timeout::error::Elapsed>(), "{late}");
    let text = stub.next().await.plain_text();
    assert!(text.contains("request timed out"), "{text}");
}

#[tokio::test]
async fn the_chain_of_a_boxed_error_is_named_link_by_link() {
    #[derive(Debug, thiserror::Error)]
    #[error("charge failed")]
    struct Charge(#[source] std::io::Error);

    let (bell, stub) = rung();
    let service = bell.layer().layer(service_fn(|_: Request| async {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        Err::<Response<Body>, BoxError>(Charge(refused).into())
    }));
    let error = service.oneshot(Request::new(Body::empty())).await.unwrap_err();
    assert!(error.is::<Charge>(), "the very same error comes out");
    let text = stub.next().await.plain_text();
    assert!(text.contains("charge failed: connection refused"), "{text}");
}

/// A service that is not ready to take anything.
#[derive(Clone)]
struct Unready;

impl Service<Request> for Unready {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Ready<Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Err("the worker is gone".into()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        ready(Err("called without being ready".into()))
    }
}

#[tokio::test]
async fn over_a_service_that_fails_before_it_takes_a_request() {
    let (bell, stub) = rung();
    let mut nested = bell.layer().layer(bell.layer().layer(Unready));
    let error = nested.ready().await.map(drop).unwrap_err();
    assert_eq!(error.to_string(), "the worker is gone");
    assert!(stub.next().await.plain_text().contains("the worker is gone"));
    assert_eq!(bell.stats().failures, 1, "nested layers ring once");
}
