//! Time in nanoseconds, and waiting.

use std::time::Duration;

pub use crate::host::clock::{monotonic, now};
use crate::Error;

/// Wait. Other guests go on meanwhile.
pub fn sleep(time: Duration) -> Result<(), Error> {
    crate::host::clock::sleep(nanos(time))
}

/// The instant of [`monotonic`] that is this far ahead: what [`Select::timer`](crate::Select::timer) takes.
pub fn after(time: Duration) -> Result<u64, Error> {
    Ok(monotonic()?.saturating_add(nanos(time)))
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
