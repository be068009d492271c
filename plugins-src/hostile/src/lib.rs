//! Attacks. Each says in the WIT what it tries; the tests say how it has to end.

mod floods;
mod forgeries;
mod refusals;
mod values;

use std::hint::black_box;

use lion_guest::host;

lion_guest::world!("hostile:hostile/hostile", ["../../wit", "wit"]);

struct Hostile;

impl Guest for Hostile {
    fn nop() {}

    fn spin() {
        let mut n = 0u64;
        loop {
            n = black_box(n.wrapping_add(1));
        }
    }

    fn drip(micros: u32) {
        floods::drip(micros)
    }

    fn flood(n: u32) -> u32 {
        (0..n).filter(|_| host::clock::now().is_ok()).count() as u32
    }

    fn flood_forever() {
        loop {
            let _ = host::clock::now();
        }
    }

    fn memory_bomb() {
        const PIECE: usize = 1 << 20;
        let mut pieces: Vec<Vec<u8>> = Vec::new();
        loop {
            pieces.push(black_box(vec![0xff; PIECE]));
        }
    }

    fn memory_grow(pages: u32) -> bool {
        std::arch::wasm32::memory_grow(0, pages as usize) != usize::MAX
    }

    fn deep_recursion() -> u64 {
        deeper(black_box(1))
    }

    fn panic(message: String) {
        panic!("{message}")
    }

    fn stop() {
        std::arch::wasm32::unreachable()
    }

    fn huge_text(size: u32) -> String {
        "x".repeat(size as usize)
    }

    fn huge_list(count: u32, size: u32) -> Vec<String> {
        vec!["x".repeat(size as usize); count as usize]
    }

    fn nested_value() -> values::Nested {
        values::nested()
    }

    fn nested_json(depth: u32) -> Result<(), String> {
        Ok(host::output::partial(&values::nested_json(depth))?)
    }

    fn nested_arguments(name: String, depth: u32) -> Result<String, String> {
        let arguments = format!("{{\"name\":{}}}", values::nested_json(depth));
        Ok(host::tools::call(&name, &arguments)?)
    }

    fn bad_text() -> Result<(), String> {
        Ok(host::log::write(host::log::Level::Info, &values::not_utf8())?)
    }

    fn bad_answer() -> String {
        values::not_utf8()
    }

    fn forged_poll() -> Vec<String> {
        forgeries::poll()
    }

    fn forged_take(handle: u32) -> Result<String, String> {
        Ok(forgeries::pending(handle).take()?)
    }

    fn forged_drop(handle: u32) {
        drop(forgeries::pending(handle))
    }

    fn log_flood(n: u32, size: u32) -> u32 {
        let line = "x".repeat(size as usize);
        floods::count(n, |_| host::log::write(host::log::Level::Info, &line).is_ok())
    }

    fn output_flood(n: u32, size: u32) -> u32 {
        let piece = "x".repeat(size as usize);
        floods::count(n, |_| host::output::text(&piece).is_ok())
    }

    fn kv_flood(n: u32, size: u32) -> u32 {
        let value = ["x".repeat(size as usize).as_str(), "u"].concat();
        floods::count(n, |at| host::kv::set(&at.to_string(), &value).is_ok())
    }

    fn ungranted() -> Vec<String> {
        refusals::all()
    }

    fn call_self(name: String, depth: u32) -> Result<String, String> {
        floods::call_self(&name, depth)
    }

    fn start_flood(n: u32, name: String) -> u32 {
        floods::start(n, &name)
    }

    fn handle_hoard(n: u32, name: String) -> u32 {
        floods::hoard(n, &name)
    }

    fn sleep(nanos: u64) -> Result<(), String> {
        Ok(host::clock::sleep(nanos)?)
    }
}

fn deeper(n: u64) -> u64 {
    if black_box(n) == 0 {
        return n;
    }
    // What is done with the result keeps the compiler from making a loop of it.
    black_box(deeper(black_box(n + 1))) + n
}

export!(Hostile);
