//! `dela publish`.

use clap::Args;
use dela_protocol::api::{ChangeKind, NewDataset, NewDistribution, PublishReport};
use dela_protocol::dcat::Text;

use crate::args::{Global, TokenArgs};
use crate::client::PublishOptions;
use crate::error::Error;
use crate::format::InputFormat;
use crate::lookup;
use crate::output::{Output, clean};
use crate::source::{self, Source};

/// Publish or change one dataset, from flags or from a file
///
/// From flags: at least --title and --description. From a file: RDF that
/// describes one dataset, or JSON as `POST /api/v1/datasets` takes it. The rest
/// of the catalogue stays as it is.
#[derive(Debug, Args)]
#[command(after_help = "\
A dataset that has the same IRI is changed; without --iri one is made from the agency and the title.

Example:
  dela publish --title 'Badvatten@sv' --title 'Bathing water@en' \\
    --description 'Prover från sommarens badplatser@sv' --licence CC0-1.0 --theme ENVI \\
    --download https://data.example.org/badvatten.csv,CSV")]
pub(crate) struct PublishArgs {
    /// A file, an http or https URL, or - for stdin; instead of the flags
    #[arg(
        value_name = "FILE|URL|-",
        conflicts_with_all = [
            "iri", "title", "description", "keyword", "theme", "licence", "contact_name",
            "contact_email", "landing_page", "distribution", "download",
        ]
    )]
    file: Option<String>,
    /// Its title; @sv at the end says the language (can be repeated)
    #[arg(long, value_name = "TEXT[@LANG]", value_parser = parse_text)]
    title: Vec<Text>,
    /// What it is, in a few sentences (can be repeated)
    #[arg(long, value_name = "TEXT[@LANG]", value_parser = parse_text)]
    description: Vec<Text>,
    /// A keyword (can be repeated)
    #[arg(long, value_name = "TEXT[@LANG]", value_parser = parse_text)]
    keyword: Vec<Text>,
    /// A theme: an EU code such as ENVI, or an IRI (can be repeated)
    #[arg(long)]
    theme: Vec<String>,
    /// The licence of all its files: CC0-1.0, CC-BY-4.0, or an IRI
    #[arg(long)]
    licence: Option<String>,
    /// Whom to ask
    #[arg(long, value_name = "NAME")]
    contact_name: Option<String>,
    /// The e-mail address of whom to ask
    #[arg(long, value_name = "EMAIL", value_parser = parse_email)]
    contact_email: Option<String>,
    /// A page about it
    #[arg(long, value_name = "URL", value_parser = parse_url)]
    landing_page: Option<String>,
    /// Where it can be had, and in which format (can be repeated)
    #[arg(long, value_name = "URL[,FORMAT]", value_parser = parse_distribution)]
    distribution: Vec<NewDistribution>,
    /// The same, where the address is the file itself (can be repeated)
    #[arg(long, value_name = "URL[,FORMAT]", value_parser = parse_download)]
    download: Vec<NewDistribution>,
    /// Its IRI
    #[arg(long, value_parser = parse_iri)]
    iri: Option<String>,
    /// Not when `dela check` finds errors in it
    #[arg(long)]
    strict: bool,
    /// Read the file as this, instead of by its name or its bytes
    #[arg(long, requires = "file")]
    format: Option<InputFormat>,
    /// Resolve relative IRIs in the file against this one
    #[arg(long, value_name = "IRI", requires = "file", value_parser = super::import::parse_base)]
    base: Option<String>,
    #[command(flatten)]
    token: TokenArgs,
}

impl PublishArgs {
    pub(crate) fn run(mut self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let options = PublishOptions { strict: self.strict, language: output.asked_language() };
        let answer = if let Some(file) = self.file.take() {
            let source = Source::read(&file)?;
            let client = global.writing_client(&self.token, output);
            match (self.format, new_dataset(&file, source.bytes())) {
                (None, Some(json)) => client.publish(&json?, options)?,
                _ => source.send(output, self.format, self.base.as_deref(), |upload| {
                    client.publish_rdf(upload, options)
                })?,
            }
        } else {
            if self.title.is_empty() || self.description.is_empty() {
                return Err(Error::usage("a dataset needs at least a title and a description")
                    .hint("`dela publish --title 'Badvatten@sv' --description 'Prover@sv'`")
                    .hint("or name a file that describes it: `dela publish FILE`"));
            }
            let client = global.writing_client(&self.token, output);
            client.publish(&self.dataset(), options)?
        };
        if output.is_json() {
            return Ok(output.json(&answer.json)?);
        }
        show(&answer.value, output)
    }

