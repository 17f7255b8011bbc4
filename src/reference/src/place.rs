//! Where the store lives when nobody says: the data folder of the user, by each system's own convention.

use std::env;
use std::fs;
use std::path::PathBuf;

/// The path of the default store. Creates its folder.
///
/// # Errors
/// A sentence for the user, when there is no data folder or it cannot be created.
pub fn default_store() -> Result<PathBuf, String> {
    let folder = data_folder()
        .ok_or("this user has no data folder (HOME is not set): give --store memory or --store PATH")?
        .join("protogate");
    fs::create_dir_all(&folder).map_err(|error| {
        format!("cannot create {} ({error}): give --store memory or --store PATH", folder.display())
    })?;
    Ok(folder.join("users.redb"))
}

/// A variable that holds an absolute path. The XDG specification says to ignore relative ones.
fn absolute(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(target_os = "macos")]
fn data_folder() -> Option<PathBuf> {
    absolute("HOME").map(|home| home.join("Library/Application Support"))
}

#[cfg(windows)]
fn data_folder() -> Option<PathBuf> {
    absolute("APPDATA")
}

// https://specifications.freedesktop.org/basedir-spec/latest/
#[cfg(not(any(target_os = "macos", windows)))]
fn data_folder() -> Option<PathBuf> {
    absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
}
