//! Extism's `http_request`: JSON with url, method and headers in one block, the body in another.

use serde_json::{Map, Value};

use crate::ending::fail;
use crate::host::{self, must, Given};
use crate::kernel::{bytes, free, put, Global};
use crate::packed::{pack, unpack};

const PIECE: usize = 65_536;
const READ: u32 = 262_144;

struct Answer {
    status: u32,
    headers: String,
}

static ANSWER: Global<Answer> = Global::new(Answer { status: 0, headers: String::new() });

struct Request {
    url: String,
    method: String,
    headers: String,
}

fn read(json: &[u8]) -> Request {
    let Ok(Value::Object(said)) = serde_json::from_slice(json) else {
        fail("HTTP request: it is no JSON object")
    };
    let text = |key: &str| said.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
    let mut headers = Vec::new();
    if let Some(Value::Object(pairs)) = said.get("headers") {
        for (name, value) in pairs {
            headers.push(format!("{name}: {}", value.as_str().unwrap_or_default()));
        }
    }
    let method = text("method").to_ascii_uppercase();
    Request {
        url: text("url"),
        method: if method.is_empty() { "GET".to_string() } else { method },
        headers: headers.join("\n"),
    }
}

fn start(request: &Request, body: &[u8], what: &str) -> u32 {
    let streams = body.len() > PIECE;
    let whole = if streams { String::new() } else { pack(body) };
    let has_body = (!body.is_empty() && !streams) as u32;
    let (m, u, h) = (&request.method, &request.url, &request.headers);
    let given = must(what, 4, |r| unsafe {
        host::http_start(
            m.as_ptr(),
            m.len(),
            u.as_ptr(),
            u.len(),
            h.as_ptr(),
            h.len(),
            has_body,
            whole.as_ptr(),
            whole.len(),
            0,
            0,
            streams as u32,
            r,
        )
    });
    let exchange = given.u32(4);
    if streams {
        for piece in body.chunks(PIECE) {
            let piece = pack(piece);
            must(what, 4, |r| unsafe { host::exchange_write(exchange, piece.as_ptr(), piece.len(), r) });
        }
        must(what, 4, |r| unsafe { host::exchange_finish(exchange, r) });
    }
    exchange
}

fn keep_head(head: &Given) {
    let mut found = Map::new();
    for line in head.text(8).lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        let joined = match found.get(&name.to_ascii_lowercase()).and_then(Value::as_str) {
            Some(before) => format!("{before}, {value}"),
            None => value.to_string(),
        };
        found.insert(name.to_ascii_lowercase(), Value::String(joined));
    }
    let answer = ANSWER.get();
    answer.status = head.u32(4) & 0xffff;
    answer.headers = Value::Object(found).to_string();
}

#[no_mangle]
pub extern "C" fn http_request(request: u64, body: u64) -> u64 {
    let asked = read(bytes(request));
    let what = format!("HTTP request to {}", asked.url);
    let exchange = start(&asked, bytes(body), &what);
    free(request);
    free(body);
    keep_head(&must(&what, 4, |r| unsafe { host::exchange_head(exchange, r) }));
    let mut whole = Vec::new();
    loop {
        let piece = must(&what, 4, |r| unsafe { host::exchange_read(exchange, READ, r) });
        if piece.u8(4) == 0 {
            break;
        }
        whole.extend(unpack(&piece.text(8)));
    }
    unsafe { host::exchange_drop(exchange) };
    put(&whole)
}

#[no_mangle]
pub extern "C" fn http_status_code() -> u32 {
    ANSWER.get().status
}

#[no_mangle]
pub extern "C" fn http_headers() -> u64 {
    put(ANSWER.get().headers.as_bytes())
}
