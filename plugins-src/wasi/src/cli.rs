//! `wasi:cli`: arguments and environment are the manifest's, and nothing is a terminal.

use crate::exports::wasi::cli;
use crate::exports::wasi::io::streams::{InputStream, OutputStream};
use crate::streams::{Input, Output};
use crate::{program, Wasi};

impl cli::environment::Guest for Wasi {
    fn get_environment() -> Vec<(String, String)> {
        program::started(|program| program.env.clone())
    }

    fn get_arguments() -> Vec<String> {
        program::arguments()
    }

    fn initial_cwd() -> Option<String> {
        None
    }
}

impl cli::exit::Guest for Wasi {
    fn exit(status: Result<(), ()>) {
        program::exit(status.is_err() as u8)
    }

    fn exit_with_code(code: u8) {
        program::exit(code)
    }
}

impl cli::stdin::Guest for Wasi {
    fn get_stdin() -> InputStream {
        InputStream::new(Input::stdin())
    }
}

impl cli::stdout::Guest for Wasi {
    fn get_stdout() -> OutputStream {
        OutputStream::new(Output::Stdout)
    }
}

impl cli::stderr::Guest for Wasi {
    fn get_stderr() -> OutputStream {
        OutputStream::new(Output::Stderr)
    }
}

/// A terminal, which nobody has.
pub struct Terminal;

impl cli::terminal_input::GuestTerminalInput for Terminal {}

impl cli::terminal_output::GuestTerminalOutput for Terminal {}

impl cli::terminal_input::Guest for Wasi {
    type TerminalInput = Terminal;
}

impl cli::terminal_output::Guest for Wasi {
    type TerminalOutput = Terminal;
}

impl cli::terminal_stdin::Guest for Wasi {
    fn get_terminal_stdin() -> Option<cli::terminal_input::TerminalInput> {
        None
    }
}

impl cli::terminal_stdout::Guest for Wasi {
    fn get_terminal_stdout() -> Option<cli::terminal_output::TerminalOutput> {
        None
    }
}

impl cli::terminal_stderr::Guest for Wasi {
    fn get_terminal_stderr() -> Option<cli::terminal_output::TerminalOutput> {
        None
    }
}
