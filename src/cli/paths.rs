//! Paths as configurations write them: relative, with `/`, and now and then with `./` in front.

/// A path without `.` parts and doubled or final slashes; the empty one is the folder itself. `None` for a
/// path that leaves its folder.
pub fn normal(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!path.starts_with('/')).then(|| parts.join("/"))
}

/// A path inside `folder`, relative to it; both normal. `None` for a path elsewhere.
pub fn inside<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    match path.strip_prefix(folder)? {
        rest if folder.is_empty() || rest.is_empty() => Some(rest),
        rest => rest.strip_prefix('/'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_normal_and_looked_at_from_inside() {
        let cases =
            [(".", Some("")), ("./a//b/", Some("a/b")), ("a/../b", Some("b")), ("../a", None), ("/a", None)];
        for (path, expected) in cases {
            assert_eq!(normal(path).as_deref(), expected, "{path}");
        }
        assert_eq!(inside("a/b", "a"), Some("b"));
        assert_eq!(inside("a", "a"), Some(""));
        assert_eq!(inside("ab", "a"), None);
        assert_eq!(inside("a/b", ""), Some("a/b"));
    }
}
