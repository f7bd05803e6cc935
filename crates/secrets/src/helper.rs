//! Has a program print a password: for passwords that a vault keeps and changes.
//! Refuses a shell, a program that others could have replaced, and to wait longer than 30 s; what it printed is shown
//! nowhere, whatever came of it.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use crate::input::{AROUND, LONGEST_PASSWORD, password};
use crate::quoting::quotes;
use crate::{Error, Unfit, Unusable};

/// How long a helper may take: a vault may be on the other side of the world, and none is worth a login that hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How long is waited for what is still in its pipes once it ended: something that it left running may hold them open.
const LEFT_IN_PIPES: Duration = Duration::from_millis(300);

/// What is kept of its standard error, bytes; the rest is read and dropped.
const MOST_SAID: usize = 4096;

/// What is passed on of it, letters.
const LONGEST_WORDS: usize = 300;

/// Shorter lines of its output are not looked for in its standard error: they stand there by chance.
const SHORTEST_HIDDEN: usize = 4;

/// What is said in the place of words that quote what it printed.
const QUOTED: &str = "(not shown: it quotes what it printed)";

/// A program that prints a password, and its arguments. Neither is a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Helper {
    program: String,
    arguments: Vec<String>,
}

impl Helper {
    /// Out of the program and its arguments; `None` if not even a program is there.
    pub fn new(command: &[String]) -> Option<Helper> {
        let (program, arguments) = command.split_first()?;
        Some(Helper { program: program.clone(), arguments: arguments.to_vec() })
    }

    /// The program and its arguments.
    pub fn command(&self) -> Vec<String> {
        [&self.program].into_iter().chain(&self.arguments).cloned().collect()
    }

    /// Fails if the program can't be run, or must not be because others could have replaced it. Doesn't run it.
    pub async fn check(&self) -> Result<(), Error> {
        let program = self.program.clone();
        let checked = tokio::task::spawn_blocking(move || fitness(Path::new(&program))).await;
        match checked.unwrap_or_else(|stopped| Err(Why::Unknown(io::Error::other(stopped.to_string())))) {
            Ok(()) => Ok(()),
            Err(Why::Unfit(problem)) => Err(Error::UnfitHelper { program: self.program.clone(), problem }),
            Err(Why::Unknown(source)) => Err(self.not_started(source)),
        }
    }

    /// Runs it, and answers with the one line that it prints.
    pub(crate) async fn print(&self) -> Result<SecretString, Error> {
        self.check().await?;
        let mut child = self.start().map_err(|source| self.not_started(source))?;
        // Dropped before the child: what is not waited for yet can't be another process.
        let mut group = Group::of(&child);
        let mut printed = Buffer::new(LONGEST_PASSWORD + AROUND + 1);
        let mut said = Buffer::new(MOST_SAID);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let ended = tokio::time::timeout(PATIENCE, async {
            let mut pipes = std::pin::pin!(async {
                tokio::try_join!(printed.fill(stdout), said.fill_and_drain(stderr)).map(drop)
            });
            tokio::select! {
                read = &mut pipes => {
                    read?;
                    child.wait().await.map_err(Stopped::Lost)
                }
                status = child.wait() => {
                    if let Ok(read) = tokio::time::timeout(LEFT_IN_PIPES, pipes).await {
                        read?;
                    }
                    status.map_err(Stopped::Lost)
                }
            }
        })
        .await;
        let program = self.program.clone();
        let said = || words(&said, &printed);
        match ended {
            Err(_) => Err(Error::HelperTimedOut { program, said: said() }),
            Ok(Err(Stopped::TooMuch)) => Err(Error::UnusablePrint { program, problem: Unusable::TooLong }),
            Ok(Err(Stopped::Lost(source))) => Err(self.not_started(source)),
            Ok(Ok(status)) => {
                group.has_ended();
                if !status.success() {
                    return Err(Error::HelperFailed { program, status, said: said() });
                }
                password(printed.bytes()).map_err(|problem| Error::UnusablePrint { program, problem })
            }
        }
    }

    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // What it starts is ended with it, and Ctrl-C on a terminal is for Muster to handle.
        #[cfg(unix)]
        command.process_group(0);
        #[cfg(windows)]
        command.creation_flags(NO_WINDOW);
        command.spawn()
    }

    fn not_started(&self, source: io::Error) -> Error {
        Error::HelperNotStarted { program: self.program.clone(), source }
    }
}

