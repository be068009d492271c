//! A program from its start to its end: what it was given, what it said, with which code it exits.

use std::cell::RefCell;

use crate::exports::lion::guest::program::Guest;
use crate::lion::guest::exit;
use crate::lion::host::process::{self, Program};
use crate::lion::host::types::{Error, Output};
use crate::{need, packed, stdio, Wasi};

/// Bytes of the last words on standard error that a failure tells.
const LAST_WORDS: usize = 2_048;

thread_local! {
    static STARTED: RefCell<Option<Program>> = const { RefCell::new(None) };
    static GIVEN: RefCell<Option<(Vec<u8>, Vec<String>)>> = const { RefCell::new(None) };
}

/// Something of how the program was started; the host is asked once.
pub fn started<T>(read: impl FnOnce(&Program) -> T) -> T {
    STARTED.with_borrow_mut(|started| {
        read(started.get_or_insert_with(|| need("process.start", process::start())))
    })
}

/// What it reads from standard input: the call's, or the manifest's.
pub fn input() -> Vec<u8> {
    match GIVEN.with_borrow_mut(|given| given.as_mut().map(|given| std::mem::take(&mut given.0))) {
        Some(input) if !input.is_empty() => input,
        _ => started(|program| program.stdin.clone().into_bytes()),
    }
}

pub fn arguments() -> Vec<String> {
    let mut all = started(|program| program.args.clone());
    GIVEN.with_borrow(|given| all.extend(given.iter().flat_map(|given| given.1.iter().cloned())));
    all
}

/// End the call with an error: what was asked for cannot be refused in any other way.
pub fn fail(why: &str) -> ! {
    stdio::flush();
    exit::finish(Err(why));
    std::process::abort()
}

/// End the call as the program says.
pub fn exit(code: u8) -> ! {
    match outcome(code) {
        Ok(text) => exit::finish(Ok(&text)),
        Err(text) => exit::finish(Err(&text)),
    }
    std::process::abort()
}

fn outcome(code: u8) -> Result<String, String> {
    stdio::flush();
    if code == 0 {
        return Ok(packed::to_text(stdio::take_output()));
    }
    let said = stdio::last_words(LAST_WORDS);
    let colon = if said.is_empty() { "" } else { ": " };
    Err(format!("it exited with code {code}{colon}{said}"))
}

impl Guest for Wasi {
    fn begin(input: String, args: Vec<String>) {
        GIVEN.set(Some((packed::from_text(input), args)));
    }

    fn end(failed: bool) -> Result<String, String> {
        outcome(failed as u8)
    }

    fn end_agent(failed: bool) -> Result<Output, Error> {
        outcome(failed as u8).map(|text| Output { text, json: None }).map_err(Error::Other)
    }
}
