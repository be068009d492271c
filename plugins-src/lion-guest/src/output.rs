//! What people see while the guest works: `say!` and `sayln!`, which take what `format!` takes.

use serde::Serialize;

pub use crate::host::output::progress;
use crate::Error;

const PIECE: usize = 64 * 1024;

/// Text of any length; what is longer than a piece may be goes in several.
pub fn text(mut text: &str) -> Result<(), Error> {
    while text.len() > PIECE {
        let mut cut = PIECE;
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        crate::host::output::text(&text[..cut])?;
        text = &text[cut..];
    }
    crate::host::output::text(text)
}

/// A line of text.
pub fn line(mut line: String) -> Result<(), Error> {
    line.push('\n');
    text(&line)
}

/// The structured output as far as it is known. Replaces what was said before.
pub fn partial<T: Serialize + ?Sized>(value: &T) -> Result<(), Error> {
    crate::host::output::partial(&serde_json::to_string(value)?)
}

/// Show a piece of text: `say!("{} of {}", done, all)?`.
#[macro_export]
macro_rules! say {
    ($($part:tt)+) => { $crate::output::text(&::std::format!($($part)+)) };
}

/// Show a line of text.
#[macro_export]
macro_rules! sayln {
    () => { $crate::output::text("\n") };
    ($($part:tt)+) => { $crate::output::line(::std::format!($($part)+)) };
}
