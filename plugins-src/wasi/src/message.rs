//! An exchange of `http`, and bodies: what is written goes out at once, or waits until the request is sent.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::exports::wasi::http::types::{DnsErrorPayload, ErrorCode};
use crate::exports::wasi::io::streams::StreamError;
use crate::lion::host::http::{self, Failure};
use crate::poll::{is_ready, Flag, Wait};
use crate::streams::failed;
use crate::{packed, IoError, MOST_READ, PIECE};

pub fn code(failure: Failure) -> ErrorCode {
    match failure {
        Failure::Denied(_) => ErrorCode::HttpRequestDenied,
        Failure::Timeout(_) => ErrorCode::ConnectionTimeout,
        Failure::Dns(text) => ErrorCode::DnsError(DnsErrorPayload { rcode: Some(text), info_code: None }),
        Failure::Connection(_) => ErrorCode::ConnectionRefused,
        Failure::Tls(_) => ErrorCode::TlsProtocolError,
        Failure::Redirects(_) => ErrorCode::LoopDetected,
        Failure::Protocol(_) => ErrorCode::HttpProtocolError,
        Failure::Exhausted(_) => ErrorCode::ConnectionLimitReached,
        Failure::Unavailable(_) => ErrorCode::DestinationUnavailable,
        Failure::Invalid(text)
        | Failure::NotFound(text)
        | Failure::Exists(text)
        | Failure::Conflict(text)
        | Failure::Cancelled(text)
        | Failure::Other(text) => ErrorCode::InternalError(Some(text)),
    }
}

pub fn stream_error(failure: Failure) -> StreamError {
    let text = format!("{failure:?}");
    failed(IoError { text, http: Some(code(failure)), ..Default::default() })
}

/// A request under way.
pub struct Exchange {
    handle: http::Exchange,
    readable: (u32, Flag),
    writable: (u32, Flag),
    is_finished: Cell<bool>,
}

impl Exchange {
    pub fn of(started: http::Started, streams: bool) -> Rc<Self> {
        Rc::new(Exchange {
            handle: started.exchange,
            readable: (started.readable, Flag::default()),
            writable: (started.writable, Flag::default()),
            is_finished: Cell::new(!streams),
        })
    }

    pub fn is_readable(&self) -> bool {
        is_ready(self.readable.0, &self.readable.1)
    }

    pub fn readable(&self) -> Wait {
        Wait::Handle(self.readable.0, self.readable.1.clone())
    }

    pub fn head(&self) -> Result<http::Head, Failure> {
        self.readable.1.set(false);
        self.handle.head()
    }

    /// The next piece of the answer's body, none at its end; waits.
    pub fn read(&self) -> Result<Option<Vec<u8>>, Failure> {
        self.readable.1.set(false);
        Ok(self.handle.read(MOST_READ as u32)?.map(packed::unpack))
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        for piece in bytes.chunks(PIECE) {
            self.writable.1.set(false);
            self.handle.write(&packed::pack(piece))?;
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), Failure> {
        if self.is_finished.replace(true) {
            Ok(())
        } else {
            self.handle.finish()
        }
    }
}

/// A body that goes out: of a request, or of the answer to one that came in.
#[derive(Default)]
pub struct Body {
    exchange: RefCell<Option<Rc<Exchange>>>,
    early: RefCell<Vec<u8>>,
    is_whole: Cell<bool>,
}

impl Body {
    pub fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        match &*self.exchange.borrow() {
            Some(exchange) => exchange.write(bytes),
            None => {
                self.early.borrow_mut().extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    pub fn has_room(&self) -> bool {
        match &*self.exchange.borrow() {
            Some(exchange) => is_ready(exchange.writable.0, &exchange.writable.1),
            None => true,
        }
    }

    pub fn room(&self) -> Wait {
        match &*self.exchange.borrow() {
            Some(exchange) => Wait::Handle(exchange.writable.0, exchange.writable.1.clone()),
            None => Wait::Ready,
        }
    }

    pub fn finish(&self) -> Result<(), Failure> {
        self.is_whole.set(true);
        match &*self.exchange.borrow() {
            Some(exchange) => exchange.finish(),
            None => Ok(()),
        }
    }

    /// The body if it is complete and goes along with a request; None if it has to follow.
    pub fn whole(&self) -> Option<Vec<u8>> {
        let is_small = self.early.borrow().len() <= PIECE;
        (self.is_whole.get() && is_small).then(|| self.take())
    }

    /// What was written and nobody has taken yet.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.early.borrow_mut())
    }

    /// Send what there is, and from now on what is written.
    pub fn follow(&self, exchange: &Rc<Exchange>) -> Result<(), Failure> {
        *self.exchange.borrow_mut() = Some(exchange.clone());
        exchange.write(&self.take())?;
        if self.is_whole.get() {
            exchange.finish()
        } else {
            Ok(())
        }
    }
}
