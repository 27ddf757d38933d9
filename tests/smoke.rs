use axum::{
    Router,
    body::Body,
    http::Request,
    routing::{get, post},
};
use tower::ServiceExt;
use tower_bell::*;

#[tokio::test]
async fn smoke() {
    let bell = Bell::on("shop");
    let app: Router = Router::new()
        .route("/fail/{id}", get(|| async { Err::<(), _>(ServerError::from("boom 1")) }))
        .route(
            "/panic",
            get(|| async {
                if true {
                    panic!("ouch {}", 5)
                }
            }),
        )
        .route(
            "/text",
            post(|b: String| async move {
                context::user("alice");
                (axum::http::StatusCode::INTERNAL_SERVER_ERROR, format!("sorry {b}"))
            }),
        )
        .layer(bell.layer());
    for (m, uri) in
        [("GET", "/fail/3?x=y"), ("GET", "/panic"), ("POST", "/text"), ("POST", "/text")]
    {
        let res = app
            .clone()
            .oneshot(
                Request::builder()
                    .method(m)
                    .header("host", "h")
                    .uri(uri)
                    .body(Body::from(if m == "POST" { "body" } else { "" }))
                    .unwrap(),
            )
            .await
            .unwrap();
        println!("{} {:?}", res.status(), axum::body::to_bytes(res.into_body(), 1000).await);
    }
    println!("{}", bell.dump());
}
