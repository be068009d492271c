//! Requests to servers.
//!
//! ```ignore
//! let page = http::get("https://example.com/a").header("accept", "text/html").send()?.good()?;
//! let made: Made = http::post("https://api.example.com/v1/notes").json(&note)?.send()?.good()?.json()?;
//! ```
//!
//! An answer that is long or comes by and by is read as it comes:
//!
//! ```ignore
//! let mut exchange = http::get("https://example.com/feed").start()?;
//! while let Some(piece) = exchange.read()? { ... }
//! ```

use std::io;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::error::{becomes_error, errors};
use crate::host::http;
use crate::select::Waitable;
use crate::{packed, Error};

pub use crate::host::http::Head;

/// Bytes one call carries to the host.
const PIECE: usize = 64 * 1024;
/// Bytes one call brings from the host.
const READ: u32 = 256 * 1024;

/// A request in the making.
#[must_use = "a request is asked by `send`, `start` or `stream`"]
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    url: String,
    headers: String,
    body: Option<Vec<u8>>,
    timeout: Option<Duration>,
}

/// A request by any method.
pub fn request(method: &str, url: &str) -> Request {
    Request { method: method.into(), url: url.into(), headers: String::new(), body: None, timeout: None }
}

/// A GET.
pub fn get(url: &str) -> Request {
    request("GET", url)
}

/// A POST.
pub fn post(url: &str) -> Request {
    request("POST", url)
}

/// A PUT.
pub fn put(url: &str) -> Request {
    request("PUT", url)
}

/// A DELETE.
pub fn delete(url: &str) -> Request {
    request("DELETE", url)
}

impl Request {
    /// One header more.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if !self.headers.is_empty() {
            self.headers.push('\n');
        }
        self.headers.push_str(name);
        self.headers.push_str(": ");
        // A line of its own would be a header of its own.
        self.headers.push_str(&value.replace(['\r', '\n'], " "));
        self
    }

    /// The whole body. One of more than 64 KiB goes out in pieces.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// A value as JSON, and the header that says so.
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        let body = serde_json::to_vec(value)?;
        Ok(self.header("content-type", "application/json").body(body))
    }

    /// How long all of it may take; less than what the grant says.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// Ask and wait for the whole answer, however long it is.
    pub fn send(self) -> Result<Response, Failure> {
        let mut exchange = self.start()?;
        let head = exchange.head()?;
        let mut body = Vec::new();
        while let Some(piece) = exchange.read()? {
            body.extend(piece);
        }
        Ok(Response { status: head.status, url: head.url, headers: head.headers, body })
    }

    /// Ask and wait, in one call of the host: for an answer of at most 256 KiB.
    pub fn send_small(mut self) -> Result<Response, Failure> {
        let body = self.body.take();
        let answer = http::send(&self.asked(body.as_deref()))?;
        let body = packed::to_bytes(answer.body).map_err(|error| Failure::Invalid(error.line()))?;
        Ok(Response { status: answer.status, url: answer.url, headers: answer.headers, body })
    }

    /// Ask and go on; the answer is read as it comes.
    pub fn start(mut self) -> Result<Exchange, Failure> {
        let body = self.body.take();
        if let Some(long) = body.as_deref().filter(|body| body.len() > PIECE) {
            let mut exchange = self.stream()?;
            exchange.write(long)?;
            exchange.finish()?;
            return Ok(exchange);
        }
        Ok(Exchange::new(http::start(&self.asked(body.as_deref()), false)?))
    }

    /// Ask and go on; the body follows by [`Exchange::write`] and ends by [`Exchange::finish`].
    pub fn stream(self) -> Result<Exchange, Failure> {
        Ok(Exchange::new(http::start(&self.asked(None), true)?))
    }

    fn asked(&self, body: Option<&[u8]>) -> http::Request {
        http::Request {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: body.map(packed::from_bytes),
            timeout: self.timeout.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)),
        }
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    /// Where it came from in the end, after redirects.
    pub url: String,
    headers: String,
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All headers, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.lines().filter_map(|line| line.split_once(": "))
    }

    /// Whether the status is one of success.
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Itself, or an error that names the status.
    pub fn good(self) -> Result<Self, Error> {
        match self.status {
            200..=299 => Ok(self),
            404 | 410 => Err(Error::NotFound(format!("{} answers {}", self.url, self.status))),
            status => Err(Error::Other(format!("{} answers {status}", self.url))),
        }
    }

    /// The body as text; what is not UTF-8 becomes a replacement character.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body read as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

/// An exchange under way, which can be waited for: it is ready when its head or the next piece of its body is.
/// Dropping it ends it.
pub struct Exchange {
    exchange: http::Exchange,
    readable: u32,
    writable: u32,
}

impl Exchange {
    fn new(started: http::Started) -> Self {
        let http::Started { exchange, writable, readable } = started;
        Exchange { exchange, readable, writable }
    }

    /// Send more of the body; waits while there is no room.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        bytes.chunks(PIECE).try_for_each(|piece| self.exchange.write(&packed::from_bytes(piece)))
    }

    /// The body is complete.
    pub fn finish(&mut self) -> Result<(), Failure> {
        self.exchange.finish()
    }

    /// Status and headers. Waits.
    pub fn head(&self) -> Result<Head, Failure> {
        self.exchange.head()
    }

    /// The next piece of the answer's body, none at its end. Waits.
    pub fn read(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        match self.exchange.read(READ)? {
            Some(piece) => packed::to_bytes(piece).map(Some).map_err(|error| Failure::Invalid(error.line())),
            None => Ok(None),
        }
    }

    /// What is ready when there is room to write.
    pub fn room(&self) -> Room {
        Room(self.writable)
    }
}

impl Waitable for Exchange {
    fn handle(&self) -> u32 {
        self.readable
    }
}

impl io::Write for Exchange {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Exchange::write(self, bytes).map(|()| bytes.len()).map_err(|error| io::Error::other(error.line()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Room in the request's body, to be waited for.
pub struct Room(u32);

impl Waitable for Room {
    fn handle(&self) -> u32 {
        self.0
    }
}

errors!(
    /// Why a request came to nothing.
    Failure,
    Dns => "dns",
    Connection => "connection",
    Tls => "tls",
    Redirects => "redirects",
    Protocol => "protocol",
);

// What only the network has becomes `unavailable`, or `other` for what trying again does not help.
becomes_error!(Failure, |own: Failure| match own {
    Failure::Dns(_) | Failure::Connection(_) | Failure::Tls(_) => Error::Unavailable(own.line()),
    _ => Error::Other(own.line()),
});
