//! Reading a CKAN site through its Action API.
//!
//! A site that also offers DCAT (ckanext-dcat) is still read through its API
//! unless the address is that of the DCAT: the API has everything and answers a
//! thousand packages at once, while the DCAT leaves out extras that its profile
//! does not know. Who wants the DCAT gives its address: `/catalog.ttl`.

use std::collections::BTreeSet;

use oxiri::Iri;

use crate::fetch::FetchError;
use crate::import::ImportError;
use crate::import::reader::Page;
use crate::import::reader::ckan::Reader;
use crate::import::reader::json::{self, Kind, Path, Value};
use crate::rdf::ParseError;

use super::{ATTEMPTS_MAX, HarvestError, Session};

const ACCEPT: &str = "application/json";

/// How many packages are asked for at once: what CKAN gives at most. The second
/// is for sites whose packages are so large that a thousand are too long.
const ROWS: [usize; 2] = [1_000, 50];

/// What stands between the address of a site and the names of its actions.
const API: &str = "/api/3/action/";

/// Returns the address of the site if this is an address of its API.
pub(super) fn site_of_api(address: &str) -> Option<String> {
    let path = ["/api/3", "/api/action"].iter().find_map(|api| address.find(api))?;
    address.get(..path).map(str::to_owned)
}

/// Returns the address of the site that a page may belong to.
pub(super) fn site_of_page(address: &str) -> Option<String> {
    if let Some(site) = site_of_api(address) {
        return Some(site);
    }
    let iri = Iri::parse(address).ok()?;
    let path = iri.path().trim_end_matches('/');
    let path = path.strip_suffix("/dataset").unwrap_or(path);
    Some(format!("{}://{}{path}", iri.scheme(), iri.authority()?))
}

/// What a site says of itself.
pub(super) struct Site {
    address: String,
    title: Option<String>,
    about: Option<String>,
}

/// Asks whether there is a CKAN site.
pub(super) fn find(session: &mut Session<'_>, address: &str) -> Result<Option<Site>, HarvestError> {
    let status = match action(session, address, "status_show", "") {
        Ok(status) => status,
        Err(
            HarvestError::Fetch(FetchError::Status { status: 400..=499, .. })
            | HarvestError::Answer { .. },
        ) => return Ok(None),
        Err(error) => return Err(error),
    };
    let text = |name| status.text_of(name).map(str::to_owned);
    let (title, about) = (text("site_title"), text("site_description"));
    Ok(Some(Site { address: address.trim_end_matches('/').to_owned(), title, about }))
}

/// Reads all packages of a site.
pub(super) fn read(session: &mut Session<'_>, site: &Site) -> Result<Page, HarvestError> {
    let address = &site.address;
    let import = |error| import(address, error);
    for _ in 0..ATTEMPTS_MAX {
        let mut reader = Reader::new(Some(address)).map_err(import)?;
        reader.site(site.title.as_deref(), site.about.as_deref()).map_err(import)?;
        let done = match search(session, address, &mut reader) {
            Err(HarvestError::Fetch(FetchError::Status { status: 400 | 404 | 409, .. })) => {
                list(session, address, &mut reader).map(|()| true)
            }
            other => other,
        };
        if done? {
            return Ok(reader.finish());
        }
    }
    Err(HarvestError::Changing { address: address.clone() })
}

/// Reads all packages by searching; false if they changed meanwhile.
fn search(
    session: &mut Session<'_>,
    site: &str,
    reader: &mut Reader,
) -> Result<bool, HarvestError> {
    let mut seen = BTreeSet::new();
    let mut total = None;
    let mut rows = ROWS.into_iter();
    let mut row = rows.next().unwrap_or(1);
    loop {
        let query = format!("?q=*:*&rows={row}&start={}&sort=id+asc", seen.len());
        let result = match action(session, site, "package_search", &query) {
            Err(HarvestError::Fetch(error @ FetchError::TooLong { .. })) => {
                row = rows.next().ok_or(error)?;
                continue;
            }
            other => other?,
        };
        let count = result.get("count").and_then(Value::number);
        let Some(count) = count else {
            return Err(strange(site, "package_search", "has no count"));
        };
        if *total.get_or_insert(count) != count {
            return Ok(false);
        }
        let packages = result.get("results").map(Value::items).unwrap_or_default();
        let before = seen.len();
        for (at, package) in packages.iter().enumerate() {
            let Some(id) = package.text_of("id") else {
                return Err(strange(site, "package_search", "has a package without an id"));
            };
            if seen.insert(id.to_owned()) {
                let path = Path::Root.item(before + at);
                reader.package(package, &path).map_err(|error| import(site, error))?;
            }
        }
        let came = crate::import::count(seen.len());
        let repeated = seen.len() - before < packages.len();
        // Sites that know no such start give the last page again.
        if packages.is_empty() || (repeated && came == count) {
            return match came.cmp(&count) {
                core::cmp::Ordering::Less => {
                    Err(HarvestError::Half { address: site.to_owned(), came, total: count })
                }
                core::cmp::Ordering::Equal => Ok(true),
                core::cmp::Ordering::Greater => Ok(false),
            };
        }
        if seen.len() == before {
            let what = "answered the same packages again: its paging does not work";
            return Err(strange(site, "package_search", what));
        }
        if repeated {
            return Ok(false);
        }
    }
}

/// Reads all packages one by one, where there is no search.
fn list(session: &mut Session<'_>, site: &str, reader: &mut Reader) -> Result<(), HarvestError> {
    let names = action(session, site, "package_list", "")?;
    for (at, name) in names.items().iter().enumerate() {
        let Some(name) = name.text() else {
            return Err(strange(site, "package_list", "has something else than names"));
        };
        let mut query = String::from("?id=");
        query.extend(form_urlencoded::byte_serialize(name.as_bytes()));
        let package = action(session, site, "package_show", &query)?;
        let path = Path::Root.item(at);
        reader.package(&package, &path).map_err(|error| import(site, error))?;
    }
    Ok(())
}

/// Asks for an action, and returns its result.
fn action(
    session: &mut Session<'_>,
    site: &str,
    name: &str,
    query: &str,
) -> Result<Value, HarvestError> {
    let address = format!("{}{API}{name}{query}", site.trim_end_matches('/'));
    let document = session.document(&address, ACCEPT)?;
    let Ok(mut answer) = json::parse(&document.body) else {
        return Err(strange(site, name, "is no JSON"));
    };
    let success = answer.get("success").map(|success| &success.kind);
    if success != Some(&Kind::Bool(true)) {
        let message = answer.get("error").and_then(|error| error.text_of("message"));
        let what = format!("is an error: {}", message.unwrap_or("without a message"));
        return Err(strange(site, name, &what));
    }
    let Kind::Object(members) = &mut answer.kind else {
        return Err(strange(site, name, "is no object"));
    };
    let result = members.iter().position(|(name, _)| name == "result");
    match result {
        Some(at) => Ok(members.swap_remove(at).1),
        None => Err(strange(site, name, "has no result")),
    }
}

fn strange(site: &str, action: &str, what: &str) -> HarvestError {
    HarvestError::Answer {
        address: site.to_owned(),
        what: format!("is a CKAN site whose answer to {action} {what}"),
        hint: "see in a browser what it answers; if the site offers DCAT (/catalog.ttl), give \
               that address",
    }
}

fn import(address: &str, error: ParseError) -> HarvestError {
    HarvestError::Import { address: address.to_owned(), error: ImportError::Parse(error) }
}
