//! What this node takes, whatever its federation would have it take: the lists of
//! its operator, in a file of their own.
//!
//! Invariant: what is in force is what stands in the file; a policy that is refused
//! changes neither.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dela_protocol::api::NodePolicy;
use dela_protocol::replica::Policy;

/// The file in the data folder.
const FILE_NAME: &str = "policy.json";

/// Why the policy cannot be read or kept.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct PolicyFileError {
    /// The file.
    path: PathBuf,
    /// What is wrong.
    reason: String,
}

/// Returns the policy of a data folder; that takes everybody, where there is none.
///
/// # Errors
///
/// When the file holds something else: whom an operator has blocked must not come
/// back by a mistake in a file.
pub fn read(folder: &Path) -> Result<NodePolicy, PolicyFileError> {
    let path = folder.join(FILE_NAME);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(NodePolicy::default()),
        Err(error) => return Err(PolicyFileError { path, reason: error.to_string() }),
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        let reason = format!("no policy: {error}. Mend it, or remove it to take everybody again");
        PolicyFileError { path, reason }
    })
}

/// Keeps the policy of a data folder.
pub fn write(folder: &Path, policy: &NodePolicy) -> Result<(), PolicyFileError> {
    let path = folder.join(FILE_NAME);
    let bytes = serde_json::to_vec_pretty(policy).map_err(io::Error::from);
    bytes
        .and_then(|bytes| crate::storage::replace(&path, &bytes))
        .map_err(|error| PolicyFileError { path, reason: error.to_string() })
}

/// Returns a policy as the replica has it.
pub fn of_replica(policy: &NodePolicy) -> Policy {
    Policy {
        blocked: policy.blocked.iter().copied().collect(),
        allowed: policy.allowed.as_ref().map(|allowed| allowed.iter().copied().collect()),
    }
}

/// Returns the replica's policy as the API has it.
pub fn of_node(policy: &Policy) -> NodePolicy {
    NodePolicy {
        blocked: policy.blocked.iter().copied().collect(),
        allowed: policy.allowed.as_ref().map(|allowed| allowed.iter().copied().collect()),
    }
}

#[cfg(test)]
mod tests {
    use dela_protocol::id::AgencyId;

    use super::*;

    #[test]
    fn a_policy_comes_back_and_what_is_none_blocks_the_start() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), NodePolicy::default());
        let agency = AgencyId::from_bytes([7; 32]);
        let policy = NodePolicy { blocked: vec![agency], allowed: Some(Vec::new()) };
        write(folder.path(), &policy).unwrap();
        assert_eq!(read(folder.path()).unwrap(), policy);
        assert_eq!(of_node(&of_replica(&policy)), policy);
        fs::write(folder.path().join(FILE_NAME), "{\"barred\": []}").unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("policy.json") && error.contains("barred"), "{error}");
    }
}
