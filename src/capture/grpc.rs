//! Where gRPC says that a call failed: in `grpc-status`, in the trailers or in the head.
//!
//! See the [gRPC protocol](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md) and its
//! [status codes](https://github.com/grpc/grpc/blob/master/doc/statuscodes.md).

use http::{HeaderMap, HeaderName, header};

pub(crate) const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// UNKNOWN.
const UNKNOWN: u16 = 2;

/// Whether the head says that the body is gRPC's.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| is_grpc_type(kind.as_bytes()))
}

/// `application/grpc`, `application/grpc+proto`; not `application/grpc-web`, which has its status in
/// the body.
pub(crate) fn is_grpc_type(content_type: &[u8]) -> bool {
    let rest = content_type.strip_prefix(b"application/grpc");
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';' | b' ')))
}

/// The call's status, if these headers or trailers hold one; a garbled one is UNKNOWN.
pub(crate) fn status(headers: &HeaderMap) -> Option<u16> {
    let status = headers.get(STATUS)?;
    Some(status.to_str().ok().and_then(|code| code.parse().ok()).unwrap_or(UNKNOWN))
}

/// The codes that are the server's fault: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL,
/// UNAVAILABLE, DATA_LOSS, and all that are not defined.
pub(crate) const fn is_servers_fault(code: u16) -> bool {
    matches!(code, UNKNOWN | 4 | 12..=15 | 17..)
}

/// The call's message: percent-encoded, and as untrusted as any text.
pub(crate) fn message(headers: &HeaderMap) -> Option<String> {
    let message = headers.get(MESSAGE)?.as_bytes();
    let mut decoded = Vec::with_capacity(message.len());
    let mut rest = message;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        decoded.push(*byte);
        let digits = after.get(..2).filter(|_| *byte == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(code) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            decoded.pop();
            decoded.push(code);
            rest = &after[2..];
        }
    }
    Some(String::from_utf8_lossy(&decoded).into_owned()).filter(|message| !message.is_empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_servers_own_faults_count() {
        let faults: Vec<_> = (0..=17).filter(|code| is_servers_fault(*code)).collect();
        assert_eq!(faults, [2, 4, 12, 13, 14, 15, 17]);
    }

    #[test]
    fn grpc_web_is_not_grpc() {
        assert!(is_grpc_type(b"application/grpc") && is_grpc_type(b"application/grpc+proto"));
        assert!(!is_grpc_type(b"application/grpc-web+proto") && !is_grpc_type(b"text/plain"));
    }

    #[test]
    fn status_and_message_are_read_whatever_they_hold() {
        let mut headers = HeaderMap::new();
        assert_eq!((status(&headers), message(&headers)), (None, None));
        headers.insert(STATUS, HeaderValue::from_static("13"));
        headers.insert(MESSAGE, HeaderValue::from_static("disk%20full: 100%, %C3%A9 %zz %"));
        assert_eq!(status(&headers), Some(13));
        assert_eq!(message(&headers).as_deref(), Some("disk full: 100%, é %zz %"));
        headers.insert(STATUS, HeaderValue::from_static("no number"));
        assert_eq!(status(&headers), Some(UNKNOWN));
    }
}
