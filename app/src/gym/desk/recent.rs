//! The list beside the card: this desk's entries and the events of other desks in one order.

use super::entry::{DeskEntry, RecentBadge};
use crate::gym::activity::{ActivityKey, ActivityLine};
use protocol::{MessageId, Millis};
use std::cmp::Reverse;

/// How many answered entries are kept.
const MAX_ANSWERED: usize = 20;
/// How many lines the list shows.
const MAX_LINES: usize = 12;

/// The identity of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RecentKey {
    /// An entry of this desk.
    Own(MessageId),
    /// An event of the activity stream.
    Elsewhere(ActivityKey),
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecentLine {
    /// Its identity among the lines.
    pub key: RecentKey,
    /// When it was asked or happened.
    pub at: Millis,
    /// See [`DeskEntry::title`].
    pub title: Option<String>,
    /// Its badge.
    pub badge: RecentBadge,
}

/// Drops the oldest answered entries. What waits for an answer stays, and what was refused while
/// the desk's page was closed.
pub(crate) fn drop_old_entries(entries: &mut Vec<DeskEntry>) {
    let mut answered = 0;
    entries.retain(|entry| {
        answered += usize::from(!entry.is_waiting());
        entry.is_waiting() || entry.missed || answered <= MAX_ANSWERED
    });
}

/// Entries and lines in one list, each fact once, the newest first.
pub(crate) fn merge(entries: &[DeskEntry], lines: Vec<ActivityLine>) -> Vec<RecentLine> {
    let own = entries.iter().map(|entry| RecentLine {
        key: RecentKey::Own(entry.id),
        at: entry.at,
        title: entry.title(),
        badge: entry.badge(),
    });
    let elsewhere = lines
        .into_iter()
        .filter(|line| !entries.iter().any(|entry| entry.is_same_fact(line)))
        .map(|line| RecentLine {
            key: RecentKey::Elsewhere(line.key),
            at: line.at,
            title: Some(line.member.full_name),
            badge: RecentBadge { word: line.badge, confirmed: false },
        });
    let mut recent: Vec<_> = own.chain(elsewhere).collect();
    recent.sort_by_key(|line| Reverse(line.at));
    let is_missed = |line: &RecentLine| {
        entries.iter().any(|entry| entry.missed && line.key == RecentKey::Own(entry.id))
    };
    let mut listed = 0;
    recent.retain(|line| {
        listed += 1;
        listed <= MAX_LINES || is_missed(line)
    });
    recent
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            entry::EntryState,
            fixtures::{decided, entry, visit},
        },
        *,
    };
    use crate::gym::activity::LineBadge;
    use protocol::{
        ErrorBody, ErrorCode,
        gym::{Activity, Verdict, Visit},
    };
    use uuid::Uuid;

    #[test]
    fn the_list_shows_a_fact_once_whether_it_is_ones_own_or_another_desks() {
        let (own, other) = (visit(1, 1_000), visit(2, 2_000));
        let entries =
            [entry(9, 3_000, EntryState::Waiting), entry(1, 1_000, decided(Verdict::Allow, &own))];
        let line = |visit: &Visit| {
            ActivityLine::of(&Activity::CheckedIn { visit: visit.clone(), reason: None })
        };
        let titles: Vec<_> = merge(&entries, vec![line(&other), line(&own)])
            .into_iter()
            .filter_map(|recent| recent.title)
            .collect();
        assert_eq!(titles, ["M-9", "member 2", "member 1"]);
    }

    #[test]
    fn what_was_refused_unseen_is_listed_however_much_came_after_it() {
        let error = ErrorBody::new(ErrorCode::NotCheckedIn, "Not in.");
        let refused = DeskEntry { missed: true, ..entry(1, 1_000, EntryState::Failed(error)) };
        let later = (2..60).map(|n| {
            let visit = visit(n, 1_000 * n as Millis);
            entry(n, visit.check_in_time, decided(Verdict::Allow, &visit))
        });
        let mut entries: Vec<DeskEntry> = later.rev().chain([refused]).collect();
        drop_old_entries(&mut entries);
        let recent = merge(&entries, Vec::new());
        assert_eq!(recent.len(), MAX_LINES + 1);
        let last = recent.last().map(|line| (line.key, line.badge.word));
        let own = RecentKey::Own(MessageId(Uuid::from_u128(1)));
        assert_eq!(last, Some((own, LineBadge::NotRecorded)));
    }

    #[test]
    fn old_answers_go_and_whatever_waits_stays() {
        let mut entries: Vec<_> = (0..60)
            .map(|number| {
                let state = match number % 2 {
                    0 => EntryState::Waiting,
                    _ => decided(Verdict::Allow, &visit(number, 0)),
                };
                entry(number, 100 - number as i64, state)
            })
            .collect();
        drop_old_entries(&mut entries);
        let waiting = entries.iter().filter(|entry| entry.is_waiting()).count();
        assert_eq!((waiting, entries.len()), (30, 30 + MAX_ANSWERED));
    }
}
