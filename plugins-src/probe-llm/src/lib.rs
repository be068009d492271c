//! Calls each function of `llm` once, so that every one has a test where it is granted and one where it is not.

use lion_guest::host::{llm, poll, tools};
use lion_guest::json::{json, to_string, Value};
use lion_guest::llm::{Chat, Event, Reply, Stop};
use lion_guest::Error;

lion_guest::world!("probe-llm:probe-llm/probe-llm", ["../../wit", "wit"]);

type Said = Result<String, String>;

struct Probe;

impl Guest for Probe {
    fn llm_models() -> Said {
        Ok(text(&json!(llm::models()?)))
    }

    fn llm_ask(question: Question) -> Said {
        Ok(text(&reply(&llm::ask(&chat(question))?)))
    }

    fn llm_start(question: Question) -> Said {
        drop(llm::start(&chat(question))?);
        Ok("null".into())
    }

    fn llm_next(question: Question) -> Said {
        let answer = llm::start(&chat(question))?.answer;
        let mut events = Vec::new();
        loop {
            match answer.next() {
                Ok(Some(said)) => events.push(event(&said)),
                Ok(None) => return Ok(text(&Value::Array(events))),
                Err(error) => {
                    events.push(json!({ "error": error.kind(), "text": error.text() }));
                    return Ok(text(&Value::Array(events)));
                }
            }
        }
    }

    fn llm_both(first: Question, second: Question) -> Said {
        let both = [llm::start(&chat(first))?, llm::start(&chat(second))?];
        let mut open = vec![0, 1];
        let mut turns = Vec::new();
        while !open.is_empty() {
            let handles: Vec<_> = open.iter().map(|&at: &usize| both[at].handle.to_string()).collect();
            let ready = poll::wait(&handles.join(" "), None)?;
            let at = open[ready[0] as usize];
            match both[at].answer.next()? {
                Some(_) => turns.push(at),
                None => open.retain(|&one| one != at),
            }
        }
        Ok(text(&json!(turns)))
    }

    fn llm_loop(model: String, question: String, rounds: u32) -> Said {
        let mut chat = Chat::new(&model).user(question).tools(tools::list()?);
        let said = chat.work(rounds, |_| Ok(()))?;
        Ok(text(&json!({ "reply": reply(&said), "messages": chat.messages })))
    }
}

fn chat(question: Question) -> llm::Chat {
    let Question { model, messages, tools, schema, max_tokens } = question;
    llm::Chat { model, messages, tools, schema, max_tokens, temperature: Some(0.7) }
}

fn event(event: &Event) -> Value {
    match event {
        Event::Text(piece) => json!(["text", piece]),
        Event::Thinking(piece) => json!(["thinking", piece]),
        Event::ToolStart(tool) => json!(["tool-start", tool.id, tool.name]),
        Event::ToolArguments(piece) => json!(["tool-arguments", piece]),
        Event::ToolEnd => json!(["tool-end"]),
        Event::Usage(usage) => json!(["usage", usage.input, usage.output, usage.estimated]),
        Event::Stop(stop) => json!(["stop", name(*stop)]),
    }
}

fn reply(reply: &Reply) -> Value {
    let call = |call: &llm::ToolCall| json!([call.id, call.name, call.arguments]);
    json!({
        "text": reply.text,
        "thinking": reply.thinking,
        "tool-calls": reply.tool_calls.iter().map(call).collect::<Vec<_>>(),
        "usage": [reply.usage.input, reply.usage.output],
        "estimated": reply.usage.estimated,
        "stop": name(reply.stop),
    })
}

fn name(stop: Stop) -> &'static str {
    match stop {
        Stop::End => "end",
        Stop::Length => "length",
        Stop::ToolUse => "tool-use",
        Stop::Filtered => "filtered",
        Stop::Other => "other",
    }
}

fn text(value: &Value) -> String {
    to_string(value).map_err(Error::from).unwrap_or_else(|error| error.line())
}

export!(Probe);
