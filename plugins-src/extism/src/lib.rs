//! What stands where Extism's kernel and WASI preview 1 stand for a plug-in: the same functions, made of lion's.
//!
//! A core module: lion composes it with the plug-in when that is loaded (lion/wasm/extism), one memory for each.

mod ending;
mod env;
mod errno;
mod files;
mod host;
mod http;
mod kernel;
mod packed;
mod paths;
mod plugin;
mod stat;
mod state;
mod stdio;
mod transfer;
mod wasi;
