//! Every text of the gym's pages, in the gym's time.

use super::{
    activity::{ActivityFilter, ActivityKind, ActivityLine, LineBadge},
    desk::entry::{DeskRequest, RecentBadge},
};
use crate::ui::{close_words, error_words, role_words};
use protocol::{
    CloseCode, ErrorBody, ErrorCode, Millis,
    account::Role,
    gym::{CheckInAnswer, Membership, Reason, Verdict, Visit},
    http::Standing,
};
use texts::{count_words, format, words};

/// Makes of each line a function that returns the text of that name in the page's language.
macro_rules! texts {
    ($($name:ident;)*) => {$(
        #[doc = concat!("The text `gym.", stringify!($name), "`.")]
        pub fn $name() -> String {
            words!(gym.$name).to_owned()
        }
    )*};
}

texts! {
    skip_to_page;
    pages;
    dashboard;
    sign_out;
    page_failed;
    name;
    member;
    state;
    try_again;
    cancel;
    close;
    done;
    search_label;
    dashboard_page;
    dashboard_failed;
    figures_part;
    hours_part;
    activity_part;
    visits_part;
    currently_in;
    checked_in_today;
    average_stay;
    last_check_in;
    hours_title;
    no_check_ins;
    activity_title;
    show;
    time;
    event;
    detail;
    visits_title;
    no_visits;
    no_visits_note;
    open_desk;
    desk;
    time_in;
    time_out;
    stay_title;
    is_in;
    figures_from_before;
    desk_page;
    desk_failed;
    answer_part;
    figure_part;
    list_part;
    desk_ready;
    desk_ready_note;
    desk_placeholder;
    nobody_found_here;
    just_now_title;
    just_now_empty;
    just_now_empty_note;
    show_again;
    see_why;
    check_in;
    check_out;
    checked_out;
    taken_back;
    profile;
    open_override;
    let_in_once;
    override_label;
    members_page;
    members_failed;
    new_member;
    show_all_members;
    member_number;
    contact;
    plan_title;
    member_since;
    previous;
    next;
    pages_of_list;
    phone_field;
    email_field;
    plan_field;
    no_plan_yet;
    number_note;
    one_number;
    print;
    sign_in;
    sign_in_note;
    here_for_guitar;
    play_without_sign_in;
    email;
    password;
    show_password;
    forbidden_page;
    forbidden_title;
    sign_in_as_other;
}

/// What the sign-out button says when the server cannot be reached.
pub fn sign_out_failed() -> String {
    words!(gym.sign_out_failed).to_owned()
}

/// The sentence of an error.
pub fn error(error: &ErrorBody) -> String {
    error_words(error)
}

/// A whole number with its separators.
pub fn number(number: i64) -> String {
    format::grouped(number)
}

/// `17:02`
pub fn clock(at: Millis, utc_offset: i32) -> String {
    format::clock(at, utc_offset)
}

/// `17:02`, or a dash for what has not happened.
pub fn clock_or_dash(at: Option<Millis>, utc_offset: i32) -> String {
    at.map_or_else(|| "–".to_owned(), |at| clock(at, utc_offset))
}

/// `17:02:41`
pub fn clock_seconds(at: Millis, utc_offset: i32) -> String {
    format::clock_seconds(at, utc_offset)
}

/// `Saturday 28 November`
pub fn weekday_date(at: Millis, utc_offset: i32) -> String {
    format::weekday_date(at, utc_offset)
}

/// `28 Nov 2026`
pub fn date(at: Millis, utc_offset: i32) -> String {
    format::date(at, utc_offset)
}

/// `3 min ago`
pub fn ago(ms: Millis) -> String {
    format::ago(ms)
}

/// How long a visit took.
pub fn stay(ms: Millis) -> String {
    format::stay(ms as f64 / 60_000.0)
}

/// The mean stay, or a dash before the first.
pub fn average_minutes(minutes: Option<f64>) -> String {
    minutes.map_or_else(|| "–".to_owned(), format::stay)
}

