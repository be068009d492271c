//! The settings the manifest gives this holder.

use serde::de::DeserializeOwned;

pub use crate::host::config::{get, keys};
use crate::Error;

/// A setting that is not a text: a number, an array, a table. None if the manifest does not have it.
pub fn value<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Error> {
    match get(key)? {
        Some(text) => Ok(Some(serde_json::from_str(&text)?)),
        None => Ok(None),
    }
}