    fn dataset(self) -> NewDataset {
        NewDataset {
            iri: self.iri,
            title: self.title,
            description: self.description,
            keyword: self.keyword,
            theme: self.theme,
            licence: self.licence,
            contact_name: self.contact_name,
            contact_email: self.contact_email,
            landing_page: self.landing_page,
            distribution: self.distribution.into_iter().chain(self.download).collect(),
        }
    }
}

/// Reads a dataset as `POST /api/v1/datasets` takes it. JSON-LD is JSON too: it
/// is told by its members, all of which begin with `@` or hold a prefix.
fn new_dataset(name: &str, bytes: &[u8]) -> Option<Result<NewDataset, Error>> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let members = value.as_object()?;
    if members.keys().any(|name| name.starts_with('@') || name.contains(':')) {
        return None;
    }
    Some(serde_json::from_value(value).map_err(|error| {
        Error::refused(format!("{name} is JSON, but does not describe a dataset: {error}"))
            .hint("its members are named like the flags of `dela publish`: title, description, ...")
            .hint("if it is JSON-LD, it needs an @context")
    }))
}

/// How many findings are shown: errors come first, and a short dataset lacks a
/// dozen recommended things.
const FINDINGS_SHOWN_MAX: usize = 3;

/// Shows what publishing or withdrawing did.
pub(super) fn show(report: &PublishReport, output: &mut Output) -> Result<(), Error> {
    let title = clean(if report.title.is_empty() { &report.iri } else { &report.title });
    output.done(&match report.change {
        Some(ChangeKind::Created) => format!("Published \"{title}\""),
        Some(ChangeKind::Changed) => format!("Changed \"{title}\""),
        Some(ChangeKind::Withdrawn) => format!("Withdrew \"{title}\""),
        None => format!("\"{title}\" was so already; nothing has changed"),
    })?;
    output.field("id", &report.id.to_string())?;
    output.field("iri", &report.iri)?;
    if !report.warnings.is_empty() {
        output.line("")?;
        output.heading("To mend")?;
        source::findings(output, "dataset", &report.warnings, FINDINGS_SHOWN_MAX)?;
        if report.warnings.len() > FINDINGS_SHOWN_MAX {
            output.suggest("`--json` lists everything that should be mended");
        }
    }
    if matches!(report.change, Some(ChangeKind::Created | ChangeKind::Changed)) {
        output.suggest(&format!("`dela show {}` shows it as others see it", report.id.short()));
    }
    Ok(())
}

/// Reads `TEXT[@LANG]`. A text that itself ends like a language (`me@se`) is
/// written with one more `@`.
fn parse_text(argument: &str) -> Result<Text, String> {
    let (text, language) = match argument.rsplit_once('@') {
        Some((text, "")) => (text, None),
        Some((text, tag)) if is_language(tag) => (text, Some(tag.to_owned())),
        _ => (argument, None),
    };
    let text = text.trim();
    if text.is_empty() {
        return Err("the text is empty; write it like 'Badvatten@sv'".to_owned());
    }
    Ok(Text { text: text.to_owned(), language })
}

/// Returns whether the text has the form of a language tag (BCP 47).
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// Reads `URL[,FORMAT]`. A URL whose end looks like a format (`…/1,csv`) is
/// written with a comma at its end.
fn parse_distribution(argument: &str) -> Result<NewDistribution, String> {
    let (url, format) = match argument.rsplit_once(',') {
        Some((url, "")) => (url, None),
        Some((url, format)) if is_format(format.trim()) => (url, Some(format.trim().to_owned())),
        _ => (argument, None),
    };
    Ok(NewDistribution { access_url: parse_url(url)?, format, ..NewDistribution::default() })
}