/// The places below the figure of who is in.
pub fn of_places(capacity: i64) -> String {
    match capacity {
        0 => words!(gym.no_limit).to_owned(),
        capacity => count_words!(gym.of_places, capacity),
    }
}

/// The places beside the desk's figure.
pub fn of_places_short(capacity: i64) -> String {
    format!("/ {capacity}")
}

/// The badge of a gym that is full or nearly so.
pub fn crowded(percent: i64) -> String {
    match percent >= 100 {
        true => words!(gym.full, percent = percent),
        false => words!(gym.nearly_full, percent = percent),
    }
}

/// The desk's warning that the gym is nearly full.
pub fn percent_of_capacity(percent: i64) -> String {
    words!(gym.percent_of_capacity, percent = percent)
}

/// Since when the day's figures count.
pub fn since(at: Millis, utc_offset: i32) -> String {
    words!(gym.since, clock = clock(at, utc_offset))
}

/// What the mean stay is over.
pub fn finished_visits(count: i64) -> String {
    match count {
        0 => words!(gym.no_finished_visit).to_owned(),
        count => count_words!(gym.finished_visits, count),
    }
}

/// Who came in last, and where.
pub fn who_and_where(visit: Option<&Visit>) -> String {
    match visit {
        Some(visit) => format!("{} · {}", visit.member.full_name, visit.location),
        None => words!(gym.nobody_yet).to_owned(),
    }
}

/// The busiest hour so far.
pub fn busiest_hour(begins: &str, count: i64) -> String {
    words!(gym.busiest_hour, begins = begins, count = count)
}

/// One bar of the chart.
pub fn hour_count(begins: &str, count: i64) -> String {
    words!(gym.hour_count, begins = begins, count = count)
}

/// A choice of the activity's filter.
pub fn activity_filter(filter: ActivityFilter) -> String {
    match filter {
        ActivityFilter::All => words!(gym.filter_all),
        ActivityFilter::CheckIns => words!(gym.filter_check_ins),
        ActivityFilter::Refused => words!(gym.filter_refused),
    }
    .to_owned()
}

/// The title of an empty stream.
pub fn no_activity(only_refused: bool) -> String {
    if only_refused { words!(gym.no_refusals) } else { words!(gym.no_activity) }.to_owned()
}

/// What will appear in it.
pub fn no_activity_note(only_refused: bool) -> String {
    match only_refused {
        true => words!(gym.no_refusals_note),
        false => words!(gym.no_visits_note),
    }
    .to_owned()
}

/// What happened.
pub fn activity(kind: ActivityKind) -> String {
    match kind {
        ActivityKind::CheckedIn => words!(gym.did_check_in),
        ActivityKind::LetInOnce => words!(gym.did_override),
        ActivityKind::CheckedOut => words!(gym.did_check_out),
        ActivityKind::ClosedByGym => words!(gym.did_close),
        ActivityKind::TakenBack => words!(gym.did_take_back),
        ActivityKind::Refused => words!(gym.filter_refused),
    }
    .to_owned()
}

/// Where it happened, and why.
pub fn activity_detail(line: &ActivityLine, utc_offset: i32) -> String {
    if line.kind == ActivityKind::TakenBack {
        return words!(gym.taken_back_detail, location = line.location.clone());
    }
    let reason = line.reason.as_ref().map(|reason| short_reason(reason, utc_offset));
    let location = Some(line.location.clone()).filter(|location| !location.is_empty());
    location.into_iter().chain(reason).collect::<Vec<_>>().join(" · ")
}

/// The badge of a line.
pub fn line_badge(badge: LineBadge) -> String {
    match badge {
        LineBadge::Queued => words!(gym.badge_queued),
        LineBadge::Checking => words!(gym.badge_checking),
        LineBadge::NotRecorded => words!(gym.badge_not_recorded),
        LineBadge::In | LineBadge::InWarned => words!(gym.badge_in),
        LineBadge::LetInOnce => words!(gym.badge_override),
        LineBadge::AlreadyIn => words!(gym.badge_already_in),
        LineBadge::Left(None) => words!(gym.badge_left),
        LineBadge::Left(Some(ms)) => return words!(gym.left_after, stay = stay(ms)),
        LineBadge::Undone => words!(gym.badge_undone),
        LineBadge::Refused => words!(gym.badge_refused),
    }
    .to_owned()
}

