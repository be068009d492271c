//! `wasi:filesystem/types`: a descriptor is a path, and an open file where it is one.
//!
//! A directory's descriptor holds nothing open: what lies below it is looked up, and decided, when it is asked for.

use std::cell::Cell;
use std::rc::Rc;

use crate::clocks::{self, date};
use crate::directory::Entries;
use crate::exports::wasi::filesystem::types::{
    self as wasi, Advice, Descriptor, DescriptorBorrow, DescriptorFlags, DescriptorStat, DescriptorType,
    DirectoryEntryStream, ErrorCode, GuestDescriptor, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use crate::exports::wasi::io::error::ErrorBorrow;
use crate::exports::wasi::io::streams::{InputStream, OutputStream};
use crate::file::{code, File};
use crate::lion::host::fs::{self, Kind, Metadata};
use crate::open::open;
use crate::streams::{Input, Output};
use crate::{program, IoError, Wasi, MOST_READ, PIECE};

type Done<T> = Result<T, ErrorCode>;

pub struct Place {
    path: String,
    file: Option<Rc<File>>,
    flags: DescriptorFlags,
}

pub fn kind(kind: Kind) -> DescriptorType {
    match kind {
        Kind::File => DescriptorType::RegularFile,
        Kind::Directory => DescriptorType::Directory,
        Kind::Symlink => DescriptorType::SymbolicLink,
        Kind::Other => DescriptorType::Unknown,
    }
}

fn stat(found: Metadata) -> DescriptorStat {
    DescriptorStat {
        type_: kind(found.kind),
        link_count: found.links,
        size: found.size,
        data_access_timestamp: Some(date(found.accessed)),
        data_modification_timestamp: Some(date(found.modified)),
        status_change_timestamp: Some(date(found.changed)),
    }
}

/// Numbers for an identity (FNV-1a).
fn hash(identity: &str) -> MetadataHashValue {
    let fold = |begin: u64| identity.bytes().fold(begin, |h, b| (h ^ b as u64).wrapping_mul(0x100000001b3));
    MetadataHashValue { lower: fold(0xcbf29ce484222325), upper: fold(0x84222325cbf29ce4) }
}

fn time(wanted: NewTimestamp) -> Option<u64> {
    match wanted {
        NewTimestamp::NoChange => None,
        NewTimestamp::Now => Some(clocks::now()),
        NewTimestamp::Timestamp(date) => Some(clocks::nanoseconds(date)),
    }
}

fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
}

impl Place {
    pub fn file_at(path: String, file: Rc<File>, flags: DescriptorFlags) -> Self {
        Place { path, file: Some(file), flags }
    }

    pub fn directory(path: String, flags: DescriptorFlags) -> Self {
        Place { path, file: None, flags }
    }

    /// The path below this directory as lion names it. It is relative, and does not lead above the directory.
    fn below(&self, path: &str) -> Done<String> {
        if self.file.is_some() {
            return Err(ErrorCode::NotDirectory);
        }
        if path.is_empty() {
            return Err(ErrorCode::NoEntry);
        }
        if path.starts_with('/') {
            return Err(ErrorCode::NotPermitted);
        }
        let mut depth = 0;
        for name in path.split('/') {
            depth += match name {
                "" | "." => 0,
                ".." => -1,
                _ => 1,
            };
            if depth < 0 {
                return Err(ErrorCode::NotPermitted);
            }
        }
        Ok(format!("{}/{}", self.path.trim_end_matches('/'), path.trim_end_matches('/')))
    }

    fn file(&self) -> Done<&Rc<File>> {
        self.file.as_ref().ok_or(ErrorCode::IsDirectory)
    }

    fn metadata(&self) -> Done<Metadata> {
        match &self.file {
            Some(file) => file.handle().stat(),
            None => fs::stat(&self.path, true),
        }
        .map_err(code)
    }

    fn sync_all(&self) -> Done<()> {
        match &self.file {
            Some(file) => file.handle().sync().map_err(code),
            None => Ok(()),
        }
    }
}

impl GuestDescriptor for Place {
    fn read_via_stream(&self, offset: u64) -> Done<InputStream> {
        let file = self.file()?.clone();
        Ok(InputStream::new(Input::File { file, at: Cell::new(offset) }))
    }

    fn write_via_stream(&self, offset: u64) -> Done<OutputStream> {
        let file = self.file()?.clone();
        Ok(OutputStream::new(Output::File { file, at: Cell::new(offset) }))
    }

    fn append_via_stream(&self) -> Done<OutputStream> {
        Ok(OutputStream::new(Output::Append(self.file()?.clone())))
    }

    fn advise(&self, _offset: u64, _length: u64, _advice: Advice) -> Done<()> {
        Ok(())
    }

    fn sync_data(&self) -> Done<()> {
        self.sync_all()
    }

    fn sync(&self) -> Done<()> {
        self.sync_all()
    }

    fn get_flags(&self) -> Done<DescriptorFlags> {
        Ok(self.flags)
    }

    fn get_type(&self) -> Done<DescriptorType> {
        Ok(if self.file.is_some() { DescriptorType::RegularFile } else { DescriptorType::Directory })
    }

