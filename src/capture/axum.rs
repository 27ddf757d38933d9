//! For axum handlers: `?` on any error.

use std::panic::Location;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::cause::{Attached, BoxError};

/// An error for handlers: `?` turns any error into it, and the response brings the cause and the
/// line of the `?` to the layer. The client sees 500 and `{"error":true}`.
///
/// ```
/// use axum::Json;
/// use tower_bell::ServerError;
///
/// async fn count() -> Result<Json<u32>, ServerError> {
///     let text = std::fs::read_to_string("count.txt")?;
///     Ok(Json(text.trim().parse()?))
/// }
/// ```
///
/// Takes whatever turns into a boxed error: std errors, `anyhow::Error`, `&str`, `String`. So it
/// does not implement `Error` itself.
///
/// Mind what you `?`: an extractor's rejection that becomes a `ServerError` makes the client's bad
/// JSON a 500 of yours.
pub struct ServerError {
    attached: Attached,
    status: StatusCode,
}

impl ServerError {
    /// From an error or a text, with the line of the call.
    #[track_caller]
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self::from(error)
    }

    /// The status of the response. Default: 500.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Rings as [`Severity::Critical`](crate::Severity::Critical).
    #[must_use]
    pub fn critical(mut self) -> Self {
        self.attached = self.attached.critical();
        self
    }
}

impl<E: Into<BoxError>> From<E> for ServerError {
    #[track_caller]
    fn from(error: E) -> Self {
        let attached = Attached::new(error, Location::caller());
        Self { attached, status: StatusCode::INTERNAL_SERVER_ERROR }
    }
}

impl IntoResponse for ServerError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(ANSWER));
        *response.status_mut() = self.status;
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response.extensions_mut().insert(self.attached.answering(ANSWER));
        response
    }
}

/// What the client sees.
const ANSWER: &str = r#"{"error":true}"#;

impl std::fmt::Debug for ServerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerError")
            .field("status", &self.status)
            .field("error", self.attached.error())
            .finish()
    }
}
