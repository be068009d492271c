//! The memories of the plug-in's modules, reached through a small module that imports theirs and ours.

use crate::errno::{self, Errno};

#[link(wasm_import_module = "lion:guest/memory")]
extern "C" {
    #[link_name = "size"]
    fn memory_size(module: u32) -> u64;
    /// Copy from the plug-in's memory to ours.
    #[link_name = "read"]
    fn memory_read(module: u32, to: u32, from: u32, size: u32);
    /// Copy from our memory to the plug-in's.
    #[link_name = "write"]
    fn memory_write(module: u32, to: u32, from: u32, size: u32);
}

/// The memory of one module.
#[derive(Clone, Copy)]
pub struct Plugin(pub u32);

impl Plugin {
    fn check(self, at: u32, size: u32) -> Result<(), Errno> {
        let end = unsafe { memory_size(self.0) };
        if at as u64 + size as u64 <= end {
            Ok(())
        } else {
            Err(errno::FAULT)
        }
    }

    pub fn read(self, at: u32, size: u32) -> Result<Vec<u8>, Errno> {
        // Before anything is taken: a length of 4 GiB is a lie.
        self.check(at, size)?;
        let mut bytes = vec![0; size as usize];
        unsafe { memory_read(self.0, bytes.as_mut_ptr() as u32, at, size) };
        Ok(bytes)
    }

    pub fn write(self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        self.check(at, bytes.len() as u32)?;
        unsafe { memory_write(self.0, at, bytes.as_ptr() as u32, bytes.len() as u32) };
        Ok(())
    }

    pub fn write_u32(self, at: u32, value: u32) -> Result<(), Errno> {
        self.write(at, &value.to_le_bytes())
    }

    pub fn write_u64(self, at: u32, value: u64) -> Result<(), Errno> {
        self.write(at, &value.to_le_bytes())
    }

    pub fn text(self, at: u32, size: u32) -> Result<String, Errno> {
        String::from_utf8(self.read(at, size)?).map_err(|_| errno::ILSEQ)
    }

    /// Addresses and lengths of an array of buffers.
    pub fn buffers(self, at: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
        let size = count.checked_mul(8).ok_or(errno::INVAL)?;
        let word = |part: &[u8]| u32::from_le_bytes(part.try_into().unwrap());
        Ok(self.read(at, size)?.chunks(8).map(|pair| (word(&pair[..4]), word(&pair[4..]))).collect())
    }
}
