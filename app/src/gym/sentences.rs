//! The gym's texts that depend on data: decisions, visits and members.
//! Texts without data stand in the pages themselves.

use super::{
    activity::{ActivityFilter, ActivityKind, ActivityLine, LineBadge},
    desk::entry::{DeskRequest, RecentBadge},
};
use crate::ui::{close_words, error_words, role_words};
use protocol::{
    CloseCode, ErrorBody, ErrorCode, Millis,
    account::Role,
    gym::{CheckInAnswer, Membership, Reason, Verdict, Visit},
    http::{MemberRow, Standing},
};
use texts::{count_words, format, words};

/// Between the parts of a line.
const SEPARATOR: &str = " · ";
/// What stands for a value that does not exist yet.
const DASH: &str = "–";

/// `17:02`, or a dash for what has not happened.
pub(crate) fn clock_or_dash(at: Option<Millis>, utc_offset: i32) -> String {
    at.map_or_else(|| DASH.to_owned(), |at| format::clock(at, utc_offset))
}

/// How long a visit took.
pub(crate) fn stay(ms: Millis) -> String {
    format::stay(ms as f64 / 60_000.0)
}

/// The mean stay, or a dash before the first.
pub(crate) fn average_minutes(minutes: Option<f64>) -> String {
    minutes.map_or_else(|| DASH.to_owned(), format::stay)
}

/// The places below the figure of who is in.
pub(crate) fn of_places(capacity: i64) -> String {
    match capacity {
        0 => words!(gym.no_limit).to_owned(),
        capacity => count_words!(gym.of_places, capacity),
    }
}

/// The places beside the desk's figure.
pub(crate) fn of_places_short(capacity: i64) -> String {
    format!("/ {}", format::grouped(capacity))
}

/// The badge of a gym that is full or nearly so.
pub(crate) fn crowded(percent: i64) -> String {
    match percent {
        100.. => words!(gym.full, percent = percent),
        _ => words!(gym.nearly_full, percent = percent),
    }
}

/// The desk's warning that the gym is nearly full.
pub(crate) fn percent_of_capacity(percent: i64) -> String {
    words!(gym.percent_of_capacity, percent = percent)
}

/// Since when the day's figures count.
pub(crate) fn since(at: Millis, utc_offset: i32) -> String {
    words!(gym.since, time = format::clock(at, utc_offset))
}

/// What the mean stay is over.
pub(crate) fn finished_visits(count: i64) -> String {
    match count {
        0 => words!(gym.no_finished_visit).to_owned(),
        count => count_words!(gym.finished_visits, count),
    }
}

/// Who came in last, and where.
pub(crate) fn who_and_where(visit: Option<&Visit>) -> String {
    match visit {
        Some(visit) => [visit.member.full_name.as_str(), &visit.location].join(SEPARATOR),
        None => words!(gym.nobody_yet).to_owned(),
    }
}

/// The busiest hour so far.
pub(crate) fn busiest_hour(begins: &str, count: i64) -> String {
    words!(gym.busiest_hour, time = begins.to_owned(), count = format::grouped(count))
}

/// One bar of the chart.
pub(crate) fn hour_count(begins: &str, count: i64) -> String {
    let (time, shown) = (begins.to_owned(), format::grouped(count));
    match count {
        1 => words!(gym.hour_count.one, time = time, count = shown),
        _ => words!(gym.hour_count.many, time = time, count = shown),
    }
}

/// A choice of the activity's filter.
pub(crate) fn activity_filter(filter: ActivityFilter) -> &'static str {
    match filter {
        ActivityFilter::All => words!(gym.show_all),
        ActivityFilter::CheckIns => words!(gym.show_check_ins),
        ActivityFilter::Refused => words!(gym.show_refused),
    }
}

/// The title of an empty stream.
pub(crate) fn no_activity(filter: ActivityFilter) -> &'static str {
    match filter {
        ActivityFilter::Refused => words!(gym.no_refusals),
        _ => words!(gym.no_activity),
    }
}

