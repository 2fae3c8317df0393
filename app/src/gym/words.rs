//! Every text of the gym's pages, in the gym's time.

use super::{
    activity::{ActivityFilter, ActivityKind, ActivityLine, LineBadge},
    desk::entry::{DeskRequest, RecentBadge},
};
use crate::ui::{close_words, error_words};
use logic::text;
use protocol::{
    CloseCode, ErrorBody, Millis,
    account::Role,
    gym::{CheckInAnswer, Membership, Reason, Verdict, Visit},
    http::Standing,
};

/// Makes of each line a function that returns the text.
macro_rules! texts {
    ($($name:ident: $text:literal;)*) => {$(
        #[doc = $text]
        pub fn $name() -> String {
            $text.to_owned()
        }
    )*};
}

texts! {
    skip_to_page: "Skip to the page";
    pages: "Pages";
    dashboard: "Dashboard";
    sign_out: "Sign out";
    page_failed: "The page could not be opened";
    name: "Name";
    member: "Member";
    state: "State";
    try_again: "Try again";
    cancel: "Cancel";
    close: "Close";
    done: "Done";
    search_label: "Name, number or telephone";

    dashboard_page: "Today";
    dashboard_failed: "The gym's figures could not be shown";
    figures_part: "The figures";
    hours_part: "The day by hour";
    activity_part: "The activity";
    visits_part: "The list of visits";
    currently_in: "Currently in";
    checked_in_today: "Checked in today";
    average_stay: "Average stay";
    last_check_in: "Last check-in";
    hours_title: "Check-ins by hour";
    no_check_ins: "No check-ins yet today";
    activity_title: "Activity";
    show: "Show";
    time: "Time";
    event: "Event";
    detail: "Detail";
    visits_title: "Recent visits";
    no_visits: "No visits yet today";
    no_visits_note: "The first check-in appears here by itself.";
    open_desk: "Open the desk";
    desk: "Desk";
    time_in: "In";
    time_out: "Out";
    stay_title: "Stay";
    is_in: "in";
    figures_from_before: "These figures are from before the connection was lost. They catch up by themselves.";

    desk_page: "Check-in desk";
    desk_failed: "The desk could not be opened";
    answer_part: "The answer";
    figure_part: "The figure";
    list_part: "The list";
    desk_ready: "Ready";
    desk_ready_note: "Scan a card anywhere on this page, or type two letters of a name.";
    desk_placeholder: "Scan, or type a name or number";
    nobody_found_here: "Nobody found. Try the number, the telephone or fewer letters.";
    just_now_title: "Just now";
    just_now_empty: "Nothing yet";
    just_now_empty_note: "What happens here and at other desks appears in this list.";
    show_again: "Show this answer again";
    see_why: "See why";
    check_in: "Check in";
    check_out: "Check out";
    checked_out: "Checked out";
    taken_back: "Taken back";
    profile: "Profile";
    open_override: "Let in once…";
    let_in_once: "Let in once";
    override_label: "Why once? It is kept in the audit log.";

    members_page: "Members";
    members_failed: "The members could not be shown";
    new_member: "New member";
    show_all_members: "Show all members";
    member_number: "Number";
    contact: "Reach";
    plan_title: "Plan";
    member_since: "Member since";
    previous: "Previous";
    next: "Next";
    pages_of_list: "Pages of the list";
    phone_field: "Telephone, if known";
    email_field: "E-mail, if known";
    plan_field: "Plan, from today";
    no_plan_yet: "None yet";
    number_note: "The number is made by itself and is also the card's code.";
    one_number: "The printed number, the typed number and the card's code are the same.";
    print: "Print";

    sign_in: "Sign in";
    sign_in_note: "For the people who run the gym: the live dashboard, the check-in desk and the members.";
    here_for_guitar: "Here for the guitar?";
    play_without_sign_in: "No sign-in is needed to play.";
    email: "E-mail";
    password: "Password";
    show_password: "Show the password";

    forbidden_page: "Not allowed";
    forbidden_title: "Your role does not open this page";
    sign_in_as_other: "Sign in as somebody else";
}

/// What the sign-out button says when the server cannot be reached.
pub fn sign_out_failed() -> String {
    "Signing out did not reach the server. Try again.".to_owned()
}

/// The sentence of an error.
pub fn error(error: &ErrorBody) -> String {
    error_words(error)
}

/// A whole number with its separators.
pub fn number(number: i64) -> String {
    text::grouped(number)
}

/// `17:02`
pub fn clock(at: Millis, utc_offset: i32) -> String {
    text::clock(at, utc_offset)
}

