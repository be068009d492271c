//! What a descriptor is and where it stands; a directory's list; waiting.

use crate::errno::{self, Errno};
use crate::files::{self, Open};
use crate::host::{self, ask};
use crate::paths;
use crate::plugin::Plugin;
use crate::stat::{now, read_stat, Stat, CHARACTER, DIRECTORY, REGULAR};

pub fn file_stat(fd: u32) -> Result<Stat, Errno> {
    let one = files::file(fd)?.handle;
    Ok(read_stat(&ask(8, |r| unsafe { host::file_stat(one, r) })?))
}

pub fn stat_of(fd: u32) -> Result<Stat, Errno> {
    match files::find(fd)? {
        Open::File(_) => file_stat(fd),
        Open::Directory(directory) => {
            let path = if directory.path.is_empty() { "/" } else { &directory.path };
            paths::stat(path, true)
        }
        _ => Ok(Stat::of_stream()),
    }
}

pub fn set_size(fd: u32, size: u64) -> Result<(), Errno> {
    let one = files::file(fd)?.handle;
    ask(4, |r| unsafe { host::file_set_size(one, size, r) })?;
    Ok(())
}

pub fn sync(fd: u32) -> Result<(), Errno> {
    if let Open::File(file) = files::find(fd)? {
        ask(4, |r| unsafe { host::file_sync(file.handle, r) })?;
    }
    Ok(())
}

pub fn seek(fd: u32, offset: i64, whence: u32) -> Result<u64, Errno> {
    let base = match whence {
        0 => 0,
        1 => files::file(fd)?.at,
        2 => file_stat(fd)?.size,
        _ => return Err(errno::INVAL),
    };
    let at = (base as i64).checked_add(offset).filter(|at| *at >= 0).ok_or(errno::INVAL)?;
    files::file(fd)?.at = at as u64;
    Ok(at as u64)
}

/// What a descriptor is. A stream is a terminal to those who ask: then they write line by line.
pub fn fdstat(fd: u32) -> Result<[u8; 24], Errno> {
    const SEEK_AND_TELL: u64 = 1 << 2 | 1 << 5;
    let (kind, flags, rights) = match files::find(fd)? {
        Open::File(file) => (REGULAR, file.flags, u64::MAX),
        Open::Directory(_) => (DIRECTORY, 0, u64::MAX),
        _ => (CHARACTER, 0, !SEEK_AND_TELL),
    };
    let mut all = [0; 24];
    all[0] = kind;
    all[2..4].copy_from_slice(&flags.to_le_bytes());
    all[8..16].copy_from_slice(&rights.to_le_bytes());
    all[16..24].copy_from_slice(&rights.to_le_bytes());
    Ok(all)
}

pub fn readdir(m: Plugin, fd: u32, to: u32, size: u32, cookie: u64, used: u32) -> Result<(), Errno> {
    let directory = files::directory(fd)?;
    if cookie == 0 || directory.names.is_none() {
        directory.names = Some(paths::names(&directory.path)?);
    }
    let names = directory.names.as_deref().unwrap_or_default();
    let mut bytes: Vec<u8> = Vec::new();
    for (i, name) in names.iter().enumerate().skip(cookie.min(usize::MAX as u64) as usize) {
        if bytes.len() >= size as usize {
            break;
        }
        let found = match i {
            0 | 1 => None,
            _ => paths::stat(&format!("{}/{name}", directory.path), false).ok(),
        };
        bytes.extend((i as u64 + 1).to_le_bytes());
        bytes.extend(found.as_ref().map_or(1, |one| one.identity).to_le_bytes());
        bytes.extend((name.len() as u32).to_le_bytes());
        let kind = if i < 2 { DIRECTORY } else { found.as_ref().map_or(0, |one| one.kind) };
        bytes.extend([kind, 0, 0, 0]);
        bytes.extend(name.as_bytes());
    }
    bytes.truncate(size as usize);
    m.write(to, &bytes)?;
    m.write_u32(used, bytes.len() as u32)
}

/// Wait for the first of some instants; descriptors are always ready.
pub fn poll(m: Plugin, wants: u32, to: u32, count: u32, ready: u32) -> Result<(), Errno> {
    if count == 0 {
        return Err(errno::INVAL);
    }
    let all = m.read(wants, count.checked_mul(48).ok_or(errno::INVAL)?)?;
    let word = |one: &[u8], at: usize| u64::from_le_bytes(one[at..at + 8].try_into().unwrap());
    let mut waits = Vec::new();
    for one in all.chunks(48) {
        waits.push(match one[8] {
            0 if one[40] & 1 == 0 => word(one, 24),
            0 => word(one, 24).saturating_sub(now(one[16] as u32)?),
            _ => 0,
        });
    }
    let first = waits.iter().copied().min().unwrap_or(0);
    if first > 0 {
        ask(4, |r| unsafe { host::clock_sleep(first, r) })?;
    }
    let mut events: Vec<u8> = Vec::new();
    for (one, _) in all.chunks(48).zip(&waits).filter(|(_, wait)| **wait <= first) {
        events.extend(word(one, 0).to_le_bytes());
        events.extend([0, 0, one[8], 0, 0, 0, 0, 0]);
        events.extend([0; 16]);
    }
    m.write(to, &events)?;
    m.write_u32(ready, (events.len() / 32) as u32)
}
