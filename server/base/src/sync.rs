//! Locks.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock and ignores poisoning. Only for mutexes whose holders move values and cannot panic
/// between two steps of one change, so that a poisoned value is still whole.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
