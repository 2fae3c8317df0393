//! The texts that the HTML of a page carries for its client: those of the page's language.

use crate::client_files::PageKind;
use leptos::prelude::*;
use texts::{Language, set_language};

/// The texts for the client of a page that has one.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn client_words(page: PageKind) -> Option<AnyView> {
    page.client()?;
    let product = if page.is_of_gym() { "gym" } else { "guitar" };
    let table = texts::table(texts::language(), product);
    Some(view! { <script type="text/plain" id="words" inner_html=table></script> }.into_any())
}

/// A client renders no document.
#[cfg(feature = "hydrate")]
pub(crate) fn client_words(_: PageKind) -> Option<AnyView> {
    None
}

/// Begins in the language of the document with the texts that the document holds. False when they
/// are of another release than this client.
pub fn adopt_words() -> bool {
    let served = || document().document_element()?.get_attribute("lang");
    let served = served().and_then(|tag| Language::of_tag(&tag)).unwrap_or_default();
    set_language(served);
    let words = document().get_element_by_id("words").and_then(|words| words.text_content());
    words.is_some_and(|words| texts::load(served, &words))
}

/// The texts in the HTML of a page.
pub(crate) fn words_in(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("id=\"words\">")?;
    Some(rest.split_once("</script>")?.0)
}
