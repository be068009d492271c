//! lion's functions as the component model lowers them: arguments flat, the result in a place of ours.

use crate::ending::fail;
use crate::kernel::{free, slice};

macro_rules! imports {
    ($module:literal { $($link:literal $name:ident($($arg:ident: $kind:ty),*);)* }) => {
        #[link(wasm_import_module = $module)]
        extern "C" { $(#[link_name = $link] pub fn $name($($arg: $kind),*);)* }
    };
}

type P = *const u8;
type R = *mut u8;

imports!("lion:host/config@0.1.0" { "get" config_get(k: P, kn: usize, r: R); });
imports!("lion:host/kv@0.1.0" {
    "get" kv_get(k: P, kn: usize, r: R);
    "set" kv_set(k: P, kn: usize, v: P, vn: usize, r: R);
    "delete" kv_delete(k: P, kn: usize, r: R);
});
imports!("lion:host/log@0.1.0" { "write" log_write(level: u32, p: P, n: usize, r: R); });
imports!("lion:host/clock@0.1.0" {
    "now" clock_now(r: R);
    "monotonic" clock_monotonic(r: R);
    "sleep" clock_sleep(duration: u64, r: R);
});
imports!("lion:host/random@0.1.0" { "bytes" random_bytes(length: u32, r: R); });
imports!("lion:host/http@0.1.0" {
    "start" http_start(m: P, mn: usize, u: P, un: usize, h: P, hn: usize, has_body: u32, b: P, bn: usize,
        has_timeout: u32, timeout: u64, streams: u32, r: R);
    "[method]exchange.write" exchange_write(one: u32, p: P, n: usize, r: R);
    "[method]exchange.finish" exchange_finish(one: u32, r: R);
    "[method]exchange.head" exchange_head(one: u32, r: R);
    "[method]exchange.read" exchange_read(one: u32, most: u32, r: R);
    "[resource-drop]exchange" exchange_drop(one: u32);
});
imports!("lion:host/fs@0.1.0" {
    "open" fs_open(p: P, n: usize, mode: u32, r: R);
    "stat" fs_stat(p: P, n: usize, follow: u32, r: R);
    "set-times" fs_set_times(p: P, n: usize, has_a: u32, a: u64, has_m: u32, m: u64, r: R);
    "list" fs_list(p: P, n: usize, has_after: u32, a: P, an: usize, limit: u32, r: R);
    "make-dir" fs_make_dir(p: P, n: usize, r: R);
    "remove-dir" fs_remove_dir(p: P, n: usize, r: R);
    "unlink" fs_unlink(p: P, n: usize, r: R);
    "rename" fs_rename(p: P, n: usize, q: P, m: usize, r: R);
    "link" fs_link(p: P, n: usize, q: P, m: usize, r: R);
    "symlink" fs_symlink(p: P, n: usize, q: P, m: usize, r: R);
    "readlink" fs_readlink(p: P, n: usize, r: R);
    "[method]file.read-at" file_read_at(one: u32, offset: u64, length: u32, r: R);
    "[method]file.write-at" file_write_at(one: u32, offset: u64, p: P, n: usize, r: R);
    "[method]file.append" file_append(one: u32, p: P, n: usize, r: R);
    "[method]file.stat" file_stat(one: u32, r: R);
    "[method]file.set-size" file_set_size(one: u32, size: u64, r: R);
    "[method]file.set-times" file_set_times(one: u32, has_a: u32, a: u64, has_m: u32, m: u64, r: R);
    "[method]file.sync" file_sync(one: u32, r: R);
    "[resource-drop]file" file_drop(one: u32);
});
imports!("lion:guest/exit@0.1.0" { "finish" finish(is_error: u32, p: P, n: usize); });

/// The cases of `types.error`, then those of `http.failure`; those of files become numbers (errno.rs).
const CASES: [&str; 15] = [
    "denied",
    "invalid",
    "not-found",
    "exists",
    "conflict",
    "exhausted",
    "timeout",
    "cancelled",
    "unavailable",
    "other",
    "dns",
    "connection",
    "tls",
    "redirects",
    "protocol",
];

/// What a host call gave: `result<_, variant of texts>` in memory.
#[repr(C, align(8))]
pub struct Given([u8; 64]);

/// A refusal: the case's number, and words.
pub struct Refusal {
    pub case: u8,
    words: (u32, u32),
}

impl Refusal {
    pub fn at(place: P) -> Refusal {
        let number = |i: usize| unsafe { (place.add(i) as *const u32).read_unaligned() };
        Refusal { case: unsafe { *place }, words: (number(4), number(8)) }
    }

    pub fn words(&self) -> String {
        let case = CASES.get(self.case as usize).copied().unwrap_or("other");
        let text = String::from_utf8_lossy(slice(self.words.0 as u64, self.words.1 as u64));
        if text.is_empty() {
            case.to_string()
        } else {
            format!("{case}: {text}")
        }
    }
}

impl Given {
    pub fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    pub fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.0[at..at + 8].try_into().unwrap())
    }

    pub fn u8(&self, at: usize) -> u8 {
        self.0[at]
    }

    /// A text that the host wrote, taken over from it.
    pub fn text(&self, at: usize) -> String {
        let (place, size) = (self.u32(at) as u64, self.u32(at + 4) as u64);
        let text = String::from_utf8_lossy(slice(place, size)).into_owned();
        free(place);
        text
    }
}

/// Make a host call. `align` is where what it gives begins: 4, or 8 if there is a 64-bit number in it.
pub fn ask(align: usize, call: impl FnOnce(R)) -> Result<Given, Refusal> {
    let mut given = Given([0; 64]);
    call(given.0.as_mut_ptr());
    if given.0[0] == 0 {
        Ok(given)
    } else {
        Err(Refusal::at(given.0[align..].as_ptr()))
    }
}

/// The same where a refusal ends the plug-in's call: Extism's own functions have no way to fail.
pub fn must(what: &str, align: usize, call: impl FnOnce(R)) -> Given {
    ask(align, call).unwrap_or_else(|refusal| fail(&format!("{what}: {}", refusal.words())))
}
