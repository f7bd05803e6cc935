//! Turns bytes from a pipe or a file into a password, leaving no copy of them behind.
//! Never trims, and never guesses: what is not exactly one line of text is refused.

use std::io::{self, Read};

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::{Error, Unusable};

/// The longest password taken from standard input or a file, bytes.
pub const LONGEST_PASSWORD: usize = 4096;

/// Reads one line for `--password-stdin` and takes off exactly one `\n` or `\r\n`. Whatever follows is left unread.
///
/// Give it an unbuffered reader, such as [`read_password_from_stdin`] does: a buffer keeps a copy.
pub fn read_password_from(mut reader: impl Read) -> Result<SecretString, Error> {
    // Reserved whole, since a growing buffer leaves copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_PASSWORD + 2));
    let mut byte = Zeroizing::new([0_u8; 1]);
    while line.last() != Some(&b'\n') && line.len() < LONGEST_PASSWORD + 2 {
        match reader.read(byte.as_mut_slice()) {
            Ok(0) => break,
            Ok(_) => line.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Input(error)),
        }
    }
    password(&line).map_err(Error::UnusableInput)
}

/// Reads the password from standard input itself, past the buffer `std::io::stdin` would keep it in.
pub fn read_password_from_stdin() -> Result<SecretString, Error> {
    read_password_from(std::fs::File::from(stdin_handle().map_err(Error::Input)?))
}

#[cfg(unix)]
fn stdin_handle() -> io::Result<std::os::fd::OwnedFd> {
    std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()
}

#[cfg(windows)]
fn stdin_handle() -> io::Result<std::os::windows::io::OwnedHandle> {
    std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned()
}

/// One line of text, with or without its end.
pub(crate) fn password(bytes: &[u8]) -> Result<SecretString, Unusable> {
    let line = match bytes.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => bytes,
    };
    if line.is_empty() {
        return Err(Unusable::Empty);
    }
    if line.len() > LONGEST_PASSWORD {
        return Err(Unusable::TooLong);
    }
    if line.contains(&0) {
        return Err(Unusable::Nul);
    }
    if line.contains(&b'\n') {
        return Err(Unusable::SeveralLines);
    }
    std::str::from_utf8(line).map(SecretString::from).map_err(|_| Unusable::NotUtf8)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read(bytes: &[u8]) -> Result<String, Error> {
        read_password_from(bytes).map(|password| password.expose_secret().to_owned())
    }

    #[test]
    fn exactly_one_line_end_is_taken_off() {
        for (input, expected) in [
            ("pass", "pass"),
            ("pass\n", "pass"),
            ("pass\r\n", "pass"),
            ("pass\r", "pass\r"),
            (" pass word \n", " pass word "),
            ("pass\r\r\n", "pass\r"),
            ("pa\u{df}\u{1f511}\n", "pa\u{df}\u{1f511}"),
        ] {
            assert_eq!(read(input.as_bytes()).unwrap(), expected);
        }
    }

    #[test]
    fn only_the_first_line_is_read() {
        let mut input: &[u8] = b"first\nsecond\n";
        assert_eq!(read_password_from(&mut input).unwrap().expose_secret(), "first");
        assert_eq!(input, b"second\n");
    }

    #[test]
    fn what_is_no_password_is_refused() {
        let problem = |bytes: &[u8]| match read(bytes) {
            Err(Error::UnusableInput(problem)) => problem,
            other => panic!("{other:?}"),
        };
        assert_eq!(problem(b""), Unusable::Empty);
        assert_eq!(problem(b"\n"), Unusable::Empty);
        assert_eq!(problem(b"\r\n"), Unusable::Empty);
        assert_eq!(problem(b"a\0b\n"), Unusable::Nul);
        assert_eq!(problem(b"\xff\xfe\n"), Unusable::NotUtf8);
        assert_eq!(problem(&[b'x'; LONGEST_PASSWORD + 1]), Unusable::TooLong);
        assert_eq!(problem(&[b'x'; 3 * LONGEST_PASSWORD]), Unusable::TooLong);
    }

    #[test]
    fn the_longest_password_is_read_with_either_line_end() {
        for end in ["", "\n", "\r\n"] {
            let input = "x".repeat(LONGEST_PASSWORD) + end;
            assert_eq!(read(input.as_bytes()).unwrap().len(), LONGEST_PASSWORD);
        }
    }

    #[test]
    fn a_failing_reader_is_told_with_its_reason() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
        assert!(matches!(read_password_from(Broken), Err(Error::Input(_))));
    }
}
