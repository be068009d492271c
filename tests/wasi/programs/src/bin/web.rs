//! A command that asks a server, all at once and as streams: `web METHOD URL [BODY]...`.

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingBody, Method, OutgoingBody, OutgoingRequest, Scheme,
};

fn request(method: &str, url: &str) -> OutgoingRequest {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let fields = Fields::new();
    fields.append("x-from", b"wasi").unwrap();
    let request = OutgoingRequest::new(fields);
    request
        .set_method(&if method == "POST" {
            Method::Post
        } else {
            Method::Get
        })
        .unwrap();
    let scheme = if scheme == "http" {
        Scheme::Http
    } else {
        Scheme::Https
    };
    request.set_scheme(Some(&scheme)).unwrap();
    request.set_authority(Some(authority)).unwrap();
    request.set_path_with_query(Some(path)).unwrap();
    request
}

fn ask(method: &str, url: &str, size: usize) -> Result<(u16, Vec<u8>), ErrorCode> {
    let request = request(method, url);
    let body = request.body().unwrap();
    let future = handle(request, None)?;
    if size > 0 {
        let stream = body.write().unwrap();
        let bytes = vec![b'y'; size];
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            stream.subscribe().block();
            let room = stream.check_write().unwrap() as usize;
            let (now, later) = rest.split_at(rest.len().min(room));
            stream.write(now).unwrap();
            rest = later;
        }
        stream.blocking_flush().unwrap();
    }
    OutgoingBody::finish(body, None)?;
    future.subscribe().block();
    let response = future.get().unwrap().unwrap()?;
    let body = response.consume().unwrap();
    let stream = body.stream().unwrap();
    let mut bytes = Vec::new();
    while let Ok(piece) = stream.blocking_read(10_000) {
        bytes.extend(piece);
    }
    drop(stream);
    let trailers = IncomingBody::finish(body);
    trailers.subscribe().block();
    Ok((response.status(), bytes))
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let size = args.get(2).and_then(|size| size.parse().ok()).unwrap_or(0);
    match ask(&args[0], &args[1], size) {
        Ok((status, bytes)) if bytes.len() > 200 => println!("{status} {} bytes", bytes.len()),
        Ok((status, bytes)) => println!("{status} {}", String::from_utf8_lossy(&bytes)),
        Err(error) => println!("{error:?}"),
    }
}