/// `CREATE_NO_WINDOW`: a console would flash up at each login.
#[cfg(windows)]
const NO_WINDOW: u32 = 0x0800_0000;

/// Why a helper is not waited for any longer.
enum Stopped {
    /// It printed more than any password has.
    TooMuch,
    /// The system didn't say how it ended, or what it printed.
    Lost(io::Error),
}

/// Bytes of a pipe, in a place that never moves and is wiped when it is dropped.
struct Buffer {
    bytes: Zeroizing<Vec<u8>>,
    filled: usize,
}

impl Buffer {
    fn new(most: usize) -> Buffer {
        Buffer { bytes: Zeroizing::new(vec![0; most]), filled: 0 }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// Reads to the end; fails once more has come than it holds.
    async fn fill(&mut self, pipe: Option<impl AsyncRead + Unpin>) -> Result<(), Stopped> {
        let Some(mut pipe) = pipe else { return Ok(()) };
        while self.filled < self.bytes.len() {
            match pipe.read(&mut self.bytes[self.filled..]).await.map_err(Stopped::Lost)? {
                0 => return Ok(()),
                count => self.filled += count,
            }
        }
        Err(Stopped::TooMuch)
    }

    /// Reads to the end, and keeps the beginning.
    async fn fill_and_drain(&mut self, pipe: Option<impl AsyncRead + Unpin>) -> Result<(), Stopped> {
        let Some(mut pipe) = pipe else { return Ok(()) };
        match self.fill(Some(&mut pipe)).await {
            Err(Stopped::TooMuch) => {
                tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await.map(drop).map_err(Stopped::Lost)
            }
            outcome => outcome,
        }
    }
}

/// What it wrote to its standard error, for people: on one line, and without what it printed; nothing of it where that stands there in
/// another spelling. A script that says each command it runs would say the password, too.
fn words(said: &Buffer, printed: &Buffer) -> Option<String> {
    let mut said = Zeroizing::new(String::from_utf8_lossy(said.bytes()).into_owned());
    let printed = Zeroizing::new(String::from_utf8_lossy(printed.bytes()).into_owned());
    for line in printed.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_HIDDEN) {
        said = Zeroizing::new(said.replace(line, "\u{2026}"));
        if quotes(&said, line) {
            return Some(QUOTED.to_owned());
        }
    }
    let acts = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = said.replace(acts, " ");
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String = line.chars().take(LONGEST_WORDS).collect();
    Some(words).filter(|words| !words.is_empty())
}

/// A helper with all that it started; ended when this is dropped, unless it had ended by itself.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> Group {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Group { leader: id.and_then(rustix::process::Pid::from_raw) }
    }

    /// What it left running is meant to go on, as an agent that keeps a vault open.
    fn has_ended(&mut self) {
        self.leader = None;
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // All of them may have ended just now.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

/// Elsewhere the child alone is ended, by being dropped.
#[cfg(not(unix))]
impl Group {
    fn of(_child: &Child) -> Group {
        Group {}
    }

    fn has_ended(&mut self) {}
}

enum Why {
    Unfit(Unfit),
    Unknown(io::Error),
}

fn fitness(program: &Path) -> Result<(), Why> {
    if !program.is_absolute() {
        return Err(Why::Unfit(Unfit::Relative));
    }
    let ends_in =
        |end: &str| program.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(end));
    if cfg!(windows) && (ends_in("bat") || ends_in("cmd")) {
        return Err(Why::Unfit(Unfit::Batch));
    }
    match std::fs::metadata(program) {
        Ok(metadata) if !metadata.is_file() => Err(Why::Unfit(Unfit::NoFile)),
        Ok(metadata) => is_ours(program, &metadata),
        Err(error) => Err(match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Why::Unfit(Unfit::Missing),
            _ => Why::Unknown(error),
        }),
    }
}

