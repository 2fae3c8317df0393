//! Passwords: argon2id, away from the threads that serve requests.

use super::failure::internal;
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use protocol::ErrorBody;
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// The shortest password that an account may have.
pub const SHORTEST: usize = 8;
/// The longest one: hashing takes longer with length.
pub const LONGEST: usize = 256;

/// Hashes and checks, a few at a time: each takes 19 MiB and a core for tens of milliseconds, and
/// a flood of sign-ins must not take them from other work.
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Passwords {
    /// With as many turns as half the cores.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { turns: Arc::new(Semaphore::new((cores / 2).max(1))) }
    }

    /// The hash to store.
    pub async fn hash(&self, password: String) -> Result<String, ErrorBody> {
        self.run(move || hash(&password)).await?.map_err(|cause| internal(&cause))
    }

    /// Whether the password is right. Without a stored hash it is wrong and takes as long: an
    /// unknown address must not be distinguishable from a known one by the time of the answer.
    pub async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, ErrorBody> {
        self.run(move || {
            let known = stored.is_some();
            let hash = match &stored {
                Some(stored) => Some(stored.as_str()),
                None => nobodys_hash(),
            };
            let right = hash.and_then(|hash| PasswordHash::new(hash).ok()).is_some_and(|hash| {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            });
            known && right
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ErrorBody> {
        let turn =
            Arc::clone(&self.turns).acquire_owned().await.map_err(|cause| internal(&cause))?;
        tokio::task::spawn_blocking(move || {
            // Held until the work is done, even when the request is gone.
            let _turn = turn;
            job()
        })
        .await
        .map_err(|cause| internal(&cause))
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes())?;
    Ok(hash.to_string())
}

/// A hash that no password has, with the same cost as any other.
fn nobodys_hash() -> Option<&'static str> {
    static HASH: OnceLock<Option<String>> = OnceLock::new();
    HASH.get_or_init(|| hash(&cadence_base::token::random_token::<16>()).ok()).as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new();
        let stored = passwords.hash("correct horse".to_owned()).await.expect("hashed");
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        let verify = |password: &str, stored: Option<&String>| {
            passwords.verify(password.to_owned(), stored.cloned())
        };
        assert_eq!(verify("correct horse", Some(&stored)).await, Ok(true));
        assert_eq!(verify("wrong horse", Some(&stored)).await, Ok(false));
        assert_eq!(verify("correct horse", None).await, Ok(false));
        assert_eq!(verify("x", Some(&"no hash".to_owned())).await, Ok(false));
    }
}
