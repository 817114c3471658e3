//! The actions by their names, and all but the search.

use serde::Serialize;
use serde_json::json;

use super::CKAN_VERSION;
use super::arguments::Arguments;
use super::failure::Failure;
use super::fields::packages;
use super::list::PackageList;
use super::organization::{Group, GroupInFull, Organization, licences};
use super::package::{Package, Tag, package_of};
use crate::http::address::PublicAddress;
use crate::http::parameters::shown;
use crate::index::{Agency, Entry, Index};
use crate::search::{Condition, Key, LIMIT_MAX, Order, Selection, Term};
use crate::vocabulary::{self, THEMES};

/// The most organisations in one list, and the most in full, which cost a
/// lookup each.
const ORGANIZATIONS_MAX: usize = 10_000;
const ORGANIZATIONS_IN_FULL_MAX: usize = 1_000;

/// An action that is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    CurrentPackages,
    FormatAutocomplete,
    GroupAutocomplete,
    GroupList,
    GroupShow,
    HelpShow,
    LicenseList,
    OrganizationAutocomplete,
    OrganizationList,
    OrganizationShow,
    PackageAutocomplete,
    PackageList,
    PackageSearch,
    PackageShow,
    ResourceShow,
    SiteRead,
    StatusShow,
    TagAutocomplete,
    TagList,
    TagShow,
    /// A list that is always empty here.
    Nothing,
}

/// Every action that is answered, with what is said of it.
const ACTIONS: &[(&str, Action, &str)] = &[
    (
        "current_package_list_with_resources",
        Action::CurrentPackages,
        "The datasets in full, the last changed first. limit (at most 1000), offset, page.",
    ),
    ("format_autocomplete", Action::FormatAutocomplete, "Formats that contain q. limit."),
    (
        "group_autocomplete",
        Action::GroupAutocomplete,
        "Groups (themes of the EU) whose name or title contains q. limit.",
    ),
    (
        "group_list",
        Action::GroupList,
        "The names of the groups: the EU's data themes. all_fields gives them in full.",
    ),
    ("group_show", Action::GroupShow, "One group. id; include_datasets gives its datasets."),
    ("help_show", Action::HelpShow, "What an action does. name."),
    ("license_list", Action::LicenseList, "The licences by CKAN's ids."),
    (
        "organization_autocomplete",
        Action::OrganizationAutocomplete,
        "Organisations whose name or title contains q. limit.",
    ),
    (
        "organization_list",
        Action::OrganizationList,
        "The names of the organisations: the agencies of the federation. all_fields, limit, \
         offset, sort, q, organizations.",
    ),
    ("organization_list_for_user", Action::Nothing, "Always empty: there are no users."),
    (
        "organization_show",
        Action::OrganizationShow,
        "One organisation. id (its name or id); include_datasets gives its datasets.",
    ),
    (
        "package_autocomplete",
        Action::PackageAutocomplete,
        "Datasets whose name or a word of whose title begins with q. limit.",
    ),
    ("package_list", Action::PackageList, "The names of all datasets. limit, offset."),
    (
        "package_search",
        Action::PackageSearch,
        "Search. q, fq, fq_list, sort, rows (10, at most 1000), start, fl, facet, facet.field, \
         facet.limit, facet.mincount.",
    ),
    ("package_show", Action::PackageShow, "One dataset. id (its name, id or address)."),
    ("resource_show", Action::ResourceShow, "One resource. id."),
    ("site_read", Action::SiteRead, "Always true: reading is open."),
    ("status_show", Action::StatusShow, "What this site is."),
    ("tag_autocomplete", Action::TagAutocomplete, "Tags that contain q. limit."),
    ("tag_list", Action::TagList, "All tags: the keywords of all datasets. query, all_fields."),
    ("tag_show", Action::TagShow, "One tag. id; include_datasets gives its datasets."),
    ("vocabulary_list", Action::Nothing, "Always empty: tags are free here."),
];

/// How the actions begin or end that change a CKAN site.
const WRITES: [&str; 14] = [
    "_create",
    "_update",
    "_patch",
    "_delete",
    "_purge",
    "_revise",
    "_upsert",
    "_reorder",
    "_invite",
    "_collaborator",
    "_cancel",
    "_clear",
    "_revoke",
    "_member",
];