/// What will appear in it.
pub(crate) fn no_activity_note(filter: ActivityFilter) -> &'static str {
    match filter {
        ActivityFilter::Refused => words!(gym.no_refusals_note),
        _ => words!(gym.no_activity_note),
    }
}

/// What happened.
pub(crate) fn activity(kind: ActivityKind) -> &'static str {
    match kind {
        ActivityKind::CheckedIn => words!(gym.checked_in),
        ActivityKind::LetInOnce => words!(gym.let_in_override),
        ActivityKind::CheckedOut => words!(gym.checked_out),
        ActivityKind::ClosedByGym => words!(gym.closed_by_gym),
        ActivityKind::TakenBack => words!(gym.taken_back),
        ActivityKind::Refused => words!(gym.refused),
    }
}

/// Where it happened, and why.
pub(crate) fn activity_detail(line: &ActivityLine, utc_offset: i32) -> String {
    if line.kind == ActivityKind::TakenBack {
        return words!(gym.undone_detail, place = line.location.clone());
    }
    let reason = line.reason.as_ref().map(|reason| short_reason(reason, utc_offset));
    let location = Some(line.location.clone()).filter(|location| !location.is_empty());
    location.into_iter().chain(reason).collect::<Vec<_>>().join(SEPARATOR)
}

/// The badge of a line.
pub(crate) fn line_badge(badge: LineBadge) -> String {
    match badge {
        LineBadge::Queued => words!(gym.badge_queued),
        LineBadge::Checking => words!(gym.badge_checking),
        LineBadge::NotRecorded => words!(gym.badge_not_recorded),
        LineBadge::In | LineBadge::InWarned => words!(gym.badge_in),
        LineBadge::LetInOnce => words!(gym.badge_override),
        LineBadge::AlreadyIn => words!(gym.badge_already_in),
        LineBadge::Left(None) => words!(gym.badge_left),
        LineBadge::Left(Some(ms)) => return words!(gym.badge_left_after, stay = stay(ms)),
        LineBadge::Undone => words!(gym.badge_undone),
        LineBadge::Refused => words!(gym.badge_refused),
    }
    .to_owned()
}

/// The badge of a line beside the card.
pub(crate) fn recent_badge(badge: RecentBadge) -> String {
    let word = line_badge(badge.word);
    match badge.confirmed {
        true => words!(gym.badge_confirmed, badge = word),
        false => word,
    }
}

/// A finished visit's length, and whether the gym ended it.
pub(crate) fn visit_stay(ms: Millis, by_gym: bool) -> String {
    match by_gym {
        true => words!(gym.stay_closed_by_gym, stay = stay(ms)),
        false => stay(ms),
    }
}

/// Why the page gets no changes.
pub(crate) fn changes_refused(error: &ErrorBody) -> String {
    words!(gym.changes_refused, reason = error_words(error))
}

/// Why the connection stays closed.
pub(crate) fn figures_stand_still(code: CloseCode) -> String {
    words!(gym.figures_stand_still, reason = close_words(code))
}

/// Name or code of an entry.
pub(crate) fn entry_title(title: Option<&str>) -> String {
    title.unwrap_or(words!(gym.unnamed_visit)).to_owned()
}

/// The word of a card that waits for its answer.
pub(crate) fn waiting(queued: bool, request: DeskRequest) -> &'static str {
    match (queued, request) {
        (true, _) => words!(gym.waiting_queued),
        (false, DeskRequest::CheckIn) => words!(gym.waiting_check_in),
        (false, DeskRequest::CheckOut) => words!(gym.waiting_check_out),
        (false, DeskRequest::Undo) => words!(gym.waiting_undo),
    }
}

/// What a queued card means; empty for a card that is not queued.
pub(crate) fn waiting_note(queued: bool) -> &'static str {
    if queued { words!(gym.queued_note) } else { "" }
}