/// `17:02`, or a dash for what has not happened.
pub fn clock_or_dash(at: Option<Millis>, utc_offset: i32) -> String {
    at.map_or_else(|| "–".to_owned(), |at| clock(at, utc_offset))
}

/// `17:02:41`
pub fn clock_seconds(at: Millis, utc_offset: i32) -> String {
    text::clock_seconds(at, utc_offset)
}

/// `Saturday 28 November`
pub fn weekday_date(at: Millis, utc_offset: i32) -> String {
    text::weekday_date(at, utc_offset)
}

/// `28 Nov 2026`
pub fn date(at: Millis, utc_offset: i32) -> String {
    text::date(at, utc_offset)
}

/// `3 min ago`
pub fn ago(ms: Millis) -> String {
    text::ago(ms)
}

/// How long a visit took.
pub fn stay(ms: Millis) -> String {
    text::stay(ms as f64 / 60_000.0)
}

/// The mean stay, or a dash before the first.
pub fn average_minutes(minutes: Option<f64>) -> String {
    minutes.map_or_else(|| "–".to_owned(), text::stay)
}

/// The places below the figure of who is in.
pub fn of_places(capacity: i64) -> String {
    match capacity {
        0 => "no limit set".to_owned(),
        capacity => format!("of {}", text::plural(capacity, "place", "places")),
    }
}

/// The places beside the desk's figure.
pub fn of_places_short(capacity: i64) -> String {
    format!("/ {capacity}")
}

/// The badge of a gym that is full or nearly so.
pub fn crowded(percent: i64) -> String {
    let word = if percent >= 100 { "full" } else { "nearly full" };
    format!("{word} · {percent} %")
}

/// The desk's warning that the gym is nearly full.
pub fn percent_of_capacity(percent: i64) -> String {
    format!("{percent} % of capacity")
}

/// Since when the day's figures count.
pub fn since(at: Millis, utc_offset: i32) -> String {
    format!("since {}", clock(at, utc_offset))
}

/// What the mean stay is over.
pub fn finished_visits(count: i64) -> String {
    match count {
        0 => "no finished visit yet".to_owned(),
        count => format!("over {}", text::plural(count, "finished visit", "finished visits")),
    }
}

/// Who came in last, and where.
pub fn who_and_where(visit: Option<&Visit>) -> String {
    match visit {
        Some(visit) => format!("{} · {}", visit.member.full_name, visit.location),
        None => "nobody yet".to_owned(),
    }
}

/// The busiest hour so far.
pub fn busiest_hour(begins: &str, count: i64) -> String {
    format!("Most check-ins at {begins}: {count}")
}

/// One bar of the chart.
pub fn hour_count(begins: &str, count: i64) -> String {
    format!("{begins}: {count} check-ins")
}

/// A choice of the activity's filter.
pub fn activity_filter(filter: ActivityFilter) -> String {
    match filter {
        ActivityFilter::All => "All",
        ActivityFilter::CheckIns => "Check-ins",
        ActivityFilter::Refused => "Refused",
    }
    .to_owned()
}

/// The title of an empty stream.
pub fn no_activity(only_refused: bool) -> String {
    if only_refused { "Nobody was refused" } else { "Nothing happened yet" }.to_owned()
}

/// What will appear in it.
pub fn no_activity_note(only_refused: bool) -> String {
    match only_refused {
        true => "A refusal at any desk appears here by itself.",
        false => "The first check-in appears here by itself.",
    }
    .to_owned()
}

/// What happened.
pub fn activity(kind: ActivityKind) -> String {
    match kind {
        ActivityKind::CheckedIn => "Checked in",
        ActivityKind::LetInOnce => "Override",
        ActivityKind::CheckedOut => "Checked out",
        ActivityKind::ClosedByGym => "Closed by the gym",
        ActivityKind::TakenBack => "Taken back",
        ActivityKind::Refused => "Refused",
    }
    .to_owned()
}

/// Where it happened, and why.
pub fn activity_detail(line: &ActivityLine, utc_offset: i32) -> String {
    if line.kind == ActivityKind::TakenBack {
        return format!("{}, does not count", line.location);
    }
    let reason = line.reason.as_ref().map(|reason| short_reason(reason, utc_offset));
    let location = Some(line.location.clone()).filter(|location| !location.is_empty());
    location.into_iter().chain(reason).collect::<Vec<_>>().join(" · ")
}