/// The badge of a line beside the card.
pub fn recent_badge(badge: RecentBadge) -> String {
    match badge.confirmed {
        true => words!(gym.confirmed, badge = line_badge(badge.word)),
        false => line_badge(badge.word),
    }
}

/// A finished visit's length, and whether the gym ended it.
pub fn visit_stay(ms: Millis, by_gym: bool) -> String {
    match by_gym {
        true => words!(gym.closed_by_gym, stay = stay(ms)),
        false => stay(ms),
    }
}

/// Why the page gets no changes.
pub fn changes_refused(error: &ErrorBody) -> String {
    words!(gym.changes_refused, reason = self::error(error))
}

/// Why the connection stays closed.
pub fn figures_stand_still(code: CloseCode) -> String {
    words!(gym.stand_still, reason = close_words(code))
}

/// Name or code of an entry.
pub fn entry_title(title: Option<&str>) -> String {
    title.unwrap_or(words!(gym.a_visit)).to_owned()
}

/// The word of a card that waits for its answer.
pub fn waiting(queued: bool, request: DeskRequest) -> String {
    match (queued, request) {
        (true, _) => words!(gym.waiting_queued),
        (false, DeskRequest::CheckIn) => words!(gym.waiting_check_in),
        (false, DeskRequest::CheckOut) => words!(gym.waiting_check_out),
        (false, DeskRequest::Undo) => words!(gym.waiting_undo),
    }
    .to_owned()
}

/// What a queued card means.
pub fn waiting_note(queued: bool) -> String {
    match queued {
        true => {
            words!(gym.queued_note)
        }
        false => "",
    }
    .to_owned()
}

/// The greeting of a member who leaves.
pub fn goodbye(name: &str) -> String {
    words!(gym.goodbye, name = name)
}

/// The note of a check-in that was taken back.
pub fn does_not_count(number: &str) -> String {
    words!(gym.does_not_count, number = number)
}

/// The word of a card whose command failed.
pub fn failed(unknown: bool, request: DeskRequest) -> String {
    match (unknown, request) {
        (true, _) => words!(gym.no_member_code),
        (_, DeskRequest::CheckIn) => words!(gym.not_checked_in),
        (_, DeskRequest::CheckOut) => words!(gym.not_checked_out),
        (_, DeskRequest::Undo) => words!(gym.not_taken_back),
    }
    .to_owned()
}

/// Why it failed.
pub fn failed_note(unknown: bool, error: &ErrorBody) -> String {
    match unknown {
        true => words!(gym.nothing_recorded).to_owned(),
        false => words!(gym.not_recorded_reason, reason = self::error(error)),
    }
}

/// Name and, for a member who comes in, a greeting.
pub fn greeting(answer: &CheckInAnswer) -> String {
    let name = &answer.member.full_name;
    let comes_in =
        answer.verdict != Verdict::Deny && !matches!(answer.reason, Some(Reason::AlreadyIn { .. }));
    if comes_in { words!(gym.welcome, name = name) } else { name.clone() }
}

/// The card's word for a decision: `Checked in`, `Already in since 17:02`, `Expired 3 days ago`.
pub fn headline(answer: &CheckInAnswer, utc_offset: i32) -> String {
    match (&answer.reason, answer.verdict) {
        (None, Verdict::Deny) => words!(gym.not_today).to_owned(),
        (None, _) => words!(gym.has_checked_in).to_owned(),
        (Some(Reason::Overridden { .. }), _) => words!(gym.let_in_once).to_owned(),
        (Some(reason @ Reason::AlreadyIn { .. }), _) | (Some(reason), Verdict::Deny) => {
            capitalised(&short_reason(reason, utc_offset))
        }
        (Some(reason), _) => {
            words!(gym.checked_in_reason, reason = short_reason(reason, utc_offset))
        }
    }
}

