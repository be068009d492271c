//! The holder's own small store, kept between runs, with texts and bytes instead of packed strings.

use crate::host::kv;
use crate::{packed, Error};

pub use crate::host::kv::{delete, list};

/// The text under a key, or none. `invalid` if it is not UTF-8.
pub fn text(key: &str) -> Result<Option<String>, Error> {
    kv::get(key)?.map(packed::to_text).transpose()
}

/// The bytes under a key, or none.
pub fn bytes(key: &str) -> Result<Option<Vec<u8>>, Error> {
    kv::get(key)?.map(packed::to_bytes).transpose()
}

/// Store a text, replacing what was there.
pub fn set_text(key: &str, text: &str) -> Result<(), Error> {
    kv::set(key, &packed::from_text(text))
}

/// Store bytes, replacing what was there.
pub fn set_bytes(key: &str, bytes: &[u8]) -> Result<(), Error> {
    kv::set(key, &packed::from_bytes(bytes))
}

/// Change a text so that nobody's change is lost: `change` makes the new one of the old one, and is asked again if
/// somebody else was faster. Answers the new text.
pub fn update(
    key: &str,
    mut change: impl FnMut(Option<&str>) -> Result<String, Error>,
) -> Result<String, Error> {
    loop {
        let old = kv::get(key)?;
        let text = old.clone().map(packed::to_text).transpose()?;
        let new = change(text.as_deref())?;
        if kv::compare_and_set(key, old.as_deref(), Some(&packed::from_text(&new)))? {
            return Ok(new);
        }
    }
}

/// Every key that begins with `prefix`, in byte order, however many there are.
pub fn keys(prefix: &str) -> Result<Vec<String>, Error> {
    const PAGE: u32 = 1000;
    let mut all: Vec<String> = Vec::new();
    loop {
        let page = kv::list(prefix, all.last().map(String::as_str), PAGE)?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}
