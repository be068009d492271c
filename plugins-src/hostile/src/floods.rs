//! Too much of what is allowed.

use std::hint::black_box;

use lion_guest::host::{clock, tools};
use lion_guest::json::json;

/// How often something worked.
pub fn count(n: u32, mut works: impl FnMut(u32) -> bool) -> u32 {
    (0..n).filter(|&at| works(at)).count() as u32
}

/// Measures how much work fits into the time, then does that much between any two host calls.
pub fn drip(micros: u32) {
    const SAMPLE: u64 = 1_000_000;
    let before = clock::monotonic().unwrap_or(0);
    work(SAMPLE);
    let nanos = clock::monotonic().unwrap_or(0).saturating_sub(before).max(1);
    let steps = (u64::from(micros) * 1000 * SAMPLE / nanos).max(1);
    loop {
        work(steps);
        let _ = clock::monotonic();
    }
}

fn work(steps: u64) {
    for step in 0..steps {
        black_box(step);
    }
}

/// Goes one deeper until the host refuses; the answer of the deepest comes back unchanged.
pub fn call_self(name: &str, depth: u32) -> Result<String, String> {
    let arguments = json!({ "name": name, "depth": depth + 1 }).to_string();
    match tools::call(name, &arguments) {
        Ok(text) => lion_guest::json::from_str(&text).map_err(|error| error.to_string()),
        Err(error) => Ok(format!("{depth} deep: {}", error.line())),
    }
}

/// Starts calls and forgets them: neither taken nor dropped.
pub fn start(n: u32, name: &str) -> u32 {
    count(n, |_| tools::start(name, "{}").map(|started| std::mem::forget(started.call)).is_ok())
}

/// Takes each result and keeps the handle.
pub fn hoard(n: u32, name: &str) -> u32 {
    let mut kept = Vec::new();
    for _ in 0..n {
        match tools::start(name, "{}") {
            Ok(started) => {
                let _ = started.call.take();
                kept.push(started.call);
            }
            Err(_) => break,
        }
    }
    kept.len() as u32
}
