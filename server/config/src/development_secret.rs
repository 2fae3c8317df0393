//! The secret of a server in development.

use crate::{auth::SigningSecret, mistakes::SettingMistakes};
use std::{
    io,
    path::{Path, PathBuf},
};

/// The secret that is kept beside the database, made on the first start. A new one at each start
/// would end every sign-in and break every pairing link.
pub(crate) fn read_or_make(database: &Path) -> Result<SigningSecret, SettingMistakes> {
    let path = database.with_extension("secret");
    kept(&path).map_err(|cause| {
        SettingMistakes::from(format!(
            "The secret for development cannot be kept in {}: {cause}. Set CADENCE_AUTH__SECRET \
             or make the folder writable.",
            path.display()
        ))
    })
}

fn kept(path: &PathBuf) -> io::Result<SigningSecret> {
    use io::Write;
    match std::fs::read_to_string(path) {
        Ok(text) if text.trim().len() >= SigningSecret::SHORTEST => {
            return Ok(SigningSecret::new(text.trim()));
        }
        Ok(_) => std::fs::remove_file(path)?,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
        Err(cause) => return Err(cause),
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let text = cadence_base::token::random_token::<32>();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())?;
    Ok(SigningSecret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_development_secret_is_made_once_for_the_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("data/cadence.db");
        let first = read_or_make(&database).expect("made");
        assert!(first.bytes().len() >= SigningSecret::SHORTEST);
        assert_eq!(read_or_make(&database).expect("read"), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = std::fs::metadata(folder.path().join("data/cadence.secret"));
            assert_eq!(file.expect("the file").permissions().mode() & 0o777, 0o600);
        }
    }
}
