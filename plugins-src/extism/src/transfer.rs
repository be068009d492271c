//! Bytes between the plug-in's buffers and lion: files, in pieces that the host takes, and randomness.

use crate::errno::Errno;
use crate::files;
use crate::host::{self, ask};
use crate::kernel::{free, slice};
use crate::packed::{pack, unpack};
use crate::plugin::Plugin;

/// Bytes of one answer of the host's, and of one piece for it.
const READ: u32 = 262_144;
const WRITE: usize = 65_536;
const RANDOM: u32 = 4_096;

pub fn random(m: Plugin, to: u32, size: u32) -> Result<(), Errno> {
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
pub fn gather(m: Plugin, list: u32, count: u32) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    for (at, size) in m.buffers(list, count)? {
        bytes.extend(m.read(at, size)?);
    }
    Ok(bytes)
}

pub fn read(m: Plugin, one: u32, offset: u64, list: u32, count: u32) -> Result<u32, Errno> {
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

pub fn write_at(one: u32, offset: u64, bytes: &[u8]) -> Result<u32, Errno> {
    let mut done = 0;
    for part in bytes.chunks(WRITE) {
        let text = pack(part);
        let asked = ask(4, |r| unsafe {
            host::file_write_at(one, offset + done as u64, text.as_ptr(), text.len(), r)
        });
        if let Err(refusal) = asked {
            return if done > 0 { Ok(done as u32) } else { Err(refusal.into()) };
        }
        done += part.len();
    }
    Ok(done as u32)
}

pub fn append(file: &mut files::File, bytes: &[u8]) -> Result<u32, Errno> {
    for part in bytes.chunks(WRITE) {
        let text = pack(part);
        let given = ask(8, |r| unsafe { host::file_append(file.handle, text.as_ptr(), text.len(), r) })?;
        file.at = given.u64(8) + part.len() as u64;
    }
    Ok(bytes.len() as u32)
}
