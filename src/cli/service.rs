//! The service under test: started, waited for, stopped again, whatever happens in between.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::config;
use super::interrupt::Stop;
use crate::client::{CallError, Target};
use crate::diag::{Diagnostic, RuleInfo};

/// A service that cannot be tested because it does not run.
pub static SERVICE: RuleInfo = RuleInfo {
    id: "SERVICE",
    name: "SERVICE",
    summary: "The service under test starts and becomes ready.",
    explain: "The command `[gate] start` of `protogate.toml` could not be run, ended before it was ready, or did \
              not become ready within `start-time`. A service is ready when it has printed the line `ready`, or, \
              without that key, when `target` accepts connections.",
    url: None,
};

const START_TIME: Duration = Duration::from_secs(30);
/// How long a service may take to stop after SIGTERM before it is killed.
const STOP_TIME: Duration = Duration::from_secs(15);
/// What is said when somebody ends the wait.
pub const INTERRUPTED: &str = "interrupted before the service was ready";
/// How often somebody who waits looks whether they are asked to stop.
const GLANCE: Duration = Duration::from_millis(50);
/// How long the last words of a service that has ended may take to arrive.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How much of what a service said is shown when it does not start.
const LAST_LINES: usize = 20;

/// A running service. Dropping it stops it.
pub struct Service {
    child: Child,
    /// The address to call.
    pub target: String,
    _folder: TempDir,
}

/// Runs the start command in `folder` and waits until the service is ready.
///
/// # Errors
///
/// A diagnostic with what the service said last, when it does not become ready.
pub fn start(gate: &config::Gate, folder: &Path, stop: &Stop) -> Result<Service, Diagnostic> {
    let Some((program, arguments)) = gate.start.split_first() else {
        return Err(failure("there is no service to test")
            .help("name one with --target, or write its start command into [gate] of protogate.toml"));
    };
    let temp = tempfile::tempdir().map_err(|error| failure(format!("no temporary folder: {error}")))?;
    let port = free_port().map_err(|error| failure(format!("no free port: {error}")))?;
    let (port, folder_of_its_own) = (port.to_string(), temp.path().display().to_string());
    let fill = |text: &str| text.replace("{port}", &port).replace("{temp}", &folder_of_its_own);
    let mut command = Command::new(fill(program));
    command.args(arguments.iter().map(|argument| fill(argument)));
    if !folder.as_os_str().is_empty() {
        command.current_dir(folder);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    own_process_group(&mut command);
    let mut child = command.spawn().map_err(|error| {
        failure(format!("cannot run `{}`: {error}", gate.start.join(" ")))
            .help("mend `start` in [gate] of protogate.toml")
    })?;

    let said = Said::default();
    let lines = said.follow(child.stdout.take());
    let errors = said.follow(child.stderr.take());
    let mut service = Service { child, target: String::new(), _folder: temp };
    let deadline = Instant::now() + gate.start_time.unwrap_or(START_TIME);
    let target = gate.target.as_deref().map(fill);
    service.target = match (&gate.ready, target) {
        (Some(pattern), target) => {
            let printed =
                wait_for_line(&lines, pattern, deadline, stop).map_err(|why| said.add_to(why, &errors))?;
            target.unwrap_or(printed)
        }
        (None, Some(target)) => {
            wait_for_port(&mut service.child, &target, deadline, stop)
                .map_err(|why| said.add_to(why, &errors))?;
            target
        }
        (None, None) => {
            return Err(failure("nothing says where the service listens").help(
                "write `ready = \"listening on {target}\"` or `target = …` into [gate] of protogate.toml",
            ));
        }
    };
    Ok(service)
}

fn failure(message: impl Into<String>) -> Diagnostic {
    Diagnostic::failure(&SERVICE, message)
}

/// A port that was free a moment ago. Somebody else may take it first; the service then says so.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The last lines of both outputs, kept while the pipes are drained.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<VecDeque<String>>>);

impl Said {
    /// Drains an output for as long as it lives, so that the service never blocks on a full pipe.
    fn follow(&self, output: Option<impl Read + Send + 'static>) -> Receiver<String> {
        let (sender, receiver) = channel();
        let said = self.clone();
        if let Some(output) = output {
            std::thread::spawn(move || {
                for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                    let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                    if let Ok(mut last) = said.0.lock() {
                        last.push_back(line.clone());
                        if last.len() > LAST_LINES {
                            last.pop_front();
                        }
                    }
                    // Nobody listens once the service is ready.
                    let _ = sender.send(line);
                }
            });
        }
        receiver
    }

    /// The reason why with the last words behind it. A service that has just ended may have said them a
    /// moment ago: its errors are read to their end, unless something it started keeps them open.
    fn add_to(&self, why: String, errors: &Receiver<String>) -> Diagnostic {
        let deadline = Instant::now() + LAST_WORDS;
        while errors.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok() {}
        let last = self.0.lock().map(|lines| Vec::from(lines.clone())).unwrap_or_default();
        let diagnostic = failure(why);
        match last.is_empty() {
            true => diagnostic.help("run the start command by hand; mend it in [gate] of protogate.toml"),
            false => diagnostic.help(format!("the service said:\n{}", last.join("\n"))),
        }
    }
}

