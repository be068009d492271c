//! A server of the world `wasi:http/proxy`, as `wasmtime serve` runs them: it says what it was asked.

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};

struct Proxy;

fn read(request: &IncomingRequest) -> Vec<u8> {
    let body = request.consume().unwrap();
    let stream = body.stream().unwrap();
    let mut bytes = Vec::new();
    while let Ok(piece) = stream.blocking_read(65_536) {
        bytes.extend(piece);
    }
    bytes
}

impl Guest for Proxy {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        if path == "/silent" {
            return;
        }
        let body = read(&request);
        let kind = request.headers().get("content-type");
        let kind = kind
            .first()
            .map(|v| String::from_utf8_lossy(v).into_owned())
            .unwrap_or_default();
        let fields =
            Fields::from_list(&[("x-path".to_string(), path.clone().into_bytes())]).unwrap();
        let response = OutgoingResponse::new(fields);
        response
            .set_status_code(if matches!(request.method(), Method::Post) {
                201
            } else {
                200
            })
            .unwrap();
        let answer = response.body().unwrap();
        ResponseOutparam::set(out, Ok(response));
        let stream = answer.write().unwrap();
        let said = if path == "/bytes" {
            body
        } else {
            format!("{} bytes of {kind:?}", body.len()).into_bytes()
        };
        for piece in said.chunks(4_096) {
            stream.blocking_write_and_flush(piece).unwrap();
        }
        drop(stream);
        OutgoingBody::finish(answer, None).unwrap();
    }
}

wasip2::http::proxy::export!(Proxy);
