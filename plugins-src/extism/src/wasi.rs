//! WASI preview 1, all of its functions. Each has one parameter more than there: the module that calls.
//!
//! What lion does not lend is an error number (files, clocks, randomness) or not there at all (sockets). Arguments
//! and environment are empty and input is at its end, as in Extism.

use crate::ending::exit;
use crate::errno::{self, Errno};
use crate::files::{self, Open};
use crate::host::{self, ask};
use crate::kernel::{free, slice};
use crate::packed::{pack, unpack};
use crate::paths::{self, given};
use crate::plugin::Plugin;
use crate::stat::{now, read_stat, wanted_times, Stat, DIRECTORY, REGULAR};
use crate::stdio;

/// Bytes of one answer of the host's, and of one piece for it.
const READ: u32 = 262_144;
const WRITE: usize = 65_536;
const RANDOM: u32 = 4_096;

fn number(result: Result<(), Errno>) -> i32 {
    result.err().unwrap_or(0)
}

macro_rules! functions {
    ($($name:ident($m:ident $(, $arg:ident: $kind:ty)*) $body:block)*) => {
        $(#[no_mangle]
        pub extern "C" fn $name($m: u32 $(, $arg: $kind)*) -> i32 {
            #[allow(unused_variables)]
            let $m = Plugin($m);
            number((|| $body)())
        })*
    };
}

