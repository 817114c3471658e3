//! `dela export`.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::args::Global;
use crate::client::{Client, ClientError, Rdf};
use crate::error::Error;
use crate::format::{OutputFormat, Profile};
use crate::lookup::{self, DatasetName};
use crate::output::{Output, count, write_file};

/// Write a dataset or a whole catalogue as RDF
///
/// Without a dataset or an agency it writes the catalogue of the node's own
/// agency. --signed and --proof write what others can check without this
/// software.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The dataset: its id, the beginning of it (8 digits or more), or its IRI
    #[arg(value_name = "DATASET", conflicts_with = "agency")]
    dataset: Option<DatasetName>,
    /// The catalogue of this agency: its name, its id or the beginning of it
    #[arg(long)]
    agency: Option<String>,
    /// Write it as this
    #[arg(long, default_value_t, value_enum)]
    format: OutputFormat,
    /// Write it in these words
    #[arg(long, default_value_t, value_enum)]
    profile: Profile,
    /// Write the exact signed bytes of the dataset's record, as COSE (RFC 9052)
    #[arg(long, requires = "dataset", conflicts_with_all = ["format", "profile", "proof"])]
    signed: bool,
    /// Write all that proves who signed the record, as JSON
    #[arg(long, requires = "dataset", conflicts_with_all = ["format", "profile"])]
    proof: bool,
    /// Write to this file instead of stdout; whole, or not at all
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl ExportArgs {
    pub(crate) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let client = global.client();
        if output.is_json() && !self.proof {
            return Err(Error::usage("an export is RDF or a signed record, not the node's JSON")
                .hint(
                    "`--format json-ld` writes RDF as JSON, `dela show --json` the node's JSON",
                ));
        }
        if self.signed && self.output.is_none() && output.is_terminal() {
            return Err(Error::usage("a signed record is not text for a terminal")
                .hint("write it to a file with `-o record.cose`"));
        }
        let body = self.body(&client)?;
        let Some(path) = &self.output else {
            return match body {
                Body::Rdf(rdf) => Ok(output.stream(rdf.body)?),
                Body::Record(bytes) => Ok(output.stream(bytes.as_slice())?),
                Body::Proof(json) => Ok(output.json(&json)?),
            };
        };
        let written = match body {
            Body::Rdf(rdf) => {
                let bar = match rdf.bytes {
                    Some(bytes) => output.progress(bytes, "Exporting", true),
                    None => output.spinner("Exporting"),
                };
                write(path, bar.wrap_read(rdf.body))?
            }
            Body::Record(bytes) => write(path, bytes.as_slice())?,
            Body::Proof(json) => write(path, json.as_bytes())?,
        };
        output.say(&format!("{} written to {}", count(written, "byte", "bytes"), path.display()));
        Ok(())
    }

    fn body(&self, client: &Client) -> Result<Body, Error> {
        let Some(dataset) = &self.dataset else {
            let agency = match &self.agency {
                Some(name) => lookup::agency(client, name)?,
                None => client.status()?.value.agency,
            };
            return Ok(Body::Rdf(client.catalogue_rdf(
                &agency.to_string(),
                self.format,
                self.profile,
            )?));
        };
        if self.signed {
            return Ok(Body::Record(client.record(&dataset.resolve(client)?)?));
        }
        if self.proof {
            return Ok(Body::Proof(client.proof(&dataset.resolve(client)?)?.json));
        }
        let id = dataset.resolve_whole(client)?;
        Ok(Body::Rdf(client.dataset_rdf(&id, self.format, self.profile)?))
    }
}

enum Body {
    Rdf(Rdf),
    Record(Vec<u8>),
    Proof(String),
}

fn write(path: &Path, body: impl Read) -> Result<u64, Error> {
    write_file(path, body).map_err(|error| match error.downcast::<ClientError>() {
        Ok(of_node) => of_node.into(),
        Err(error) => Error::refused(format!("{} cannot be written: {error}", path.display()))
            .hint("name a file in a folder that exists and where you may write"),
    })
}
