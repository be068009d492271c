//! What Extism lends a plug-in beside memory: configuration, variables, the log. Who is called frees the handles.

use crate::host::{self, must};
use crate::kernel::{bytes, free, put};
use crate::packed::{pack, unpack};
use crate::stdio::log;

#[no_mangle]
pub extern "C" fn config_get(key: u64) -> u64 {
    let name = bytes(key);
    let given = must("config", 4, |r| unsafe { host::config_get(name.as_ptr(), name.len(), r) });
    free(key);
    if given.u8(4) == 0 || given.u32(12) == 0 {
        0
    } else {
        given.u32(8) as u64
    }
}

#[no_mangle]
pub extern "C" fn var_get(key: u64) -> u64 {
    let name = bytes(key);
    let given = must("var", 4, |r| unsafe { host::kv_get(name.as_ptr(), name.len(), r) });
    free(key);
    if given.u8(4) == 0 {
        0
    } else {
        put(&unpack(&given.text(8)))
    }
}

#[no_mangle]
pub extern "C" fn var_set(key: u64, value: u64) {
    let name = bytes(key);
    if value == 0 {
        must("var", 4, |r| unsafe { host::kv_delete(name.as_ptr(), name.len(), r) });
    } else {
        let text = pack(bytes(value));
        must("var", 4, |r| unsafe { host::kv_set(name.as_ptr(), name.len(), text.as_ptr(), text.len(), r) });
    }
    free(key);
    free(value);
}

fn say(level: u32, handle: u64) {
    let words = String::from_utf8_lossy(bytes(handle)).into_owned();
    free(handle);
    log(level, &words);
}

#[no_mangle]
pub extern "C" fn log_trace(words: u64) {
    say(0, words)
}

#[no_mangle]
pub extern "C" fn log_debug(words: u64) {
    say(0, words)
}

#[no_mangle]
pub extern "C" fn log_info(words: u64) {
    say(1, words)
}

#[no_mangle]
pub extern "C" fn log_warn(words: u64) {
    say(2, words)
}

#[no_mangle]
pub extern "C" fn log_error(words: u64) {
    say(3, words)
}

/// Every line is wanted: the log has them all.
#[no_mangle]
pub extern "C" fn get_log_level() -> u32 {
    0
}
