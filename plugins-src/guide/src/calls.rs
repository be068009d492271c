//! Which tools the guide asks, and asking them all at once.

use lion_guest::json::{json, Map, Value};
use lion_guest::{config, sayln, tools, Error};

/// Starts every call; one that cannot be started is an answer already.
pub fn start_all(task: &str, answers: &mut Map<String, Value>) -> Result<Vec<(String, tools::Call)>, Error> {
    let mut started = Vec::new();
    for (name, arguments) in wanted(task)? {
        match tools::start(&name, &arguments) {
            Ok(call) => started.push((name, call)),
            Err(error) => crate::tell(&name, Err(error), answers)?,
        }
    }
    let names: Vec<_> = started.iter().map(|(name, _)| name.as_str()).collect();
    sayln!("asked {} tools at once: {}", names.len(), names.join(", "))?;
    Ok(started)
}

fn wanted(task: &str) -> Result<Vec<(String, Value)>, Error> {
    let Some(list) = config::value::<Vec<Value>>("tools")? else {
        return Ok(defaults(task));
    };
    list.into_iter().map(one).collect()
}

fn one(mut entry: Value) -> Result<(String, Value), Error> {
    let arguments = entry.get_mut("with").map_or_else(|| json!({}), Value::take);
    let name = entry.get("name").and_then(Value::as_str);
    let name = name.ok_or_else(|| Error::Invalid("tools: an entry has no name".into()))?;
    Ok((name.into(), arguments))
}

fn defaults(task: &str) -> Vec<(String, Value)> {
    vec![
        ("calculator.add".into(), json!({ "a": task.len(), "b": 1 })),
        ("hello.greet".into(), json!({ "name": task.split(' ').next() })),
        ("notebook.write".into(), json!({ "title": task, "text": "seen" })),
    ]
}
