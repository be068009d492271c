//! Every host function, once.

use lion_guest::host::{clock, config, kv, log, output, poll, random, tools};
use lion_guest::Error;

/// One line for each: `kv.set ok` or `kv.set denied: ...`.
pub fn all() -> Vec<String> {
    vec![
        line("log.write", log::write(log::Level::Info, "was here")),
        line("clock.now", clock::now()),
        line("clock.monotonic", clock::monotonic()),
        line("clock.sleep", clock::sleep(0)),
        line("random.number", random::number()),
        line("random.bytes", random::bytes(1)),
        line("config.get", config::get("key")),
        line("config.keys", config::keys()),
        line("kv.get", kv::get("key")),
        line("kv.set", kv::set("key", "valueu")),
        line("kv.delete", kv::delete("key")),
        line("kv.list", kv::list("", None, 1)),
        line("kv.compare-and-set", kv::compare_and_set("key", None, Some("valueu"))),
        line("output.text", output::text("was here\n")),
        line("output.partial", output::partial("{}")),
        line("output.progress", output::progress(1, None, "was here")),
        line("tools.list", tools::list()),
        line("tools.call", tools::call("calculator.add", "{\"a\":1,\"b\":2}")),
        line("tools.start", tools::start("calculator.add", "{\"a\":1,\"b\":2}")),
        line("poll.wait", poll::wait("", Some(0))),
    ]
}

fn line<T>(name: &str, result: Result<T, Error>) -> String {
    match result {
        Ok(_) => format!("{name} ok"),
        Err(error) => format!("{name} {}", error.line()),
    }
}
