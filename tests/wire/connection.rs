//! What is more than one request and one answer on a connection, or less.

use axum::{Router, routing::post};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{ext::Protocol, upgrade::OnUpgrade};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{self, AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::yield_now,
};
use tower::{BoxError, Layer};
use tower_http::limit::RequestBodyLimitLayer;

use super::{
    client::{self, in_time, read_until},
    places::{Payload, Place, Server, bell},
};

#[tokio::test]
async fn an_upgrade_goes_through() {
    for place in Place::ALL {
        let server = place.serve(&bell().layer(), |mut request| async move {
            tokio::spawn(echo(hyper::upgrade::on(&mut request)));
            let mut response = Response::new(Empty::<Bytes>::new());
            if request.method() != Method::CONNECT {
                *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                response.headers_mut().extend(request.headers().clone());
            }
            Ok(response)
        });
        let websocket = "GET /chat HTTP/1.1\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
        let tunnel = "CONNECT shop.example.com:443 HTTP/1.1\r\n\r\n";
        for (request, status) in [(websocket, "HTTP/1.1 101"), (tunnel, "HTTP/1.1 200")] {
            let mut client = server.connect().await.client;
            client.write_all(request.as_bytes()).await.unwrap();
            let head = in_time(read_until(&mut client, "\r\n\r\n")).await;
            assert!(head.starts_with(status), "{place:?}: {head}");
            in_time(converse(&mut client)).await.unwrap();
        }
    }
}

async fn converse(client: &mut TcpStream) -> io::Result<()> {
    for word in ["ping", "pong", "bye"] {
        client.write_all(word.as_bytes()).await?;
        assert_eq!(read_until(client, word).await, word);
    }
    client.shutdown().await?;
    assert_eq!(client.read(&mut [0]).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_websocket_over_http2_goes_through() {
    for place in Place::ALL {
        let server = place.serve(&bell().layer(), |mut request| async move {
            assert_eq!(request.extensions().get(), Some(&Protocol::from_static("websocket")));
            tokio::spawn(echo(hyper::upgrade::on(&mut request)));
            Ok(Response::new(Empty::<Bytes>::new()))
        });
        let mut client = client::handshake(&server).await;
        in_time(async {
            while !client.is_extended_connect_protocol_enabled() {
                yield_now().await;
            }
        })
        .await;
        let mut request = Request::new(());
        *request.method_mut() = Method::CONNECT;
        *request.uri_mut() = "http://shop.example.com/chat".parse().unwrap();
        request.extensions_mut().insert(h2::ext::Protocol::from_static("websocket"));
        let (answer, mut up) = client.send_request(request, false).unwrap();
        let answer = in_time(answer).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{place:?}");
        let mut down = answer.into_body();
        for word in ["ping", "pong"] {
            up.send_data(word.into(), false).unwrap();
            assert_eq!(in_time(down.data()).await.unwrap().unwrap(), word, "{place:?}");
        }
        up.send_data(Bytes::new(), true).unwrap();
        assert_eq!(in_time(client::rest(down)).await, "", "{place:?}");
    }
}

async fn echo(upgrade: OnUpgrade) -> io::Result<()> {
    let upgraded = upgrade.await.map_err(io::Error::other)?;
    let (mut from, mut to) = io::split(TokioIo::new(upgraded));
    io::copy(&mut from, &mut to).await?;
    to.shutdown().await
}

#[tokio::test]
async fn expect_100_continue_is_left_to_the_handler() {
    let head = "POST /reads HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\
        connection: close\r\n\r\n";
    for place in Place::ALL {
        let server = place.serve(&bell().layer(), answer_as_asked);
        let mut client = server.connect().await.client;
        client.write_all(head.as_bytes()).await.unwrap();
        let interim = in_time(read_until(&mut client, "\r\n\r\n")).await;
        assert!(interim.starts_with("HTTP/1.1 100 Continue"), "{place:?}: {interim}");
        client.write_all(b"hello").await.unwrap();
        assert!(in_time(read_until(&mut client, "hello")).await.starts_with("HTTP/1.1 200"));

        let unread = head.replace("/reads", "/ignores");
        let seen = in_time(client::http1(&server, unread.as_bytes())).await;
        assert!(seen.starts_with("HTTP/1.1 200") && !seen.contains("100 Con"), "{place:?}: {seen}");
    }
}

#[tokio::test]
async fn a_head_request_keeps_its_content_length() {
    for place in Place::ALL {
        let server = place.serve(&bell().layer(), answer_as_asked);
        let request = b"HEAD /ignores HTTP/1.1\r\nconnection: close\r\n\r\n";
        let seen = in_time(client::http1(&server, request)).await;
        let whole = seen.contains(r"\r\ncontent-length: 5\r\n") && seen.ends_with(r"\r\n\r\n");
        assert!(whole, "{place:?}: {seen}");
    }
}

#[tokio::test]
async fn connections_are_kept_alive() {
    let requests = [
        "POST /ignores HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello",
        "POST /ignores HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST /reads HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST /fails HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello",
        "GET /ignores HTTP/1.1\r\nconnection: close\r\n\r\n",
    ];
    let mut bare = String::new();
    for place in Place::ALL {
        let server = place.serve(&bell().layer(), answer_as_asked);
        let seen = in_time(client::http1(&server, requests.concat().as_bytes())).await;
        if place.is_bare() {
            bare = seen;
            assert_eq!(bare.matches("HTTP/1.1").count(), requests.len(), "{place:?}: {bare}");
        } else {
            assert_eq!(seen, bare, "{place:?}");
        }
    }
}

/// The path says whether it reads the payload and whether it fails.
async fn answer_as_asked(request: Request<Payload>) -> Result<Response<Full<Bytes>>, BoxError> {
    assert_eq!(request.version(), Version::HTTP_11);
    let fails = request.uri().path() == "/fails";
    let payload = match request.uri().path() {
        "/reads" => request.into_body().collect().await?.to_bytes(),
        _ => Bytes::from_static(b"12345"),
    };
    let mut response = Response::new(Full::new(payload));
    if fails {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    Ok(response)
}

#[tokio::test]
async fn a_payload_that_is_too_large_stays_a_413() {
    let router = || Router::new().route("/", post(async |payload: Bytes| payload));
    let limit = RequestBodyLimitLayer::new(8);
    let (layer, other) = (bell().layer(), bell().layer());
    let servers = [
        Server::new(limit.layer(router())),
        Server::new(limit.layer(router().layer(layer.clone()))),
        Server::new(limit.layer(router().layer(layer.clone()).layer(other))),
        Server::new(layer.clone().layer(limit.layer(router()))),
        Server::new(limit.layer(layer.any_body().layer(router()))),
    ];
    let head = "POST / HTTP/1.1\r\nconnection: close\r\n";
    let sized = format!("{head}content-length: 9\r\n\r\n123456789");
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n");
    for request in [sized, chunked] {
        let bare = in_time(client::http1(&servers[0], request.as_bytes())).await;
        assert!(bare.starts_with("HTTP/1.1 413"), "{bare}");
        for (index, server) in servers.iter().enumerate() {
            let seen = in_time(client::http1(server, request.as_bytes())).await;
            assert_eq!(seen, bare, "server {index}");
        }
    }
}
