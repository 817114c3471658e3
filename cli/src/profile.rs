//! The profiles of DCAT that a node knows, as they are named on the command
//! line and in the API.

use clap::ValueEnum;

/// A profile of DCAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Profile {
    /// DCAT-AP-SE, as Sweden publishes
    #[default]
    DcatApSe,
    /// DCAT-AP, as the EU's portal and other countries read
    DcatAp,
}

impl Profile {
    /// Returns the name the API knows it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DcatApSe => "dcat-ap-se",
            Self::DcatAp => "dcat-ap",
        }
    }
}
