//! What a model writes, read while it writes: JSON, JSON lines, lines.
//!
//! ```ignore
//! let mut found = Reader::json("found");
//! while let Some(event) = answer.next()? {
//!     if let llm::Event::Text(piece) = event {
//!         for event in found.feed(&piece) { /* a Record as soon as it is whole */ }
//!     }
//! }
//! let value = found.finish()?;
//! ```
//!
//! It does not matter how the text is cut. Words and a code fence around JSON are passed over, as the host's own
//! parsers do; what could be read in two ways is a fault.

use serde_json::Value;

use crate::parse_json::Json;
use crate::Error;

/// What is told while reading.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A part that is whole: an element of the list, a line.
    Record(Value),
    /// Words before or behind what is read.
    Prose(String),
    /// There will be no value; the last event.
    Fault(Fault),
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is not of its format.
    Syntax,
    /// It breaks off.
    Incomplete,
    /// There is nothing of the format in it.
    Missing,
    /// It is longer than it may be.
    Size,
    /// There are more records than there may be.
    Records,
    /// It is nested too deep.
    Depth,
}

impl Kind {
    /// Its name, as the host's parsers have it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Syntax => "syntax",
            Kind::Incomplete => "incomplete",
            Kind::Missing => "missing",
            Kind::Size => "size",
            Kind::Records => "records",
            Kind::Depth => "depth",
        }
    }
}

/// Why there is no value: what kind of fault, and a sentence for people and models.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub kind: Kind,
    pub what: String,
}

impl Fault {
    pub(crate) fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into() }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Error::Invalid(fault.what)
    }
}

/// What a text may be: bytes in all, records, levels of nesting.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub size: usize,
    pub records: usize,
    pub depth: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { size: 1 << 20, records: 10_000, depth: 64 }
    }
}

pub(crate) type Step = Result<(), Fault>;

pub(crate) trait Format {
    fn take(&mut self, piece: &str, out: &mut Out) -> Step;
    fn close(&mut self, out: &mut Out) -> Result<Value, Fault>;
}

/// Where a format puts what it has to tell.
#[derive(Default)]
pub(crate) struct Out {
    events: Vec<Event>,
    count: usize,
    pub(crate) bounds: Bounds,
}

impl Out {
    pub(crate) fn record(&mut self, value: Value) -> Step {
        if self.count == self.bounds.records {
            return Err(Fault::new(Kind::Records, format!("there are more than {} records", self.count)));
        }
        self.count += 1;
        self.events.push(Event::Record(value));
        Ok(())
    }

    pub(crate) fn prose(&mut self, text: &str) {
        let mut lines: Vec<&str> = text.trim().split('\n').collect();
        while lines.last().is_some_and(|line| line.trim_start().starts_with("```")) {
            lines.pop();
        }
        let begin = lines.iter().take_while(|line| line.trim() == "```").count();
        let words = lines[begin..].join("\n");
        if !words.trim().is_empty() {
            self.events.push(Event::Prose(words.trim().into()));
        }
    }
}

/// Reads a text that comes in pieces.
pub struct Reader {
    format: Box<dyn Format>,
    out: Out,
    size: usize,
    fault: Option<Fault>,
}

impl Reader {
    /// A JSON value. `records` is the path to the list whose elements are records, `a.b`; empty: the value itself.
    pub fn json(records: &str) -> Self {
        Self::of(Box::new(Json::new(records)))
    }

    /// JSON values, one in each line.
    pub fn json_lines() -> Self {
        Self::of(Box::new(Lines { line: String::new(), values: Vec::new(), words: None, is_over: false }.of_json()))
    }

    /// Each line is a record.
    pub fn lines() -> Self {
        Self::of(Box::new(Lines { line: String::new(), values: Vec::new(), words: None, is_over: false }))
    }

    fn of(format: Box<dyn Format>) -> Self {
        Self { format, out: Out::default(), size: 0, fault: None }
    }

    /// The same within other bounds.
    pub fn within(mut self, bounds: Bounds) -> Self {
        self.out.bounds = bounds;
        self
    }

    /// Take the next piece; what is known now.
    pub fn feed(&mut self, piece: &str) -> Vec<Event> {
        if self.fault.is_none() {
            self.size += piece.len();
            let most = self.out.bounds.size;
            let step = if self.size > most {
                Err(Fault::new(Kind::Size, format!("it is longer than {most} bytes")))
            } else {
                self.format.take(piece, &mut self.out)
            };
            self.note(step);
        }
        std::mem::take(&mut self.out.events)
    }

    /// The whole value, or why there is none. What became known only now is in `rest`.
    pub fn finish(&mut self) -> Result<Value, Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let end = self.format.close(&mut self.out);
        self.note(end.as_ref().map(|_| ()).map_err(Fault::clone));
        end
    }

    /// What became known by finishing: a last line without its end, words behind, a fault.
    pub fn rest(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.out.events)
    }

    fn note(&mut self, step: Step) {
        if let Err(fault) = step {
            self.out.events.push(Event::Fault(fault.clone()));
            self.fault = Some(fault);
        }
    }
}

/// A JSON text's value, strictly.
pub(crate) fn decode(text: &str) -> Result<Value, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::new(Kind::Syntax, format!("it is no JSON: {error}")))
}

/// Lines, or JSON lines if there may be words around them.
struct Lines {
    line: String,
    values: Vec<Value>,
    words: Option<Vec<String>>,
    is_over: bool,
}

impl Lines {
    fn of_json(mut self) -> Self {
        self.words = Some(Vec::new());
        self
    }

    fn whole(&mut self, out: &mut Out) -> Step {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix('\r').unwrap_or(&line);
        match self.words {
            None => self.tell(Value::String(line.into()), out),
            Some(_) => self.json(line, out),
        }
    }

    fn tell(&mut self, value: Value, out: &mut Out) -> Step {
        out.record(value.clone())?;
        self.values.push(value);
        Ok(())
    }

    fn json(&mut self, line: &str, out: &mut Out) -> Step {
        let bare = line.trim();
        if !self.is_over && (bare.starts_with('{') || bare.starts_with('[')) {
            self.tell_words(out);
            crate::parse_json::check_depth(bare, out.bounds.depth)?;
            return self.tell(decode(bare)?, out);
        }
        if bare.starts_with("```") {
            self.is_over = !self.values.is_empty();
        } else if !bare.is_empty() && !self.values.is_empty() && !self.is_over {
            return Err(Fault::new(Kind::Syntax, "a line is no JSON object and no list"));
        } else if !bare.is_empty() {
            self.words.get_or_insert_default().push(line.into());
        }
        Ok(())
    }

    fn tell_words(&mut self, out: &mut Out) {
        if let Some(words) = &mut self.words {
            out.prose(&std::mem::take(words).join("\n"));
        }
    }
}

impl Format for Lines {
    fn take(&mut self, piece: &str, out: &mut Out) -> Step {
        let mut parts = piece.split('\n');
        self.line.push_str(parts.next().unwrap_or_default());
        for part in parts {
            self.whole(out)?;
            self.line.push_str(part);
        }
        Ok(())
    }

    fn close(&mut self, out: &mut Out) -> Result<Value, Fault> {
        if !self.line.is_empty() {
            self.whole(out)?;
        }
        if self.words.is_some() {
            self.tell_words(out);
            if self.values.is_empty() {
                return Err(Fault::new(Kind::Missing, "there is no line of JSON in it"));
            }
        }
        Ok(Value::Array(std::mem::take(&mut self.values)))
    }
}
