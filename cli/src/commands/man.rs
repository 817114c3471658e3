//! `dela man`.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};

use crate::args::Cli;
use crate::error::Error;
use crate::output::Output;

/// Write the manual page, or the pages of all verbs into a folder
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write a page for each verb into this folder
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl ManArgs {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Error> {
        let Some(folder) = &self.output else {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            return Ok(output.stream(page.as_slice())?);
        };
        clap_mangen::generate_to(Cli::command(), folder).map_err(|error| {
            Error::refused(format!("{} cannot be written to: {error}", folder.display()))
                .hint("name a folder that exists and where you may write")
        })?;
        output.say(&format!("The manual pages are in {}", folder.display()));
        Ok(())
    }
}
