//! `dela show`.

use clap::Args;
use dela_protocol::api::{
    DatasetKind, DatasetView, EarlierVersion, Proof, Provenance, Related, Relation,
};
use dela_protocol::dcat::{Contact, Distribution, Resource, Text};

use crate::args::Global;
use crate::error::Error;
use crate::format::{OutputFormat, Profile};
use crate::lookup::DatasetName;
use crate::output::{Output, moment, number, title};

/// Show a dataset, where it can be had, and who vouches for it
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The dataset: its id, the beginning of it (8 digits or more), or its IRI
    #[arg(value_name = "DATASET")]
    dataset: DatasetName,
    /// Show its RDF instead
    #[arg(
        long,
        value_name = "FORMAT",
        num_args = 0..=1,
        default_missing_value = "turtle",
        conflicts_with = "json"
    )]
    rdf: Option<OutputFormat>,
    /// Show what proves who published it, to be checked without this software
    #[arg(long, conflicts_with = "rdf")]
    proof: bool,
}

impl ShowArgs {
    pub(crate) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let client = global.client();
        if let Some(format) = self.rdf {
            let id = self.dataset.resolve_whole(&client)?;
            return Ok(output.stream(client.dataset_rdf(&id, format, Profile::default())?.body)?);
        }
        let id = self.dataset.resolve(&client)?;
        if self.proof {
            let answer = client.proof(&id)?;
            return if output.is_json() {
                Ok(output.json(&answer.json)?)
            } else {
                show_proof(&id, &answer.value, output)
            };
        }
        let answer = client.dataset(&id)?;
        if output.is_json() {
            return Ok(output.json(&answer.json)?);
        }
        show(&answer.value, output)
    }
}

fn show(view: &DatasetView, output: &mut Output) -> Result<(), Error> {
    let DatasetView { summary, resource, triples, related, earlier } = view;
    let languages = output.languages().to_vec();
    output.heading(&title(&summary.title, &languages, &summary.iri))?;
    if let Some(description) = Text::in_languages(&resource.description, &languages) {
        output.prose(description)?;
    }
    output.line("")?;
    let kind = match summary.kind {
        DatasetKind::Dataset => "",
        DatasetKind::DataService => "data service",
        DatasetKind::DatasetSeries => "dataset series",
        DatasetKind::Catalogue => "catalogue",
    };
    output.field("kind", kind)?;
    output.field("id", &summary.id.to_string())?;
    output.field("iri", &summary.iri)?;
    output.field("changed", &summary.modified)?;
    output.field("licence", &summary.licences.join(", "))?;
    output.field("formats", &summary.formats.join(", "))?;
    output.field("themes", &summary.themes.join(", "))?;
    show_resource(resource, &languages, output)?;
    output.field("triples", &number(*triples))?;
    for distribution in &resource.distribution {
        show_distribution(distribution, &languages, output)?;
    }
    show_related(related, &languages, output)?;
    output.line("")?;
    output.heading("Who vouches for it")?;
    output.field("agency", &summary.agency_name)?;
    output.field("agency id", &summary.agency.to_string())?;
    show_provenance(&summary.provenance, output)?;
    for version in earlier {
        let EarlierVersion { issued_at, record, .. } = version;
        output.field("before", &format!("{issued_at}  {}", record.short()))?;
    }
    let short = summary.id.short();
    output.suggest(&format!(
        "`dela export {short}` gives it as RDF, `dela show {short} --proof` the proof"
    ));
    Ok(())
}

/// Shows what belongs to it, each with the id that opens it.
fn show_related(related: &[Related], languages: &[&str], output: &mut Output) -> Result<(), Error> {
    for Related { relation, id, title: titles, .. } in related {
        let name = match relation {
            Relation::Series => "in series",
            Relation::Member => "has in it",
            Relation::Service => "served by",
            Relation::Served => "serves",
        };
        let id = id.short();
        output.field(name, &format!("{id}  {}", title(titles, languages, "")))?;
    }
    Ok(())
}

