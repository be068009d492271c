//! Language models: questions, answers as they come, and a model that works with tools until it is done.
//!
//! ```ignore
//! let reply = Chat::new("fast").system("Be short.").user("What do lions eat?").ask()?;
//!
//! for event in &mut chat.start()? {
//!     if let Event::Text(piece) = event? { say!("{piece}")?; }
//! }
//!
//! let reply = llm::tool_loop("fast", tools::list()?, "What do lions eat?")?;
//! ```

use serde::Serialize;
use serde_json::{json, Value};

use crate::host::llm;
use crate::host::tools;
use crate::select::Waitable;
use crate::Error;

pub use crate::host::llm::{models, Event, Reply, Stop, ToolCall, Usage};
pub use crate::host::tools::Tool;

/// How often a model may ask for tools unless said otherwise.
pub const ROUNDS: u32 = 8;

/// One thing said in a conversation.
#[derive(Serialize, Clone, Debug, PartialEq)]
#[serde(tag = "role", rename_all = "lowercase")]
pub enum Message {
    System {
        content: String,
    },
    User {
        content: String,
    },
    Assistant {
        content: String,
        #[serde(rename = "tool-calls", skip_serializing_if = "Vec::is_empty")]
        calls: Vec<Call>,
        #[serde(skip_serializing_if = "String::is_empty")]
        thinking: String,
    },
    /// What came of the call with this id.
    Tool {
        content: String,
        #[serde(rename = "tool-call")]
        call: String,
    },
}

/// A call that a model wants; its arguments are JSON text.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Call {
    pub id: String,
    pub name: String,
    pub arguments: String,
}

impl From<&Reply> for Message {
    fn from(reply: &Reply) -> Self {
        let call = |call: &ToolCall| Call {
            id: call.id.clone(),
            name: call.name.clone(),
            arguments: call.arguments.clone(),
        };
        Message::Assistant {
            content: reply.text.clone(),
            calls: reply.tool_calls.iter().map(call).collect(),
            thinking: reply.thinking.clone(),
        }
    }
}

/// A conversation with a model, and how to ask it.
#[derive(Clone, Debug)]
pub struct Chat {
    pub model: String,
    pub messages: Vec<Message>,
    pub tools: Vec<Tool>,
    pub schema: Option<Value>,
    pub max_tokens: Option<u32>,
    pub temperature: Option<f32>,
}

impl Chat {
    /// An empty conversation with a model of the manifest.
    pub fn new(model: &str) -> Self {
        Chat {
            model: model.into(),
            messages: Vec::new(),
            tools: Vec::new(),
            schema: None,
            max_tokens: None,
            temperature: None,
        }
    }

    /// Instruct the model.
    pub fn system(mut self, content: impl Into<String>) -> Self {
        self.messages.push(Message::System { content: content.into() });
        self
    }

    /// Say something to the model.
    pub fn user(mut self, content: impl Into<String>) -> Self {
        self.messages.push(Message::User { content: content.into() });
        self
    }

    /// Let the model use these tools.
    pub fn tools(mut self, tools: Vec<Tool>) -> Self {
        self.tools = tools;
        self
    }

    /// Have the answer follow a JSON schema.
    pub fn schema(mut self, schema: Value) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Bound the answer.
    pub fn max_tokens(mut self, most: u32) -> Self {
        self.max_tokens = Some(most);
        self
    }

    /// Ask and wait for the whole answer. The conversation stays as it is.
    pub fn ask(&self) -> Result<Reply, Error> {
        llm::ask(&self.record()?)
    }

    /// Ask and take the answer as it comes. The conversation stays as it is.
    pub fn start(&self) -> Result<Answer, Error> {
        let started = llm::start(&self.record()?)?;
        Ok(Answer { answer: started.answer, handle: started.handle, is_over: false })
    }

    /// Ask, and call the tools the model wants, until it wants no more; at most `rounds` times with tools, else
    /// `exhausted`. `hear` is told everything as it comes. The conversation grows by all that was said.
    pub fn work(
        &mut self,
        rounds: u32,
        mut hear: impl FnMut(&Event) -> Result<(), Error>,
    ) -> Result<Reply, Error> {
        for _ in 0..=rounds {
            let reply = self.start()?.gather(&mut hear)?;
            self.messages.push(Message::from(&reply));
            if reply.tool_calls.is_empty() {
                return Ok(reply);
            }
            let results = self.call_all(&reply.tool_calls);
            self.messages.extend(results);
        }
        Err(Error::Exhausted(format!("the model still wants tools after {rounds} rounds")))
    }

