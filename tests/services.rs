//! One process, one bell, several services.

mod support;

use axum::{Router, body::Body, extract::Request, routing::get};
use tower::ServiceExt;
use tower_bell::{Bell, ServerError, transport::stub::Stub};

async fn fails() -> ServerError {
    ServerError::new("the same words")
}

#[tokio::test]
async fn services_have_their_own_names_channels_and_fingerprints() {
    let (errors, admin) = (Stub::new(), Stub::new());
    let bell = Bell::builder("shop")
        .channel("#errors", errors.clone())
        .channel("#admin-errors", admin.clone())
        .build()
        .unwrap();
    let app = Router::new()
        .nest(
            "/admin",
            Router::new()
                .route("/x", get(fails))
                .layer(bell.layer().service("admin").channel("#admin-errors")),
        )
        .merge(Router::new().route("/x", get(fails)).layer(bell.layer()));
    for path in ["/x", "/admin/x"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        app.clone().oneshot(request).await.unwrap();
    }
    let (shop, admin) = (errors.next().await.plain_text(), admin.next().await.plain_text());
    assert!(shop.contains("· shop") && !shop.contains("admin"), "{shop}");
    assert!(admin.contains("· admin") && !admin.contains("shop"), "{admin}");
    let id = |text: &str| text.rsplit_once("\n#").unwrap().1[..8].to_owned();
    assert_ne!(id(&shop), id(&admin));
    bell.flush(support::LONG).await;
    errors.assert_rang(1);
}

#[tokio::test]
async fn a_layer_with_an_unknown_channel_rings_in_the_first_with_a_note() {
    let (bell, stub) = support::rung();
    let app = Router::new().route("/", get(fails)).layer(bell.layer().channel("#nowhere"));
    app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    let text = stub.next().await.plain_text();
    assert!(text.contains("#nowhere"), "{text}");
    assert_eq!(bell.stats().unknown_channel, 1);
}
