//! Random tokens and what the database keeps of them.

use rand::RngCore;
use sha2::{Digest, Sha256};

/// `N` random bytes in hexadecimal.
pub fn random_token<const N: usize>() -> String {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    hex(&bytes)
}

/// The SHA-256 of a token in hexadecimal, as the database stores it: a leaked database opens
/// nothing. Tokens are random, so a hash without salt is enough, and a lookup by hash reveals
/// nothing through timing.
pub fn hash_token(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
