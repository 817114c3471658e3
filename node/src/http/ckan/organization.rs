//! Agencies as CKAN's organisations, themes as its groups, and its licences.

use serde::Serialize;

use super::package::moment;
use crate::index::Agency;
use crate::vocabulary::Concept;
use crate::vocabulary::ckan::{self, LICENCES, ListedLicence};

/// An organisation, as a package carries it.
///
/// udata's schema wants each of these fields.
#[derive(Debug, Clone, Serialize)]
pub(super) struct OrganizationBrief {
    id: String,
    pub(super) name: String,
    pub(super) title: String,
    description: String,
    created: String,
    image_url: String,
    is_organization: bool,
    state: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    approval_status: &'static str,
    revision_id: String,
    revision_timestamp: String,
}

impl OrganizationBrief {
    /// Makes the organisation of an agency.
    pub(super) fn new(agency: &Agency) -> Self {
        let id = ckan::uuid(agency.id.as_bytes());
        Self {
            name: agency.package_name(),
            title: agency.profile.name.clone(),
            description: agency.profile.homepage.clone().unwrap_or_default(),
            created: moment(agency.signed_at),
            image_url: String::new(),
            is_organization: true,
            state: "active",
            kind: "organization",
            approval_status: "approved",
            revision_id: id.clone(),
            revision_timestamp: moment(agency.signed_at),
            id,
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

/// An organisation in full.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Organization {
    #[serde(flatten)]
    brief: OrganizationBrief,
    display_name: String,
    image_display_url: String,
    package_count: u64,
    num_followers: u64,
    users: [(); 0],
    groups: [(); 0],
    tags: [(); 0],
    extras: Vec<OrganizationExtra>,
}

/// What CKAN has no field for.
#[derive(Debug, Clone, Serialize)]
struct OrganizationExtra {
    key: &'static str,
    value: String,
    state: &'static str,
}

impl Organization {
    /// Makes the organisation of an agency with so many packages.
    pub(super) fn new(agency: &Agency, package_count: u64) -> Self {
        let extra = |key, value: Option<String>| {
            value.map(|value| OrganizationExtra { key, value, state: "active" })
        };
        let extras = [
            extra("dela_agency", Some(agency.id.to_string())),
            extra("homepage", agency.profile.homepage.clone()),
            extra("publisher_type", agency.profile.agent_type.clone()),
        ];
        Self {
            brief: OrganizationBrief::new(agency),
            display_name: agency.profile.name.clone(),
            image_display_url: String::new(),
            package_count,
            num_followers: 0,
            users: [],
            groups: [],
            tags: [],
            extras: extras.into_iter().flatten().collect(),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.brief.id
    }

    pub(super) fn name(&self) -> &str {
        &self.brief.name
    }

    pub(super) fn title(&self) -> &str {
        &self.brief.title
    }

    pub(super) const fn package_count(&self) -> u64 {
        self.package_count
    }
}

/// A group: one of the EU's data themes.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) title: String,
    display_name: String,
    description: String,
    image_display_url: String,
}

impl Group {
    /// Makes the group of a theme.
    pub(super) fn new(theme: &Concept) -> Self {
        let name = theme.code.to_lowercase();
        Self {
            id: name.clone(),
            name,
            title: theme.swedish.to_owned(),
            display_name: theme.swedish.to_owned(),
            description: theme.english.to_owned(),
            image_display_url: String::new(),
        }
    }
}

/// A group in full.
#[derive(Debug, Clone, Serialize)]
pub(super) struct GroupInFull {
    #[serde(flatten)]
    pub(super) group: Group,
    pub(super) package_count: u64,
    image_url: String,
    is_organization: bool,
    state: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    approval_status: &'static str,
    num_followers: u64,
    users: [(); 0],
    groups: [(); 0],
    tags: [(); 0],
    extras: [(); 0],
}

impl GroupInFull {
    /// Makes the group of a theme with so many packages.
    pub(super) fn new(theme: &Concept, package_count: u64) -> Self {
        Self {
            group: Group::new(theme),
            package_count,
            image_url: String::new(),
            is_organization: false,
            state: "active",
            kind: "group",
            approval_status: "approved",
            num_followers: 0,
            users: [],
            groups: [],
            tags: [],
            extras: [],
        }
    }
}

/// A licence in CKAN's list. CKAN writes its flags as texts.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ListedLicenceBody {
    id: &'static str,
    title: &'static str,
    url: &'static str,
    status: &'static str,
    family: &'static str,
    maintainer: &'static str,
    od_conformance: &'static str,
    osd_conformance: &'static str,
    is_generic: &'static str,
    domain_content: &'static str,
    domain_data: &'static str,
    domain_software: &'static str,
}

/// Returns CKAN's list of licences.
pub(super) fn licences() -> Vec<ListedLicenceBody> {
    let body = |licence: &ListedLicence| ListedLicenceBody {
        id: licence.id,
        title: licence.title,
        url: licence.url,
        status: "active",
        family: "",
        maintainer: "",
        od_conformance: if licence.is_open { "approved" } else { "not reviewed" },
        osd_conformance: "not reviewed",
        is_generic: if licence.url.is_empty() { "True" } else { "False" },
        domain_content: if licence.is_open { "True" } else { "False" },
        domain_data: if licence.is_open { "True" } else { "False" },
        domain_software: "False",
    };
    LICENCES.iter().map(body).collect()
}
