//! What is open: a table of descriptors, as a plug-in of WASI preview 1 sees it.
//!
//! A directory's descriptor is a path, and the root of the tree is open from the start (3): what lies below it is
//! looked up when it is asked for, so that a plug-in which opens nothing asks the host nothing.

use std::collections::BTreeMap;

use crate::errno::{self, Errno};
use crate::host;
use crate::kernel::Global;

pub const ROOT: u32 = 3;
/// Descriptors at the same time; the host bounds files besides.
const MOST: usize = 4_096;

pub struct File {
    pub handle: u32,
    pub at: u64,
    pub append: bool,
    pub flags: u16,
}

pub struct Directory {
    pub path: String,
    /// Names, once they were asked for.
    pub names: Option<Vec<String>>,
}

pub enum Open {
    Input,
    Output(usize),
    Directory(Directory),
    File(File),
}

impl Drop for File {
    fn drop(&mut self) {
        unsafe { host::file_drop(self.handle) }
    }
}

static TABLE: Global<Option<BTreeMap<u32, Open>>> = Global::new(None);

fn table() -> &'static mut BTreeMap<u32, Open> {
    TABLE.get().get_or_insert_with(|| {
        let root = Directory { path: String::new(), names: None };
        BTreeMap::from([
            (0, Open::Input),
            (1, Open::Output(0)),
            (2, Open::Output(1)),
            (ROOT, Open::Directory(root)),
        ])
    })
}

pub fn find(fd: u32) -> Result<&'static mut Open, Errno> {
    table().get_mut(&fd).ok_or(errno::BADF)
}

pub fn file(fd: u32) -> Result<&'static mut File, Errno> {
    match find(fd)? {
        Open::File(file) => Ok(file),
        Open::Directory(_) => Err(errno::ISDIR),
        _ => Err(errno::SPIPE),
    }
}

pub fn directory(fd: u32) -> Result<&'static mut Directory, Errno> {
    match find(fd)? {
        Open::Directory(directory) => Ok(directory),
        _ => Err(errno::NOTDIR),
    }
}

pub fn add(open: Open) -> Result<u32, Errno> {
    let table = table();
    if table.len() >= MOST {
        return Err(errno::DQUOT);
    }
    let fd = (0..).find(|fd| !table.contains_key(fd)).unwrap_or(u32::MAX);
    table.insert(fd, open);
    Ok(fd)
}

pub fn close(fd: u32) -> Result<(), Errno> {
    table().remove(&fd).map(|_| ()).ok_or(errno::BADF)
}

pub fn renumber(from: u32, to: u32) -> Result<(), Errno> {
    let table = table();
    if !table.contains_key(&to) {
        return Err(errno::BADF);
    }
    let open = table.remove(&from).ok_or(errno::BADF)?;
    table.insert(to, open);
    Ok(())
}
