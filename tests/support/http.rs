//! A server for an axum app and a client that shows what came back.

use std::net::SocketAddr;

use axum::serve::IncomingStream;
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::net::TcpListener;
use tower::Service;

/// Serves until the test's runtime ends.
pub(crate) async fn serve<M, S>(app: M) -> SocketAddr
where
    M: for<'a> Service<
            IncomingStream<'a, TcpListener>,
            Error = std::convert::Infallible,
            Response = S,
        > + Send
        + 'static,
    for<'a> <M as Service<IncomingStream<'a, TcpListener>>>::Future: Send,
    S: Service<
            axum::extract::Request,
            Response = axum::response::Response,
            Error = std::convert::Infallible,
        > + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// The status and the body of one request with a text.
pub(crate) async fn fetch(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &'static str,
) -> (u16, String) {
    let headers = [("content-type", "text/plain")];
    fetch_with(address, method, path, &headers, body).await.expect("an answer")
}

/// The status and the body of one request, or how it broke.
pub(crate) async fn fetch_with(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &'static str,
) -> Result<(u16, String), Box<dyn std::error::Error>> {
    let client: Client<_, Full<bytes::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut request =
        http::Request::builder().method(method).uri(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = client.request(request.body(Full::from(body))?).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