functions! {
    wasi_args_get(m, _list: u32, _text: u32) { Ok(()) }
    wasi_args_sizes_get(m, count: u32, size: u32) { m.write_u32(count, 0)?; m.write_u32(size, 0) }
    wasi_environ_get(m, _list: u32, _text: u32) { Ok(()) }
    wasi_environ_sizes_get(m, count: u32, size: u32) { m.write_u32(count, 0)?; m.write_u32(size, 0) }
    wasi_clock_res_get(m, id: u32, to: u32) {
        if id > 1 { return Err(errno::NOTSUP) }
        m.write_u64(to, 1)
    }
    wasi_clock_time_get(m, id: u32, _precision: u64, to: u32) { m.write_u64(to, now(id)?) }
    wasi_random_get(m, to: u32, size: u32) { random(m, to, size) }
    wasi_sched_yield(m) { Ok(()) }
    wasi_poll_oneoff(m, wants: u32, to: u32, count: u32, ready: u32) { poll(m, wants, to, count, ready) }

    wasi_fd_advise(m, fd: u32, _offset: u64, _size: u64, _advice: u32) { files::file(fd).map(|_| ()) }
    wasi_fd_allocate(m, fd: u32, offset: u64, size: u64) {
        let end = offset.checked_add(size).ok_or(errno::INVAL)?;
        if file_stat(fd)?.size < end { set_size(fd, end)? }
        Ok(())
    }
    wasi_fd_close(m, fd: u32) { files::close(fd) }
    wasi_fd_datasync(m, fd: u32) { sync(fd) }
    wasi_fd_sync(m, fd: u32) { sync(fd) }
    wasi_fd_fdstat_get(m, fd: u32, to: u32) { m.write(to, &fdstat(fd)?) }
    wasi_fd_fdstat_set_flags(m, fd: u32, flags: u32) {
        if let Open::File(file) = files::find(fd)? {
            file.append = flags & 1 != 0;
            file.flags = flags as u16;
        }
        Ok(())
    }
    wasi_fd_fdstat_set_rights(m, fd: u32, _base: u64, _inheriting: u64) { files::find(fd).map(|_| ()) }
    wasi_fd_filestat_get(m, fd: u32, to: u32) { m.write(to, &stat_of(fd)?.bytes()) }
    wasi_fd_filestat_set_size(m, fd: u32, size: u64) { set_size(fd, size) }
    wasi_fd_filestat_set_times(m, fd: u32, accessed: u64, modified: u64, flags: u32) {
        let times = wanted_times(accessed, modified, flags)?;
        let ((a, has_a), (b, has_b)) = (given(times.0), given(times.1));
        let one = files::file(fd)?.handle;
        ask(4, |r| unsafe { host::file_set_times(one, has_a, a, has_b, b, r) })?;
        Ok(())
    }
    wasi_fd_pread(m, fd: u32, list: u32, count: u32, offset: u64, to: u32) {
        let total = read(m, files::file(fd)?.handle, offset, list, count)?;
        m.write_u32(to, total)
    }
    wasi_fd_pwrite(m, fd: u32, list: u32, count: u32, offset: u64, to: u32) {
        let one = files::file(fd)?.handle;
        let bytes = gather(m, list, count)?;
        m.write_u32(to, write_at(one, offset, &bytes)?)
    }
    wasi_fd_prestat_get(m, fd: u32, to: u32) {
        if fd != files::ROOT || files::directory(fd).is_err() { return Err(errno::BADF) }
        m.write_u32(to, 0)?;
        m.write_u32(to.wrapping_add(4), 1)
    }
    wasi_fd_prestat_dir_name(m, fd: u32, to: u32, size: u32) {
        if fd != files::ROOT { return Err(errno::BADF) }
        if size < 1 { return Err(errno::NAMETOOLONG) }
        m.write(to, b"/")
    }
    wasi_fd_read(m, fd: u32, list: u32, count: u32, to: u32) {
        let total = match files::find(fd)? {
            Open::Input => 0,
            Open::File(file) => {
                let total = read(m, file.handle, file.at, list, count)?;
                file.at += total as u64;
                total
            }
            Open::Directory(_) => return Err(errno::ISDIR),
            Open::Output(_) => return Err(errno::BADF),
        };
        m.write_u32(to, total)
    }
    wasi_fd_readdir(m, fd: u32, to: u32, size: u32, cookie: u64, used: u32) { readdir(m, fd, to, size, cookie, used) }
    wasi_fd_renumber(m, fd: u32, to: u32) { files::renumber(fd, to) }
    wasi_fd_seek(m, fd: u32, offset: i64, whence: u32, to: u32) { m.write_u64(to, seek(fd, offset, whence)?) }
    wasi_fd_tell(m, fd: u32, to: u32) { m.write_u64(to, files::file(fd)?.at) }
    wasi_fd_write(m, fd: u32, list: u32, count: u32, to: u32) {
        let bytes = gather(m, list, count)?;
        let total = match files::find(fd)? {
            Open::Output(stream) => {
                stdio::write(*stream, &bytes);
                bytes.len() as u32
            }
            Open::File(file) => {
                let total = if file.append { append(file, &bytes)? } else { write_at(file.handle, file.at, &bytes)? };
                file.at += if file.append { 0 } else { total as u64 };
                total
            }
            _ => return Err(errno::BADF),
        };
        m.write_u32(to, total)
    }

    wasi_path_create_directory(m, fd: u32, at: u32, size: u32) { paths::make_dir(&paths::resolve(m, fd, at, size)?) }
    wasi_path_filestat_get(m, fd: u32, flags: u32, at: u32, size: u32, to: u32) {
        let path = paths::resolve(m, fd, at, size)?;
        m.write(to, &paths::stat(&path, flags & 1 != 0)?.bytes())
    }
    wasi_path_filestat_set_times(m, fd: u32, _f: u32, at: u32, size: u32, accessed: u64, modified: u64, flags: u32) {
        let path = paths::resolve(m, fd, at, size)?;
        paths::set_times(&path, wanted_times(accessed, modified, flags)?)
    }
    wasi_path_link(m, fd: u32, _f: u32, at: u32, size: u32, new_fd: u32, new_at: u32, new_size: u32) {
        paths::link(&paths::resolve(m, fd, at, size)?, &paths::resolve(m, new_fd, new_at, new_size)?)
    }
    wasi_path_open(m, fd: u32, dir_flags: u32, at: u32, size: u32, flags: u32, rights: u64, _inherited: u64,
                   fd_flags: u32, to: u32) {
        let path = paths::resolve(m, fd, at, size)?;
        m.write_u32(to, paths::open(path, dir_flags, flags, rights, fd_flags)?)
    }
    wasi_path_readlink(m, fd: u32, at: u32, size: u32, to: u32, most: u32, used: u32) {
        let target = paths::readlink(&paths::resolve(m, fd, at, size)?)?;
        let part = &target.as_bytes()[..target.len().min(most as usize)];
        m.write(to, part)?;
        m.write_u32(used, part.len() as u32)
    }
    wasi_path_remove_directory(m, fd: u32, at: u32, size: u32) { paths::remove_dir(&paths::resolve(m, fd, at, size)?) }
    wasi_path_rename(m, fd: u32, at: u32, size: u32, new_fd: u32, new_at: u32, new_size: u32) {
        paths::rename(&paths::resolve(m, fd, at, size)?, &paths::resolve(m, new_fd, new_at, new_size)?)
    }
    wasi_path_symlink(m, target: u32, target_size: u32, fd: u32, at: u32, size: u32) {
        paths::symlink(&m.text(target, target_size)?, &paths::resolve(m, fd, at, size)?)
    }
    wasi_path_unlink_file(m, fd: u32, at: u32, size: u32) { paths::unlink(&paths::resolve(m, fd, at, size)?) }

    wasi_proc_raise(m, _signal: u32) { Err(errno::NOTSUP) }
    wasi_sock_accept(m, _fd: u32, _flags: u32, _to: u32) { Err(errno::NOTSUP) }
    wasi_sock_recv(m, _fd: u32, _list: u32, _count: u32, _flags: u32, _size: u32, _out: u32) { Err(errno::NOTSUP) }
    wasi_sock_send(m, _fd: u32, _list: u32, _count: u32, _flags: u32, _size: u32) { Err(errno::NOTSUP) }
    wasi_sock_shutdown(m, _fd: u32, _how: u32) { Err(errno::NOTSUP) }
}

