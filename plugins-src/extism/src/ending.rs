//! How a call ends: it returns, exits, or is refused something that it cannot do without.
//!
//! An error that was set outranks what the function returned.

use crate::kernel::{bytes, input_set, put, slice, CALL};
use crate::{host, packed, stdio};

/// Begin a call with what the host wrote.
#[no_mangle]
pub extern "C" fn begin(at: u32, size: u32) {
    let given = slice(at as u64, size as u64);
    match packed::from_data_url(given) {
        Some(bytes) => input_set(put(&bytes), bytes.len() as u64),
        None => input_set(if size == 0 { 0 } else { at as u64 }, size as u64),
    }
}

/// The handle of a text for a function of the embedder's: bytes that are no text become one.
#[no_mangle]
pub extern "C" fn user_text(handle: u64) -> u64 {
    let given = bytes(handle);
    if core::str::from_utf8(given).is_ok() {
        return handle;
    }
    put(packed::to_data_url(given).as_bytes())
}

/// The handle of what such a function gave: bytes, if that is what the text stands for.
#[no_mangle]
pub extern "C" fn user_gave(at: u32, size: u32) -> u64 {
    match packed::from_data_url(slice(at as u64, size as u64)) {
        Some(bytes) => put(&bytes),
        // Text without a byte has no block: its handle is 0.
        None if size == 0 => 0,
        None => at as u64,
    }
}

fn outcome(code: i32, how: &str) -> Result<String, String> {
    stdio::flush_all();
    let call = CALL.get();
    let error = bytes(call.error);
    if !error.is_empty() {
        return Err(text(error));
    }
    if code != 0 {
        return Err(format!("it {how} {code}"));
    }
    Ok(text(slice(call.output.0, call.output.1)))
}

fn text(bytes: &[u8]) -> String {
    core::str::from_utf8(bytes).map_or_else(|_| packed::to_data_url(bytes), str::to_string)
}

fn finish(outcome: Result<String, String>) -> ! {
    let (is_error, words) = match &outcome {
        Ok(words) => (0, words),
        Err(words) => (1, words),
    };
    unsafe { host::finish(is_error, words.as_ptr(), words.len()) };
    core::arch::wasm32::unreachable()
}

/// End the call with an error of its own.
pub fn fail(words: &str) -> ! {
    stdio::flush_all();
    finish(Err(words.to_string()))
}

/// End the call from within, as a program that exits.
pub fn exit(code: i32) -> ! {
    finish(outcome(code, "exited with code"))
}

/// A function of the plug-in returned: `result<string, string>` as the component model wants it.
#[no_mangle]
pub extern "C" fn done(code: i32) -> *const u32 {
    let outcome = outcome(code, "returned");
    let words = outcome.as_ref().unwrap_or_else(|words| words);
    let place = put(words.as_bytes()) as u32;
    Box::leak(Box::new([outcome.is_err() as u32, place, words.len() as u32])).as_ptr()
}

/// A function of the embedder's gave an error, which is at `place`; its name is the text at `name`.
#[no_mangle]
pub extern "C" fn user_failed(place: u32, name: u32, size: u32) {
    let name = String::from_utf8_lossy(slice(name as u64, size as u64)).into_owned();
    fail(&format!("{name}: {}", host::Refusal::at(place as *const u8).words()))
}
