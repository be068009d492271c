//! Standard output and error, which become lines of the log.

use crate::host;
use crate::kernel::Global;

/// Bytes of the longest line the log takes.
const MOST: usize = 65_536;

static LINES: Global<[Vec<u8>; 2]> = Global::new([Vec::new(), Vec::new()]);

/// Write to the log in pieces that it takes. What it refuses is lost: diagnostics stop nobody.
pub fn log(level: u32, words: &str) {
    let mut rest = words;
    loop {
        let mut end = rest.len().min(MOST);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (piece, after) = rest.split_at(end);
        let _ = host::ask(4, |r| unsafe { host::log_write(level, piece.as_ptr(), piece.len(), r) });
        rest = after;
        if rest.is_empty() {
            return;
        }
    }
}

fn flush(stream: usize) {
    let line = core::mem::take(&mut LINES.get()[stream]);
    log(if stream == 0 { 1 } else { 2 }, &String::from_utf8_lossy(&line));
}

/// Bytes for standard output (0) or error (1).
pub fn write(stream: usize, bytes: &[u8]) {
    for part in bytes.split_inclusive(|b| *b == b'\n') {
        let line = &mut LINES.get()[stream];
        let whole = part.last() == Some(&b'\n');
        line.extend_from_slice(if whole { &part[..part.len() - 1] } else { part });
        if whole || line.len() >= MOST {
            flush(stream);
        }
    }
}

/// What was begun and has no end of line.
pub fn flush_all() {
    for stream in 0..2 {
        if !LINES.get()[stream].is_empty() {
            flush(stream);
        }
    }
}