/// How the actions begin that only users of a site may do.
const USERS: [&str; 6] = ["follow_", "unfollow_", "user_", "config_option_", "job_", "api_token_"];

impl Action {
    /// Finds an action, or says as CKAN does why there is none.
    pub(super) fn named(name: &str) -> Result<Self, Failure> {
        if let Some((_, action, _)) = ACTIONS.iter().find(|(known, ..)| *known == name) {
            return Ok(*action);
        }
        let is_write = WRITES.iter().any(|end| name.ends_with(end))
            || USERS.iter().any(|begin| name.starts_with(begin))
            || name == "bulk_update_private";
        let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if is_write && is_name {
            return Err(Failure::Denied(format!(
                "{} is not possible here. Agencies publish with their own node: see `dela import`, \
                 or POST /api/v1/imports with its token",
                shown(name)
            )));
        }
        Err(Failure::BadRequest(format!("Action name not known: {}", shown(name))))
    }
}

/// What actions are answered from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) index: &'a Index,
    pub(super) address: &'a PublicAddress,
}

/// The result of an action, as JSON.
pub(super) type Answer = Result<Vec<u8>, Failure>;

impl Desk<'_> {
    /// Answers an action.
    pub(super) fn answer(&self, action: Action, arguments: &Arguments) -> Answer {
        match action {
            Action::CurrentPackages => self.current_packages(arguments),
            Action::FormatAutocomplete => self.format_autocomplete(arguments),
            Action::GroupAutocomplete => group_autocomplete(arguments),
            Action::GroupList => self.group_list(arguments),
            Action::GroupShow => self.group_show(arguments),
            Action::HelpShow => help_show(arguments),
            Action::LicenseList => written(&licences()),
            Action::Nothing => written(&[(); 0]),
            Action::OrganizationAutocomplete => self.organization_autocomplete(arguments),
            Action::OrganizationList => self.organization_list(arguments),
            Action::OrganizationShow => self.organization_show(arguments),
            Action::PackageAutocomplete => self.package_autocomplete(arguments),
            Action::PackageList => self.package_list(arguments),
            Action::PackageSearch => self.package_search(arguments),
            Action::PackageShow => self.package_show(arguments),
            Action::ResourceShow => self.resource_show(arguments),
            Action::SiteRead => written(&true),
            Action::StatusShow => self.status_show(),
            Action::TagAutocomplete => self.tag_autocomplete(arguments),
            Action::TagList => self.tag_list(arguments),
            Action::TagShow => self.tag_show(arguments),
        }
    }

    fn status_show(&self) -> Answer {
        let agency = self.index.profile(&self.index.own())?.name;
        written(&json!({
            "ckan_version": CKAN_VERSION,
            "site_title": format!("Dela – {agency}"),
            "site_description": "A federated catalogue of open data",
            "site_url": self.address.of(""),
            "locale_default": "sv",
            "error_emails_to": null,
            "extensions": [],
            "dela_version": env!("CARGO_PKG_VERSION"),
        }))
    }

    fn package(&self, entry: &Entry) -> Package {
        Package::new(entry, self.address)
    }

    fn package_show(&self, arguments: &Arguments) -> Answer {
        let id = match arguments.text("id")? {
            Some(id) => id,
            None => arguments.text("name_or_id")?.ok_or_else(|| Failure::missing("name_or_id"))?,
        };
        written(&self.package(&self.entry(&id)?))
    }

    /// Finds a package by its name.
    fn entry(&self, name: &str) -> Result<Entry, Failure> {
        let entry = self.index.entry_named(name)?;
        if super::search::is_package(entry.kind) {
            return Ok(entry);
        }
        Err(Failure::NotFound(format!("{} is no dataset", shown(name))))
    }

    fn resource_show(&self, arguments: &Arguments) -> Answer {
        let id = arguments.needed("id")?;
        let nothing = || Failure::NotFound("Resource was not found.".to_owned());
        let package = package_of(&id).ok_or_else(nothing)?;
        let package = self.package(&self.entry(&package)?);
        let mut resources = package.resources.into_iter();
        let found = resources.find(|resource| resource.id == id.to_ascii_lowercase());
        written(&found.ok_or_else(nothing)?)
    }

    fn package_list(&self, arguments: &Arguments) -> Answer {
        let limit = arguments.natural("limit")?.filter(|limit| *limit > 0);
        let offset = arguments.natural("offset")?.unwrap_or(0);
        let names = self.index.package_names(&packages(), offset, limit.unwrap_or(usize::MAX))?;
        written(&names)
    }

    fn current_packages(&self, arguments: &Arguments) -> Answer {
        let limit = arguments.natural("limit")?.unwrap_or(LIMIT_MAX).min(LIMIT_MAX);
        let page = arguments.natural("page")?.unwrap_or(1).saturating_sub(1);
        let offset = arguments.natural("offset")?.unwrap_or(page.saturating_mul(limit));
        self.newest(packages(), offset, limit)
    }

    /// Returns the packages that fulfil a condition, the last changed first.
    fn newest(&self, condition: Condition, offset: usize, limit: usize) -> Answer {
        let order = vec![Order { key: Key::Signed, descending: true }];
        let selection = Selection { condition, order, offset, limit, counted: Vec::new() };
        let mut list = PackageList::new();
        self.index.visit_entries(&selection, |entry| list.push(&self.package(&entry)))?;
        Ok(list.finish())
    }

    /// Adds to a group, written as an object, its packages where they are asked
    /// for.
    fn with_packages(
        &self,
        arguments: &Arguments,
        mut group: Vec<u8>,
        condition: Condition,
    ) -> Answer {
        if arguments.flag("include_datasets", false)? {
            let condition = Condition::All(vec![packages(), condition]);
            let packages = self.newest(condition, 0, LIMIT_MAX)?;
            group.pop();
            group.extend_from_slice(b",\"packages\":");
            group.extend(packages);
            group.push(b'}');
        }
        Ok(group)
    }

    fn package_autocomplete(&self, arguments: &Arguments) -> Answer {
        let q = arguments.needed("q")?;
        let limit = arguments.natural("limit")?.unwrap_or(10).min(LIMIT_MAX);
        let begins = Condition::Any(vec![
            Condition::Begins(Term::Package, q.to_lowercase()),
            Condition::Beginning { text: q.clone(), in_title: true },
        ]);
        let selection = Selection {
            condition: Condition::All(vec![packages(), begins]),
            order: vec![Order { key: Key::Score, descending: true }],
            offset: 0,
            limit,
            counted: Vec::new(),
        };
        let found = self.index.entries(&selection)?.entries;
        let shown = found.iter().map(|entry| self.package(entry)).map(|package| {
            let by_name = package.name.contains(&q.to_lowercase());
            let displayed = if by_name {
                package.name.clone()
            } else {
                format!("{} ({})", package.title, package.name)
            };
            json!({
                "name": package.name,
                "title": package.title,
                "match_field": if by_name { "name" } else { "title" },
                "match_displayed": displayed,
            })
        });
        written(&shown.collect::<Vec<_>>())
    }

    fn format_autocomplete(&self, arguments: &Arguments) -> Answer {
        let q = arguments.needed("q")?.to_lowercase();
        let limit = arguments.natural("limit")?.unwrap_or(5);
        let formats = self.index.values(packages(), Term::Format)?;
        let formats = formats.into_iter().map(|(format, _)| format.to_lowercase());
        let found: Vec<_> = formats.filter(|format| format.contains(&q)).take(limit).collect();
        written(&found)
    }

    fn organization_list(&self, arguments: &Arguments) -> Answer {
        let all_fields = arguments.flag("all_fields", false)?;
        let most = if all_fields { ORGANIZATIONS_IN_FULL_MAX } else { ORGANIZATIONS_MAX };
        let limit = arguments.natural("limit")?.map_or(most, |limit| limit.min(most));
        let offset = arguments.natural("offset")?.unwrap_or(0);
        let chosen = arguments.list("organizations")?;
        let q = arguments.text("q")?.unwrap_or_default().to_lowercase();
        let mut found = self.organizations()?;
        found.retain(|one| {
            (chosen.is_empty() || chosen.iter().any(|name| name == one.name()))
                && contains(&q, one.name(), one.title())
        });
        sort(&mut found, arguments.text("sort")?.as_deref().unwrap_or("title asc"))?;
        let page = found.into_iter().skip(offset).take(limit);
        if all_fields {
            return written(&page.collect::<Vec<_>>());
        }
        written(&page.map(|organization| organization.name().to_owned()).collect::<Vec<_>>())
    }

    /// Returns all agencies, each with how many datasets it has.
    fn organizations(&self) -> Result<Vec<Organization>, Failure> {
        let counts = self.index.values(packages(), Term::Agency)?;
        let counts: std::collections::BTreeMap<_, _> = counts.into_iter().collect();
        let count = |agency: &Agency| counts.get(&agency.id.to_string()).copied().unwrap_or(0);
        let agencies = self.index.agency_entries()?;
        Ok(agencies.iter().map(|agency| Organization::new(agency, count(agency))).collect())
    }

    fn organization_show(&self, arguments: &Arguments) -> Answer {
        let agency = self.index.agency_entry(&arguments.needed("id")?)?;
        let own = Condition::Is(Term::Agency, agency.id.to_string());
        let count = self.count(own.clone())?;
        self.with_packages(arguments, written(&Organization::new(&agency, count))?, own)
    }

    fn count(&self, condition: Condition) -> Result<u64, Failure> {
        let condition = Condition::All(vec![packages(), condition]);
        let selection =
            Selection { condition, order: Vec::new(), offset: 0, limit: 0, counted: Vec::new() };
        Ok(self.index.entries(&selection)?.total)
    }

    fn organization_autocomplete(&self, arguments: &Arguments) -> Answer {
        let q = arguments.needed("q")?.to_lowercase();
        let limit = arguments.natural("limit")?.unwrap_or(20);
        let found = self.organizations()?.into_iter();
        let found = found.filter(|one| contains(&q, one.name(), one.title())).take(limit);
        let brief =
            |one: Organization| json!({ "id": one.id(), "name": one.name(), "title": one.title() });
        written(&found.map(brief).collect::<Vec<_>>())
    }

    fn group_list(&self, arguments: &Arguments) -> Answer {
        let chosen = arguments.list("groups")?;
        let q = arguments.text("q")?.unwrap_or_default().to_lowercase();
        let limit = arguments.natural("limit")?.unwrap_or(THEMES.len());
        let offset = arguments.natural("offset")?.unwrap_or(0);
        let counts = self.index.values(packages(), Term::Theme)?;
        let count = |code: &str| {
            counts.iter().find(|(value, _)| value == code).map_or(0, |(_, count)| *count)
        };
        let all = THEMES.iter().map(|theme| GroupInFull::new(theme, count(theme.code)));
        let page = all
            .filter(|one| chosen.is_empty() || chosen.contains(&one.group.name))
            .filter(|one| contains(&q, &one.group.name, &one.group.title))
            .skip(offset)
            .take(limit);
        if arguments.flag("all_fields", false)? {
            return written(&page.collect::<Vec<_>>());
        }
        written(&page.map(|one| one.group.name).collect::<Vec<_>>())
    }

    fn group_show(&self, arguments: &Arguments) -> Answer {
        let id = arguments.needed("id")?;
        let theme = vocabulary::theme(&id)
            .ok_or_else(|| Failure::NotFound("Group was not found.".to_owned()))?;
        let its = Condition::Is(Term::Theme, theme.code.to_owned());
        let group = GroupInFull::new(theme, self.count(its.clone())?);
        self.with_packages(arguments, written(&group)?, its)
    }

    /// Returns the tags that contain a text, by name.
    fn tags(&self, q: &str) -> Result<Vec<String>, Failure> {
        let tags = self.index.values(packages(), Term::Tag)?;
        let mut tags: Vec<String> = tags.into_iter().map(|(tag, _)| tag).collect();
        tags.retain(|tag| tag.to_lowercase().contains(q));
        tags.sort_unstable();
        Ok(tags)
    }

    fn tag_list(&self, arguments: &Arguments) -> Answer {
        let query = match arguments.text("query")? {
            Some(query) => Some(query),
            None => arguments.text("q")?,
        };
        let tags = self.tags(&query.unwrap_or_default().trim().to_lowercase())?;
        let limit = arguments.natural("limit")?.unwrap_or(usize::MAX);
        let page = tags.into_iter().skip(arguments.natural("offset")?.unwrap_or(0)).take(limit);
        if arguments.flag("all_fields", false)? {
            return written(&page.map(Tag::new).collect::<Vec<_>>());
        }
        written(&page.collect::<Vec<_>>())
    }

    fn tag_autocomplete(&self, arguments: &Arguments) -> Answer {
        let q = match arguments.text("q")? {
            Some(q) => q,
            None => arguments.needed("query")?,
        };
        let limit = arguments.natural("limit")?.unwrap_or(10);
        let tags = self.tags(&q.to_lowercase())?.into_iter().take(limit);
        written(&tags.collect::<Vec<_>>())
    }

    fn tag_show(&self, arguments: &Arguments) -> Answer {
        let name = arguments.needed("id")?;
        let its = Condition::Is(Term::Tag, name.clone());
        if self.count(its.clone())? == 0 {
            return Err(Failure::NotFound("Tag was not found.".to_owned()));
        }
        self.with_packages(arguments, written(&Tag::new(name))?, its)
    }
}