    /// All calls at once; what fails is a result that says so.
    fn call_all(&self, calls: &[ToolCall]) -> Vec<Message> {
        let started: Vec<_> = calls.iter().map(|call| self.begin(call)).collect();
        let results = started.into_iter().map(|begun| begun.and_then(|begun| begun.take()));
        let message = |(call, result): (&ToolCall, Result<String, Error>)| Message::Tool {
            content: result.unwrap_or_else(|error| told(&error)),
            call: call.id.clone(),
        };
        calls.iter().zip(results).map(message).collect()
    }

    fn begin(&self, call: &ToolCall) -> Result<tools::Pending, Error> {
        if !self.tools.iter().any(|tool| tool.name == call.name) {
            return Err(Error::NotFound(format!("there is no tool {:?}", call.name)));
        }
        Ok(tools::start(&call.name, &call.arguments)?.call)
    }

    fn record(&self) -> Result<llm::Chat, Error> {
        let tools = if self.tools.is_empty() { String::new() } else { described(&self.tools)? };
        Ok(llm::Chat {
            model: self.model.clone(),
            messages: serde_json::to_string(&self.messages)?,
            tools,
            schema: self.schema.as_ref().map(Value::to_string),
            max_tokens: self.max_tokens,
            temperature: self.temperature,
        })
    }
}

/// Ask a model that may use tools, and let it work until it is done: at most [`ROUNDS`] times with tools.
pub fn tool_loop(model: &str, tools: Vec<Tool>, question: &str) -> Result<Reply, Error> {
    Chat::new(model).user(question).tools(tools).work(ROUNDS, |_| Ok(()))
}

/// A tool's failure as the model reads it.
pub fn told(error: &Error) -> String {
    json!({ "error": error.kind(), "text": error.text() }).to_string()
}

fn described(tools: &[Tool]) -> Result<String, Error> {
    let mut all = Vec::new();
    for tool in tools {
        let schema: Value = serde_json::from_str(&tool.input_schema)?;
        all.push(json!({ "name": tool.name, "description": tool.description, "input-schema": schema }));
    }
    Ok(serde_json::to_string(&all)?)
}

/// An answer as it comes: an iterator of its events. Dropping it ends it.
pub struct Answer {
    answer: llm::Answer,
    handle: u32,
    is_over: bool,
}

impl Answer {
    /// Everything that is still to come as a whole; `hear` is told each event.
    pub fn gather(mut self, mut hear: impl FnMut(&Event) -> Result<(), Error>) -> Result<Reply, Error> {
        let mut reply = Reply {
            text: String::new(),
            thinking: String::new(),
            tool_calls: Vec::new(),
            usage: Usage { input: 0, output: 0, estimated: true },
            stop: Stop::Other,
        };
        for event in &mut self {
            let event = event?;
            hear(&event)?;
            add(&mut reply, event);
        }
        Ok(reply)
    }
}

fn add(reply: &mut Reply, event: Event) {
    match event {
        Event::Text(piece) => reply.text.push_str(&piece),
        Event::Thinking(piece) => reply.thinking.push_str(&piece),
        Event::ToolStart(tool) => {
            reply.tool_calls.push(ToolCall { id: tool.id, name: tool.name, arguments: String::new() })
        }
        Event::ToolArguments(piece) => {
            if let Some(call) = reply.tool_calls.last_mut() {
                call.arguments.push_str(&piece);
            }
        }
        Event::ToolEnd => {}
        Event::Usage(usage) => reply.usage = usage,
        Event::Stop(stop) => reply.stop = stop,
    }
}

impl Iterator for Answer {
    type Item = Result<Event, Error>;

    /// The next event; waits. After an error nothing more comes.
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let event = self.answer.next().transpose();
        self.is_over = !matches!(event, Some(Ok(_)));
        event
    }
}

impl Waitable for Answer {
    fn handle(&self) -> u32 {
        self.handle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_written_as_the_host_reads_them() {
        let call = Call { id: "1".into(), name: "a.b".into(), arguments: "{}".into() };
        let said = Message::Assistant { content: "x".into(), calls: vec![call], thinking: String::new() };
        let result = Message::Tool { content: "y".into(), call: "1".into() };
        assert_eq!(
            serde_json::to_value([said, result]).unwrap(),
            json!([
                { "role": "assistant", "content": "x",
                  "tool-calls": [{ "id": "1", "name": "a.b", "arguments": "{}" }] },
                { "role": "tool", "content": "y", "tool-call": "1" },
            ])
        );
    }
}
