//! What is known of a file, as WASI preview 1 writes it down.

use crate::errno::{self, Errno};
use crate::host::{self, ask, Given};

pub const CHARACTER: u8 = 2;
pub const DIRECTORY: u8 = 3;
pub const REGULAR: u8 = 4;
pub const SYMLINK: u8 = 7;

pub struct Stat {
    pub kind: u8,
    pub identity: u64,
    pub links: u64,
    pub size: u64,
    pub times: [u64; 3],
}

pub fn read_stat(given: &Given) -> Stat {
    let kind = match given.u8(8) {
        0 => REGULAR,
        1 => DIRECTORY,
        2 => SYMLINK,
        _ => 0,
    };
    Stat {
        kind,
        size: given.u64(16),
        links: given.u64(24),
        times: [given.u64(32), given.u64(40), given.u64(48)],
        identity: number_of(&given.text(56)),
    }
}

/// A number for an identity, never 0 (FNV-1a).
fn number_of(identity: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3);
    identity.bytes().fold(0xcbf2_9ce4_8422_2325, step).max(1)
}

impl Stat {
    /// Of what is no file.
    pub fn of_stream() -> Stat {
        Stat { kind: CHARACTER, identity: 0, links: 0, size: 0, times: [0; 3] }
    }

    pub fn bytes(&self) -> [u8; 64] {
        let mut all = [0; 64];
        let mut put = |at: usize, value: u64| all[at..at + 8].copy_from_slice(&value.to_le_bytes());
        put(8, self.identity);
        put(16, self.kind as u64);
        put(24, self.links);
        put(32, self.size);
        put(40, self.times[0]);
        put(48, self.times[1]);
        put(56, self.times[2]);
        all
    }
}

fn clock(call: unsafe extern "C" fn(*mut u8)) -> Result<u64, Errno> {
    Ok(ask(8, |r| unsafe { call(r) })?.u64(8))
}

/// The clock of this number: the time of day, or one that never goes back.
pub fn now(id: u32) -> Result<u64, Errno> {
    match id {
        0 => clock(host::clock_now),
        1 => clock(host::clock_monotonic),
        _ => Err(errno::NOTSUP),
    }
}

const SET_ACCESSED: u32 = 1;
const ACCESSED_NOW: u32 = 2;
const SET_MODIFIED: u32 = 4;
const MODIFIED_NOW: u32 = 8;

/// The times to set that flags and numbers ask for.
pub fn wanted_times(accessed: u64, modified: u64, flags: u32) -> Result<(Option<u64>, Option<u64>), Errno> {
    let one = |given: u32, is_now: u32, value: u64| match (flags & given != 0, flags & is_now != 0) {
        (true, true) => Err(errno::INVAL),
        (true, false) => Ok(Some(value)),
        (false, true) => now(0).map(Some),
        (false, false) => Ok(None),
    };
    Ok((one(SET_ACCESSED, ACCESSED_NOW, accessed)?, one(SET_MODIFIED, MODIFIED_NOW, modified)?))
}
