//! An open file, and what its failures are called by WASI.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::exports::wasi::filesystem::types::ErrorCode;
use crate::exports::wasi::io::streams::StreamError;
use crate::lion::host::fs::{self, Failure};
use crate::streams::failed;
use crate::{packed, IoError, MOST_READ};

pub fn code(failure: Failure) -> ErrorCode {
    match failure {
        Failure::Denied(_) => ErrorCode::Access,
        Failure::Invalid(_) => ErrorCode::Invalid,
        Failure::NotFound(_) => ErrorCode::NoEntry,
        Failure::Exists(_) => ErrorCode::Exist,
        Failure::Conflict(_) | Failure::Busy(_) => ErrorCode::Busy,
        Failure::Exhausted(_) => ErrorCode::Quota,
        Failure::Cancelled(_) => ErrorCode::Interrupted,
        Failure::IsDirectory(_) => ErrorCode::IsDirectory,
        Failure::NotDirectory(_) => ErrorCode::NotDirectory,
        Failure::NotEmpty(_) => ErrorCode::NotEmpty,
        Failure::ReadOnly(_) => ErrorCode::ReadOnly,
        Failure::Loop(_) => ErrorCode::Loop,
        Failure::NameTooLong(_) => ErrorCode::NameTooLong,
        Failure::Unsupported(_) => ErrorCode::Unsupported,
        Failure::Timeout(_) | Failure::Unavailable(_) | Failure::Other(_) | Failure::InputOutput(_) => {
            ErrorCode::Io
        }
    }
}

pub fn stream_error(failure: Failure) -> StreamError {
    let text = format!("{failure:?}");
    failed(IoError { text, file: Some(code(failure)), ..Default::default() })
}

thread_local! {
    /// How often anything was written: what was read ahead before that is not used any more.
    static WRITTEN: Cell<u64> = const { Cell::new(0) };
}

/// Bytes read ahead of a program that reads on.
#[derive(Default)]
struct Ahead {
    from: u64,
    bytes: Vec<u8>,
    written: u64,
    most: u64,
}

/// An open file.
pub struct File {
    handle: fs::File,
    ahead: RefCell<Ahead>,
}

impl File {
    pub fn new(handle: fs::File) -> Rc<Self> {
        Rc::new(File { handle, ahead: RefCell::default() })
    }

    pub fn handle(&self) -> &fs::File {
        &self.handle
    }

    /// At most so many bytes, none at the end. Who reads on gets more from the host at a time.
    pub fn read(&self, offset: u64, length: u32) -> Result<Vec<u8>, Failure> {
        let mut ahead = self.ahead.borrow_mut();
        let end = ahead.from + ahead.bytes.len() as u64;
        let is_current = ahead.written == WRITTEN.get();
        if !is_current || offset < ahead.from || offset >= end {
            let wanted = (length as u64).min(MOST_READ);
            let is_next = is_current && offset == end;
            ahead.most = if is_next { (ahead.most * 4).clamp(wanted, MOST_READ) } else { wanted };
            ahead.bytes = packed::unpack(self.handle.read_at(offset, ahead.most as u32)?);
            (ahead.from, ahead.written) = (offset, WRITTEN.get());
        }
        let at = (offset - ahead.from) as usize;
        let end = ahead.bytes.len().min(at + length as usize);
        Ok(ahead.bytes[at..end].to_vec())
    }

    pub fn write(&self, offset: u64, piece: &[u8]) -> Result<(), Failure> {
        WRITTEN.set(WRITTEN.get() + 1);
        self.handle.write_at(offset, &packed::pack(piece))
    }

    pub fn append(&self, piece: &[u8]) -> Result<(), Failure> {
        WRITTEN.set(WRITTEN.get() + 1);
        self.handle.append(&packed::pack(piece)).map(|_| ())
    }

    pub fn set_size(&self, size: u64) -> Result<(), Failure> {
        WRITTEN.set(WRITTEN.get() + 1);
        self.handle.set_size(size)
    }
}
