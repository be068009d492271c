//! Bodies that come in, and requests that do: `wasi:http/incoming-handler` answers them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::exports::lion::guest::server::{self, Request, Response};
use crate::exports::wasi::http::types::{self as wasi, ErrorCode, Method, Scheme};
use crate::exports::wasi::io::error::ErrorBorrow;
use crate::exports::wasi::io::poll::Pollable;
use crate::exports::wasi::io::streams::InputStream;
use crate::fields::{from_lines, frozen, to_lines, Fields, List};
use crate::message::{Body, Exchange};
use crate::outgoing::{
    take_body, FutureResponse, IncomingResponse, OutgoingBody, OutgoingRequest, RequestOptions,
};
use crate::poll::Wait;
use crate::streams::{Held, Input};
use crate::{packed, stdio, IoError, Wasi};

/// Where a body comes from.
pub enum Source {
    Exchange(Rc<Exchange>),
    Bytes(Vec<u8>),
}

pub struct IncomingBody {
    source: RefCell<Option<Source>>,
}

impl IncomingBody {
    pub fn of(source: Source) -> Self {
        IncomingBody { source: RefCell::new(Some(source)) }
    }
}

impl wasi::GuestIncomingBody for IncomingBody {
    fn stream(&self) -> Result<InputStream, ()> {
        Ok(InputStream::new(match self.source.take().ok_or(())? {
            Source::Bytes(bytes) => Input::Held(RefCell::new(Held::of(bytes))),
            Source::Exchange(exchange) => {
                Input::Http { exchange, ahead: RefCell::default(), is_over: Cell::new(false) }
            }
        }))
    }

    fn finish(_this: wasi::IncomingBody) -> wasi::FutureTrailers {
        wasi::FutureTrailers::new(Trailers { is_taken: Cell::new(false) })
    }
}

/// Trailers, of which the host tells none.
pub struct Trailers {
    is_taken: Cell<bool>,
}

impl wasi::GuestFutureTrailers for Trailers {
    fn subscribe(&self) -> Pollable {
        Wait::Ready.pollable()
    }

    fn get(&self) -> Option<Result<Result<Option<wasi::Trailers>, ErrorCode>, ()>> {
        Some(if self.is_taken.replace(true) { Err(()) } else { Ok(Ok(None)) })
    }
}

pub struct IncomingRequest {
    method: String,
    scheme: String,
    authority: String,
    path: String,
    headers: List,
    body: RefCell<Option<Vec<u8>>>,
}

impl wasi::GuestIncomingRequest for IncomingRequest {
    fn method(&self) -> Method {
        match self.method.as_str() {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "CONNECT" => Method::Connect,
            "OPTIONS" => Method::Options,
            "TRACE" => Method::Trace,
            "PATCH" => Method::Patch,
            other => Method::Other(other.to_string()),
        }
    }

    fn path_with_query(&self) -> Option<String> {
        Some(self.path.clone())
    }

    fn scheme(&self) -> Option<Scheme> {
        Some(match self.scheme.as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => Scheme::Other(other.to_string()),
        })
    }

    fn authority(&self) -> Option<String> {
        Some(self.authority.clone())
    }

    fn headers(&self) -> wasi::Headers {
        frozen(&self.headers)
    }

    fn consume(&self) -> Result<wasi::IncomingBody, ()> {
        let bytes = self.body.take().ok_or(())?;
        Ok(wasi::IncomingBody::new(IncomingBody::of(Source::Bytes(bytes))))
    }
}

pub struct OutgoingResponse {
    status: Cell<u16>,
    headers: List,
    body: RefCell<Option<Rc<Body>>>,
}

impl wasi::GuestOutgoingResponse for OutgoingResponse {
    fn new(headers: wasi::Headers) -> Self {
        let headers = headers.get::<Fields>().list.clone();
        OutgoingResponse { status: Cell::new(200), headers, body: RefCell::default() }
    }

    fn status_code(&self) -> u16 {
        self.status.get()
    }

    fn set_status_code(&self, status: u16) -> Result<(), ()> {
        if !(100..1_000).contains(&status) {
            return Err(());
        }
        self.status.set(status);
        Ok(())
    }

    fn headers(&self) -> wasi::Headers {
        frozen(&self.headers)
    }

    fn body(&self) -> Result<wasi::OutgoingBody, ()> {
        take_body(&self.body)
    }
}

pub struct Outparam;

thread_local! {
    static ANSWER: RefCell<Option<Result<OutgoingResponse, ErrorCode>>> = const { RefCell::new(None) };
}

impl wasi::GuestResponseOutparam for Outparam {
    fn set(_param: wasi::ResponseOutparam, response: Result<wasi::OutgoingResponse, ErrorCode>) {
        // What is written to the body from now on belongs to the answer too: it is taken at the end.
        ANSWER.set(Some(response.map(|one| one.into_inner())));
    }
}

impl server::Guest for Wasi {
    fn begin(request: Request) -> (wasi::IncomingRequest, wasi::ResponseOutparam) {
        let (scheme, rest) = request.url.split_once("://").unwrap_or(("http", &request.url));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let came = IncomingRequest {
            method: request.method.clone(),
            scheme: scheme.to_string(),
            authority: authority.to_string(),
            path: if path.is_empty() { "/".to_string() } else { path.to_string() },
            headers: from_lines(&request.headers),
            body: RefCell::new(Some(packed::from_text(request.body))),
        };
        (wasi::IncomingRequest::new(came), wasi::ResponseOutparam::new(Outparam))
    }

    fn end() -> Result<Response, String> {
        stdio::flush();
        let response = match ANSWER.take() {
            Some(Ok(response)) => response,
            Some(Err(error)) => return Err(format!("{error:?}")),
            None => return Err("it gave no answer".to_string()),
        };
        let body = response.body.borrow().as_ref().map(|body| body.take()).unwrap_or_default();
        Ok(Response {
            status: response.status.get(),
            headers: to_lines(&response.headers),
            body: packed::to_text(body),
        })
    }
}

impl wasi::Guest for Wasi {
    type Fields = Fields;
    type IncomingRequest = IncomingRequest;
    type OutgoingRequest = OutgoingRequest;
    type RequestOptions = RequestOptions;
    type ResponseOutparam = Outparam;
    type IncomingResponse = IncomingResponse;
    type IncomingBody = IncomingBody;
    type FutureTrailers = Trailers;
    type OutgoingResponse = OutgoingResponse;
    type OutgoingBody = OutgoingBody;
    type FutureIncomingResponse = FutureResponse;

    fn http_error_code(error: ErrorBorrow<'_>) -> Option<ErrorCode> {
        error.get::<IoError>().http.clone()
    }
}