fn help_show(arguments: &Arguments) -> Answer {
    let name = arguments.needed("name")?;
    let found = ACTIONS.iter().find(|(known, ..)| *known == name);
    let (_, _, help) =
        found.ok_or_else(|| Failure::NotFound("Action function not found".to_owned()))?;
    written(help)
}

fn group_autocomplete(arguments: &Arguments) -> Answer {
    let q = arguments.needed("q")?.to_lowercase();
    let limit = arguments.natural("limit")?.unwrap_or(20);
    let groups = THEMES.iter().map(Group::new);
    let found = groups.filter(|group| contains(&q, &group.name, &group.title)).take(limit);
    let brief = |one: Group| json!({ "id": one.id, "name": one.name, "title": one.title });
    written(&found.map(brief).collect::<Vec<_>>())
}

fn contains(q: &str, name: &str, title: &str) -> bool {
    name.to_lowercase().contains(q) || title.to_lowercase().contains(q)
}

/// Puts organisations in the order that was asked for.
fn sort(found: &mut [Organization], order: &str) -> Result<(), Failure> {
    let mut words = order.split_whitespace();
    let (name, direction) = (words.next().unwrap_or("title"), words.next());
    match name {
        "name" => found.sort_by(|a, b| a.name().cmp(b.name())),
        // They come by title.
        "title" => {}
        "package_count" | "packages" => found.sort_by_key(Organization::package_count),
        other => {
            let what = format!("Cannot sort by field `{}`", shown(other));
            return Err(Failure::Validation("sort", what));
        }
    }
    let by_count = matches!(name, "package_count" | "packages");
    match direction.map(str::to_ascii_lowercase).as_deref() {
        Some("desc") => found.reverse(),
        None if by_count => found.reverse(),
        None | Some("asc") => {}
        Some(_) => {
            return Err(Failure::Validation("sort", "Sort order must be asc or desc".to_owned()));
        }
    }
    Ok(())
}

/// Writes a result.
pub(super) fn written<T: Serialize + ?Sized>(result: &T) -> Answer {
    serde_json::to_vec(result)
        .map_err(|error| Failure::Unready(500, format!("the result cannot be written: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_that_write_are_denied_and_others_are_not_known() {
        assert_eq!(Action::named("package_search"), Ok(Action::PackageSearch));
        for name in ["package_create", "resource_patch", "dataset_purge", "user_list"] {
            assert!(matches!(Action::named(name), Err(Failure::Denied(_))), "{name}");
        }
        for name in ["x", "", "datastore_search", "package_show2", "<b>_create"] {
            assert!(matches!(Action::named(name), Err(Failure::BadRequest(_))), "{name}");
        }
    }

    #[test]
    fn actions_are_listed_by_name() {
        assert!(ACTIONS.is_sorted_by_key(|(name, ..)| *name));
    }
}
