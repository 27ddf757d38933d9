//! The head of a request, as a browser sends it.

/// Twelve headers; with `GET /ok HTTP/1.1` the head is 834 bytes.
pub(crate) const HEADERS: &str = "\
    host: shop.example.com\r\n\
    connection: keep-alive\r\n\
    sec-ch-ua: \"Chromium\";v=\"142\", \"Google Chrome\";v=\"142\", \"Not_A Brand\";v=\"99\"\r\n\
    sec-ch-ua-platform: \"Windows\"\r\n\
    user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
        Chrome/142.0.0.0 Safari/537.36\r\n\
    accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
    sec-fetch-site: same-origin\r\n\
    referer: https://shop.example.com/catalogue/winter?page=312&sort=price&utm_source=newsletter&utm_campaign=first-snow\r\n\
    accept-encoding: gzip, deflate, br, zstd\r\n\
    accept-language: en-GB,en;q=0.9,de;q=0.8\r\n\
    cookie: session=0123456789abcdef0123456789abcdef0123456789abcdef; theme=dark; consent=all; \
        cart=4f1d8a07-52d3-4c66-9e0b-7a1f5b2c9d38; first_seen=2026-11\r\n\
    x-request-id: 7f3a9c1e-0b1c-4d5e-8f90-123456789abc\r\n";