    fn set_size(&self, size: u64) -> Done<()> {
        self.file()?.set_size(size).map_err(code)
    }

    fn set_times(&self, accessed: NewTimestamp, modified: NewTimestamp) -> Done<()> {
        let (accessed, modified) = (time(accessed), time(modified));
        match &self.file {
            Some(file) => file.handle().set_times(accessed, modified),
            None => fs::set_times(&self.path, accessed, modified),
        }
        .map_err(code)
    }

    fn read(&self, length: u64, offset: u64) -> Done<(Vec<u8>, bool)> {
        let file = self.file()?;
        if length == 0 {
            return Ok((Vec::new(), false));
        }
        let bytes = file.read(offset, length.min(MOST_READ) as u32).map_err(code)?;
        let is_end = bytes.is_empty();
        Ok((bytes, is_end))
    }

    fn write(&self, bytes: Vec<u8>, offset: u64) -> Done<u64> {
        let piece = &bytes[..bytes.len().min(PIECE)];
        self.file()?.write(offset, piece).map_err(code)?;
        Ok(piece.len() as u64)
    }

    fn read_directory(&self) -> Done<DirectoryEntryStream> {
        match self.file {
            Some(_) => Err(ErrorCode::NotDirectory),
            None => Ok(DirectoryEntryStream::new(Entries::of(self.path.clone()))),
        }
    }

    fn create_directory_at(&self, path: String) -> Done<()> {
        fs::make_dir(&self.below(&path)?).map_err(code)
    }

    fn stat(&self) -> Done<DescriptorStat> {
        Ok(stat(self.metadata()?))
    }

    fn stat_at(&self, flags: PathFlags, path: String) -> Done<DescriptorStat> {
        Ok(stat(self.found(flags, &path)?))
    }

    fn set_times_at(
        &self,
        flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> Done<()> {
        let below = self.below(&path)?;
        if !follows(flags) && fs::stat(&below, false).map_err(code)?.kind == Kind::Symlink {
            return Err(ErrorCode::Unsupported);
        }
        fs::set_times(&below, time(accessed), time(modified)).map_err(code)
    }

    fn link_at(&self, flags: PathFlags, old: String, place: DescriptorBorrow<'_>, new: String) -> Done<()> {
        if follows(flags) {
            return Err(ErrorCode::Invalid);
        }
        fs::link(&self.below(&old)?, &place.get::<Place>().below(&new)?).map_err(code)
    }

    fn open_at(
        &self,
        flags: PathFlags,
        path: String,
        how: OpenFlags,
        access: DescriptorFlags,
    ) -> Done<Descriptor> {
        let how = if path.ends_with('/') { how | OpenFlags::DIRECTORY } else { how };
        open(self.below(&path)?, follows(flags), how, access).map(Descriptor::new)
    }

    fn readlink_at(&self, path: String) -> Done<String> {
        fs::readlink(&self.below(&path)?).map_err(code)
    }

    fn remove_directory_at(&self, path: String) -> Done<()> {
        fs::remove_dir(&self.below(&path)?).map_err(code)
    }

    fn rename_at(&self, old: String, place: DescriptorBorrow<'_>, new: String) -> Done<()> {
        fs::rename(&self.below(&old)?, &place.get::<Place>().below(&new)?).map_err(code)
    }

    fn symlink_at(&self, target: String, path: String) -> Done<()> {
        fs::symlink(&target, &self.below(&path)?).map_err(code)
    }

    fn unlink_file_at(&self, path: String) -> Done<()> {
        fs::unlink(&self.below(&path)?).map_err(code)
    }

    fn is_same_object(&self, other: DescriptorBorrow<'_>) -> bool {
        match (self.metadata(), other.get::<Place>().metadata()) {
            (Ok(one), Ok(other)) => one.identity == other.identity,
            _ => false,
        }
    }

    fn metadata_hash(&self) -> Done<MetadataHashValue> {
        Ok(hash(&self.metadata()?.identity))
    }

    fn metadata_hash_at(&self, flags: PathFlags, path: String) -> Done<MetadataHashValue> {
        Ok(hash(&self.found(flags, &path)?.identity))
    }
}

impl Place {
    fn found(&self, flags: PathFlags, path: &str) -> Done<Metadata> {
        fs::stat(&self.below(path)?, follows(flags)).map_err(code)
    }
}

impl wasi::Guest for Wasi {
    type Descriptor = Place;
    type DirectoryEntryStream = Entries;

    fn filesystem_error_code(error: ErrorBorrow<'_>) -> Option<ErrorCode> {
        error.get::<IoError>().file
    }
}

impl crate::exports::wasi::filesystem::preopens::Guest for Wasi {
    fn get_directories() -> Vec<(Descriptor, String)> {
        program::started(|program| {
            let all = program.directories.iter().map(|one| {
                let mut flags = DescriptorFlags::READ;
                flags.set(DescriptorFlags::MUTATE_DIRECTORY, one.writable);
                (Descriptor::new(Place::directory(one.path.clone(), flags)), one.path.clone())
            });
            all.collect()
        })
    }
}
