//! Headers and trailers.

use std::cell::RefCell;
use std::rc::Rc;

use crate::exports::wasi::http::types::{self as wasi, GuestFields, HeaderError};

pub type List = Rc<RefCell<Vec<(String, Vec<u8>)>>>;

/// Headers that the host makes itself.
const HOSTS: [&str; 8] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "expect",
    "accept-encoding",
];

pub struct Fields {
    pub list: List,
    is_frozen: bool,
}

/// Headers that nobody changes any more.
pub fn frozen(list: &List) -> wasi::Fields {
    wasi::Fields::new(Fields { list: list.clone(), is_frozen: true })
}

/// Lines `name: value`, as the host has them.
pub fn from_lines(lines: &str) -> List {
    let pairs = lines.lines().filter_map(|line| line.split_once(':'));
    Rc::new(RefCell::new(pairs.map(|(n, v)| (n.to_string(), v.trim().as_bytes().to_vec())).collect()))
}

pub fn to_lines(list: &List) -> String {
    let is_hosts = |name: &str| HOSTS.iter().any(|one| one.eq_ignore_ascii_case(name));
    let all = list.borrow();
    let lines = all.iter().filter(|(name, _)| !is_hosts(name)).map(|(name, value)| {
        // Values are bytes: each is the character of its number (ISO-8859-1), as HTTP has it.
        format!("{name}: {}", value.iter().map(|byte| *byte as char).collect::<String>())
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn check(name: &str, value: &[u8]) -> Result<(), HeaderError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_name = !name.is_empty() && name.bytes().all(is_token);
    if is_name && !value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        Ok(())
    } else {
        Err(HeaderError::InvalidSyntax)
    }
}

impl Fields {
    fn check_open(&self) -> Result<(), HeaderError> {
        if self.is_frozen {
            Err(HeaderError::Immutable)
        } else {
            Ok(())
        }
    }
}

impl GuestFields for Fields {
    fn new() -> Self {
        Fields { list: List::default(), is_frozen: false }
    }

    fn from_list(pairs: Vec<(String, Vec<u8>)>) -> Result<wasi::Fields, HeaderError> {
        pairs.iter().try_for_each(|(name, value)| check(name, value))?;
        Ok(wasi::Fields::new(Fields { list: Rc::new(RefCell::new(pairs)), is_frozen: false }))
    }

    fn get(&self, name: String) -> Vec<Vec<u8>> {
        let all = self.list.borrow();
        all.iter().filter(|one| one.0.eq_ignore_ascii_case(&name)).map(|one| one.1.clone()).collect()
    }

    fn has(&self, name: String) -> bool {
        self.list.borrow().iter().any(|one| one.0.eq_ignore_ascii_case(&name))
    }

    fn set(&self, name: String, values: Vec<Vec<u8>>) -> Result<(), HeaderError> {
        self.check_open()?;
        check(&name, b"")?;
        values.iter().try_for_each(|value| check(&name, value))?;
        let mut all = self.list.borrow_mut();
        all.retain(|one| !one.0.eq_ignore_ascii_case(&name));
        all.extend(values.into_iter().map(|value| (name.clone(), value)));
        Ok(())
    }

    fn delete(&self, name: String) -> Result<(), HeaderError> {
        self.check_open()?;
        self.list.borrow_mut().retain(|one| !one.0.eq_ignore_ascii_case(&name));
        Ok(())
    }

    fn append(&self, name: String, value: Vec<u8>) -> Result<(), HeaderError> {
        self.check_open()?;
        check(&name, &value)?;
        self.list.borrow_mut().push((name, value));
        Ok(())
    }

    fn entries(&self) -> Vec<(String, Vec<u8>)> {
        self.list.borrow().clone()
    }

    fn clone(&self) -> wasi::Fields {
        let copy = self.list.borrow().clone();
        wasi::Fields::new(Fields { list: Rc::new(RefCell::new(copy)), is_frozen: false })
    }
}