/// The card's second line: number, plan, which visit of the month.
pub fn particulars(answer: &CheckInAnswer) -> String {
    let mut parts = vec![answer.member.number.clone()];
    parts.extend(answer.membership.as_ref().map(plan));
    match &answer.reason {
        Some(Reason::AlreadyIn { location, .. }) => {
            parts = vec![words!(gym.same_visit, location = location.clone())];
        }
        Some(Reason::Overridden { reason }) => parts.push(reason.clone()),
        _ => parts
            .extend(answer.visit_of_month.map(|count| words!(gym.visit_of_month, count = count))),
    }
    parts.join(" · ")
}

/// A reason as part of a line: `expired 3 days ago`.
pub fn short_reason(reason: &Reason, utc_offset: i32) -> String {
    match reason {
        Reason::AlreadyIn { since, .. } => {
            words!(gym.already_in_since, clock = clock(*since, utc_offset))
        }
        Reason::EndsSoon { days: 0 } => words!(gym.ends_today).to_owned(),
        Reason::EndsSoon { days: 1 } => words!(gym.ends_tomorrow).to_owned(),
        Reason::EndsSoon { days } => words!(gym.ends_in, days = days),
        Reason::Expired { days: 0 } => words!(gym.expired_today).to_owned(),
        Reason::Expired { days: 1 } => words!(gym.expired_yesterday).to_owned(),
        Reason::Expired { days } => words!(gym.expired_ago, days = days),
        Reason::Frozen { until } => words!(gym.frozen_until, day = format::day(until)),
        Reason::NoVisitsLeft => words!(gym.no_visits_left).to_owned(),
        Reason::LastVisit => words!(gym.last_visit).to_owned(),
        Reason::NoSubscription => words!(gym.no_subscription).to_owned(),
        Reason::Barred => words!(gym.is_barred).to_owned(),
        Reason::Overridden { reason } => words!(gym.let_in_reason, reason = reason),
    }
}

/// `Monthly until 14 December`, `10-visit pass, 3 left`.
pub fn plan(membership: &Membership) -> String {
    let mut plan = membership.plan.clone();
    if let Some(last) = &membership.ends_on {
        plan = words!(gym.plan_until, plan = plan, day = format::day(last));
    }
    if let Some(left) = membership.visits_left {
        plan = words!(gym.plan_left, plan = plan, count = left);
    }
    plan
}

/// A member's standing as a badge.
pub fn standing(standing: Standing) -> String {
    match standing {
        Standing::Active => words!(gym.standing_active),
        Standing::EndsSoon => words!(gym.standing_ends_soon),
        Standing::Expired => words!(gym.standing_expired),
        Standing::Frozen => words!(gym.standing_frozen),
        Standing::UsedUp => words!(gym.standing_used_up),
        Standing::None => words!(gym.standing_none),
        Standing::Barred => words!(gym.standing_barred),
    }
    .to_owned()
}

/// Why the first answer is shown again.
pub fn repeated(seconds: i64) -> String {
    words!(gym.repeated, seconds = seconds)
}

/// The button that takes a check-in back, with the seconds left for it.
pub fn undo(seconds: i64) -> String {
    words!(gym.undo, seconds = seconds)
}

/// The button that renews a plan.
pub fn renew(is_pending: bool) -> String {
    if is_pending { words!(gym.renewing) } else { words!(gym.renew) }.to_owned()
}

/// The renewed plan.
pub fn renewed(membership: Option<&Membership>) -> String {
    words!(gym.renewed, plan = membership.map(plan).unwrap_or_default())
}

/// Since when a member is in.
pub fn in_since(since: Millis, utc_offset: i32) -> String {
    words!(gym.in_since, clock = clock(since, utc_offset))
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
        None => words!(gym.nobody_found).to_owned(),
        Some(name) => {
            words!(gym.found, count = count, name = name, place = selected + 1)
        }
    }
}

