//! What the app was opened with: a link, or the path of a picture. It only ever opens the add screen (row Q1).

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use countersign_authenticator::Incoming;

/// The largest picture that is read, in bytes.
const PICTURE_LIMIT: u64 = 16 * 1024 * 1024;

/// Reads the first argument after the program's name. A relative path is looked up in `folder`.
///
/// `None` when there is none; an unreadable file becomes an empty picture, so that the window says that it is not one.
pub(crate) fn from_arguments(arguments: &[String], folder: &Path) -> Option<Incoming> {
    let argument = arguments.get(1)?;
    if is_link(argument) {
        return Some(Incoming::Text(argument.clone()));
    }
    let bytes = read(&folder.join(argument)).unwrap_or_else(|error| {
        tracing::warn!(kind = %error.kind(), "the file given as an argument cannot be read");
        Vec::new()
    });
    Some(Incoming::Picture(bytes))
}

/// Whether `text` begins like a link (RFC 3986 §3.1), with a scheme of two letters or more, so that `C:\` is a path.
fn is_link(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|each| each.is_ascii_alphanumeric() || matches!(each, '+' | '-' | '.'))
    })
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(PICTURE_LIMIT + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > usize::try_from(PICTURE_LIMIT).unwrap_or(usize::MAX) {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(argument: &str) -> Option<String> {
        match from_arguments(
            &["countersign".to_owned(), argument.to_owned()],
            Path::new("nowhere"),
        ) {
            Some(Incoming::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn picture(argument: &str, folder: &Path) -> Option<Vec<u8>> {
        match from_arguments(&["countersign".to_owned(), argument.to_owned()], folder) {
            Some(Incoming::Picture(bytes)) => Some(bytes),
            _ => None,
        }
    }

    #[test]
    fn a_link_is_kept_as_it_is() {
        for link in [
            "https://countersign.test/activate#abc",
            "duo://x-y",
            "otpauth://totp/a?secret=b",
        ] {
            assert_eq!(text(link).as_deref(), Some(link));
        }
    }

    #[test]
    fn a_path_is_read_from_where_the_person_stood() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("code.png"), b"picture").unwrap();
        assert_eq!(picture("code.png", folder.path()).unwrap(), b"picture");
        let whole = folder.path().join("code.png");
        assert_eq!(
            picture(whole.to_str().unwrap(), Path::new("nowhere")).unwrap(),
            b"picture"
        );
    }

    #[test]
    fn a_missing_file_is_an_empty_picture() {
        assert_eq!(picture("missing.png", Path::new("nowhere")).unwrap(), b"");
        assert_eq!(text("C:\\missing.png"), None);
    }

    #[test]
    fn without_an_argument_nothing_comes_in() {
        assert!(from_arguments(&["countersign".to_owned()], Path::new(".")).is_none());
    }
}
