//! Files of the granted directories as tools.

use lion_guest::fs::{self, Kind};

lion_guest::world!("files:files/files", ["../../wit", "wit"]);

struct Files;

impl Guest for Files {
    fn mounts() -> Result<Vec<String>, String> {
        Ok(fs::mounts()?)
    }

    fn read(path: String) -> Result<String, String> {
        Ok(fs::read_text(&path)?)
    }

    fn write(path: String, text: String) -> Result<(), String> {
        Ok(fs::write(&path, text)?)
    }

    fn append(path: String, text: String) -> Result<(), String> {
        Ok(fs::append(&path, text)?)
    }

    fn list(path: String) -> Result<Vec<String>, String> {
        Ok(fs::list(&path)?)
    }

    fn stat(path: String) -> Result<About, String> {
        let found = fs::stat_link(&path)?;
        let kind = match found.kind {
            Kind::File => "file",
            Kind::Directory => "directory",
            Kind::Symlink => "symlink",
            Kind::Other => "other",
        };
        Ok(About { kind: kind.into(), size: found.size, modified: found.modified })
    }

    fn remove(path: String) -> Result<(), String> {
        match fs::stat_link(&path)?.kind {
            Kind::Directory => Ok(fs::remove_dir(&path)?),
            _ => Ok(fs::unlink(&path)?),
        }
    }

    fn mkdir(path: String) -> Result<(), String> {
        Ok(fs::make_dirs(&path)?)
    }

    fn rename(from: String, to: String) -> Result<(), String> {
        Ok(fs::rename(&from, &to)?)
    }
}

export!(Files);