/// The note of a member who left.
pub(crate) fn left_note(number: &str, badge: LineBadge) -> String {
    [number, &line_badge(badge)].join(SEPARATOR)
}

/// The greeting of a member who leaves.
pub(crate) fn goodbye(name: &str) -> String {
    words!(gym.goodbye, name = name.to_owned())
}

/// The note of a check-in that was taken back.
pub(crate) fn does_not_count(number: &str) -> String {
    words!(gym.does_not_count, number = number.to_owned())
}

/// The word of a card whose command failed.
pub(crate) fn failed(error: ErrorCode, request: DeskRequest) -> &'static str {
    match (error, request) {
        (ErrorCode::MemberNotFound, _) => words!(gym.unknown_code),
        (_, DeskRequest::CheckIn) => words!(gym.not_checked_in),
        (_, DeskRequest::CheckOut) => words!(gym.not_checked_out),
        (_, DeskRequest::Undo) => words!(gym.not_taken_back),
    }
}

/// Why it failed.
pub(crate) fn failed_note(error: &ErrorBody) -> String {
    match error.code {
        ErrorCode::MemberNotFound => words!(gym.unknown_code_note).to_owned(),
        _ => words!(gym.nothing_recorded, reason = error_words(error)),
    }
}

/// Name and, for a member who comes in, a greeting.
pub(crate) fn greeting(answer: &CheckInAnswer) -> String {
    let name = answer.member.full_name.clone();
    let comes_in =
        answer.verdict != Verdict::Deny && !matches!(answer.reason, Some(Reason::AlreadyIn { .. }));
    if comes_in { words!(gym.welcome, name = name) } else { name }
}

/// The card's word for a decision: `Checked in`, `Already in since 17:02`, `Expired 3 days ago`.
pub(crate) fn headline(answer: &CheckInAnswer, utc_offset: i32) -> String {
    match (&answer.reason, answer.verdict) {
        (None, Verdict::Deny) => words!(gym.not_today).to_owned(),
        (None, _) => words!(gym.checked_in).to_owned(),
        (Some(Reason::Overridden { .. }), _) => words!(gym.let_in_once).to_owned(),
        (Some(reason @ Reason::AlreadyIn { .. }), _) | (Some(reason), Verdict::Deny) => {
            capitalised(&short_reason(reason, utc_offset))
        }
        (Some(reason), _) => words!(gym.checked_in_with, reason = short_reason(reason, utc_offset)),
    }
}

/// The card's second line: number, plan, which visit of the month.
pub(crate) fn particulars(answer: &CheckInAnswer) -> String {
    let mut parts = vec![answer.member.number.clone()];
    parts.extend(answer.membership.as_ref().map(plan));
    match &answer.reason {
        Some(Reason::AlreadyIn { location, .. }) => {
            return words!(gym.same_visit, place = location.clone());
        }
        Some(Reason::Overridden { reason }) => parts.push(reason.clone()),
        _ => parts
            .extend(answer.visit_of_month.map(|count| words!(gym.visit_of_month, count = count))),
    }
    parts.join(SEPARATOR)
}

/// A reason as part of a line: `expired 3 days ago`.
pub(crate) fn short_reason(reason: &Reason, utc_offset: i32) -> String {
    match reason {
        Reason::AlreadyIn { since, .. } => {
            return words!(gym.reason_already_in, time = format::clock(*since, utc_offset));
        }
        Reason::EndsSoon { days: 0 } => words!(gym.reason_ends_today),
        Reason::EndsSoon { days: 1 } => words!(gym.reason_ends_tomorrow),
        Reason::EndsSoon { days } => return words!(gym.reason_ends_in, count = *days),
        Reason::Expired { days: 0 } => words!(gym.reason_expired_today),
        Reason::Expired { days: 1 } => words!(gym.reason_expired_yesterday),
        Reason::Expired { days } => return words!(gym.reason_expired_days, count = *days),
        Reason::Frozen { until } => return words!(gym.reason_frozen, date = format::day(until)),
        Reason::NoVisitsLeft => words!(gym.reason_no_visits_left),
        Reason::LastVisit => words!(gym.reason_last_visit),
        Reason::NoSubscription => words!(gym.reason_no_subscription),
        Reason::Barred => words!(gym.reason_barred),
        Reason::Overridden { reason } => {
            return words!(gym.reason_overridden, reason = reason.clone());
        }
    }
    .to_owned()
}

