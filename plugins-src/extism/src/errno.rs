//! WASI's error numbers, and which of them a refusal of lion's is.

use crate::host::Refusal;

pub type Errno = i32;

pub const ACCES: Errno = 2;
pub const BADF: Errno = 8;
pub const BUSY: Errno = 10;
pub const CANCELED: Errno = 11;
pub const DQUOT: Errno = 19;
pub const EXIST: Errno = 20;
pub const FAULT: Errno = 21;
pub const ILSEQ: Errno = 25;
pub const INVAL: Errno = 28;
pub const IO: Errno = 29;
pub const ISDIR: Errno = 31;
pub const LOOP: Errno = 32;
pub const NAMETOOLONG: Errno = 37;
pub const NOENT: Errno = 44;
pub const NOTDIR: Errno = 54;
pub const NOTEMPTY: Errno = 55;
pub const NOTSUP: Errno = 58;
pub const ROFS: Errno = 69;
pub const SPIPE: Errno = 70;
pub const TIMEDOUT: Errno = 73;

/// The cases of `fs.failure` in their order, of which the first ten are those of `types.error`.
const NUMBERS: [Errno; 19] = [
    ACCES,
    INVAL,
    NOENT,
    EXIST,
    BUSY,
    DQUOT,
    TIMEDOUT,
    CANCELED,
    IO,
    IO,
    ISDIR,
    NOTDIR,
    NOTEMPTY,
    ROFS,
    LOOP,
    NAMETOOLONG,
    BUSY,
    NOTSUP,
    IO,
];

impl From<Refusal> for Errno {
    fn from(refusal: Refusal) -> Errno {
        NUMBERS.get(refusal.case as usize).copied().unwrap_or(IO)
    }
}
