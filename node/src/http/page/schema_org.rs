//! A dataset in the words of schema.org, for search engines.

use dela_protocol::api::DatasetView;
use dela_protocol::dcat::{Distribution, Text};
use serde_json::{Map, Value, json};

use super::dataset::schema_type;
use super::language::Language;
use super::link::followable;
use crate::vocabulary;

/// The longest description search engines take.
const DESCRIPTION_CHARS_MAX: usize = 5_000;

/// Returns the JSON-LD to stand in a `script` element: no `<` occurs in it, so
/// it cannot end the element.
pub(super) fn dataset(view: &DatasetView, language: Language) -> String {
    let text = Value::Object(fields(view, language)).to_string();
    text.replace('<', "\\u003c")
}

fn fields(view: &DatasetView, language: Language) -> Map<String, Value> {
    let resource = &view.resource;
    let preferred = language.preferred();
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| {
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty {
            fields.insert(name.to_owned(), value);
        }
    };
    set("@context", json!("https://schema.org/"));
    set("@type", json!(schema_type(view.summary.kind)));
    set("@id", json!(resource.iri));
    set("name", json!(Text::in_languages(&resource.title, &preferred)));
    let description = Text::in_languages(&resource.description, &preferred);
    let description =
        description.map(|text| text.chars().take(DESCRIPTION_CHARS_MAX).collect::<String>());
    set("description", json!(description));
    let landing = resource.landing_page.iter().find_map(|url| followable(url));
    set("url", json!(landing));
    // Every node has a page of it: this is how they are known to be one thing.
    set("sameAs", json!(followable(&resource.iri).or(landing)));
    set("identifier", json!(resource.identifier));
    set("keywords", resource.keyword.iter().map(|word| json!(word.text)).collect());
    set("dateModified", json!(resource.modified));
    set("datePublished", json!(resource.issued));
    set("inLanguage", json!(resource.language));
    let licence = resource.distribution.iter().flat_map(|one| &one.license);
    set("license", json!(resource.license.iter().chain(licence).find_map(|raw| followable(raw))));
    let agency = json!({ "@type": "Organization", "name": view.summary.agency_name });
    set("creator", agency.clone());
    set("publisher", agency);
    let catalogue = json!({ "@type": "DataCatalog", "name": view.summary.agency_name });
    set("includedInDataCatalog", catalogue);
    set("spatialCoverage", json!(resource.spatial));
    set(
        "temporalCoverage",
        json!(resource.temporal.iter().find_map(|period| {
            let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "..".to_owned());
            (period.start.is_some() || period.end.is_some())
                .then(|| format!("{}/{}", part(&period.start), part(&period.end)))
        })),
    );
    set("distribution", resource.distribution.iter().filter_map(download).collect());
    fields
}

fn download(one: &Distribution) -> Option<Value> {
    let content = one.download_url.iter().chain(&one.access_url);
    let address = content.into_iter().find_map(|url| followable(url))?;
    let mut fields = Map::new();
    fields.insert("@type".to_owned(), json!("DataDownload"));
    fields.insert("contentUrl".to_owned(), json!(address));
    if let Some(format) = one.media_type.iter().chain(&one.format).next() {
        fields.insert("encodingFormat".to_owned(), json!(encoding(format)));
    }
    if let Some(title) = one.title.first() {
        fields.insert("name".to_owned(), json!(title.text));
    }
    let is_number = |size: &&String| size.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(size) = one.byte_size.as_ref().filter(is_number) {
        fields.insert("contentSize".to_owned(), json!(format!("{size} B")));
    }
    Some(Value::Object(fields))
}

/// Returns a format as search engines expect it: its media type, or its name.
fn encoding(raw: &str) -> String {
    let media_type = vocabulary::media_type(raw);
    let name = media_type.as_deref().and_then(|iri| iri.split_once("/media-types/"));
    name.map_or_else(|| vocabulary::format(raw).label, |(_, name)| name.to_owned())
}
