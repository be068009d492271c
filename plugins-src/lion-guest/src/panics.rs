//! A panic says why in the log before it traps: in this target there is no other place to print to.

use std::panic::{set_hook, PanicHookInfo};

use crate::host::log;

const LONGEST: usize = 16 * 1024;

/// Report panics to the log from now on.
pub extern "C" fn report() {
    set_hook(Box::new(tell));
}

fn tell(info: &PanicHookInfo<'_>) {
    let mut text = String::from("panic: ");
    text.push_str(info.payload_as_str().unwrap_or("no message"));
    while text.len() > LONGEST {
        text.pop();
    }
    if let Some(place) = info.location() {
        text.push_str(&format!(" ({}:{})", place.file(), place.line()));
    }
    let _ = log::write(log::Level::Error, &text);
}