fn parse_download(argument: &str) -> Result<NewDistribution, String> {
    let distribution = parse_distribution(argument)?;
    Ok(NewDistribution { download_url: Some(distribution.access_url.clone()), ..distribution })
}

/// Returns whether the text has the form of a format: `CSV`, `text/csv`.
fn is_format(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-_".contains(&byte))
    };
    match text.split_once('/') {
        Some((kind, name)) => is_name(kind) && is_name(name),
        None => is_name(text),
    }
}

fn parse_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_web = ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if is_web && lookup::is_iri(text) {
        return Ok(text.to_owned());
    }
    Err("expected an http or https URL such as https://data.example.org/badvatten.csv".to_owned())
}

fn parse_iri(text: &str) -> Result<String, String> {
    if lookup::is_iri(text) {
        return Ok(text.to_owned());
    }
    Err("expected an absolute IRI such as https://data.example.org/dataset/1".to_owned())
}

fn parse_email(text: &str) -> Result<String, String> {
    let text = text.strip_prefix("mailto:").unwrap_or(text).trim();
    let is_address = text
        .split_once('@')
        .is_some_and(|(who, host)| !who.is_empty() && !host.is_empty() && !host.contains('@'));
    if is_address && !text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Ok(text.to_owned());
    }
    Err("expected an e-mail address such as oppnadata@example.org".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(argument: &str) -> (String, Option<String>) {
        let Text { text, language } = parse_text(argument).unwrap();
        (text, language)
    }

    #[test]
    fn a_text_says_its_language_at_its_end() {
        let read = |words: &str, tag: Option<&str>| (words.to_owned(), tag.map(str::to_owned));
        assert_eq!(text("Badvatten@sv"), read("Badvatten", Some("sv")));
        assert_eq!(text("Bathing water @en-GB"), read("Bathing water", Some("en-GB")));
        assert_eq!(text("Badvatten"), read("Badvatten", None));
        assert_eq!(text("ask me@home"), read("ask me@home", None));
        assert_eq!(text("ask me@se@"), read("ask me@se", None));
        assert_eq!(text("a@b@sv"), read("a@b", Some("sv")));
        for empty in ["", "  ", "@sv", "@"] {
            assert!(parse_text(empty).is_err(), "{empty:?}");
        }
    }

    #[test]
    fn a_distribution_says_its_format_at_its_end() {
        let read = |argument: &str| {
            let distribution = parse_distribution(argument).unwrap();
            (distribution.access_url, distribution.format)
        };
        let url = |url: &str, format: Option<&str>| (url.to_owned(), format.map(str::to_owned));
        assert_eq!(
            read("https://x.example/a.csv,CSV"),
            url("https://x.example/a.csv", Some("CSV"))
        );
        assert_eq!(
            read("https://x.example/a,application/geo+json"),
            url("https://x.example/a", Some("application/geo+json"))
        );
        assert_eq!(read("https://x.example/a"), url("https://x.example/a", None));
        assert_eq!(read("https://x.example/?b=1,2"), url("https://x.example/?b=1,2", None));
        assert_eq!(read("https://x.example/1,csv,"), url("https://x.example/1,csv", None));
        for wrong in ["", ",CSV", "CSV", "ftp://x.example/a", "https://", "https://x y/"] {
            assert!(parse_distribution(wrong).is_err(), "{wrong:?}");
        }
        let download = parse_download("https://x.example/a.csv,CSV").unwrap();
        assert_eq!(download.download_url.as_deref(), Some("https://x.example/a.csv"));
    }

    #[test]
    fn a_file_is_a_dataset_of_the_api_or_json_ld() {
        let dataset = br#"{"title":[{"text":"T"}],"description":[{"text":"D"}]}"#;
        assert!(new_dataset("x", dataset).unwrap().is_ok());
        assert!(new_dataset("x", br#"{"titel":[]}"#).unwrap().is_err());
        assert!(new_dataset("x", br#"{"@context":{},"title":"T"}"#).is_none());
        assert!(new_dataset("x", br#"{"dct:title":"T"}"#).is_none());
        assert!(new_dataset("x", b"<urn:x> a <urn:y> .").is_none());
    }
}
