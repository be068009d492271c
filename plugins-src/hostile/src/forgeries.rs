//! Handles that nobody gave.

use lion_guest::host::{poll, tools};

/// Asks the host about handles that do not exist, and about texts that are none.
pub fn poll() -> Vec<String> {
    let tries =
        ["0", "1", "999", "4294967295", "4294967296", "-1", "1 1", "1  2", " ", "x", "0x1", "١", "1\n2"];
    tries.iter().map(|handles| said(handles)).collect()
}

fn said(handles: &str) -> String {
    match poll::wait(handles, Some(0)) {
        Ok(indexes) => format!("{handles:?}: ok {indexes:?}"),
        Err(error) => format!("{handles:?}: {}", error.line()),
    }
}

/// A started call out of thin air.
pub fn pending(handle: u32) -> tools::Pending {
    // Not memory-unsafe: whoever checks the number is the host.
    unsafe { tools::Pending::from_handle(handle) }
}
