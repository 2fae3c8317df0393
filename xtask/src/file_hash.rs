//! Names of versions of a file.

use sha2::{Digest, Sha256};

/// The first 80 bits of the SHA-256, in hexadecimal: enough that two versions never share a name.
pub(crate) fn file_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(10).map(|byte| format!("{byte:02x}")).collect()
}
