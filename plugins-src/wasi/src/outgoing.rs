//! `wasi:http/outgoing-handler`: a request that the guest makes, and what comes back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::exports::wasi::http::outgoing_handler;
use crate::exports::wasi::http::types::{self as wasi, ErrorCode, Method, Scheme};
use crate::exports::wasi::io::poll::Pollable;
use crate::exports::wasi::io::streams::OutputStream;
use crate::fields::{from_lines, frozen, to_lines, Fields, List};
use crate::incoming::{IncomingBody, Source};
use crate::lion::host::http::{self, Request};
use crate::message::{code, Body, Exchange};
use crate::streams::Output;
use crate::{packed, Wasi};

pub struct OutgoingBody {
    body: Rc<Body>,
    is_taken: Cell<bool>,
}

/// The body of a message, which can be had once.
pub fn take_body(place: &RefCell<Option<Rc<Body>>>) -> Result<wasi::OutgoingBody, ()> {
    let mut place = place.borrow_mut();
    if place.is_some() {
        return Err(());
    }
    let body = place.insert(Rc::default()).clone();
    Ok(wasi::OutgoingBody::new(OutgoingBody { body, is_taken: Cell::new(false) }))
}

impl wasi::GuestOutgoingBody for OutgoingBody {
    fn write(&self) -> Result<OutputStream, ()> {
        if self.is_taken.replace(true) {
            return Err(());
        }
        Ok(OutputStream::new(Output::Http(self.body.clone())))
    }

    fn finish(this: wasi::OutgoingBody, trailers: Option<wasi::Trailers>) -> Result<(), ErrorCode> {
        if trailers.is_some_and(|fields| !fields.get::<Fields>().list.borrow().is_empty()) {
            return Err(ErrorCode::InternalError(Some("trailers are not sent".to_string())));
        }
        this.get::<OutgoingBody>().body.finish().map_err(code)
    }
}

pub struct OutgoingRequest {
    method: RefCell<Method>,
    path: RefCell<Option<String>>,
    scheme: RefCell<Option<Scheme>>,
    authority: RefCell<Option<String>>,
    headers: List,
    body: RefCell<Option<Rc<Body>>>,
}

impl wasi::GuestOutgoingRequest for OutgoingRequest {
    fn new(headers: wasi::Headers) -> Self {
        OutgoingRequest {
            method: RefCell::new(Method::Get),
            path: RefCell::default(),
            scheme: RefCell::default(),
            authority: RefCell::default(),
            headers: headers.get::<Fields>().list.clone(),
            body: RefCell::default(),
        }
    }

    fn body(&self) -> Result<wasi::OutgoingBody, ()> {
        take_body(&self.body)
    }

    fn method(&self) -> Method {
        self.method.borrow().clone()
    }

    fn set_method(&self, method: Method) -> Result<(), ()> {
        *self.method.borrow_mut() = method;
        Ok(())
    }

    fn path_with_query(&self) -> Option<String> {
        self.path.borrow().clone()
    }

    fn set_path_with_query(&self, path: Option<String>) -> Result<(), ()> {
        *self.path.borrow_mut() = path;
        Ok(())
    }

    fn scheme(&self) -> Option<Scheme> {
        self.scheme.borrow().clone()
    }

    fn set_scheme(&self, scheme: Option<Scheme>) -> Result<(), ()> {
        *self.scheme.borrow_mut() = scheme;
        Ok(())
    }

    fn authority(&self) -> Option<String> {
        self.authority.borrow().clone()
    }

    fn set_authority(&self, authority: Option<String>) -> Result<(), ()> {
        *self.authority.borrow_mut() = authority;
        Ok(())
    }

    fn headers(&self) -> wasi::Headers {
        frozen(&self.headers)
    }
}

#[derive(Default)]
pub struct RequestOptions {
    connect: Cell<Option<u64>>,
    first: Cell<Option<u64>>,
    between: Cell<Option<u64>>,
}

impl wasi::GuestRequestOptions for RequestOptions {
    fn new() -> Self {
        Self::default()
    }

    fn connect_timeout(&self) -> Option<u64> {
        self.connect.get()
    }

    fn set_connect_timeout(&self, duration: Option<u64>) -> Result<(), ()> {
        self.connect.set(duration);
        Ok(())
    }

