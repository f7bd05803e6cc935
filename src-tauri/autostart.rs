//! Muster at login: in the tray where there is one, else with its window minimized.
//! Refuses to write anything until a person asks for it.

use contract::Role;
use std::path::Path;
#[cfg(target_os = "linux")]
use std::path::PathBuf;

/// The option with which the login starts it.
const HIDDEN: &str = "--hidden";

/// How this program is started at login.
pub(crate) struct Autostart {
    /// This program and its options.
    command: Vec<String>,
}

impl Autostart {
    /// Of this program, on a data folder if it isn't the usual one, and in a role if that is a lowered one.
    pub(crate) fn of(data_dir: Option<&Path>, role: Role) -> Autostart {
        let program = std::env::current_exe().map(|path| path.display().to_string());
        let mut command = vec![program.unwrap_or_else(|_| "muster".to_owned()), HIDDEN.to_owned()];
        if let Some(data_dir) = data_dir {
            let data_dir = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
            command.extend(["--data-dir".to_owned(), data_dir.display().to_string()]);
        }
        // The login has none of the variables of the terminal that this was started from.
        if role != Role::Admin {
            command.extend(["--role".to_owned(), role.name().to_owned()]);
        }
        Autostart { command }
    }
}

/// By the file that desktops of freedesktop.org look for.
#[cfg(target_os = "linux")]
impl Autostart {
    /// Whether the login starts it.
    pub(crate) fn is_on(&self) -> bool {
        let text = file().and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
        // As desktops' own settings switch an entry off.
        let is_off = |line: &str| matches!(line.trim(), "Hidden=true" | "X-GNOME-Autostart-enabled=false");
        !text.is_empty() && !text.lines().any(is_off)
    }

    /// Has the login start it, or not.
    pub(crate) fn set(&self, on: bool) -> std::io::Result<()> {
        let file = file().ok_or_else(|| std::io::Error::other("there is no folder for configuration"))?;
        if on {
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            return std::fs::write(file, entry(&self.command));
        }
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(target_os = "linux")]
fn file() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // A relative path there is none, as the specification has it.
    let config = set("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let config = config.or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(config.join("autostart/dev.muster.desktop.desktop"))
}

/// The file's text.
#[cfg(target_os = "linux")]
fn entry(command: &[String]) -> String {
    let quoted: Vec<String> = command.iter().map(|argument| quoted(argument)).collect();
    format!(
        "[Desktop Entry]\nType=Application\nName=Muster\nComment=VMware vCenters in one window\nIcon=muster\nExec={}\nTerminal=false\n",
        quoted.join(" ")
    )
}

/// An argument as `Exec` takes it: what its quotes leave special is escaped, and that once more as in any text of such a file.
#[cfg(target_os = "linux")]
fn quoted(argument: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return argument.to_owned();
    }
    let mut text = String::from('"');
    for c in argument.chars() {
        match c {
            '"' | '`' | '$' => text.push_str(&format!("\\\\{c}")),
            '\\' => text.push_str("\\\\\\\\"),
            '%' => text.push_str("%%"),
            '\n' => text.push_str("\\n"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// By what the system has for it.
#[cfg(not(target_os = "linux"))]
impl Autostart {
    fn launch(&self) -> Result<auto_launch::AutoLaunch, auto_launch::Error> {
        // Windows gets them as one line, on macOS they are a list.
        let command: Vec<String> = match cfg!(windows) {
            true => self.command.iter().map(|argument| quoted_for_windows(argument)).collect(),
            false => self.command.clone(),
        };
        let (program, arguments) =
            command.split_first().map_or(("muster", &[][..]), |(p, a)| (p.as_str(), a));
        auto_launch::AutoLaunchBuilder::new()
            .set_app_name("Muster")
            .set_app_path(program)
            .set_args(arguments)
            // By default the library writes it for all users where it may.
            .set_windows_enable_mode(auto_launch::WindowsEnableMode::CurrentUser)
            .build()
    }

    /// Whether the login starts it.
    pub(crate) fn is_on(&self) -> bool {
        self.launch().and_then(|launch| launch.is_enabled()).unwrap_or(false)
    }

    /// Has the login start it, or not.
    pub(crate) fn set(&self, on: bool) -> Result<(), auto_launch::Error> {
        let launch = self.launch()?;
        if on { launch.enable() } else { launch.disable() }
    }
}

/// An argument as programs of Windows take their command line apart; backslashes are special before a quote alone.
#[cfg(any(test, not(target_os = "linux")))]
fn quoted_for_windows(argument: &str) -> String {
    let mut text = String::from('"');
    let mut backslashes = 0;
    for c in argument.chars() {
        match c {
            '\\' => backslashes += 1,
            '"' => text.push_str(&"\\".repeat(backslashes + 1)),
            _ => {}
        }
        if c != '\\' {
            backslashes = 0;
        }
        text.push(c);
    }
    text + &"\\".repeat(backslashes) + "\""
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_program_and_a_folder_with_spaces_and_signs_are_quoted_as_desktops_read_them() {
        let command = ["/opt/my apps/muster", "--hidden", "--data-dir", "/home/a b/100%\"$x\\"];
        let text = entry(&command.map(str::to_owned));
        assert!(
            text.contains(
                "Exec=\"/opt/my apps/muster\" --hidden --data-dir \"/home/a b/100%%\\\\\"\\\\$x\\\\\\\\\"\n"
            ),
            "{text}"
        );
        assert!(entry(&["/usr/bin/muster".to_owned()]).contains("\nExec=/usr/bin/muster\n"));
    }

    #[test]
    fn a_program_and_a_folder_with_spaces_are_quoted_as_windows_takes_them_apart() {
        for (argument, quoted) in [
            (r"C:\Users\A B\muster.exe", r#""C:\Users\A B\muster.exe""#),
            (r"D:\", r#""D:\\""#),
            (r#"a\"b"#, r#""a\\\"b""#),
        ] {
            assert_eq!(quoted_for_windows(argument), quoted);
        }
    }

    #[test]
    fn a_window_that_was_started_in_a_role_is_started_in_it_at_login() {
        use clap::Parser;
        for role in Role::ALL {
            let command = Autostart::of(Some(Path::new("/data")), role).command;
            let read = crate::Arguments::try_parse_from(&command).unwrap();
            assert_eq!(read.role.unwrap_or(Role::Admin), role, "{command:?}");
            assert!(read.hidden);
        }
    }
}
