//! WASI preview 1's functions that name a path, over lion's `fs`.

use crate::errno::{self, Errno};
use crate::files::{self, Directory, File, Open};
use crate::host::{self, ask};
use crate::plugin::Plugin;
use crate::stat::{read_stat, Stat, DIRECTORY, SYMLINK};

const FOLLOW: u32 = 1;
/// Names in one answer.
const PAGE: u32 = 1_000;

const CREATE: u32 = 1;
const ONLY_DIRECTORY: u32 = 2;
const EXCLUSIVE: u32 = 4;
const TRUNCATE: u32 = 8;

const RIGHT_READ: u64 = 1 << 1;
const RIGHT_WRITE: u64 = 1 << 6;
const APPEND: u32 = 1;

/// The absolute path that a path below a directory's descriptor is.
pub fn resolve(plugin: Plugin, fd: u32, at: u32, size: u32) -> Result<String, Errno> {
    let base = &files::directory(fd)?.path;
    let below = plugin.text(at, size)?;
    if below.is_empty() {
        return Err(errno::NOENT);
    }
    Ok(format!("{base}/{below}"))
}

pub fn stat(path: &str, follow: bool) -> Result<Stat, Errno> {
    let given = ask(8, |r| unsafe { host::fs_stat(path.as_ptr(), path.len(), follow as u32, r) })?;
    Ok(read_stat(&given))
}

pub fn open(path: String, dir_flags: u32, flags: u32, rights: u64, fd_flags: u32) -> Result<u32, Errno> {
    if flags & ONLY_DIRECTORY != 0 || path.ends_with('/') {
        return open_directory(path, dir_flags & FOLLOW != 0);
    }
    if dir_flags & FOLLOW == 0 && stat(&path, false).is_ok_and(|found| found.kind == SYMLINK) {
        return Err(errno::LOOP);
    }
    let writes = rights & RIGHT_WRITE != 0 || flags & TRUNCATE != 0;
    let reads = rights & RIGHT_READ != 0 || !writes;
    let mode = reads as u32
        | (writes as u32) << 1
        | ((flags & CREATE != 0) as u32) << 2
        | ((flags & EXCLUSIVE != 0) as u32) << 3
        | ((flags & TRUNCATE != 0) as u32) << 4;
    match ask(4, |r| unsafe { host::fs_open(path.as_ptr(), path.len(), mode, r) }).map_err(Errno::from) {
        Ok(given) => {
            let append = fd_flags & APPEND != 0;
            files::add(Open::File(File { handle: given.u32(4), at: 0, append, flags: fd_flags as u16 }))
        }
        // Many programs open a directory as they open a file.
        Err(errno::ISDIR) if flags & (CREATE | TRUNCATE) == 0 => open_directory(path, true),
        Err(number) => Err(number),
    }
}

fn open_directory(path: String, follow: bool) -> Result<u32, Errno> {
    if stat(&path, follow)?.kind != DIRECTORY {
        return Err(errno::NOTDIR);
    }
    let path = path.trim_end_matches('/').to_string();
    files::add(Open::Directory(Directory { path, names: None }))
}

/// All names of a directory, "." and ".." first.
pub fn names(path: &str) -> Result<Vec<String>, Errno> {
    let path = if path.is_empty() { "/" } else { path };
    let mut names = vec![".".to_string(), "..".to_string()];
    loop {
        let after = if names.len() > 2 { names[names.len() - 1].clone() } else { String::new() };
        let has_after = (!after.is_empty()) as u32;
        let given = ask(4, |r| unsafe {
            host::fs_list(path.as_ptr(), path.len(), has_after, after.as_ptr(), after.len(), PAGE, r)
        })?;
        let (list, count) = (given.u32(4), given.u32(8));
        for i in 0..count {
            let place = unsafe { core::slice::from_raw_parts((list + 8 * i) as *const u32, 2) };
            let name = crate::kernel::slice(place[0] as u64, place[1] as u64);
            names.push(String::from_utf8_lossy(name).into_owned());
            crate::kernel::free(place[0] as u64);
        }
        crate::kernel::free(list as u64);
        if count < PAGE {
            return Ok(names);
        }
    }
}

macro_rules! by_path {
    ($($name:ident => $host:ident;)*) => {
        $(pub fn $name(path: &str) -> Result<(), Errno> {
            let path = path.strip_suffix('/').unwrap_or(path);
            ask(4, |r| unsafe { host::$host(path.as_ptr(), path.len(), r) })?;
            Ok(())
        })*
    };
}

by_path! { make_dir => fs_make_dir; remove_dir => fs_remove_dir; unlink => fs_unlink; }

macro_rules! by_two_paths {
    ($($name:ident => $host:ident;)*) => {
        $(pub fn $name(first: &str, second: &str) -> Result<(), Errno> {
            ask(4, |r| unsafe { host::$host(first.as_ptr(), first.len(), second.as_ptr(), second.len(), r) })?;
            Ok(())
        })*
    };
}

by_two_paths! { rename => fs_rename; link => fs_link; symlink => fs_symlink; }

pub fn readlink(path: &str) -> Result<String, Errno> {
    Ok(ask(4, |r| unsafe { host::fs_readlink(path.as_ptr(), path.len(), r) })?.text(4))
}

pub fn set_times(path: &str, times: (Option<u64>, Option<u64>)) -> Result<(), Errno> {
    let ((a, has_a), (m, has_m)) = (given(times.0), given(times.1));
    ask(4, |r| unsafe { host::fs_set_times(path.as_ptr(), path.len(), has_a, a, has_m, m, r) })?;
    Ok(())
}

/// An optional number as it is lowered: the number, and whether there is one.
pub fn given(number: Option<u64>) -> (u64, u32) {
    (number.unwrap_or(0), number.is_some() as u32)
}