/// The button that ends a member's visit.
pub fn check_out_of(name: &str) -> String {
    words!(gym.check_out_of, name = name)
}

/// How many entries were refused while the desk's page was closed.
pub fn refused_meanwhile(count: i64) -> String {
    count_words!(gym.refused_meanwhile, count)
}

/// Why the list of members is empty.
pub fn no_members(total: i64, has_text: bool) -> String {
    match (total, has_text) {
        (0, false) => words!(gym.no_members),
        (0, true) => words!(gym.nobody_found),
        _ => words!(gym.nothing_on_page),
    }
    .to_owned()
}

/// What to do about it.
pub fn no_members_note(total: i64, has_text: bool) -> String {
    match (total, has_text) {
        (0, false) => words!(gym.no_members_note),
        (0, true) => words!(gym.nobody_found_note),
        _ => words!(gym.nothing_on_page_note),
    }
    .to_owned()
}

/// Which page of the list it is.
pub fn page_of(total: i64, page: u32, pages: u32) -> String {
    match total {
        1 => words!(gym.page_of.one, count = number(total), page = page, pages = pages),
        _ => words!(gym.page_of.many, count = number(total), page = page, pages = pages),
    }
}

/// The button of the form for a new member.
pub fn create_member(is_pending: bool) -> String {
    if is_pending { words!(gym.creating) } else { words!(gym.create_member) }.to_owned()
}

/// The button that copies the new number, with what came of it.
pub fn copy_number(copied: Option<bool>) -> String {
    match copied {
        Some(true) => words!(gym.copied),
        Some(false) => words!(gym.copy_refused),
        None => words!(gym.copy_number),
    }
    .to_owned()
}

/// The button of the sign-in form.
pub fn sign_in_button(is_pending: bool, wait: Option<i64>) -> String {
    match (is_pending, wait) {
        (true, _) => words!(gym.signing_in).to_owned(),
        (false, Some(seconds)) => words!(gym.wait, seconds = seconds),
        (false, None) => sign_in(),
    }
}

/// Why signing in failed, with the seconds to wait.
pub fn sign_in_error(error: &ErrorBody, wait: Option<i64>) -> String {
    match wait {
        Some(seconds) => words!(gym.too_many_sign_ins, seconds = seconds),
        None if error.code == ErrorCode::InvalidInput => words!(gym.fill_both).to_owned(),
        None if error.retry_after_ms.is_some() => words!(gym.may_sign_in_now).to_owned(),
        None => self::error(error),
    }
}

/// A role's name.
pub fn role(role: Role) -> String {
    role_words(role).to_owned()
}

/// Which role one has.
pub fn signed_in_as(role: Role) -> String {
    words!(gym.signed_in_as, role = self::role(role))
}

/// What to do about a role that is not enough.
pub fn forbidden_note(is_player: bool) -> String {
    match is_player {
        true => words!(gym.player_note),
        false => words!(gym.role_note),
    }
    .to_owned()
}

/// The page that the role does open.
pub fn forbidden_way_out(is_player: bool) -> String {
    if is_player { words!(gym.open_guitar) } else { words!(gym.open_dashboard) }.to_owned()
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
    fn a_refusal_counts_down_in_one_sentence_and_then_allows_another_try() {
        let refusal = ErrorBody::new(
            ErrorCode::RateLimited,
            "Too many tries to sign in. Try again in 13 seconds.",
        )
        .retry_after(13_000);
        let counting = sign_in_error(&refusal, Some(9));
        assert_eq!(counting, "Too many tries to sign in. Try again in 9 s.");
        assert_eq!(sign_in_error(&refusal, None), "You can try again now.");
        let wrong = ErrorBody::new(ErrorCode::SignInRefused, "E-mail or password are wrong.");
        assert_eq!(sign_in_error(&wrong, None), "E-mail or password are wrong.");
    }
}
