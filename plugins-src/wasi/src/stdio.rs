//! Standard output, which people see and the caller gets, and standard error, which becomes lines of the log.

use std::cell::RefCell;

use crate::lion::host::{log, output, types::Error};
use crate::PIECE;

#[derive(Default)]
struct Said {
    /// All of standard output.
    output: Vec<u8>,
    /// How much of it was shown: up to a character that is not complete yet.
    shown: usize,
    /// A line of standard error that has no end yet.
    line: Vec<u8>,
    /// The last bytes of standard error.
    errors: Vec<u8>,
}

thread_local! {
    static SAID: RefCell<Said> = RefCell::default();
}

/// Bytes of standard error that are kept.
const KEPT: usize = 4_096;

/// How many of these bytes are whole characters, or none at all.
fn whole(bytes: &[u8]) -> usize {
    match core::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

/// Lossy text in pieces that the host takes.
fn pieces(bytes: &[u8], mut each: impl FnMut(&str) -> Result<(), Error>) -> Result<(), Error> {
    let text = String::from_utf8_lossy(bytes);
    let mut rest: &str = &text;
    while !rest.is_empty() {
        let mut end = rest.len().min(PIECE);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        each(&rest[..end])?;
        rest = &rest[end..];
    }
    Ok(())
}

pub fn write_output(bytes: &[u8]) -> Result<(), Error> {
    SAID.with_borrow_mut(|said| {
        said.output.extend_from_slice(bytes);
        let end = said.shown + whole(&said.output[said.shown..]);
        let new = &said.output[said.shown..end];
        said.shown = end;
        pieces(new, output::text)
    })
}

pub fn write_error(bytes: &[u8]) -> Result<(), Error> {
    SAID.with_borrow_mut(|said| {
        said.errors.extend_from_slice(bytes);
        let before = said.errors.len().saturating_sub(KEPT);
        said.errors.drain(..before);
        said.line.extend_from_slice(bytes);
        let end = match said.line.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => at + 1,
            None if said.line.len() >= PIECE => said.line.len(),
            None => return Ok(()),
        };
        let lines: Vec<u8> = said.line.drain(..end).collect();
        log_lines(&lines)
    })
}

fn log_lines(lines: &[u8]) -> Result<(), Error> {
    let lines = lines.strip_suffix(b"\n").unwrap_or(lines);
    pieces(lines, |piece| log::write(log::Level::Warn, piece))
}

/// Say what has no end yet. Diagnostics that are refused stop nobody.
pub fn flush() {
    SAID.with_borrow_mut(|said| {
        let _ = pieces(&said.output[said.shown..], output::text);
        said.shown = said.output.len();
        let line = std::mem::take(&mut said.line);
        let _ = log_lines(&line);
    })
}

pub fn take_output() -> Vec<u8> {
    SAID.with_borrow_mut(|said| {
        said.shown = 0;
        std::mem::take(&mut said.output)
    })
}

/// The end of what was written to standard error.
pub fn last_words(most: usize) -> String {
    SAID.with_borrow(|said| {
        let from = said.errors.len().saturating_sub(most);
        String::from_utf8_lossy(&said.errors[from..]).trim().to_string()
    })
}
