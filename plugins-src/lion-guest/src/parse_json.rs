//! One JSON value in a text that comes in pieces: where it begins, which elements are whole, where it ends.

use serde_json::Value;

use crate::parse::{decode, Fault, Format, Kind, Out, Step};

/// Blanks that may stand between what makes a beginning.
const BLANKS: usize = 32;

pub(crate) struct Json {
    path: Vec<String>,
    begin: Option<Begin>,
    text: String,
    scan: Scan,
    list: List,
    /// Where the value ends in `text`, once it does.
    end: Option<usize>,
}

impl Json {
    pub(crate) fn new(records: &str) -> Self {
        let path: Vec<String> = records.split('.').filter(|name| !name.is_empty()).map(Into::into).collect();
        let list = List { is_next: path.is_empty(), ..List::default() };
        Self { path, begin: Some(Begin::default()), text: String::new(), scan: Scan::default(), list, end: None }
    }
}

impl Format for Json {
    fn take(&mut self, piece: &str, out: &mut Out) -> Step {
        let mut from = self.text.len();
        self.text.push_str(piece);
        if let Some(begin) = &mut self.begin {
            let Some(at) = begin.find(&self.text, from) else { return Ok(()) };
            self.begin = None;
            out.prose(&self.text[..at]);
            self.text.drain(..at);
            from = 0;
        }
        if self.end.is_some() {
            return Ok(());
        }
        for (at, mark) in self.text.bytes().enumerate().skip(from) {
            if !self.scan.take(mark, out.bounds.depth)? {
                continue;
            }
            let depth = self.scan.stack.len();
            if depth <= self.path.len() + 1 && !self.list.is_over {
                if let Some(element) = self.list.note(&self.path, &self.text, at, mark, depth) {
                    out.record(decode(&self.text[element..at])?)?;
                }
            }
            if depth == 0 && matches!(mark, b'}' | b']') {
                self.end = Some(at + 1);
                break;
            }
        }
        Ok(())
    }

    fn close(&mut self, out: &mut Out) -> Result<Value, Fault> {
        if self.begin.is_some() {
            let missing = |_| Fault::new(Kind::Missing, "there is no JSON in it");
            return decode(fenced(&self.text).unwrap_or(&self.text)).map_err(missing);
        }
        let Some(end) = self.end else {
            return Err(Fault::new(Kind::Incomplete, "the JSON breaks off before its end"));
        };
        let (value, behind) = self.text.split_at(end);
        out.prose(behind);
        if !is_words(behind) {
            return Err(Fault::new(Kind::Syntax, "there is more behind the JSON, and no words"));
        }
        decode(value)
    }
}

/// Brackets and strings, byte by byte.
#[derive(Default)]
struct Scan {
    stack: Vec<u8>,
    is_in_string: bool,
    is_escaped: bool,
}

