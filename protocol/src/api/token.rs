//! Where the token for writing lies.

use serde::{Deserialize, Serialize};

/// `GET /api/v1/token-file`: where on this machine the node keeps the token
/// that writing needs.
///
/// Only answered to clients on the node's own machine. It is no secret: who may
/// read the file, its permissions say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenFile {
    /// The absolute path of the file; its name is `token`.
    pub path: String,
}
