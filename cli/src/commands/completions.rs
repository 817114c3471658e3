//! `dela completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::args::Cli;
use crate::error::Error;
use crate::output::Output;

/// Write completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "For bash: dela completions bash > \
                        ~/.local/share/bash-completion/completions/dela")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

impl CompletionsArgs {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Error> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "dela", &mut script);
        Ok(output.stream(script.as_slice())?)
    }
}