impl Scan {
    /// Whether the byte is a mark: a bracket, comma or colon outside of strings, or a string's quote.
    fn take(&mut self, byte: u8, most: usize) -> Result<bool, Fault> {
        if self.is_in_string {
            if self.is_escaped {
                self.is_escaped = false;
            } else if byte == b'\\' {
                self.is_escaped = true;
            } else if byte == b'"' {
                self.is_in_string = false;
                return Ok(true);
            }
            return Ok(false);
        }
        match byte {
            b'"' => self.is_in_string = true,
            b'{' | b'[' if self.stack.len() == most => {
                return Err(Fault::new(Kind::Depth, format!("it is nested more than {most} levels deep")));
            }
            b'{' => self.stack.push(b'}'),
            b'[' => self.stack.push(b']'),
            b'}' | b']' if self.stack.pop() != Some(byte) => {
                return Err(Fault::new(Kind::Syntax, format!("a {:?} closes nothing", byte as char)));
            }
            b'}' | b']' | b',' | b':' => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Refuse what is nested too deep.
pub(crate) fn check_depth(text: &str, most: usize) -> Step {
    let mut scan = Scan::default();
    for byte in text.bytes() {
        scan.take(byte, most)?;
    }
    Ok(())
}

/// The elements of the list that a path leads to.
#[derive(Default)]
struct List {
    /// Members of the path that are open.
    on_path: usize,
    /// The value that comes next is the path's next member, or the list.
    is_next: bool,
    is_key: bool,
    key: String,
    key_begin: Option<usize>,
    /// Where the element begins, while the list is open.
    begin: Option<usize>,
    is_over: bool,
    has_any: bool,
}

impl List {
    /// Take a mark and the depth after it; where the element begins that ends with it.
    fn note(&mut self, path: &[String], text: &str, at: usize, mark: u8, depth: usize) -> Option<usize> {
        let here = self.on_path + 1;
        if let Some(begin) = self.begin {
            let is_last = depth <= path.len() && mark == b']';
            if !is_last && (mark != b',' || depth != path.len() + 1) {
                return None;
            }
            self.begin = (!is_last).then_some(at + 1);
            self.is_over = is_last;
            let is_none = is_last && !self.has_any && text[begin..at].trim().is_empty();
            self.has_any = true;
            return (!is_none).then_some(begin);
        }
        match mark {
            b'{' | b'[' => self.enter(path, at, mark, depth),
            b'"' if depth == here => self.quote(text, at),
            b':' if depth == here => {
                self.is_key = false;
                self.is_next = path.get(here - 1) == Some(&self.key);
            }
            b',' if depth == here => (self.is_key, self.is_next) = (true, false),
            b'}' | b']' if depth == self.on_path && depth > 0 => self.on_path -= 1,
            _ => {}
        }
        None
    }

    fn enter(&mut self, path: &[String], at: usize, mark: u8, depth: usize) {
        let is_value = depth == self.on_path + 2;
        if self.is_next && mark == b'[' && depth == path.len() + 1 {
            self.begin = Some(at + 1);
        } else if self.is_next && mark == b'{' && is_value {
            self.on_path += 1;
            self.is_key = true;
        } else if depth == 1 {
            (self.is_key, self.is_over) = (true, path.is_empty());
        }
        if is_value {
            self.is_next = false;
        }
    }

    /// Of the two quotes of a name the second makes it known.
    fn quote(&mut self, text: &str, at: usize) {
        match self.key_begin.take() {
            None => self.key_begin = self.is_key.then_some(at),
            Some(begin) => self.key = serde_json::from_str(&text[begin..=at]).unwrap_or_default(),
        }
    }
}

/// Where in a text with words before it the value begins.
struct Begin {
    /// Blanks since a line or a value began, if nothing else has come.
    blanks: Option<usize>,
    /// A list that begins if one of what is no number comes, and the blanks since.
    list: Option<(usize, usize)>,
}

impl Default for Begin {
    fn default() -> Self {
        Self { blanks: Some(0), list: None }
    }
}

impl Begin {
    fn find(&mut self, text: &str, from: usize) -> Option<usize> {
        (from..text.len()).find_map(|at| self.take(text.as_bytes()[at], at))
    }

    fn take(&mut self, byte: u8, at: usize) -> Option<usize> {
        if let Some((begin, blanks)) = self.list.take() {
            match byte {
                b'{' | b'[' | b'"' => return Some(begin),
                b' ' | b'\t' | b'\r' | b'\n' if blanks < BLANKS => self.list = Some((begin, blanks + 1)),
                _ => {}
            }
        }
        match byte {
            b'{' => return Some(at),
            b'[' if self.blanks.is_some() => return Some(at),
            b'[' => self.list = Some((at, 0)),
            _ => {}
        }
        self.blanks = match byte {
            b'\n' | b':' => Some(0),
            b' ' | b'\t' => self.blanks.filter(|blanks| *blanks < BLANKS).map(|blanks| blanks + 1),
            _ => None,
        };
        None
    }
}

/// What stands in the one code block of a text.
fn fenced(text: &str) -> Option<&str> {
    let behind = &text[text.find("```")? + 3..];
    let inner = &behind[behind.find('\n')? + 1..];
    inner.find("```").map(|end| &inner[..end])
}

/// Whether what stands behind a value is words: nothing in the line of its end, and no more JSON in the next.
fn is_words(behind: &str) -> bool {
    let rest = behind.trim_start_matches([' ', '\t']).trim_start_matches('`');
    let rest = rest.trim_start_matches([' ', '\t', '\r']);
    let next = rest.strip_prefix('\n').map(|rest| rest.trim_start_matches([' ', '\t', '\r', '\n']));
    rest.is_empty() || next.is_some_and(|next| !next.starts_with(['{', '}', '[', ']', ',', ':', '"']))
}
