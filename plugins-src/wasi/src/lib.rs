//! WASI 0.2, made of lion's interfaces alone: what a component that imports `wasi:*` gets instead of an operating
//! system. lion composes the two when the guest is loaded (lion/wasm/wasi).
//!
//! What WASI has an error for is refused with it; where it has none, the call ends with words.

mod cli;
mod clocks;
mod descriptor;
mod directory;
mod fields;
mod file;
mod incoming;
mod message;
mod open;
mod outgoing;
mod packed;
mod poll;
mod program;
mod random;
mod sockets;
mod stdio;
mod streams;

wit_bindgen::generate!({ world: "lion:guest/wasi", path: ["../../wit", "wit"], generate_all });

use exports::wasi::{filesystem::types::ErrorCode as FileError, http::types::ErrorCode as HttpError, io};
use lion::host::types::Error;

/// All that is exported.
struct Wasi;

/// Bytes that one answer of the host's has at most.
const MOST_READ: u64 = 262_144;
/// Bytes that go to the host in one call.
const PIECE: usize = 65_536;

/// Why a stream's operation failed: words, and the error of the interface that the stream came from.
#[derive(Default)]
pub struct IoError {
    text: String,
    file: Option<FileError>,
    http: Option<HttpError>,
}

impl io::error::GuestError for IoError {
    fn to_debug_string(&self) -> String {
        self.text.clone()
    }
}

impl io::error::Guest for Wasi {
    type Error = IoError;
}

/// What an error of the host's says.
fn words(error: Error) -> String {
    match error {
        Error::Denied(text)
        | Error::Invalid(text)
        | Error::NotFound(text)
        | Error::Exists(text)
        | Error::Conflict(text)
        | Error::Exhausted(text)
        | Error::Timeout(text)
        | Error::Cancelled(text)
        | Error::Unavailable(text)
        | Error::Other(text) => text,
    }
}

/// What the host gave, or the end of the call: WASI has no error here.
fn need<T>(what: &str, given: Result<T, Error>) -> T {
    given.unwrap_or_else(|error| program::fail(&format!("{what}: {}", words(error))))
}

export!(Wasi);
