//! `wasi:io/streams`: bytes that come from and go to files, exchanges and standard streams.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::exports::wasi::io::error::Error;
use crate::exports::wasi::io::poll::Pollable;
use crate::exports::wasi::io::streams::{
    Guest, GuestInputStream, GuestOutputStream, InputStreamBorrow, StreamError,
};
use crate::file::{self, File};
use crate::lion::host::types;
use crate::message::{Body, Exchange};
use crate::poll::Wait;
use crate::{message, program, stdio, words, IoError, Wasi, MOST_READ, PIECE};

/// Bytes that are there, and how many of them are taken.
#[derive(Default)]
pub struct Held {
    bytes: Vec<u8>,
    at: usize,
}

impl Held {
    pub fn of(bytes: Vec<u8>) -> Self {
        Held { bytes, at: 0 }
    }

    fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    fn take(&mut self, most: usize) -> Vec<u8> {
        let end = self.bytes.len().min(self.at.saturating_add(most));
        let taken = self.bytes[self.at..end].to_vec();
        self.at = end;
        taken
    }
}

pub enum Input {
    File { file: Rc<File>, at: Cell<u64> },
    Held(RefCell<Held>),
    Http { exchange: Rc<Exchange>, ahead: RefCell<Held>, is_over: Cell<bool> },
}

impl Input {
    pub fn stdin() -> Self {
        Input::Held(RefCell::new(Held::of(program::input())))
    }

    fn take(&self, length: u64, blocks: bool) -> Result<Vec<u8>, StreamError> {
        if length == 0 {
            return Ok(Vec::new());
        }
        let most = length.min(MOST_READ);
        let bytes = match self {
            Input::File { file, at } => {
                let bytes = file.read(at.get(), most as u32).map_err(file::stream_error)?;
                at.set(at.get() + bytes.len() as u64);
                bytes
            }
            Input::Held(held) => held.borrow_mut().take(most as usize),
            Input::Http { exchange, ahead, is_over } => {
                let mut ahead = ahead.borrow_mut();
                if ahead.is_empty() && !is_over.get() {
                    if !blocks && !exchange.is_readable() {
                        return Ok(Vec::new());
                    }
                    match exchange.read().map_err(message::stream_error)? {
                        Some(bytes) => *ahead = Held::of(bytes),
                        None => is_over.set(true),
                    }
                }
                ahead.take(most as usize)
            }
        };
        if bytes.is_empty() {
            Err(StreamError::Closed)
        } else {
            Ok(bytes)
        }
    }

    fn wait(&self) -> Wait {
        match self {
            Input::Http { exchange, ahead, is_over } if ahead.borrow().is_empty() && !is_over.get() => {
                exchange.readable()
            }
            _ => Wait::Ready,
        }
    }
}

impl GuestInputStream for Input {
    fn read(&self, length: u64) -> Result<Vec<u8>, StreamError> {
        self.take(length, false)
    }

    fn blocking_read(&self, length: u64) -> Result<Vec<u8>, StreamError> {
        self.take(length, true)
    }

    fn skip(&self, length: u64) -> Result<u64, StreamError> {
        Ok(self.take(length, false)?.len() as u64)
    }

    fn blocking_skip(&self, length: u64) -> Result<u64, StreamError> {
        Ok(self.take(length, true)?.len() as u64)
    }

    fn subscribe(&self) -> Pollable {
        self.wait().pollable()
    }
}

pub enum Output {
    Stdout,
    Stderr,
    File { file: Rc<File>, at: Cell<u64> },
    Append(Rc<File>),
    Http(Rc<Body>),
}

fn refused(error: types::Error) -> StreamError {
    failed(IoError { text: words(error), ..Default::default() })
}

pub fn failed(error: IoError) -> StreamError {
    StreamError::LastOperationFailed(Error::new(error))
}

impl Output {
    fn put(&self, bytes: &[u8]) -> Result<(), StreamError> {
        match self {
            Output::Stdout => stdio::write_output(bytes).map_err(refused),
            Output::Stderr => stdio::write_error(bytes).map_err(refused),
            Output::File { file, at } => {
                for piece in bytes.chunks(PIECE) {
                    file.write(at.get(), piece).map_err(file::stream_error)?;
                    at.set(at.get() + piece.len() as u64);
                }
                Ok(())
            }
            Output::Append(file) => {
                bytes.chunks(PIECE).try_for_each(|piece| file.append(piece)).map_err(file::stream_error)
            }
            Output::Http(body) => body.write(bytes).map_err(message::stream_error),
        }
    }

    fn zeroes(&self, length: u64) -> Result<(), StreamError> {
        let zeroes = [0; 4_096];
        let mut left = length;
        while left > 0 {
            let part = left.min(zeroes.len() as u64);
            self.put(&zeroes[..part as usize])?;
            left -= part;
        }
        Ok(())
    }

    fn splice_from(
        &self,
        source: InputStreamBorrow<'_>,
        length: u64,
        blocks: bool,
    ) -> Result<u64, StreamError> {
        let bytes = source.get::<Input>().take(length, blocks)?;
        self.put(&bytes)?;
        Ok(bytes.len() as u64)
    }
}

impl GuestOutputStream for Output {
    fn check_write(&self) -> Result<u64, StreamError> {
        Ok(match self {
            Output::Http(body) if !body.has_room() => 0,
            _ => PIECE as u64,
        })
    }

    fn write(&self, bytes: Vec<u8>) -> Result<(), StreamError> {
        self.put(&bytes)
    }

    fn blocking_write_and_flush(&self, bytes: Vec<u8>) -> Result<(), StreamError> {
        self.put(&bytes)
    }

    fn flush(&self) -> Result<(), StreamError> {
        Ok(())
    }

    fn blocking_flush(&self) -> Result<(), StreamError> {
        Ok(())
    }

    fn subscribe(&self) -> Pollable {
        match self {
            Output::Http(body) => body.room(),
            _ => Wait::Ready,
        }
        .pollable()
    }

    fn write_zeroes(&self, length: u64) -> Result<(), StreamError> {
        self.zeroes(length)
    }

    fn blocking_write_zeroes_and_flush(&self, length: u64) -> Result<(), StreamError> {
        self.zeroes(length)
    }

    fn splice(&self, source: InputStreamBorrow<'_>, length: u64) -> Result<u64, StreamError> {
        self.splice_from(source, length, false)
    }

    fn blocking_splice(&self, source: InputStreamBorrow<'_>, length: u64) -> Result<u64, StreamError> {
        self.splice_from(source, length, true)
    }
}

impl Guest for Wasi {
    type InputStream = Input;
    type OutputStream = Output;
}