/// `Monthly until 14 December`, `10-visit pass, 3 left`.
pub(crate) fn plan(membership: &Membership) -> String {
    let mut text = membership.plan.clone();
    if let Some(last) = &membership.ends_on {
        text = words!(gym.plan_until, plan = text, date = format::day(last));
    }
    if let Some(left) = membership.visits_left {
        text = words!(gym.plan_left, plan = text, count = left);
    }
    text
}

/// A member's standing as a badge.
pub(crate) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => words!(gym.standing_active),
        Standing::EndsSoon => words!(gym.standing_ends_soon),
        Standing::Expired => words!(gym.standing_expired),
        Standing::Frozen => words!(gym.standing_frozen),
        Standing::UsedUp => words!(gym.standing_used_up),
        Standing::None => words!(gym.standing_none),
        Standing::Barred => words!(gym.standing_barred),
    }
}

/// Why the first answer is shown again.
pub(crate) fn repeated(seconds: i64) -> String {
    words!(gym.repeated, seconds = seconds)
}

/// The button that takes a check-in back, with the seconds left for it.
pub(crate) fn undo(seconds: i64) -> String {
    words!(gym.undo, seconds = seconds)
}

/// The button that renews a plan.
pub(crate) fn renew(is_pending: bool) -> &'static str {
    if is_pending { words!(gym.renewing) } else { words!(gym.renew) }
}

/// The renewed plan.
pub(crate) fn renewed(membership: Option<&Membership>) -> String {
    words!(gym.renewed, plan = membership.map(plan).unwrap_or_default())
}

/// Since when a member is in.
pub(crate) fn in_since(since: Millis, utc_offset: i32) -> String {
    words!(gym.in_since, time = format::clock(since, utc_offset))
}

/// The second line of a member that the search found.
pub(crate) fn found_note(row: &MemberRow) -> String {
    let plan = row.membership.as_ref().map(plan);
    let parts = [Some(row.member.number.clone()), plan, row.phone.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(SEPARATOR)
}

/// The search's result for screen readers: how many rows, and which one Enter takes.
pub(crate) fn found(count: usize, selected: usize, name: Option<&str>) -> String {
    match name {
        None => words!(gym.none_found_short).to_owned(),
        Some(name) => {
            words!(gym.found_rows, count = count, name = name.to_owned(), row = selected + 1)
        }
    }
}

/// The button that ends a member's visit.
pub(crate) fn check_out_of(name: &str) -> String {
    words!(gym.check_out_of, name = name.to_owned())
}

/// How many entries were refused while the desk's page was closed.
pub(crate) fn refused_meanwhile(count: i64) -> String {
    count_words!(gym.refused_meanwhile, count)
}

/// Why the list of members is empty.
pub(crate) fn no_members(total: i64, has_text: bool) -> &'static str {
    match (total, has_text) {
        (0, false) => words!(gym.no_members),
        (0, true) => words!(gym.none_found_short),
        _ => words!(gym.past_the_end),
    }
}

/// What to do about it.
pub(crate) fn no_members_note(total: i64, has_text: bool) -> &'static str {
    match (total, has_text) {
        (0, false) => words!(gym.no_members_note),
        (0, true) => words!(gym.search_shorter),
        _ => words!(gym.past_the_end_note),
    }
}

