//! What is around the pages behind the sign-in, and what their forms carry.

use maud::{Markup, html};

use super::super::language::Language;
use super::super::layout::{self, Frame};
use super::super::words::{council, share as say};
use super::super::{link, respond};
use crate::http::session::Secret;
use crate::language::Words;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

/// A page in the making.
pub(super) struct Sheet<'a> {
    pub(super) frame: &'a Frame,
    pub(super) secret: &'a Secret,
}

impl Sheet<'_> {
    pub(super) fn language(&self) -> Language {
        self.frame.language
    }

    /// Returns a text in the language of the page.
    pub(super) fn text(&self, words: Words) -> &'static str {
        words.text(self.frame.language)
    }

    /// Returns a path of this site in the language of the page.
    pub(super) fn path(&self, path: &str) -> String {
        self.frame.path(path)
    }

    /// Returns a path with a query, in the language of the page.
    pub(super) fn path_with<'a>(
        &self,
        path: &str,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> String {
        let tag = [("lang", self.frame.language.tag())];
        link::with_query(path, pairs.into_iter().chain(tag))
    }

    /// Returns the field by which a form shows that it is from this page.
    pub(super) fn secret_field(&self) -> Markup {
        secret_field(self.secret)
    }

    /// Puts the menu and the frame around a page. `here` is the path of the task
    /// it belongs to.
    pub(super) fn around(&self, title: &str, here: &str, main: &Markup) -> Markup {
        let tasks = [
            ("/share", say::OVERVIEW),
            ("/share/dataset", say::NEW),
            ("/share/datasets", say::OWN),
            ("/share/import", say::IMPORT),
            ("/share/sources", say::SOURCES),
            ("/share/federation", council::GOVERN),
        ];
        let whole = html! {
            div.wide.share {
                div.tools {
                    nav aria-label=(self.text(say::MENU)) {
                        @for (path, name) in tasks {
                            a href=(self.path(path)) aria-current=[(path == here).then_some("page")] {
                                (self.text(name))
                            }
                        }
                    }
                    form method="post" action=(self.path("/share/sign-out")) {
                        (self.secret_field())
                        button.plain type="submit" { (self.text(say::SIGN_OUT)) }
                    }
                }
                (main)
            }
        };
        let title = if here == "/share" {
            title.to_owned()
        } else {
            format!("{title} – {}", self.text(say::NAME))
        };
        self.frame.around(&title, &html! {}, &whole)
    }
}

/// Returns the field by which a form shows that it is from this page.
pub(super) fn secret_field(secret: &Secret) -> Markup {
    html! { input type="hidden" name="secret" value=(secret.reveal()); }
}

/// Answers with a page that says in the person's language why nothing was done.
pub(super) fn refuse(
    language: Language,
    status: StatusCode,
    title: Words,
    text: Words,
) -> Response {
    let main = html! {
        div.wide.narrow {
            h1 { (title.text(language)) }
            p { (text.text(language)) }
            p {
                a.button href=(link::with_query("/share", [("lang", language.tag())])) {
                    (say::NAME.text(language))
                }
            }
        }
    };
    let mut response = respond(Ok(layout::bare(language, title.text(language), &main)), language);
    *response.status_mut() = status;
    response
}

/// Sends the browser on to a path of this site.
pub(super) fn go<'a>(
    language: Language,
    path: &str,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    fragment: &str,
) -> Response {
    let address = link::with_query(path, pairs.into_iter().chain([("lang", language.tag())]));
    let hash = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
    let Ok(place) = HeaderValue::from_str(&format!("{address}{hash}")) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

/// Answers with a part of a page.
pub(super) fn fragment(part: Markup) -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (headers, part.into_string()).into_response()
}