/// Waits for the line of `pattern` and returns what stands at its `{target}`.
fn wait_for_line(
    lines: &Receiver<String>,
    pattern: &str,
    deadline: Instant,
    stop: &Stop,
) -> Result<String, String> {
    let (before, after) = pattern.split_once("{target}").unwrap_or((pattern, ""));
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left.min(GLANCE)) {
            Ok(line) => {
                if let Some(rest) = line.split_once(before).map(|(_, rest)| rest) {
                    let rest = rest.strip_suffix(after).unwrap_or(rest);
                    return Ok(rest.trim().to_owned());
                }
            }
            Err(RecvTimeoutError::Timeout) if *stop.borrow() => return Err(INTERRUPTED.to_owned()),
            Err(RecvTimeoutError::Timeout) if left > GLANCE => {}
            Err(RecvTimeoutError::Timeout) => {
                return Err(format!("the service did not print `{pattern}` in time"));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(format!("the service ended before it printed `{pattern}`"));
            }
        }
    }
}

/// Waits until `target` accepts a connection. There is no event to wait for on somebody else's socket,
/// so it is asked again and again.
fn wait_for_port(child: &mut Child, target: &str, deadline: Instant, stop: &Stop) -> Result<(), String> {
    let address: Target = target.parse().map_err(|error: CallError| error.to_string())?;
    while Instant::now() < deadline {
        let addresses = (address.host(), address.port()).to_socket_addrs();
        let addresses = addresses.map_err(|e| format!("`{target}` is no address: {e}"))?;
        for address in addresses {
            if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
                return Ok(());
            }
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("the service ended ({status}) before {target} accepted connections"));
        }
        if *stop.borrow() {
            return Err(INTERRUPTED.to_owned());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(format!("{target} did not accept connections in time"))
}

impl Service {
    /// The process that was started.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        ask_to_stop(&mut self.child);
        let deadline = Instant::now() + STOP_TIME;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                _ => return,
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A group of its own, so that a service started through a shell or cargo can be stopped as a whole.
#[cfg(unix)]
fn own_process_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn own_process_group(_: &mut Command) {}

#[cfg(unix)]
fn ask_to_stop(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        let _ = kill_process_group(group, Signal::TERM);
    }
}

#[cfg(not(unix))]
fn ask_to_stop(child: &mut Child) {
    let _ = child.kill();
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn gate(script: &str, ready: Option<&str>, target: Option<&str>) -> config::Gate {
        config::Gate {
            start: ["sh", "-c", script].map(str::to_owned).to_vec(),
            ready: ready.map(Into::into),
            target: target.map(Into::into),
            start_time: Some(Duration::from_secs(5)),
            ..config::Gate::default()
        }
    }

    /// Somebody who may ask for an end, and has not.
    fn nobody() -> (tokio::sync::watch::Sender<bool>, Stop) {
        tokio::sync::watch::channel(false)
    }

    #[test]
    fn who_is_asked_to_stop_waits_no_longer() {
        let (said, stop) = nobody();
        said.send_replace(true);
        let endless = gate("exec sleep 600", Some("never"), None);
        let diagnostic = start(&endless, Path::new(""), &stop).err().unwrap();
        assert!(diagnostic.message.contains("interrupted"), "{}", diagnostic.message);
    }

    #[test]
    fn the_printed_address_is_the_target_and_the_service_ends_with_its_owner() {
        let script = "echo noise; echo 'listening on http://h:{port} now'; exec sleep 600";
        let service =
            start(&gate(script, Some("on {target} now"), None), Path::new(""), &nobody().1).unwrap();
        assert!(service.target.starts_with("http://h:") && !service.target.contains("now"));
        let pid = rustix::process::Pid::from_raw(service.child.id().cast_signed()).unwrap();
        drop(service);
        assert!(rustix::process::test_kill_process(pid).is_err());
    }

    #[test]
    fn what_does_not_start_is_shown_with_its_last_words() {
        for (gate, message, help) in [
            (gate("echo boom >&2; exit 3", Some("ready"), None), "ended before it printed `ready`", "boom"),
            (gate("exit 3", None, Some("127.0.0.1:{port}")), "ended (exit status: 3)", ""),
            (gate("exit 0", None, None), "nothing says where", "ready ="),
            (config::Gate::default(), "no service to test", "--target"),
        ] {
            let diagnostic = start(&gate, Path::new(""), &nobody().1).err().unwrap();
            assert!(diagnostic.message.contains(message), "{}", diagnostic.message);
            assert!(diagnostic.help.unwrap_or_default().contains(help));
        }
    }
}
