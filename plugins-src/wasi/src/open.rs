//! How a path becomes a descriptor.

use crate::descriptor::Place;
use crate::exports::wasi::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags};
use crate::file::{code, File};
use crate::lion::host::fs::{self, Failure, Kind, Mode};

/// How lion opens a file.
fn mode(how: OpenFlags, access: DescriptorFlags) -> Mode {
    let makes = how.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE);
    let writes = makes || access.contains(DescriptorFlags::WRITE);
    let mut mode = Mode::empty();
    mode.set(Mode::READ, !writes || access.contains(DescriptorFlags::READ));
    mode.set(Mode::WRITE, writes);
    mode.set(Mode::CREATE, how.contains(OpenFlags::CREATE));
    mode.set(Mode::EXCLUSIVE, how.contains(OpenFlags::EXCLUSIVE));
    mode.set(Mode::TRUNCATE, how.contains(OpenFlags::TRUNCATE));
    mode
}

pub fn open(
    path: String,
    follows: bool,
    how: OpenFlags,
    access: DescriptorFlags,
) -> Result<Place, ErrorCode> {
    if how.contains(OpenFlags::DIRECTORY) {
        if how.intersects(OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE) {
            return Err(ErrorCode::Invalid);
        }
        return match fs::stat(&path, follows).map_err(code)?.kind {
            Kind::Directory => Ok(Place::directory(path, access)),
            _ => Err(ErrorCode::NotDirectory),
        };
    }
    if !follows && fs::stat(&path, false).is_ok_and(|found| found.kind == Kind::Symlink) {
        return Err(ErrorCode::Loop);
    }
    match fs::open(&path, mode(how, access)) {
        Ok(handle) => Ok(Place::file_at(path, File::new(handle), access)),
        // Many programs open a directory as they open a file.
        Err(Failure::IsDirectory(_)) if how.is_empty() && !access.contains(DescriptorFlags::WRITE) => {
            Ok(Place::directory(path, access))
        }
        Err(failure) => Err(code(failure)),
    }
}