    fn first_byte_timeout(&self) -> Option<u64> {
        self.first.get()
    }

    fn set_first_byte_timeout(&self, duration: Option<u64>) -> Result<(), ()> {
        self.first.set(duration);
        Ok(())
    }

    fn between_bytes_timeout(&self) -> Option<u64> {
        self.between.get()
    }

    fn set_between_bytes_timeout(&self, duration: Option<u64>) -> Result<(), ()> {
        self.between.set(duration);
        Ok(())
    }
}

pub struct IncomingResponse {
    exchange: Rc<Exchange>,
    status: u16,
    headers: List,
    is_taken: Cell<bool>,
}

impl wasi::GuestIncomingResponse for IncomingResponse {
    fn status(&self) -> u16 {
        self.status
    }

    fn headers(&self) -> wasi::Headers {
        frozen(&self.headers)
    }

    fn consume(&self) -> Result<wasi::IncomingBody, ()> {
        if self.is_taken.replace(true) {
            return Err(());
        }
        Ok(wasi::IncomingBody::new(IncomingBody::of(Source::Exchange(self.exchange.clone()))))
    }
}

pub struct FutureResponse {
    exchange: Rc<Exchange>,
    is_taken: Cell<bool>,
}

impl wasi::GuestFutureIncomingResponse for FutureResponse {
    fn subscribe(&self) -> Pollable {
        self.exchange.readable().pollable()
    }

    fn get(&self) -> Option<Result<Result<wasi::IncomingResponse, ErrorCode>, ()>> {
        if self.is_taken.get() {
            return Some(Err(()));
        }
        if !self.exchange.is_readable() {
            return None;
        }
        self.is_taken.set(true);
        let head = self.exchange.head().map_err(code);
        Some(Ok(head.map(|head| {
            wasi::IncomingResponse::new(IncomingResponse {
                exchange: self.exchange.clone(),
                status: head.status,
                headers: from_lines(&head.headers),
                is_taken: Cell::new(false),
            })
        })))
    }
}

pub fn method_name(method: &Method) -> String {
    let name = match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(name) => name,
    };
    name.to_string()
}

impl OutgoingRequest {
    fn url(&self) -> Result<String, ErrorCode> {
        let scheme = match &*self.scheme.borrow() {
            Some(Scheme::Http) => "http".to_string(),
            Some(Scheme::Other(other)) => other.clone(),
            Some(Scheme::Https) | None => "https".to_string(),
        };
        let authority = self.authority.borrow();
        let authority = authority.as_deref().ok_or(ErrorCode::HttpRequestUriInvalid)?;
        Ok(format!("{scheme}://{authority}{}", self.path.borrow().as_deref().unwrap_or("/")))
    }

    fn start(&self, timeout: Option<u64>) -> Result<Rc<Exchange>, ErrorCode> {
        let body = self.body.borrow().clone();
        let whole = body.as_ref().map_or(Some(Vec::new()), |body| body.whole());
        let streams = whole.is_none();
        let request = Request {
            method: method_name(&self.method.borrow()),
            url: self.url()?,
            headers: to_lines(&self.headers),
            body: whole.filter(|bytes| !bytes.is_empty()).map(|bytes| packed::pack(&bytes)),
            timeout,
        };
        let exchange = Exchange::of(http::start(&request, streams).map_err(code)?, streams);
        if let (true, Some(body)) = (streams, body) {
            body.follow(&exchange).map_err(code)?;
        }
        Ok(exchange)
    }
}

impl outgoing_handler::Guest for Wasi {
    fn handle(
        request: wasi::OutgoingRequest,
        options: Option<wasi::RequestOptions>,
    ) -> Result<wasi::FutureIncomingResponse, ErrorCode> {
        let options: RequestOptions = options.map(|one| one.into_inner()).unwrap_or_default();
        // The host has one limit for all together: what may pass until the first byte.
        let timeout = match (options.connect.get(), options.first.get()) {
            (Some(connect), Some(first)) => Some(connect.saturating_add(first)),
            _ => None,
        };
        let exchange = request.get::<OutgoingRequest>().start(timeout)?;
        Ok(wasi::FutureIncomingResponse::new(FutureResponse { exchange, is_taken: Cell::new(false) }))
    }
}
