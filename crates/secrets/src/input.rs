//! Turns bytes from a pipe or a file into a password, leaving no copy of them behind.
//! Takes off the mark that Windows writes in front of UTF-8, and one line's end. Never trims more, and never guesses:
//! what is not exactly one line of text is refused.

use std::io::{self, IsTerminal, Read};
use std::sync::mpsc;
use std::time::Duration;

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::{Error, Unusable};

/// The longest password taken from standard input or a file, bytes.
pub const LONGEST_PASSWORD: usize = 4096;

/// What stands in front of UTF-8 that some programs of Windows write.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes around a password that are none of it: the mark, and a line's end.
pub(crate) const AROUND: usize = MARK.len() + 2;

/// How long a pipe that somebody keeps open is waited for after a line: a program that writes several writes them at once.
const NEXT_LINE: Duration = Duration::from_millis(300);

/// Reads the one line that there has to be, without its end and without a byte-order mark.
///
/// Give it an unbuffered reader, such as [`read_password_from_stdin`] does: a buffer keeps a copy.
pub fn read_password_from(mut reader: impl Read) -> Result<SecretString, Error> {
    let password = first_line(&mut reader)?;
    only(password, is_more(&mut reader)?)
}

/// Reads the password from standard input itself, past the buffer `std::io::stdin` would keep it in. A pipe needs no end
/// after the line, and a terminal gives a line at a time: what is typed next there may be the answer to a question.
pub fn read_password_from_stdin() -> Result<SecretString, Error> {
    let mut stdin = std::fs::File::from(stdin_handle().map_err(Error::Input)?);
    let password = first_line(&mut stdin)?;
    if stdin.is_terminal() {
        return Ok(password);
    }
    let (found, looked) = mpsc::sync_channel(1);
    std::thread::spawn(move || found.send(is_more(&mut stdin)));
    match looked.recv_timeout(NEXT_LINE) {
        Ok(more) => only(password, more?),
        Err(_) => Ok(password),
    }
}

fn first_line(reader: &mut impl Read) -> Result<SecretString, Error> {
    // Reserved whole, since a growing buffer leaves copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_PASSWORD + AROUND));
    while line.last() != Some(&b'\n') && line.len() < LONGEST_PASSWORD + AROUND {
        match next(reader)? {
            None => break,
            Some(byte) => line.push(*byte),
        }
    }
    password(&line).map_err(Error::UnusableInput)
}

fn is_more(reader: &mut impl Read) -> Result<bool, Error> {
    Ok(next(reader)?.is_some())
}

fn only(password: SecretString, is_more: bool) -> Result<SecretString, Error> {
    if is_more { Err(Error::UnusableInput(Unusable::SeveralLines)) } else { Ok(password) }
}

fn next(reader: &mut impl Read) -> Result<Option<Zeroizing<u8>>, Error> {
    let mut byte = Zeroizing::new([0_u8; 1]);
    loop {
        match reader.read(byte.as_mut_slice()) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(Zeroizing::new(byte[0]))),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Input(error)),
        }
    }
}

#[cfg(unix)]
fn stdin_handle() -> io::Result<std::os::fd::OwnedFd> {
    std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()
}

#[cfg(windows)]
fn stdin_handle() -> io::Result<std::os::windows::io::OwnedHandle> {
    std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned()
}

/// A password that was typed, or pasted along with a mark and a line's end.
pub fn typed_password(typed: &str) -> Result<SecretString, Error> {
    password(typed.as_bytes()).map_err(Error::UnusableInput)
}

/// One line of text, with or without a mark before it and its end after it.
pub(crate) fn password(bytes: &[u8]) -> Result<SecretString, Unusable> {
    if is_utf16(bytes) {
        return Err(Unusable::Utf16);
    }
    let text = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let line = [&b"\r\n"[..], b"\n", b"\r"].iter().find_map(|end| text.strip_suffix(*end)).unwrap_or(text);
    if line.is_empty() {
        return Err(Unusable::Empty);
    }
    if line.len() > LONGEST_PASSWORD {
        return Err(Unusable::TooLong);
    }
    if line.contains(&0) {
        return Err(Unusable::Nul);
    }
    if line.contains(&b'\n') || line.contains(&b'\r') {
        return Err(Unusable::SeveralLines);
    }
    std::str::from_utf8(line).map(SecretString::from).map_err(|_| Unusable::NotUtf8)
}

/// Whether what should be UTF-8 is UTF-16: a mark says so, or every second byte is NUL, as in UTF-16 of what is on most
/// keyboards. A line that was cut at its line feed may have half a character at its end.
pub fn is_utf16(bytes: &[u8]) -> bool {
    let is_nul = |from: usize| bytes.len() > 2 && bytes.iter().skip(from).step_by(2).all(|byte| *byte == 0);
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || is_nul(0) || is_nul(1)
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
            ("pass\r", "pass"),
            ("\u{feff}pass\r\n", "pass"),
            ("\u{feff} pass", " pass"),
            ("pass\u{feff}\n", "pass\u{feff}"),
            (" pass word \n", " pass word "),
            ("pa\u{df}\u{1f511}\n", "pa\u{df}\u{1f511}"),
        ] {
            assert_eq!(read(input.as_bytes()).unwrap(), expected);
        }
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
        assert_eq!(problem(b"\xff\n"), Unusable::NotUtf8);
        for several in
            [&b"pass\r\r\n"[..], b"pass\nother\n", b"pass\nother", b"pass\r\nother\r\n", b"pass\n\n", b"a\rb"]
        {
            assert_eq!(problem(several), Unusable::SeveralLines, "{several:?}");
        }
        assert_eq!(problem(b"\xef\xbb\xbf\r\n"), Unusable::Empty);
        for utf16 in
            [&b"\xff\xfep\0a\0\n\0"[..], b"\xfe\xff\0p\0a\0\n", b"p\0a\0\r\0\n\0", b"\0p\0a\0\n", b"p\0a\0"]
        {
            assert_eq!(problem(utf16), Unusable::Utf16, "{utf16:?}");
        }
        assert_eq!(problem(&[b'x'; LONGEST_PASSWORD + 1]), Unusable::TooLong);
        assert_eq!(problem(&[b'x'; 3 * LONGEST_PASSWORD]), Unusable::TooLong);
    }

    #[test]
    fn the_longest_password_is_read_with_either_line_end() {
        for end in ["", "\r", "\n", "\r\n"] {
            let input = "x".repeat(LONGEST_PASSWORD) + end;
            assert_eq!(read(input.as_bytes()).unwrap().len(), LONGEST_PASSWORD);
            assert_eq!(read(format!("\u{feff}{input}").as_bytes()).unwrap().len(), LONGEST_PASSWORD);
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
