//! Who may enter a page of the gym.

use super::forbidden::Forbidden;
use crate::{
    backend::{Failure, who},
    response::{SharedRespond, use_respond},
    ui::{ErrorCard, sign_in_address},
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, components::Redirect, hooks::use_location};
use protocol::{account::Permission, http::SignedIn};

/// Who is signed in, asked once for all pages of the gym.
#[derive(Clone, Copy)]
pub struct Who(pub Resource<Result<Option<SignedIn>, Failure>>);

/// Who may enter a page. Make it with [`Gate::of`] in the page's body, where the request and the
/// address are at hand, and ask it inside the page's `Suspend`.
#[derive(Clone)]
pub struct Gate {
    who: Option<Who>,
    needs: Permission,
    sign_in: String,
    respond: Option<SharedRespond>,
}

impl Gate {
    /// The gate of the page at the present address.
    pub fn of(needs: Permission) -> Self {
        let location = use_location();
        let (path, search) = (location.pathname.get_untracked(), location.search.get_untracked());
        Self {
            who: use_context::<Who>(),
            needs,
            sign_in: sign_in_address(&path, &search),
            respond: use_respond(),
        }
    }

    /// Who came in, or what to show instead of the page.
    pub async fn pass(self) -> Result<SignedIn, AnyView> {
        let answer = match self.who {
            Some(Who(who)) => who.await,
            None => who().await,
        };
        match answer {
            Ok(Some(user)) if user.role.may(self.needs) => Ok(user),
            Ok(Some(user)) => Err(view! { <Forbidden role=user.role/> }.into_any()),
            Ok(None) => Err(self.to_sign_in()),
            Err(failure) => Err(view! {
                <ErrorCard title="The page could not be opened" failure/>
            }
            .into_any()),
        }
    }

    /// Sends whoever is not signed in to sign in, and back here afterwards.
    pub fn to_sign_in(self) -> AnyView {
        match self.respond {
            Some(respond) => {
                respond.redirect(&self.sign_in);
                ().into_any()
            }
            None => {
                let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
                view! { <Redirect path=self.sign_in options/> }.into_any()
            }
        }
    }
}
