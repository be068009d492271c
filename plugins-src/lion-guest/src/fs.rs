//! Files of any size, with texts and bytes instead of packed strings, and readers and writers of `std::io`.
//!
//! ```ignore
//! fs::write("/notes/a.txt", "hello")?;
//! let text = fs::read_text("/notes/a.txt")?;
//!
//! let log = File::append_to("/notes/log.txt")?;
//! log.append("one more line\n")?;
//!
//! for line in BufReader::new(File::open("/data/big.csv")?).lines() { ... }
//! ```

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

use crate::error::{becomes_error, errors};
use crate::host::fs;
use crate::{packed, Error};

pub use crate::host::fs::{
    link, make_dir, mounts, readlink, remove_dir, rename, set_times, symlink, unlink, Kind,
    Metadata, Mode,
};

/// What one read may give.
const MOST_READ: u32 = 262_144;
/// What one write may take.
const MOST_WRITTEN: usize = 65_536;
const PAGE: u32 = 1000;

/// The whole of a file, whatever its size.
pub fn read(path: &str) -> Result<Vec<u8>, Failure> {
    match fs::read(path) {
        Ok(text) => Ok(packed::to_bytes(text)?),
        Err(Failure::Exhausted(_)) => File::open(path)?.rest(),
        Err(failure) => Err(failure),
    }
}

/// The whole of a file as text. `invalid` if it is not UTF-8.
pub fn read_text(path: &str) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| Failure::Invalid("the file is not UTF-8".into()))
}

/// Replace a whole file. One of at most 64 KiB is replaced at once; a larger one is written beside it first, under its
/// name and `.new`, and then renamed, so that readers see the old one or the new one.
pub fn write(path: &str, content: impl AsRef<[u8]>) -> Result<(), Failure> {
    let content = content.as_ref();
    if content.len() <= MOST_WRITTEN {
        return fs::write(path, &packed::from_bytes(content));
    }
    let beside = [path, ".new"].concat();
    let put = File::create(&beside)
        .and_then(|file| file.write_all_at(0, content))
        .and_then(|()| rename(&beside, path));
    if put.is_err() {
        let _ = unlink(&beside);
    }
    put
}

/// Add to the end of a file, which is made if it is not there.
pub fn append(path: &str, content: impl AsRef<[u8]>) -> Result<(), Failure> {
    File::append_to(path)?.append(content).map(drop)
}

/// What a path is; a symlink at the end is followed.
pub fn stat(path: &str) -> Result<Metadata, Failure> {
    fs::stat(path, true)
}

/// What a path is; a symlink at the end is what it is.
pub fn stat_link(path: &str) -> Result<Metadata, Failure> {
    fs::stat(path, false)
}

