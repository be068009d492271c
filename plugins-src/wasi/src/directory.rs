//! The entries of a directory, as many at a time as the host gives.

use std::cell::RefCell;

use crate::descriptor::kind;
use crate::exports::wasi::filesystem::types::{
    DescriptorType, DirectoryEntry, ErrorCode, GuestDirectoryEntryStream,
};
use crate::file::code;
use crate::lion::host::fs;

/// Names in one answer.
const PAGE: u32 = 1_000;

#[derive(Default)]
struct Page {
    names: std::vec::IntoIter<String>,
    last: Option<String>,
    is_last: bool,
}

pub struct Entries {
    path: String,
    page: RefCell<Page>,
}

impl Entries {
    pub fn of(path: String) -> Self {
        Entries { path, page: RefCell::default() }
    }

    fn next_name(&self) -> Result<Option<String>, ErrorCode> {
        let mut page = self.page.borrow_mut();
        if let Some(name) = page.names.next() {
            return Ok(Some(name));
        }
        if page.is_last {
            return Ok(None);
        }
        let names = fs::list(&self.path, page.last.as_deref(), PAGE).map_err(code)?;
        page.is_last = names.len() < PAGE as usize;
        page.last = names.last().cloned();
        page.names = names.into_iter();
        Ok(page.names.next())
    }
}

impl GuestDirectoryEntryStream for Entries {
    fn read_directory_entry(&self) -> Result<Option<DirectoryEntry>, ErrorCode> {
        let Some(name) = self.next_name()? else { return Ok(None) };
        let path = format!("{}/{name}", self.path.trim_end_matches('/'));
        let type_ = fs::stat(&path, false).map_or(DescriptorType::Unknown, |found| kind(found.kind));
        Ok(Some(DirectoryEntry { type_, name }))
    }
}
