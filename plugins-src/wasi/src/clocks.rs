//! `wasi:clocks`.

use crate::exports::wasi::clocks::{monotonic_clock, wall_clock};
use crate::exports::wasi::io::poll::Pollable;
use crate::lion::host::clock;
use crate::poll::Wait;
use crate::{need, Wasi};

const SECOND: u64 = 1_000_000_000;
/// Nanoseconds between two times that differ, as WASI wants it said.
const STEP: u64 = 1_000;

pub use wall_clock::Datetime;

pub fn monotonic() -> u64 {
    need("clock.monotonic", clock::monotonic())
}

pub fn now() -> u64 {
    need("clock.now", clock::now())
}

pub fn date(nanoseconds: u64) -> Datetime {
    Datetime { seconds: nanoseconds / SECOND, nanoseconds: (nanoseconds % SECOND) as u32 }
}

pub fn nanoseconds(date: Datetime) -> u64 {
    date.seconds.saturating_mul(SECOND).saturating_add(date.nanoseconds as u64)
}

impl monotonic_clock::Guest for Wasi {
    fn now() -> u64 {
        monotonic()
    }

    fn resolution() -> u64 {
        STEP
    }

    fn subscribe_instant(when: u64) -> Pollable {
        Wait::Until(when).pollable()
    }

    fn subscribe_duration(duration: u64) -> Pollable {
        match duration {
            0 => Wait::Ready,
            _ => Wait::Until(monotonic().saturating_add(duration)),
        }
        .pollable()
    }
}

impl wall_clock::Guest for Wasi {
    fn now() -> Datetime {
        date(now())
    }

    fn resolution() -> Datetime {
        date(STEP)
    }
}