#[no_mangle]
pub extern "C" fn wasi_proc_exit(_m: u32, code: u32) {
    exit(code as i32)
}

fn random(m: Plugin, to: u32, size: u32) -> Result<(), Errno> {
    let mut done = 0;
    while done < size {
        let part = (size - done).min(RANDOM);
        let given = ask(4, |r| unsafe { host::random_bytes(part, r) })?;
        let (place, count) = (given.u32(4) as u64, given.u32(8) as u64);
        m.write(to.wrapping_add(done), slice(place, count))?;
        free(place);
        done += part;
    }
    Ok(())
}

/// All bytes of an array of buffers.
fn gather(m: Plugin, list: u32, count: u32) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    for (at, size) in m.buffers(list, count)? {
        bytes.extend(m.read(at, size)?);
    }
    Ok(bytes)
}

fn read(m: Plugin, one: u32, offset: u64, list: u32, count: u32) -> Result<u32, Errno> {
    let mut total = 0u32;
    for (at, size) in m.buffers(list, count)? {
        let mut done = 0u32;
        while done < size {
            let part = (size - done).min(READ);
            let from = offset + total as u64;
            let given = ask(4, |r| unsafe { host::file_read_at(one, from, part, r) })?;
            let bytes = unpack(&given.text(4));
            m.write(at.wrapping_add(done), &bytes)?;
            done += bytes.len() as u32;
            total += bytes.len() as u32;
            if (bytes.len() as u32) < part {
                return Ok(total);
            }
        }
    }
    Ok(total)
}

fn write_at(one: u32, offset: u64, bytes: &[u8]) -> Result<u32, Errno> {
    let mut done = 0;
    for part in bytes.chunks(WRITE) {
        let text = pack(part);
        let asked = ask(4, |r| unsafe { host::file_write_at(one, offset + done as u64, text.as_ptr(), text.len(), r) });
        if let Err(refusal) = asked {
            return if done > 0 { Ok(done as u32) } else { Err(refusal.into()) };
        }
        done += part.len();
    }
    Ok(done as u32)
}

fn append(file: &mut files::File, bytes: &[u8]) -> Result<u32, Errno> {
    for part in bytes.chunks(WRITE) {
        let text = pack(part);
        let given = ask(8, |r| unsafe { host::file_append(file.handle, text.as_ptr(), text.len(), r) })?;
        file.at = given.u64(8) + part.len() as u64;
    }
    Ok(bytes.len() as u32)
}

fn file_stat(fd: u32) -> Result<Stat, Errno> {
    let one = files::file(fd)?.handle;
    Ok(read_stat(&ask(8, |r| unsafe { host::file_stat(one, r) })?))
}

fn stat_of(fd: u32) -> Result<Stat, Errno> {
    match files::find(fd)? {
        Open::File(_) => file_stat(fd),
        Open::Directory(directory) => {
            let path = if directory.path.is_empty() { "/" } else { &directory.path };
            paths::stat(path, true)
        }
        _ => Ok(Stat::of_stream()),
    }
}

fn set_size(fd: u32, size: u64) -> Result<(), Errno> {
    let one = files::file(fd)?.handle;
    ask(4, |r| unsafe { host::file_set_size(one, size, r) })?;
    Ok(())
}

fn sync(fd: u32) -> Result<(), Errno> {
    if let Open::File(file) = files::find(fd)? {
        ask(4, |r| unsafe { host::file_sync(file.handle, r) })?;
    }
    Ok(())
}

fn seek(fd: u32, offset: i64, whence: u32) -> Result<u64, Errno> {
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
fn fdstat(fd: u32) -> Result<[u8; 24], Errno> {
    const SEEK_AND_TELL: u64 = 1 << 2 | 1 << 5;
    let (kind, flags, rights) = match files::find(fd)? {
        Open::File(file) => (REGULAR, file.flags, u64::MAX),
        Open::Directory(_) => (DIRECTORY, 0, u64::MAX),
        _ => (crate::stat::CHARACTER, 0, !SEEK_AND_TELL),
    };
    let mut all = [0; 24];
    all[0] = kind;
    all[2..4].copy_from_slice(&flags.to_le_bytes());
    all[8..16].copy_from_slice(&rights.to_le_bytes());
    all[16..24].copy_from_slice(&rights.to_le_bytes());
    Ok(all)
}

fn readdir(m: Plugin, fd: u32, to: u32, size: u32, cookie: u64, used: u32) -> Result<(), Errno> {
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
fn poll(m: Plugin, wants: u32, to: u32, count: u32, ready: u32) -> Result<(), Errno> {
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
