//! Calls each function of `fs` once, so that every one has a test where it is granted and one where it is not, and
//! many times, where somebody swaps what the path leads to.

use std::collections::BTreeSet;

use lion_guest::host::fs::{self, Failure, File, Metadata, Mode};
use lion_guest::json::{json, Value};

lion_guest::world!("probe-fs:probe-fs/probe-fs", ["../../wit", "wit"]);

type Said = Result<String, String>;

struct Probe;

impl Guest for Probe {
    fn fs_mounts() -> Said {
        say(fs::mounts())
    }

    fn fs_open(path: String, mode: String) -> Said {
        say(fs::open(&path, modes(&mode)).map(drop))
    }

    fn fs_read(path: String) -> Said {
        say(fs::read(&path))
    }

    fn fs_write(path: String, data: String) -> Said {
        say(fs::write(&path, &data))
    }

    fn fs_stat(path: String, follow: bool) -> Said {
        say(fs::stat(&path, follow).map(described))
    }

    fn fs_set_times(path: String, accessed: Option<u64>, modified: Option<u64>) -> Said {
        say(fs::set_times(&path, accessed, modified))
    }

    fn fs_list(path: String, after: Option<String>, limit: u32) -> Said {
        say(fs::list(&path, after.as_deref(), limit))
    }

    fn fs_make_dir(path: String) -> Said {
        say(fs::make_dir(&path))
    }

    fn fs_remove_dir(path: String) -> Said {
        say(fs::remove_dir(&path))
    }

    fn fs_unlink(path: String) -> Said {
        say(fs::unlink(&path))
    }

    fn fs_rename(from: String, to: String) -> Said {
        say(fs::rename(&from, &to))
    }

    fn fs_link(from: String, to: String) -> Said {
        say(fs::link(&from, &to))
    }

    fn fs_symlink(target: String, path: String) -> Said {
        say(fs::symlink(&target, &path))
    }

    fn fs_readlink(path: String) -> Said {
        say(fs::readlink(&path))
    }

    fn fs_file(path: String, mode: String, steps: String) -> Said {
        let mut file = Some(fs::open(&path, modes(&mode))?);
        let done: Vec<Value> = steps.lines().map(|line| step(&mut file, line)).collect();
        Ok(Value::Array(done).to_string())
    }

    fn fs_open_many(path: String, mode: String, times: u32) -> Said {
        let mut files = Vec::new();
        let mut last = Value::Null;
        for _ in 0..times {
            match fs::open(&path, modes(&mode)) {
                Ok(file) => files.push(file),
                Err(failure) => last = json!(case(&failure)),
            }
        }
        Ok(json!([files.len(), last]).to_string())
    }

    fn fs_hammer(path: String, data: String, times: u32) -> Said {
        let (mut read, mut listed, mut written) = (0, 0, 0);
        let mut seen = BTreeSet::new();
        for _ in 0..times {
            if let Ok(text) = fs::read(&path) {
                read += 1;
                seen.insert(text);
            }
            listed += u32::from(fs::list(&path, None, 10).is_ok());
            written += u32::from(fs::write(&path, &data).is_ok());
        }
        Ok(json!({ "read": read, "listed": listed, "written": written, "seen": seen }).to_string())
    }
}

fn step(file: &mut Option<File>, line: &str) -> Value {
    let words: Vec<&str> = line.splitn(3, ' ').collect();
    match act(file, &words) {
        Ok(value) => value,
        Err(failure) => json!(case(&failure)),
    }
}

fn act(slot: &mut Option<File>, words: &[&str]) -> Result<Value, Failure> {
    match words {
        ["open", path, mode] => *slot = Some(fs::open(path, modes(mode))?),
        ["drop"] => *slot = None,
        ["unlink", path] => fs::unlink(path)?,
        _ => return with(slot.as_ref().expect("an open file"), words),
    }
    Ok(Value::Null)
}

fn with(file: &File, words: &[&str]) -> Result<Value, Failure> {
    match words {
        ["read-at", offset, length] => {
            return Ok(json!(file.read_at(number(offset), number(length) as u32)?))
        }
        ["write-at", offset, data] => file.write_at(number(offset), data)?,
        ["append", data] => return Ok(json!(file.append(data)?)),
        ["stat"] => return Ok(described(file.stat()?)),
        ["set-size", size] => file.set_size(number(size))?,
        ["set-times", accessed, modified] => file.set_times(time(accessed), time(modified))?,
        ["sync"] => file.sync()?,
        _ => panic!("no such step: {words:?}"),
    }
    Ok(Value::Null)
}

fn number(word: &str) -> u64 {
    word.parse().expect("a number")
}

fn time(word: &str) -> Option<u64> {
    (word != "-").then(|| number(word))
}

fn modes(words: &str) -> Mode {
    words.split_whitespace().fold(Mode::empty(), |all, word| {
        all | match word {
            "read" => Mode::READ,
            "write" => Mode::WRITE,
            "create" => Mode::CREATE,
            "exclusive" => Mode::EXCLUSIVE,
            "truncate" => Mode::TRUNCATE,
            _ => Mode::DIRECTORY,
        }
    })
}

fn described(found: Metadata) -> Value {
    json!({
        "kind": format!("{:?}", found.kind),
        "size": found.size,
        "links": found.links,
        "accessed": found.accessed,
        "modified": found.modified,
        "changed": found.changed,
        "identity": found.identity,
    })
}

fn case(failure: &Failure) -> &'static str {
    failure.kind()
}

fn say<T: lion_guest::serde::Serialize>(result: Result<T, Failure>) -> Said {
    Ok(json!(result?).to_string())
}

export!(Probe);
