//! WASI preview 1, all of its functions. Each has one parameter more than there: the module that calls.
//!
//! What lion does not lend is an error number (files, clocks, randomness) or not there at all (sockets). Arguments
//! and environment are empty and input is at its end, as in Extism.

use crate::ending::exit;
use crate::errno::{self, Errno};
use crate::files::{self, Open};
use crate::host::{self, ask};
use crate::paths::{self, given};
use crate::plugin::Plugin;
use crate::stat::{now, wanted_times};
use crate::state::{fdstat, file_stat, poll, readdir, seek, set_size, stat_of, sync};
use crate::stdio;
use crate::transfer::{append, gather, random, read, write_at};

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
