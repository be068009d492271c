//! What a lion plugin or agent needs, made pleasant.
//!
//! A plugin is three files. `wit/world.wit` says which tools it exports:
//!
//! ```wit
//! package hello:hello;
//!
//! world hello {
//!     include lion:host/plugin@0.1.0;
//!
//!     /// Greet somebody by name.
//!     export greet: func(name: string) -> result<string, string>;
//! }
//! ```
//!
//! `src/lib.rs` implements them:
//!
//! ```ignore
//! lion_guest::world!("hello:hello/hello");
//!
//! struct Hello;
//!
//! impl Guest for Hello {
//!     fn greet(name: String) -> Result<String, String> {
//!         lion_guest::info!("greeting {name}");
//!         Ok(format!("Hello, {name}!"))
//!     }
//! }
//!
//! export!(Hello);
//! ```
//!
//! and `Cargo.toml` has `crate-type = ["cdylib"]` and this crate as a dependency. An agent includes
//! `lion:host/agent@0.1.0` instead and so has a function `run(task: String) -> Result<Output, Error>` to implement.
//!
//! What a plugin does not use is not imported, so the imports of the component show what it could ever do.
//! Every call of the host may be refused: that is an [`Error`] with [`Error::kind`] `denied`, and the plugin goes on.
//! A panic ends the instance, after its message has gone to the log.

#[doc(hidden)]
pub use wit_bindgen;

/// Generated from `wit/`. Use it through [`host`](crate::host) or the friendlier modules beside it.
#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        world: "imports",
        path: "wit",
        generate_all,
        runtime_path: "::wit_bindgen::rt",
        with: {
            "lion:host/types@0.1.0/error": crate::error::Error,
            "lion:host/fs@0.1.0/failure": crate::fs::Failure,
            "lion:host/http@0.1.0/failure": crate::http::Failure,
        },
    });
}

/// The host's interfaces as they are, one module each.
pub mod host {
    pub use crate::bindings::lion::host::*;

    // What these lack of their interface is the crate's own.
    pub mod types {
        pub use crate::bindings::lion::host::types::*;
        pub use crate::error::Error;
    }
    pub mod fs {
        pub use crate::bindings::lion::host::fs::*;
        pub use crate::fs::Failure;
    }
    pub mod http {
        pub use crate::bindings::lion::host::http::*;
        pub use crate::http::Failure;
    }
}

pub mod agents;
pub mod bus;
pub mod clock;
pub mod config;
pub mod denials;
pub mod elements;
pub mod error;
pub mod fs;
pub mod http;
pub mod kv;
pub mod llm;
pub mod log;
pub mod output;
pub mod packed;
#[doc(hidden)]
pub mod panics;
pub mod parse;
mod parse_json;
pub mod select;
pub mod tools;

pub use host::random;
pub use host::types::{Error, Output};
pub use select::Select;
/// `serde` and `serde_json`, in the versions this crate is built with. What `#[derive(Serialize)]` writes names the crate
/// `serde`: a plugin has it as a dependency of its own (`lion new` writes it), or says
/// `#[serde(crate = "lion_guest::serde")]` beside the derive.
pub use {serde, serde_json as json};

/// Bindings for a world of the plugin's own, which includes `lion:host/plugin` or `lion:host/agent`.
///
/// Takes the world's full name, `package:name/world`, and folders of WIT if not `wit` alone (with `wit/deps/*`, where
/// `lion new` puts lion's own). Makes a trait `Guest` with a function for each export and the macro
/// `export!(Type)`; an agent's world makes the names `Error` and `Output` too. Panics of the plugin go to the log from then on.
#[macro_export]
macro_rules! world {
    ($world:literal) => {
        $crate::world!($world, ["wit"]);
    };
    ($world:literal, [$($path:literal),+ $(,)?]) => {
        $crate::wit_bindgen::generate!({
            world: $world,
            path: [$($path),+],
            // Interfaces that are not lion's: a system plugin's, whose WIT is in `wit/deps`.
            generate_all,
            runtime_path: "::lion_guest::wit_bindgen::rt",
            with: {
                "lion:host/types@0.1.0": ::lion_guest::host::types,
                "lion:host/log@0.1.0": ::lion_guest::host::log,
                "lion:host/clock@0.1.0": ::lion_guest::host::clock,
                "lion:host/random@0.1.0": ::lion_guest::host::random,
                "lion:host/config@0.1.0": ::lion_guest::host::config,
                "lion:host/kv@0.1.0": ::lion_guest::host::kv,
                "lion:host/output@0.1.0": ::lion_guest::host::output,
                "lion:host/tools@0.1.0": ::lion_guest::host::tools,
                "lion:host/poll@0.1.0": ::lion_guest::host::poll,
                "lion:host/secrets@0.1.0": ::lion_guest::host::secrets,
                "lion:host/llm@0.1.0": ::lion_guest::host::llm,
                "lion:host/http@0.1.0": ::lion_guest::host::http,
                "lion:host/fs@0.1.0": ::lion_guest::host::fs,
                "lion:host/denials@0.1.0": ::lion_guest::host::denials,
                "lion:host/process@0.1.0": ::lion_guest::host::process,
                "lion:host/agents@0.1.0": ::lion_guest::host::agents,
                "lion:host/bus@0.1.0": ::lion_guest::host::bus,
                "lion:host/elements@0.1.0": ::lion_guest::host::elements,
            },
        });

        // Runs before the first export does.
        #[used]
        #[unsafe(link_section = ".init_array")]
        static __LION_PANICS: extern "C" fn() = $crate::panics::report;
    };
}