/// The badge of a line.
pub fn line_badge(badge: LineBadge) -> String {
    match badge {
        LineBadge::Queued => "queued",
        LineBadge::Checking => "checking",
        LineBadge::NotRecorded => "not recorded",
        LineBadge::In | LineBadge::InWarned => "in",
        LineBadge::LetInOnce => "override",
        LineBadge::AlreadyIn => "already in",
        LineBadge::Left(None) => "left",
        LineBadge::Left(Some(ms)) => return format!("left after {}", stay(ms)),
        LineBadge::Undone => "undone",
        LineBadge::Refused => "refused",
    }
    .to_owned()
}

/// The badge of a line beside the card.
pub fn recent_badge(badge: RecentBadge) -> String {
    match badge.confirmed {
        true => format!("confirmed · {}", line_badge(badge.word)),
        false => line_badge(badge.word),
    }
}

/// A finished visit's length, and whether the gym ended it.
pub fn visit_stay(ms: Millis, by_gym: bool) -> String {
    let by = if by_gym { " · closed by the gym" } else { "" };
    format!("{}{by}", stay(ms))
}

/// Why the page gets no changes.
pub fn changes_refused(error: &ErrorBody) -> String {
    format!("Changes do not reach this page: {}", self::error(error))
}

/// Why the connection stays closed.
pub fn figures_stand_still(code: CloseCode) -> String {
    format!("These figures stand still. {}", close_words(code))
}

/// Name or code of an entry.
pub fn entry_title(title: Option<&str>) -> String {
    title.unwrap_or("A visit").to_owned()
}

/// The word of a card that waits for its answer.
pub fn waiting(queued: bool, request: DeskRequest) -> String {
    match (queued, request) {
        (true, _) => "Queued",
        (false, DeskRequest::CheckIn) => "Checking…",
        (false, DeskRequest::CheckOut) => "Checking out…",
        (false, DeskRequest::Undo) => "Taking back…",
    }
    .to_owned()
}

/// What a queued card means.
pub fn waiting_note(queued: bool) -> String {
    match queued {
        true => {
            "No connection. This is kept here, also when the page is closed, and is sent as soon \
             as the connection is back. Whether the member may come in is not known yet."
        }
        false => "",
    }
    .to_owned()
}

/// The greeting of a member who leaves.
pub fn goodbye(name: &str) -> String {
    format!("Goodbye, {name}")
}

/// The note of a check-in that was taken back.
pub fn does_not_count(number: &str) -> String {
    format!("{number} · this check-in does not count")
}

/// The word of a card whose command failed.
pub fn failed(unknown: bool, request: DeskRequest) -> String {
    match (unknown, request) {
        (true, _) => "No member has this code",
        (_, DeskRequest::CheckIn) => "Not checked in",
        (_, DeskRequest::CheckOut) => "Not checked out",
        (_, DeskRequest::Undo) => "Not taken back",
    }
    .to_owned()
}

/// Why it failed.
pub fn failed_note(unknown: bool, error: &ErrorBody) -> String {
    match unknown {
        true => "Nothing was recorded. Scan again, or type two letters of the name.".to_owned(),
        false => format!("Nothing was recorded. {}", self::error(error)),
    }
}

/// Name and, for a member who comes in, a greeting.
pub fn greeting(answer: &CheckInAnswer) -> String {
    let name = &answer.member.full_name;
    let comes_in =
        answer.verdict != Verdict::Deny && !matches!(answer.reason, Some(Reason::AlreadyIn { .. }));
    if comes_in { format!("Welcome, {name}") } else { name.clone() }
}

/// The card's word for a decision: `Checked in`, `Already in since 17:02`, `Expired 3 days ago`.
pub fn headline(answer: &CheckInAnswer, utc_offset: i32) -> String {
    match (&answer.reason, answer.verdict) {
        (None, Verdict::Deny) => "Not today".to_owned(),
        (None, _) => "Checked in".to_owned(),
        (Some(Reason::Overridden { .. }), _) => "Let in once".to_owned(),
        (Some(reason @ Reason::AlreadyIn { .. }), _) | (Some(reason), Verdict::Deny) => {
            capitalised(&short_reason(reason, utc_offset))
        }
        (Some(reason), _) => format!("Checked in · {}", short_reason(reason, utc_offset)),
    }
}

/// The card's second line: number, plan, which visit of the month.
pub fn particulars(answer: &CheckInAnswer) -> String {
    let mut parts = vec![answer.member.number.clone()];
    parts.extend(answer.membership.as_ref().map(plan));
    match &answer.reason {
        Some(Reason::AlreadyIn { location, .. }) => {
            parts = vec![format!("Same visit, nothing counted twice · {location}")];
        }
        Some(Reason::Overridden { reason }) => parts.push(reason.clone()),
        _ => parts.extend(answer.visit_of_month.map(|count| format!("visit {count} this month"))),
    }
    parts.join(" · ")
}