fn show_resource(
    resource: &Resource,
    languages: &[&str],
    output: &mut Output,
) -> Result<(), Error> {
    let keywords: Vec<&str> = resource.keyword.iter().map(|text| text.text.as_str()).collect();
    output.field("keywords", &keywords.join(", "))?;
    for publisher in &resource.publisher {
        let name = Text::in_languages(&publisher.name, languages);
        output.field("publisher", name.or(publisher.iri.as_deref()).unwrap_or_default())?;
    }
    for Contact { name, email, telephone, url } in &resource.contact_point {
        let all: Vec<&str> =
            [name, email, telephone, url].into_iter().flatten().map(String::as_str).collect();
        output.field("contact", &all.join(", "))?;
    }
    output.field("places", &resource.spatial.join(", "))?;
    for period in &resource.temporal {
        let from = period.start.as_deref().unwrap_or("…");
        let to = period.end.as_deref().unwrap_or("…");
        output.field("period", &format!("{from} to {to}"))?;
    }
    let lists = [
        ("updated", &resource.accrual_periodicity),
        ("access", &resource.access_rights),
        ("page", &resource.landing_page),
        ("in series", &resource.in_series),
        ("serves", &resource.serves_dataset),
        ("endpoint", &resource.endpoint_url),
        ("described at", &resource.endpoint_description),
    ];
    for (name, values) in lists {
        for value in values {
            output.field(name, value)?;
        }
    }
    Ok(())
}

fn show_distribution(
    distribution: &Distribution,
    languages: &[&str],
    output: &mut Output,
) -> Result<(), Error> {
    output.line("")?;
    let name = Text::in_languages(&distribution.title, languages).unwrap_or("Distribution");
    output.heading(&crate::output::clean(name))?;
    let formats = if distribution.format.is_empty() {
        &distribution.media_type
    } else {
        &distribution.format
    };
    output.field("format", &formats.join(", "))?;
    output.field("bytes", distribution.byte_size.as_deref().unwrap_or_default())?;
    output.field("licence", &distribution.license.join(", "))?;
    for url in &distribution.download_url {
        output.field("download", url)?;
    }
    for url in distribution.access_url.iter().filter(|url| !distribution.download_url.contains(url))
    {
        output.field("access", url)?;
    }
    Ok(())
}

fn show_provenance(provenance: &Provenance, output: &mut Output) -> Result<(), Error> {
    let signature = if provenance.signature_valid { "valid" } else { "NOT VALID" };
    output.field("signature", signature)?;
    output.field("key", &provenance.key)?;
    output.field("record", &provenance.record.to_string())?;
    let position = provenance.position;
    output.field("position", &format!("epoch {}, number {}", position.epoch, position.seq))?;
    output.field("signed", &moment(provenance.issued_at))?;
    let confirmed = match (provenance.confirmed_at, provenance.stale) {
        (Some(at), false) => moment(at),
        (Some(at), true) => format!("{}, and overdue: it may be out of date", moment(at)),
        (None, _) => "not yet".to_owned(),
    };
    output.field("confirmed", &confirmed)?;
    if !provenance.signature_valid {
        output.warning("the signature of this record does not hold; do not rely on it");
    }
    Ok(())
}

fn show_proof(id: &str, proof: &Proof, output: &mut Output) -> Result<(), Error> {
    output.heading("What proves who published it")?;
    output.field("record", &proof.record.to_string())?;
    output.field("agency id", &proof.agency.to_string())?;
    output.field("key", &proof.key)?;
    let bytes = |hex: &str| format!("{} bytes", number(u64::try_from(hex.len() / 2).unwrap_or(0)));
    output.field("signed bytes", &bytes(&proof.cose_sign1))?;
    output.field("external aad", &proof.external_aad)?;
    let statements = u64::try_from(proof.statements.len()).unwrap_or(u64::MAX);
    output.field("statements", &number(statements))?;
    output.field("head", &bytes(&proof.head))?;
    output.suggest(&format!("`dela export {id} --proof -o proof.json` gives all of it"));
    Ok(())
}
