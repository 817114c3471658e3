//! Texts in the DNS.

use core::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};

/// How long servers of names may take, whatever the system's settings allow: somebody
/// waits for the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Who knows what texts stand at a name.
pub trait Names {
    /// Returns the texts at a name, none where there is no such name. Blocks.
    ///
    /// # Errors
    ///
    /// Where nobody could be asked, with why.
    fn texts(&self, name: &str) -> Result<Vec<String>, String>;
}

/// The DNS, by the servers that the system is configured with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dns;

impl Names for Dns {
    fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let resolver = TokioResolver::builder_tokio()
            .and_then(hickory_resolver::ResolverBuilder::build)
            .map_err(|error| error.to_string())?;
        texts(&resolver, name, ANSWER_WITHIN)
    }
}

/// Asks a resolver, on a runtime of its own: who asks may be on any thread.
pub(super) fn texts(
    resolver: &TokioResolver,
    name: &str,
    within: Duration,
) -> Result<Vec<String>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let asked =
        async { tokio::time::timeout(within, resolver.lookup(name, RecordType::TXT)).await };
    let found = match runtime.block_on(asked) {
        Ok(Ok(found)) => found,
        Ok(Err(error)) if error.is_no_records_found() => return Ok(Vec::new()),
        Ok(Err(error)) => return Err(error.to_string()),
        Err(_) => return Err(format!("no answer in {within:?}")),
    };
    let texts = found.answers().iter().filter_map(|record| match &record.data {
        RData::TXT(text) => {
            let whole: Vec<u8> = text.txt_data.concat();
            Some(String::from_utf8_lossy(&whole).into_owned())
        }
        _ => None,
    });
    Ok(texts.collect())
}