/// A reason as part of a line: `expired 3 days ago`.
pub fn short_reason(reason: &Reason, utc_offset: i32) -> String {
    match reason {
        Reason::AlreadyIn { since, .. } => {
            format!("already in since {}", clock(*since, utc_offset))
        }
        Reason::EndsSoon { days: 0 } => "ends today".to_owned(),
        Reason::EndsSoon { days: 1 } => "ends tomorrow".to_owned(),
        Reason::EndsSoon { days } => format!("ends in {days} days"),
        Reason::Expired { days: 0 } => "expired today".to_owned(),
        Reason::Expired { days: 1 } => "expired yesterday".to_owned(),
        Reason::Expired { days } => format!("expired {days} days ago"),
        Reason::Frozen { until } => format!("frozen until {}", text::day(until)),
        Reason::NoVisitsLeft => "no visits left".to_owned(),
        Reason::LastVisit => "last visit of the pass".to_owned(),
        Reason::NoSubscription => "no subscription".to_owned(),
        Reason::Barred => "barred".to_owned(),
        Reason::Overridden { reason } => format!("let in once: {reason}"),
    }
}

/// `Monthly until 14 December`, `10-visit pass, 3 left`.
pub fn plan(membership: &Membership) -> String {
    let mut words = membership.plan.clone();
    if let Some(last) = &membership.ends_on {
        words.push_str(&format!(" until {}", text::day(last)));
    }
    if let Some(left) = membership.visits_left {
        words.push_str(&format!(", {left} left"));
    }
    words
}

/// A member's standing as a badge.
pub fn standing(standing: Standing) -> String {
    match standing {
        Standing::Active => "active",
        Standing::EndsSoon => "ends soon",
        Standing::Expired => "expired",
        Standing::Frozen => "frozen",
        Standing::UsedUp => "used up",
        Standing::None => "no plan",
        Standing::Barred => "barred",
    }
    .to_owned()
}

/// Why the first answer is shown again.
pub fn repeated(seconds: i64) -> String {
    format!("Scanned again within {seconds} s: this is the first answer.")
}

/// The button that takes a check-in back, with the seconds left for it.
pub fn undo(seconds: i64) -> String {
    format!("Undo · {seconds} s")
}

/// The button that renews a plan.
pub fn renew(is_pending: bool) -> String {
    if is_pending { "Renewing…" } else { "Renew" }.to_owned()
}

/// The renewed plan.
pub fn renewed(membership: Option<&Membership>) -> String {
    format!("Renewed · {}", membership.map(plan).unwrap_or_default())
}

/// Since when a member is in.
pub fn in_since(since: Millis, utc_offset: i32) -> String {
    format!("in since {}", clock(since, utc_offset))
}

