//! Named points at which a test ends the process, as a power cut would. Only development builds
//! have them: in a release [`reach`] is nothing.

/// Where the process can be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPoint {
    /// A group of writes with events is done and not on disk.
    BeforeCommit,
    /// It is on disk and not published.
    AfterCommit,
    /// Its events are published, and those who asked have no answer.
    AfterPublish,
}

/// Ends the process here at once when `CADENCE_FAULT` names this point: `after_commit:3` means
/// the third time that this point is reached.
#[cfg(debug_assertions)]
pub fn reach(point: FaultPoint) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    };
    static PLANNED: OnceLock<Option<(FaultPoint, u32)>> = OnceLock::new();
    static REACHED: AtomicU32 = AtomicU32::new(0);
    let planned = PLANNED.get_or_init(|| plan(&std::env::var("CADENCE_FAULT").ok()?));
    if let Some((planned, time)) = planned
        && *planned == point
        && REACHED.fetch_add(1, Ordering::Relaxed) + 1 == *time
    {
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
#[inline]
pub fn reach(_: FaultPoint) {}

#[cfg(debug_assertions)]
fn plan(text: &str) -> Option<(FaultPoint, u32)> {
    let (name, time) = text.split_once(':')?;
    let point = match name {
        "before_commit" => FaultPoint::BeforeCommit,
        "after_commit" => FaultPoint::AfterCommit,
        "after_publish" => FaultPoint::AfterPublish,
        _ => return None,
    };
    Some((point, time.parse().ok()?))
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_named_by_its_place_and_time() {
        assert_eq!(plan("after_commit:3"), Some((FaultPoint::AfterCommit, 3)));
        assert_eq!(plan("after_commit"), None);
        assert_eq!(plan("nowhere:1"), None);
    }
}