/// Which page of the list it is.
pub(crate) fn page_of(total: i64, page: u32, pages: u32) -> String {
    let members = count_words!(gym.member_count, total);
    words!(gym.page_of, members = members, page = page, pages = pages)
}

/// The button of the form for a new member.
pub(crate) fn create_member(is_pending: bool) -> &'static str {
    if is_pending { words!(gym.creating) } else { words!(gym.create_member) }
}

/// The button that copies the new number, with what came of it.
pub(crate) fn copy_number(copied: Option<bool>) -> &'static str {
    match copied {
        Some(true) => words!(shared.copied),
        Some(false) => words!(shared.copy_refused),
        None => words!(gym.copy_number),
    }
}

/// The button of the sign-in form.
pub(crate) fn sign_in_button(is_pending: bool, wait: Option<i64>) -> String {
    match (is_pending, wait) {
        (true, _) => words!(gym.signing_in).to_owned(),
        (false, Some(seconds)) => words!(gym.wait, seconds = seconds),
        (false, None) => words!(gym.sign_in).to_owned(),
    }
}

/// Why signing in failed, with the seconds to wait.
pub(crate) fn sign_in_error(error: &ErrorBody, wait: Option<i64>) -> String {
    match wait {
        Some(seconds) if error.code == ErrorCode::RateLimited => {
            words!(gym.too_many_tries, seconds = seconds)
        }
        Some(_) => error_words(error),
        None if error.retry_after_ms.is_some() => words!(gym.try_now).to_owned(),
        None if error.field.is_some() => words!(gym.fill_in_both).to_owned(),
        None => error_words(error),
    }
}

/// Which role one has.
pub(crate) fn signed_in_as(role: Role) -> String {
    words!(gym.signed_in_as, role = role_words(role))
}

/// What to do about a role that is not enough.
pub(crate) fn forbidden_note(is_player: bool) -> &'static str {
    if is_player { words!(gym.forbidden_player) } else { words!(gym.forbidden_staff) }
}

/// The page that the role does open.
pub(crate) fn forbidden_way_out(is_player: bool) -> &'static str {
    if is_player { words!(gym.open_guitar) } else { words!(gym.open_dashboard) }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::prelude::{Owner, provide_context};
    use protocol::{MemberId, gym::MemberRef};
    use texts::Language;
    use uuid::Uuid;

    fn answer(verdict: Verdict, reason: Option<Reason>) -> CheckInAnswer {
        CheckInAnswer {
            verdict,
            reason,
            member: MemberRef {
                id: MemberId(Uuid::from_u128(1)),
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
    fn the_same_decisions_in_japanese() {
        Owner::new().with(|| {
            provide_context(Language::Japanese);
            let yes = answer(Verdict::Allow, None);
            assert_eq!(headline(&yes, 0), "入館");
            assert_eq!(particulars(&yes), "M-104821 · Monthly（12月14日まで） · 今月9回目");
            let expired = answer(Verdict::Deny, Some(Reason::Expired { days: 3 }));
            assert_eq!(headline(&expired, 0), "3日前に期限切れ");
            let soon = answer(Verdict::Warn, Some(Reason::EndsSoon { days: 1 }));
            assert_eq!(headline(&soon, 0), "入館 · 明日が有効期限");
            assert_eq!(greeting(&soon), "ようこそ、Maria Keller 様");
            assert_eq!(page_of(1_204, 2, 25), "会員1,204名 · 2 / 25ページ");
        });
    }

    #[test]
    fn the_wait_is_counted_down_and_then_over() {
        let refused = ErrorBody::new(ErrorCode::RateLimited, "").retry_after(13_000);
        assert_eq!(
            sign_in_error(&refused, Some(9)),
            "Too many tries to sign in. Try again in 9 s."
        );
        assert_eq!(sign_in_error(&refused, None), "You can try again now.");
        let wrong = ErrorBody::new(ErrorCode::SignInRefused, "");
        assert_eq!(sign_in_error(&wrong, None), "E-mail or password are wrong.");
    }
}
