//! Who may enter a page of the gym.

use super::forbidden::Forbidden;
use crate::{
    backend::{CallFailure, who},
    response::{SharedResponseHead, use_response_head},
    ui::{ErrorCard, sign_in_address},
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, components::Redirect, hooks::use_location};
use protocol::{account::Permission, http::SignedIn};
use texts::text;

/// Who is signed in, asked once for all pages of the gym.
#[derive(Clone, Copy)]
pub(crate) struct SignedInResource(pub Resource<Result<Option<SignedIn>, CallFailure>>);

/// Decides who may enter a page. Make it with [`PageGate::of`] in the page's body, where the
/// request and the address are at hand, and ask it inside the page's `Suspend`.
#[derive(Clone)]
pub(crate) struct PageGate {
    signed_in: Option<SignedInResource>,
    needs: Permission,
    sign_in: String,
    response: Option<SharedResponseHead>,
}

impl PageGate {
    /// The gate of the page at the present address.
    pub(crate) fn of(needs: Permission) -> Self {
        let location = use_location();
        let (path, search) = (location.pathname.get_untracked(), location.search.get_untracked());
        Self {
            signed_in: use_context::<SignedInResource>(),
            needs,
            sign_in: sign_in_address(&path, &search),
            response: use_response_head(),
        }
    }

    /// The person who may enter, or what to show instead of the page.
    pub(crate) async fn pass(self) -> Result<SignedIn, AnyView> {
        let answer = match self.signed_in {
            Some(SignedInResource(signed_in)) => signed_in.await,
            None => who().await,
        };
        match answer {
            Ok(Some(user)) if user.role.may(self.needs) => Ok(user),
            Ok(Some(user)) => Err(view! { <Forbidden role=user.role/> }.into_any()),
            Ok(None) => Err(self.redirect_to_sign_in()),
            Err(failure) => {
                Err(view! { <ErrorCard title=text!(gym.page_failed) failure/> }.into_any())
            }
        }
    }

    /// Redirects to sign-in, with the way back to this page.
    fn redirect_to_sign_in(self) -> AnyView {
        match self.response {
            Some(response) => {
                response.redirect(&self.sign_in);
                ().into_any()
            }
            None => {
                let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
                view! { <Redirect path=self.sign_in options/> }.into_any()
            }
        }
    }
}
