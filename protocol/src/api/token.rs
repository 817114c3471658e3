//! Where the right to write is found.

use serde::{Deserialize, Serialize};

/// `GET /api/v1/token-file`: where the token for writing lies, told only to
/// clients on the same machine.
///
/// The token itself is never sent: whoever may read the file may write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenFile {
    /// The path of the file at the machine the node runs on.
    pub path: String,
}