/// The second line of a member that the search found.
pub fn found_note(row: &protocol::http::MemberRow) -> String {
    let plan = row.membership.as_ref().map(plan);
    let parts = [Some(row.member.number.clone()), plan, row.phone.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What a screen reader says of the search: how many rows, and which one Enter takes.
pub fn found(count: usize, selected: usize, name: Option<&str>) -> String {
    match name {
        None => "Nobody found".to_owned(),
        Some(name) => format!("{count} found. {name}, {} of {count}", selected + 1),
    }
}

/// The button that ends a member's visit.
pub fn check_out_of(name: &str) -> String {
    format!("Check out {name}")
}

/// How many entries were refused while the desk's page was closed.
pub fn refused_meanwhile(count: i64) -> String {
    format!("Refused meanwhile: {} from the desk.", text::plural(count, "entry", "entries"))
}

/// Why the list of members is empty.
pub fn no_members(total: i64, has_text: bool) -> String {
    match (total, has_text) {
        (0, false) => "No members yet",
        (0, true) => "Nobody found",
        _ => "Nothing on this page",
    }
    .to_owned()
}

/// What to do about it.
pub fn no_members_note(total: i64, has_text: bool) -> String {
    match (total, has_text) {
        (0, false) => "The first one is made with New member.",
        (0, true) => "Try the number, the telephone or fewer letters.",
        _ => "The list ends before it.",
    }
    .to_owned()
}

/// Which page of the list it is.
pub fn page_of(total: i64, page: u32, pages: u32) -> String {
    format!("{} · page {page} of {pages}", text::plural(total, "member", "members"))
}

/// The button of the form for a new member.
pub fn create_member(is_pending: bool) -> String {
    if is_pending { "Creating…" } else { "Create member" }.to_owned()
}

/// The button that copies the new number, with what came of it.
pub fn copy_number(copied: Option<bool>) -> String {
    match copied {
        Some(true) => "Copied",
        Some(false) => "Copying is not allowed here",
        None => "Copy number",
    }
    .to_owned()
}

/// The button of the sign-in form.
pub fn sign_in_button(is_pending: bool, wait: Option<i64>) -> String {
    match (is_pending, wait) {
        (true, _) => "Signing in…".to_owned(),
        (false, Some(seconds)) => format!("Wait {seconds} s"),
        (false, None) => sign_in(),
    }
}

/// Why signing in failed, with the seconds to wait.
pub fn sign_in_error(error: &ErrorBody, wait: Option<i64>) -> String {
    match wait {
        Some(seconds) => format!("{} Try again in {seconds} s.", without_wait(&error.message)),
        None if error.retry_after_ms.is_some() => "You can try again now.".to_owned(),
        None => self::error(error),
    }
}

/// A refusal without its own "Try again in 13 seconds.": the form counts them down itself.
fn without_wait(message: &str) -> &str {
    message.split(" Try again").next().unwrap_or(message)
}

/// A role's name.
pub fn role(role: Role) -> String {
    role.label().to_owned()
}

/// Which role one has.
pub fn signed_in_as(role: Role) -> String {
    format!("You are signed in as {}.", self::role(role))
}

/// What to do about a role that is not enough.
pub fn forbidden_note(is_player: bool) -> String {
    match is_player {
        true => "This account keeps guitar practice and has no part in the gym.",
        false => "A manager or admin can give you a role that may.",
    }
    .to_owned()
}

/// The page that the role does open.
pub fn forbidden_way_out(is_player: bool) -> String {
    if is_player { "Open the guitar" } else { "Open the dashboard" }.to_owned()
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::gym::MemberRef;
    use uuid::Uuid;

    fn answer(verdict: Verdict, reason: Option<Reason>) -> CheckInAnswer {
        CheckInAnswer {
            verdict,
            reason,
            member: MemberRef {
                id: Uuid::from_u128(1),
                number: "M-104821".to_owned(),
                full_name: "Maria Keller".to_owned(),
            },
            membership: Some(Membership {
                plan: "Monthly".to_owned(),
                ends_on: Some("2026-12-14".to_owned()),
                visits_left: None,
            }),
            visit: None,
            visit_of_month: Some(9),
            repeated: false,
        }
    }

    #[test]
    fn a_plain_yes_names_number_plan_and_which_visit_it_is() {
        let yes = answer(Verdict::Allow, None);
        assert_eq!(headline(&yes, 0), "Checked in");
        assert_eq!(particulars(&yes), "M-104821 · Monthly until 14 December · visit 9 this month");
    }

    #[test]
    fn a_second_scan_says_since_when_and_that_nothing_was_counted() {
        let since = 61_320_000; // 17:02 UTC
        let location = "Desk 2".to_owned();
        let twice = answer(Verdict::Warn, Some(Reason::AlreadyIn { since, location }));
        assert_eq!(headline(&twice, 0), "Already in since 17:02");
        assert_eq!(headline(&twice, 60), "Already in since 18:02");
        assert_eq!(particulars(&twice), "Same visit, nothing counted twice · Desk 2");
    }

    #[test]
    fn a_refusal_says_why_and_a_warning_says_that_the_member_is_in() {
        let expired = |days| headline(&answer(Verdict::Deny, Some(Reason::Expired { days })), 0);
        assert_eq!(expired(3), "Expired 3 days ago");
        assert_eq!(expired(1), "Expired yesterday");
        let soon = answer(Verdict::Warn, Some(Reason::EndsSoon { days: 1 }));
        assert_eq!(headline(&soon, 0), "Checked in · ends tomorrow");
        let pass =
            Membership { plan: "10-visit pass".to_owned(), ends_on: None, visits_left: Some(3) };
        assert_eq!(plan(&pass), "10-visit pass, 3 left");
    }

    #[test]
    fn the_wait_is_told_once() {
        let refusal = "Too many tries to sign in. Try again in 13 seconds.";
        assert_eq!(without_wait(refusal), "Too many tries to sign in.");
        assert_eq!(without_wait("E-mail or password are wrong."), "E-mail or password are wrong.");
    }
}
