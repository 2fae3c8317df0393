//! The live dashboard: four figures, the day by hour, activity and visits.

pub(crate) mod activity_stream;
pub(crate) mod figures;
pub(crate) mod hours_chart;
pub(crate) mod visit_list;

use self::{
    activity_stream::ActivityStream, figures::FigureCards, hours_chart::HoursChart,
    visit_list::VisitList,
};
use super::{
    live::use_live_gym, page_head::PageHead, snapshot_page::SnapshotPage, stale_note::StaleNote,
};
use crate::ui::Guarded;
use leptos::prelude::*;
use protocol::{account::Permission, gym::GymSnapshot, http::AtPosition};
use texts::{format, text};

/// `/gym`
#[component]
pub(crate) fn Dashboard() -> impl IntoView {
    view! {
        <SnapshotPage
            needs=Permission::SeeGym
            title=text!(gym.today)
            failed=text!(gym.dashboard_failed)
            rows=8
            page=|start| view! { <DashboardPage start/> }.into_any()
        />
    }
}

#[component]
fn DashboardPage(start: AtPosition<GymSnapshot>) -> impl IntoView {
    let live = use_live_gym(start);
    let today = Signal::derive(move || {
        let day_start = live.roster.with(|roster| roster.clock().day_start);
        format::weekday_date(day_start, live.utc_offset())
    });
    view! {
        <PageHead title=text!(gym.today) note=today live=true/>
        <div class="page-body">
            <StaleNote live/>
            <Guarded what=text!(gym.figures_part)>
                <FigureCards live/>
            </Guarded>
            <Guarded what=text!(gym.hours_part)>
                <HoursChart live/>
            </Guarded>
            <Guarded what=text!(gym.activity_part)>
                <ActivityStream live/>
            </Guarded>
            <Guarded what=text!(gym.visits_part)>
                <VisitList live/>
            </Guarded>
        </div>
    }
}
