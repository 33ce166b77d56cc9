//! The two key programs that the user's Git configuration may name. The program of `gpg.ssh.program` signs; 1Password
//! provides one, for example. The command of `gpg.ssh.defaultKeyCommand` prints the key to use. Both are run as Git
//! runs them (gpg-interface.c).

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use base64ct::{Base64, Encoding as _};

use super::error::KeyError;
use super::file::read_bounded;
use crate::environ;
use crate::sshsig::{FOOTER, HEADER, PublicKey};

/// How a program is told which key to sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ProgramKey {
    /// The path of the key file, as the user gave it.
    Path(PathBuf),
    /// The public key. The program finds the private key itself.
    Literal(PublicKey),
}

/// Returns the absolute path of a configured program. A name without a slash is searched for in PATH. A relative path
/// is refused, so that a program in a work tree is never run.
fn resolve(name: &str) -> Result<PathBuf, KeyError> {
    let path = match name.strip_prefix("~/").zip(environ::home()) {
        Some((rest, home)) => home.join(rest),
        None => PathBuf::from(name),
    };
    let by_name = || Some(name).filter(|name| !name.contains('/')).and_then(environ::program);
    let found = if path.is_absolute() { Some(path) } else { by_name() };
    found.ok_or_else(|| KeyError::NoProgram { name: name.to_owned() })
}

/// Runs a program and returns its output. If the program fails, the error contains the first line that the program
/// wrote to its standard error, blank lines aside; if it wrote none, the exit status.
fn run(program: &Path, arguments: &[&OsStr]) -> Result<Output, KeyError> {
    let failed = |why: String| KeyError::Program { program: program.to_owned(), why };
    let mut command = Command::new(program);
    let output =
        command.args(arguments).stdin(Stdio::null()).output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = said.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned);
    Err(failed(line.unwrap_or_else(|| format!("it ended with {}", output.status))))
}

/// Signs a message, and returns the blob of the signature.
pub(super) fn sign(
    program: &str,
    key: &ProgramKey,
    namespace: &str,
    message: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let path = resolve(program)?;
    let failed = |error: std::io::Error| KeyError::Program { program: path.clone(), why: error.to_string() };
    let folder = tempfile::tempdir().map_err(failed)?;
    let write = |name: &str, bytes: &[u8]| -> Result<PathBuf, KeyError> {
        let file = folder.path().join(name);
        std::fs::File::create_new(&file).and_then(|mut open| open.write_all(bytes)).map_err(failed)?;
        Ok(file)
    };
    let buffer = write("message", message)?;
    let (file, literal) = match key {
        ProgramKey::Path(path) => (path.clone(), None),
        // `-U` says that the file holds only the public key. The program then signs with a key from an agent, or from
        // its own vault.
        ProgramKey::Literal(key) => (write("key", format!("{key}\n").as_bytes())?, Some(OsStr::new("-U"))),
    };
    let mut words: Vec<&OsStr> = vec!["-Y".as_ref(), "sign".as_ref(), "-n".as_ref(), namespace.as_ref()];
    words.extend([OsStr::new("-f"), file.as_os_str()]);
    words.extend(literal);
    words.push(buffer.as_os_str());
    run(&path, &words)?;
    let armor = read_bounded(&folder.path().join("message.sig")).map_err(failed)?;
    let text = String::from_utf8_lossy(&armor);
    blob(&text).ok_or_else(|| KeyError::Program {
        program: path.clone(),
        why: "it wrote no SSH signature".to_owned(),
    })
}

/// Decodes an armored signature. The lines of the armor may have any length and any line ending.
fn blob(armor: &str) -> Option<Vec<u8>> {
    let (_, rest) = armor.split_once(HEADER)?;
    let (inner, _) = rest.split_once(FOOTER)?;
    Base64::decode_vec(&inner.split_whitespace().collect::<String>()).ok()
}

/// Runs the command that names the key. Returns the lines that the command prints, except blank ones.
pub(super) fn key_lines(command: &str) -> Result<Vec<String>, KeyError> {
    let words = shell_words::split(command).map_err(|_| KeyError::NoProgram { name: command.to_owned() })?;
    let Some((name, arguments)) = words.split_first() else {
        return Err(KeyError::NoProgram { name: command.to_owned() });
    };
    let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    let output = run(&resolve(name)?, &arguments)?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}
