//! Tight loops of host calls, for the bench. Each answers a count, so that a refusal shows.

use lion_guest::{clock, config, host, packed};

lion_guest::world!("bench:bench/bench", ["../../wit", "wit"]);

struct Bench;

impl Guest for Bench {
    fn nop() {}

    fn config_n(n: u32) -> u32 {
        count(n, |_| matches!(config::get("greeting"), Ok(Some(_))))
    }

    fn clock_n(n: u32) -> u32 {
        count(n, |_| clock::now().is_ok())
    }

    fn kv_n(n: u32) -> u32 {
        count(n, |at| {
            let key = if at % 2 == 0 { "even" } else { "odd" };
            host::kv::set(key, "valueu").is_ok() && matches!(host::kv::get(key), Ok(Some(_)))
        })
    }

    fn tools_n(n: u32) -> u32 {
        let target = config::get("target").ok().flatten();
        let target = target.as_deref().unwrap_or("bench.nop");
        count(n, |_| match host::tools::start(target, "{}") {
            Ok(started) => started.call.take().is_ok(),
            Err(_) => false,
        })
    }

    fn text(size: u32) -> String {
        "x".repeat(size as usize)
    }

    fn swallow(text: String) -> u32 {
        text.len() as u32
    }

    fn packed(size: u32) -> String {
        packed::from_bytes(&vec![0xff; size as usize])
    }

    fn unpack(packed: String) -> Result<u32, String> {
        Ok(packed::to_bytes(packed)?.len() as u32)
    }
}

fn count(n: u32, mut works: impl FnMut(u32) -> bool) -> u32 {
    (0..n).filter(|&at| works(at)).count() as u32
}

export!(Bench);
