//! The memory that an Extism plug-in shares with its host: blocks by handle, which is their address here.
//!
//! What is not a block has the length 0, and reading outside of all memory gives 0, as in Extism's own kernel.

use std::alloc::{alloc as take, dealloc, handle_alloc_error, Layout};
use std::cell::UnsafeCell;
use std::collections::BTreeMap;

/// A global of an instance, which has one thread. Nobody keeps a reference across a host call.
pub struct Global<T>(UnsafeCell<T>);

unsafe impl<T> Sync for Global<T> {}

impl<T> Global<T> {
    pub const fn new(value: T) -> Self {
        Global(UnsafeCell::new(value))
    }

    #[allow(clippy::mut_from_ref)]
    pub fn get(&self) -> &mut T {
        unsafe { &mut *self.0.get() }
    }
}

static BLOCKS: Global<BTreeMap<u32, u32>> = Global::new(BTreeMap::new());

/// What a call takes and gives: each an address and a length, `error` a handle.
pub struct Call {
    pub input: (u64, u64),
    pub output: (u64, u64),
    pub error: u64,
}

pub static CALL: Global<Call> = Global::new(Call { input: (0, 0), output: (0, 0), error: 0 });

fn layout(size: u32) -> Option<Layout> {
    Layout::from_size_align(size as usize, 8).ok()
}

#[no_mangle]
pub extern "C" fn alloc(size: u64) -> u64 {
    let Some(wanted) = u32::try_from(size).ok().filter(|n| *n > 0).and_then(layout) else {
        return 0;
    };
    let at = unsafe { take(wanted) } as u32;
    if at == 0 {
        handle_alloc_error(wanted);
    }
    BLOCKS.get().insert(at, size as u32);
    at as u64
}

#[no_mangle]
pub extern "C" fn free(handle: u64) {
    let Ok(at) = u32::try_from(handle) else { return };
    if let Some(known) = BLOCKS.get().remove(&at).and_then(layout) {
        unsafe { dealloc(at as *mut u8, known) }
    }
}

#[no_mangle]
pub extern "C" fn length(handle: u64) -> u64 {
    u32::try_from(handle).ok().and_then(|at| BLOCKS.get().get(&at)).copied().unwrap_or(0) as u64
}

#[no_mangle]
pub extern "C" fn length_unsafe(handle: u64) -> u64 {
    length(handle)
}

fn is_inside(at: u64, size: u64) -> bool {
    let end = (core::arch::wasm32::memory_size(0) as u64) << 16;
    at != 0 && at.checked_add(size).is_some_and(|last| last <= end)
}

#[no_mangle]
pub extern "C" fn load_u8(at: u64) -> u32 {
    if is_inside(at, 1) {
        unsafe { *(at as u32 as *const u8) as u32 }
    } else {
        0
    }
}

#[no_mangle]
pub extern "C" fn load_u64(at: u64) -> u64 {
    if is_inside(at, 8) {
        unsafe { (at as u32 as *const u64).read_unaligned() }
    } else {
        0
    }
}

#[no_mangle]
pub extern "C" fn store_u8(at: u64, value: u32) {
    if is_inside(at, 1) {
        unsafe { *(at as u32 as *mut u8) = value as u8 }
    }
}

#[no_mangle]
pub extern "C" fn store_u64(at: u64, value: u64) {
    if is_inside(at, 8) {
        unsafe { (at as u32 as *mut u64).write_unaligned(value) }
    }
}

#[no_mangle]
pub extern "C" fn input_load_u8(index: u64) -> u32 {
    let (at, size) = CALL.get().input;
    if index < size {
        load_u8(at + index)
    } else {
        0
    }
}

#[no_mangle]
pub extern "C" fn input_load_u64(index: u64) -> u64 {
    let (at, size) = CALL.get().input;
    if index.checked_add(8).is_some_and(|end| end <= size) {
        load_u64(at + index)
    } else {
        0
    }
}

#[no_mangle]
pub extern "C" fn input_length() -> u64 {
    CALL.get().input.1
}

#[no_mangle]
pub extern "C" fn input_offset() -> u64 {
    CALL.get().input.0
}

#[no_mangle]
pub extern "C" fn input_set(at: u64, size: u64) {
    CALL.get().input = (at, size)
}

#[no_mangle]
pub extern "C" fn output_set(at: u64, size: u64) {
    CALL.get().output = (at, size)
}

#[no_mangle]
pub extern "C" fn output_offset() -> u64 {
    CALL.get().output.0
}

#[no_mangle]
pub extern "C" fn output_length() -> u64 {
    CALL.get().output.1
}

#[no_mangle]
pub extern "C" fn error_set(handle: u64) {
    CALL.get().error = handle
}

#[no_mangle]
pub extern "C" fn error_get() -> u64 {
    CALL.get().error
}

#[no_mangle]
pub extern "C" fn memory_bytes() -> u64 {
    (core::arch::wasm32::memory_size(0) as u64) << 16
}

/// What the host writes is a block too, so a text of the host's is a handle as it is.
#[no_mangle]
pub extern "C" fn cabi_realloc(old: u32, old_size: u32, _align: u32, size: u32) -> u32 {
    if size == 0 {
        return 8;
    }
    let at = alloc(size as u64) as u32;
    if old != 0 && old_size != 0 {
        unsafe { core::ptr::copy(old as *const u8, at as *mut u8, old_size.min(size) as usize) };
        free(old as u64);
    }
    at
}

/// The bytes of a block; none of what is no block.
pub fn bytes(handle: u64) -> &'static [u8] {
    slice(handle, length(handle))
}

/// Bytes anywhere in memory, as far as there is memory.
pub fn slice(at: u64, size: u64) -> &'static [u8] {
    if size == 0 || !is_inside(at, size) {
        return &[];
    }
    unsafe { core::slice::from_raw_parts(at as u32 as *const u8, size as usize) }
}

/// A new block with these bytes; 0 if there are none.
pub fn put(bytes: &[u8]) -> u64 {
    let at = alloc(bytes.len() as u64);
    if at != 0 {
        unsafe { core::ptr::copy(bytes.as_ptr(), at as u32 as *mut u8, bytes.len()) }
    }
    at
}