/// Whether nobody but root and this user decides what is run: of the file, by owner and permissions; of the folders that lead
/// to it, that not everybody can put another one there.
#[cfg(unix)]
fn is_ours(program: &Path, metadata: &std::fs::Metadata) -> Result<(), Why> {
    use std::os::unix::fs::MetadataExt;
    const ROOT: u32 = 0;
    const STICKY: u32 = 0o1000;
    let own = rustix::process::geteuid().as_raw();
    if metadata.mode() & 0o111 == 0 {
        return Err(Why::Unfit(Unfit::NotExecutable));
    }
    if ![ROOT, own].contains(&metadata.uid()) {
        return Err(Why::Unfit(Unfit::OfSomebodyElse));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(Why::Unfit(Unfit::WritableByOthers));
    }
    let resolved = program.canonicalize().map_err(Why::Unknown)?;
    for folder in program.ancestors().skip(1).chain(resolved.ancestors().skip(1)) {
        let metadata = std::fs::metadata(folder).map_err(Why::Unknown)?;
        let mode = metadata.mode();
        if ![ROOT, own].contains(&metadata.uid()) || (mode & 0o022 != 0 && mode & STICKY == 0) {
            return Err(Why::Unfit(Unfit::WritableByOthers));
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn is_ours(_program: &Path, _metadata: &std::fs::Metadata) -> Result<(), Why> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
pub(crate) mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::os::unix::fs::PermissionsExt;

    /// A shell script as a helper.
    pub(crate) fn script(dir: &Path, body: &str) -> Helper {
        let path = dir.join("helper");
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        allow(&path, 0o700);
        Helper::new(&[path.display().to_string()]).unwrap()
    }

    fn allow(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    async fn printed(body: &str) -> Result<String, Error> {
        let dir = tempfile::tempdir().unwrap();
        let password = script(dir.path(), body).print().await?;
        Ok(password.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn what_it_prints_is_the_password_by_the_rules_of_a_file() {
        assert_eq!(printed("echo s3cret").await.unwrap(), "s3cret");
        assert_eq!(printed("printf ' pa ss\\r\\n'").await.unwrap(), " pa ss");
        assert_eq!(printed("echo s3cret; echo why >&2").await.unwrap(), "s3cret");
        for (body, expected) in [
            ("true", Unusable::Empty),
            ("echo", Unusable::Empty),
            ("echo s3cret; echo other", Unusable::SeveralLines),
            ("echo s3cret; echo", Unusable::SeveralLines),
            ("printf 's3cret\\377\\n'", Unusable::NotUtf8),
            ("printf 's3cret\\0x\\n'", Unusable::Nul),
            ("yes s3cret", Unusable::TooLong),
        ] {
            let error = printed(body).await.unwrap_err();
            assert!(
                matches!(&error, Error::UnusablePrint { problem, .. } if *problem == expected),
                "{body}: {error:?}"
            );
            assert!(!format!("{error} {error:?}").contains("s3cret"));
        }
    }

    #[tokio::test]
    async fn its_arguments_are_its_own_and_no_shell_sees_them_and_nothing_can_be_typed() {
        let dir = tempfile::tempdir().unwrap();
        let program = script(dir.path(), "cat; printf '%s|' \"$@\"").command().remove(0);
        let arguments = ["a b", "$HOME", "; echo", "*"].map(str::to_owned);
        let helper = Helper::new(&[&[program][..], &arguments].concat()).unwrap();
        assert_eq!(helper.print().await.unwrap().expose_secret(), "a b|$HOME|; echo|*|");
    }

    #[tokio::test]
    async fn one_that_fails_says_why_in_its_own_words_and_without_what_it_printed() {
        let error =
            printed("echo s3cret; echo 'vault is sealed:\u{1b}[31m s3cret' >&2; exit 3").await.unwrap_err();
        let words = error.to_string();
        assert!(
            words.ends_with("failed (exit status: 3); it said: vault is sealed: [31m \u{2026}"),
            "{words}"
        );
        assert!(!format!("{error:?}").contains("s3cret"));
        for said in
            ["set -x; P=\"x'y s3cret\"; echo \"$P\"; false", "echo s3cret; echo 's3\\cret' >&2; false"]
        {
            let words = printed(said).await.unwrap_err().to_string();
            assert!(!words.contains("cret"), "{words}");
        }
        let error = printed("exit 1").await.unwrap_err().to_string();
        assert!(error.ends_with("failed (exit status: 1)"), "{error}");
        let error = printed("kill -9 $$").await.unwrap_err().to_string();
        assert!(error.contains("signal: 9"), "{error}");
        let error = printed("yes long | head -c 100000 >&2; exit 1").await.unwrap_err().to_string();
        assert!(error.len() < 500, "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_hangs_is_ended_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let ids = dir.path().join("ids");
        let helper = script(
            dir.path(),
            &format!(
                "sleep 600 & echo $! $$ > {0}.new; mv {0}.new {0}; echo waiting >&2; wait",
                ids.display()
            ),
        );
        // The clock stands while it starts, and jumps once nothing but the limit is left to wait for.
        let watch = ids.clone();
        let has_started = tokio::task::spawn_blocking(move || appears(&watch));
        let (error, _) = tokio::join!(helper.print(), has_started);
        let error = error.unwrap_err();
        assert!(matches!(&error, Error::HelperTimedOut { .. }), "{error:?}");
        assert!(error.to_string().contains("did not end within 30 s"), "{error}");
        for id in std::fs::read_to_string(ids).unwrap().split_whitespace() {
            has_gone(id);
        }
    }

    #[tokio::test]
    async fn one_that_nobody_waits_for_any_more_is_ended() {
        let dir = tempfile::tempdir().unwrap();
        let ids = dir.path().join("ids");
        let helper =
            script(dir.path(), &format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 600", ids.display()));
        let watch = ids.clone();
        let has_started = tokio::task::spawn_blocking(move || appears(&watch));
        tokio::select! {
            outcome = helper.print() => panic!("{outcome:?}"),
            _ = has_started => {}
        }
        has_gone(std::fs::read_to_string(ids).unwrap().trim());
    }

    fn appears(path: &Path) {
        while !path.exists() {
            std::thread::yield_now();
        }
    }

    /// Waits until a process is gone, or nothing but its exit code is left of it.
    fn has_gone(id: &str) {
        let patience = std::time::Instant::now() + Duration::from_secs(5);
        let is_there = || {
            let state = std::process::Command::new("ps").args(["-o", "stat=", "-p", id]).output().unwrap();
            let state = String::from_utf8_lossy(&state.stdout).trim().to_owned();
            !state.is_empty() && !state.starts_with('Z')
        };
        while is_there() {
            assert!(std::time::Instant::now() < patience, "{id} is still there");
            std::thread::yield_now();
        }
    }

    #[tokio::test]
    async fn what_it_leaves_running_holds_up_nobody() {
        let began = std::time::Instant::now();
        assert_eq!(printed("sleep 20 & echo s3cret").await.unwrap(), "s3cret");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn what_others_could_have_replaced_is_not_run() {
        let dir = tempfile::tempdir().unwrap();
        let helper = script(dir.path(), "echo s3cret");
        let path = dir.path().join("helper");
        let problem = async |command: &str| match Helper::new(&[command.to_owned()]).unwrap().print().await {
            Err(Error::UnfitHelper { problem, .. }) => Some(problem),
            Err(other) => panic!("{other:?}"),
            Ok(_) => None,
        };
        let program = path.display().to_string();
        assert_eq!(problem(&program).await, None);
        for mode in [0o720, 0o702, 0o777] {
            allow(&path, mode);
            assert_eq!(problem(&program).await, Some(Unfit::WritableByOthers), "{mode:o}");
        }
        allow(&path, 0o600);
        assert_eq!(problem(&program).await, Some(Unfit::NotExecutable));
        allow(&path, 0o700);
        allow(dir.path(), 0o777);
        assert_eq!(problem(&program).await, Some(Unfit::WritableByOthers), "the folder");
        allow(dir.path(), 0o700);
        assert_eq!(problem("helper").await, Some(Unfit::Relative));
        assert_eq!(problem("./helper").await, Some(Unfit::Relative));
        assert_eq!(problem(&format!("{program}.gone")).await, Some(Unfit::Missing));
        assert_eq!(problem("/").await, Some(Unfit::NoFile));
        assert!(helper.check().await.is_ok());
        std::fs::write(&path, "no program").unwrap();
        assert!(matches!(helper.print().await, Err(Error::HelperNotStarted { .. })));
    }
}