/// Whether there is something.
pub fn exists(path: &str) -> Result<bool, Failure> {
    match stat(path) {
        Ok(_) => Ok(true),
        Err(Failure::NotFound(_)) => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Every name of a directory, in byte order, however many there are.
pub fn list(path: &str) -> Result<Vec<String>, Failure> {
    let mut all: Vec<String> = Vec::new();
    loop {
        let page = fs::list(path, all.last().map(String::as_str), PAGE)?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// Make a directory and those above it that are missing.
pub fn make_dirs(path: &str) -> Result<(), Failure> {
    match make_dir(path) {
        Err(Failure::NotFound(_)) => match path.trim_end_matches('/').rsplit_once('/') {
            Some((above, _)) if !above.is_empty() => make_dirs(above).and_then(|()| make_dir(path)),
            _ => make_dir(path),
        },
        Err(Failure::Exists(_)) if stat(path)?.kind == Kind::Directory => Ok(()),
        other => other,
    }
}

/// An open file, with a place that reading and writing move. Closed when dropped.
pub struct File {
    file: fs::File,
    place: u64,
}

impl File {
    /// Open in a way of one's own.
    pub fn with(path: &str, mode: Mode) -> Result<Self, Failure> {
        Ok(File { file: fs::open(path, mode)?, place: 0 })
    }

    /// Open a file that is there, to read.
    pub fn open(path: &str) -> Result<Self, Failure> {
        Self::with(path, Mode::READ)
    }

    /// Open to write, empty, whether it is there or not.
    pub fn create(path: &str) -> Result<Self, Failure> {
        Self::with(path, Mode::WRITE | Mode::CREATE | Mode::TRUNCATE)
    }

    /// Open to write where it ends, whether it is there or not.
    pub fn append_to(path: &str) -> Result<Self, Failure> {
        let mut file = Self::with(path, Mode::WRITE | Mode::CREATE)?;
        file.place = file.size()?;
        Ok(file)
    }

    /// The host's handle, for what this type does not do.
    pub fn raw(&self) -> &fs::File {
        &self.file
    }

    /// Bytes it has now.
    pub fn size(&self) -> Result<u64, Failure> {
        Ok(self.file.stat()?.size)
    }

    /// At most `length` bytes from an offset; fewer only at the end or if more than 256 KiB were asked for.
    pub fn read_at(&self, offset: u64, length: u32) -> Result<Vec<u8>, Failure> {
        match length.min(MOST_READ) {
            0 => Ok(Vec::new()),
            length => Ok(packed::to_bytes(self.file.read_at(offset, length)?)?),
        }
    }

    /// Write all of it, in as many calls as that takes.
    pub fn write_all_at(&self, offset: u64, content: &[u8]) -> Result<(), Failure> {
        let mut place = offset;
        for piece in content.chunks(MOST_WRITTEN) {
            self.file.write_at(place, &packed::from_bytes(piece))?;
            place += piece.len() as u64;
        }
        Ok(())
    }

    /// Write at the end, wherever that is now; answers the offset. At most 64 KiB are written in one piece.
    pub fn append(&self, content: impl AsRef<[u8]>) -> Result<u64, Failure> {
        let mut pieces = content.as_ref().chunks(MOST_WRITTEN);
        let first = self.file.append(&packed::from_bytes(pieces.next().unwrap_or_default()))?;
        for piece in pieces {
            self.file.append(&packed::from_bytes(piece))?;
        }
        Ok(first)
    }

    /// Everything from the place to the end.
    pub fn rest(&mut self) -> Result<Vec<u8>, Failure> {
        let mut all = Vec::new();
        loop {
            let piece = self.read_at(self.place, MOST_READ)?;
            if piece.is_empty() {
                return Ok(all);
            }
            self.place += piece.len() as u64;
            all.extend(piece);
        }
    }

    /// Cut it off, or add zeros.
    pub fn set_size(&self, size: u64) -> Result<(), Failure> {
        self.file.set_size(size)
    }

    /// Wait until it is on the disk.
    pub fn sync(&self) -> Result<(), Failure> {
        self.file.sync()
    }
}

/// Small reads are a host call each: wrap it in a `BufReader`.
impl Read for File {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = u32::try_from(into.len()).unwrap_or(MOST_READ);
        let piece = self.read_at(self.place, length)?;
        into[..piece.len()].copy_from_slice(&piece);
        self.place += piece.len() as u64;
        Ok(piece.len())
    }
}

/// Small writes are a host call each: wrap it in a `BufWriter`.
impl Write for File {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let piece = &from[..from.len().min(MOST_WRITTEN)];
        self.file.write_at(self.place, &packed::from_bytes(piece))?;
        self.place += piece.len() as u64;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.place.checked_add_signed(by),
            SeekFrom::End(by) => self.size()?.checked_add_signed(by),
        };
        self.place = place.ok_or(ErrorKind::InvalidInput)?;
        Ok(self.place)
    }
}

errors!(
    /// Why a file gave nothing.
    Failure,
    IsDirectory => "is-directory",
    NotDirectory => "not-directory",
    NotEmpty => "not-empty",
    ReadOnly => "read-only",
    Loop => "loop",
    NameTooLong => "name-too-long",
    Busy => "busy",
    Unsupported => "unsupported",
    InputOutput => "input-output",
);

// What only files have becomes `other`, with its name in the text.
becomes_error!(Failure, |own: Failure| Error::Other(own.line()));

/// Of bytes that came packed wrongly, which is all that can go wrong outside the host.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Other(error.line())
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        let kind = match failure {
            Failure::NotFound(_) => ErrorKind::NotFound,
            Failure::Exists(_) => ErrorKind::AlreadyExists,
            Failure::Denied(_) | Failure::ReadOnly(_) => ErrorKind::PermissionDenied,
            Failure::Invalid(_) => ErrorKind::InvalidInput,
            Failure::Unsupported(_) => ErrorKind::Unsupported,
            _ => ErrorKind::Other,
        };
        io::Error::new(kind, String::from(failure))
    }
}
