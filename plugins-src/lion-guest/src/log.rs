//! Diagnostics: `debug!`, `info!`, `warn!`, `error!`, which take what `format!` takes.

pub use crate::host::log::{write, Level};

/// Write a line at a level. A log that refuses is no reason to fail, so this does not say whether it did.
#[macro_export]
macro_rules! log {
    ($level:expr, $($part:tt)+) => {{
        let _ = $crate::log::write($level, &::std::format!($($part)+));
    }};
}

/// A line for who looks for a fault.
#[macro_export]
macro_rules! debug {
    ($($part:tt)+) => { $crate::log!($crate::log::Level::Debug, $($part)+) };
}

/// A line about what goes on.
#[macro_export]
macro_rules! info {
    ($($part:tt)+) => { $crate::log!($crate::log::Level::Info, $($part)+) };
}

/// A line about what may be wrong.
#[macro_export]
macro_rules! warn {
    ($($part:tt)+) => { $crate::log!($crate::log::Level::Warn, $($part)+) };
}

/// A line about what is wrong.
#[macro_export]
macro_rules! error {
    ($($part:tt)+) => { $crate::log!($crate::log::Level::Error, $($part)+) };
}
