//! Calls each function of the host once, so that every one has a test where it is granted and one where it is not.

use lion_guest::denials;
use lion_guest::host::{clock, config, kv, log, output, poll, process, random, tools};
use lion_guest::json::{json, to_string};
use lion_guest::serde::Serialize;
use lion_guest::Error;

lion_guest::world!("probe:probe/probe", ["../../wit", "wit"]);

type Said = Result<String, String>;

struct Probe;

impl Guest for Probe {
    fn log_write(level: String, message: String) -> Said {
        let level = match level.as_str() {
            "debug" => log::Level::Debug,
            "info" => log::Level::Info,
            "warn" => log::Level::Warn,
            _ => log::Level::Error,
        };
        say(log::write(level, &message))
    }

    fn clock_now() -> Said {
        say(clock::now())
    }

    fn clock_monotonic() -> Said {
        say(clock::monotonic())
    }

    fn clock_sleep(duration: u64) -> Said {
        say(clock::sleep(duration))
    }

    fn random_number() -> Said {
        say(random::number())
    }

    fn random_bytes(length: u32) -> Said {
        say(random::bytes(length))
    }

    fn config_get(key: String) -> Said {
        say(config::get(&key))
    }

    fn config_keys() -> Said {
        say(config::keys())
    }

    fn kv_get(key: String) -> Said {
        say(kv::get(&key))
    }

    fn kv_set(key: String, value: String) -> Said {
        say(kv::set(&key, &value))
    }

    fn kv_delete(key: String) -> Said {
        say(kv::delete(&key))
    }

    fn kv_list(prefix: String, after: Option<String>, limit: u32) -> Said {
        say(kv::list(&prefix, after.as_deref(), limit))
    }

    fn kv_compare_and_set(key: String, expected: Option<String>, value: Option<String>) -> Said {
        say(kv::compare_and_set(&key, expected.as_deref(), value.as_deref()))
    }

    fn output_text(piece: String) -> Said {
        say(output::text(&piece))
    }

    fn output_partial(json: String) -> Said {
        say(output::partial(&json))
    }

    fn output_progress(done: u64, total: Option<u64>, message: String) -> Said {
        say(output::progress(done, total, &message))
    }

    fn tools_list() -> Said {
        say(tools::list().map(|all| all.iter().map(described).collect::<Vec<_>>()))
    }

    fn tools_call(name: String, arguments: String) -> Said {
        say(tools::call(&name, &arguments))
    }

    fn tools_start(name: String, arguments: String) -> Said {
        say(tools::start(&name, &arguments).and_then(|started| started.call.take()))
    }

    fn tools_take_twice(name: String, arguments: String) -> Said {
        let started = tools::start(&name, &arguments).map_err(String::from)?;
        let _ = started.call.take();
        say(started.call.take())
    }

    fn tools_drop(name: String, arguments: String) -> Said {
        say(tools::start(&name, &arguments).map(drop))
    }

    fn poll_wait(handles: String, until: Option<u64>) -> Said {
        say(poll::wait(&handles, until))
    }

    fn poll_started(names: Vec<String>, arguments: String, nanos: Option<u64>) -> Said {
        let started: Result<Vec<_>, Error> =
            names.iter().map(|name| tools::start(name, &arguments)).collect();
        let started = started.map_err(String::from)?;
        let handles: Vec<_> = started.iter().map(|one| one.handle.to_string()).collect();
        let until = match nanos {
            Some(nanos) => Some(clock::monotonic().map_err(String::from)?.saturating_add(nanos)),
            None => None,
        };
        say(poll::wait(&handles.join(" "), until))
    }

    fn denials_last(first: String, about: String) -> Said {
        let done = match first.as_str() {
            "kv" => kv::get(&about).map(drop),
            "tool" => tools::call(&about, "{}").map(drop),
            "now" => clock::now().map(drop),
            _ => Ok(()),
        };
        let was_denied = done.is_err_and(|error| error.is_denied());
        let found = denials::last().map_err(String::from)?;
        let line = found.map(|lacks| format!("{lacks}, grantable: {}", lacks.is_grantable()));
        say(Ok((was_denied, line)))
    }

    fn process_start() -> Said {
        say(process::start().map(|found| {
            let directories: Vec<_> = found.directories.iter().map(|one| (&one.path, one.writable)).collect();
            json!({"args": found.args, "env": found.env, "stdin": found.stdin, "directories": directories})
        }))
    }
}

fn described(tool: &tools::Tool) -> lion_guest::json::Value {
    json!({
        "name": tool.name,
        "description": tool.description,
        "input-schema": tool.input_schema,
        "output-schema": tool.output_schema,
    })
}

fn say<T: Serialize>(result: Result<T, Error>) -> Said {
    let value = result.map_err(String::from)?;
    to_string(&value).map_err(|error| error.to_string())
}

export!(Probe);
