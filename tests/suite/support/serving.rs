//! Programs that serve Git repositories on this machine.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::effort::not_run;
use super::sandbox::Sandbox;

/// A server process, which is killed when this is dropped.
pub struct Serving(pub Child);

impl Drop for Serving {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Returns a port that is free now; another process could take it before it is used.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until a process listens on a port.
pub fn listens(port: u16) {
    let is_there = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    let waited = (0..250).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        is_there()
    });
    assert!(waited, "nothing listens on port {port}");
}

/// Serves the repositories of a folder with `git daemon`, as the user of a sandbox. Returns the daemon and its port.
pub fn git_daemon(server: &Sandbox, folder: &Path) -> (Serving, u16) {
    let port = free_port();
    let folder = folder.display().to_string();
    let mut command = server.command(server.root.path(), "git");
    command.args(["daemon", "--reuseaddr", "--listen=127.0.0.1", &format!("--port={port}"), "--export-all"]);
    command.args(["--enable=receive-pack", &format!("--base-path={folder}"), &folder]);
    let serving = Serving(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    listens(port);
    (serving, port)
}

/// Serves the repositories of a folder by smart HTTP, as the user of a sandbox. Returns the server and its URL; `None`
/// if Python is missing.
pub fn http(server: &Sandbox, folder: &Path) -> Option<(Serving, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/support/smart_http.py");
    let mut command = server.command(server.root.path(), "python3");
    command.arg(script).arg(folder).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else {
        not_run("smart HTTP needs python3");
        return None;
    };
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
    Some((Serving(child), format!("http://127.0.0.1:{}", port.trim())))
}

/// Serves the repositories of a folder by smart HTTP below `/git/`, to `users` (lines `NAME:PASSWORD`). `HOME` is set
/// neither for the server nor for the hooks. Returns the server and its port.
pub fn http_with_passwords(server: &Sandbox, folder: &Path, users: &str) -> Option<(Serving, u16)> {
    let lighttpd = "/usr/sbin/lighttpd";
    if !Path::new(lighttpd).exists() {
        not_run("smart HTTP with passwords needs the package lighttpd");
        return None;
    }
    let (port, folder, users) = (free_port(), folder.display(), server.write("users", users));
    let backend = server.at(server.root.path(), "git", &["--exec-path"]).ok().stdout;
    let config = server.write(
        "lighttpd.conf",
        &format!(
            "server.port = {port}\nserver.bind = \"127.0.0.1\"\nserver.document-root = \"{folder}\"\n\
             server.modules = ( \"mod_auth\", \"mod_authn_file\", \"mod_alias\", \"mod_setenv\", \"mod_cgi\" )\n\
             auth.backend = \"plain\"\nauth.backend.plain.userfile = \"{users}\"\n\
             auth.require = ( \"/git/\" => ( \"method\" => \"basic\", \"realm\" => \"git\", \"require\" => \"valid-user\" ) )\n\
             alias.url = ( \"/git\" => \"{}/git-http-backend\" )\n\
             setenv.set-environment = ( \"GIT_PROJECT_ROOT\" => \"{folder}\", \"GIT_HTTP_EXPORT_ALL\" => \"1\" )\n\
             cgi.assign = ( \"git-http-backend\" => \"\" )\n",
            backend.trim()
        ),
    );
    let mut command = server.command(server.root.path(), lighttpd);
    command.env_remove("HOME").args(["-D", "-f", &config]).stdout(Stdio::null()).stderr(Stdio::null());
    let serving = Serving(command.spawn().unwrap());
    listens(port);
    Some((serving, port))
}

/// Where the package openssh-server installs the server.
pub const SSHD: &str = "/usr/sbin/sshd";

/// Starts sshd for one user. Returns the server and its port.
pub fn sshd(server: &Sandbox, authorized: &str) -> (Serving, u16) {
    let port = free_port();
    let host_key = server.key("host");
    let path = std::env::var("PATH").unwrap();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {host_key}\nAuthorizedKeysFile {authorized}\nPidFile none\n\
         StrictModes no\nUsePAM no\nPasswordAuthentication no\nSetEnv PATH={path}\nMaxStartups 100\n"
    );
    let config = server.write("sshd_config", &config);
    // The privilege separation directory, which sshd requires when root runs it.
    _ = std::fs::create_dir_all("/run/sshd");
    let mut command = server.command(server.root.path(), SSHD);
    command.args(["-D", "-e", "-f", &config]).stdout(Stdio::null()).stderr(Stdio::null());
    let serving = Serving(command.spawn().unwrap());
    listens(port);
    (serving, port)
}

/// Lets the Git of a clone log in with a key.
pub fn logs_in(clone: &Sandbox, key: &str) {
    let file = clone.home.join(".gitconfig");
    let config = std::fs::read_to_string(&file).unwrap();
    let login = format!(
        "ssh -i {key} -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
         -o LogLevel=ERROR"
    );
    std::fs::write(&file, format!("{config}[core]\n\tsshCommand = {login}\n")).unwrap();
}
