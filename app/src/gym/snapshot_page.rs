//! A page of the gym that begins with its snapshot and is kept up to date from there.

use super::{gate::PageGate, page_head::PageHead};
use crate::{
    backend::gym,
    ui::{ErrorCard, Loading},
};
use leptos::prelude::*;
use protocol::{account::Permission, gym::GymSnapshot, http::AtPosition};

/// Lets in who may see the page, reads the snapshot, and shows the page from it: or that it is on
/// its way, or why it could not be read, with a way to try again.
#[component]
pub(crate) fn SnapshotPage(
    /// Who may see it.
    needs: Permission,
    /// The page's title while there is no snapshot.
    title: fn() -> &'static str,
    /// What could not be shown when there is none.
    failed: fn() -> &'static str,
    /// How many rows stand for the page while it is on its way.
    rows: usize,
    /// The page from a snapshot.
    page: fn(AtPosition<GymSnapshot>) -> AnyView,
) -> impl IntoView {
    let gate = PageGate::of(needs);
    let start = Resource::new(|| (), |()| gym());
    let shown = move || {
        let gate = gate.clone();
        Suspend::new(async move {
            if let Err(instead) = gate.pass().await {
                return instead;
            }
            match start.await {
                Ok(start) => page(start),
                Err(failure) => view! {
                    <PageHead title/>
                    <div class="page-body">
                        <ErrorCard
                            title=failed
                            failure
                            retry=Callback::new(move |()| start.refetch())
                        />
                    </div>
                }
                .into_any(),
            }
        })
    };
    view! { <Suspense fallback=move || view! { <Loading rows/> }>{shown}</Suspense> }
}
