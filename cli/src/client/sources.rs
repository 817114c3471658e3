//! The sources, as a client asks for them. All of it needs the token.

use dela_protocol::api::{
    CheckReport, ImportReport, NewSource, Source, SourceChange, SourceList, SourceReport,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::{Method, Request, header};

use super::{Answer, CheckOptions, Client, ClientError, ImportOptions};

impl Client {
    /// `GET /api/v1/sources`: all sources.
    pub fn sources(&self) -> Result<Answer<SourceList>, ClientError> {
        self.with_the_token(Method::GET, &["sources"], &[], None::<&()>)
    }

    /// `GET /api/v1/sources/{id}`: one source.
    pub fn source(&self, id: &str) -> Result<Answer<Source>, ClientError> {
        self.with_the_token(Method::GET, &["sources", id], &[], None::<&()>)
    }

    /// `POST /api/v1/sources`: adds a source.
    pub fn add_source(&self, new: &NewSource) -> Result<Answer<Source>, ClientError> {
        self.with_the_token(Method::POST, &["sources"], &[], Some(new))
    }

    /// `PATCH /api/v1/sources/{id}`: changes how a source is asked.
    pub fn change_source(
        &self,
        id: &str,
        change: &SourceChange,
    ) -> Result<Answer<Source>, ClientError> {
        self.with_the_token(Method::PATCH, &["sources", id], &[], Some(change))
    }

    /// `DELETE /api/v1/sources/{id}`: removes a source.
    pub fn remove_source(&self, id: &str) -> Result<Answer<Source>, ClientError> {
        self.with_the_token(Method::DELETE, &["sources", id], &[], None::<&()>)
    }

    /// `POST /api/v1/sources/{id}/run`: asks a source now.
    pub fn run_source(&self, id: &str, dry_run: bool) -> Result<Answer<SourceReport>, ClientError> {
        let dry_run: &[_] = if dry_run { &[("dry_run", "true")] } else { &[] };
        self.with_the_token(Method::POST, &["sources", id, "run"], dry_run, None::<&()>)
    }

    /// `DELETE /api/v1/sources/{id}/run`: ends a run.
    pub fn cancel_source(&self, id: &str) -> Result<Answer<Source>, ClientError> {
        self.with_the_token(Method::DELETE, &["sources", id, "run"], &[], None::<&()>)
    }

    /// `POST /api/v1/sources/{id}/accept`: agrees that what vanished is gone.
    pub fn accept_source(&self, id: &str) -> Result<Answer<SourceReport>, ClientError> {
        self.with_the_token(Method::POST, &["sources", id, "accept"], &[], None::<&()>)
    }

    /// `POST /api/v1/imports?address=`: imports what the node finds there.
    pub fn import_from(
        &self,
        address: &str,
        options: ImportOptions,
    ) -> Result<Answer<ImportReport>, ClientError> {
        let mut query = vec![("address", address)];
        query.extend(options.parameters());
        self.with_the_token(Method::POST, &["imports"], &query, None::<&()>)
    }

    /// `POST /api/v1/check?address=`: checks what the node finds there.
    pub fn check_at(
        &self,
        address: &str,
        options: CheckOptions,
    ) -> Result<Answer<CheckReport>, ClientError> {
        let mut query = vec![("address", address)];
        query.extend(options.query());
        self.with_the_token(Method::POST, &["check"], &query, None::<&()>)
    }

    pub(super) fn with_the_token<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&impl Serialize>,
    ) -> Result<Answer<T>, ClientError> {
        let token = self.token.find(self)?;
        let path: Vec<&str> = ["api", "v1"].iter().chain(path).copied().collect();
        let request = Request::builder()
            .method(method)
            .uri(self.node.url(&path, query))
            .header(header::ACCEPT, "application/json");
        let response = match body {
            None => self.send(request, (), Some(&token))?,
            Some(body) => {
                let json = serde_json::to_vec(body).expect("what is sent has only texts");
                let request = request.header(header::CONTENT_TYPE, "application/json");
                self.send(request, json, Some(&token))?
            }
        };
        self.read(response, Some(&token))
    }
}
