//! Runs h2load, and believes it only where every answer was one.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use user_service::pb::user::UserResponse;

use super::servers::TOKEN;

/// Calls under way at once, whatever the protocol.
pub const AT_ONCE: usize = 100;

/// One question, asked again and again.
pub struct Question {
    pub url: String,
    /// The file that is sent; nothing for GET.
    pub body: Option<std::path::PathBuf>,
    /// Over HTTP/1.1, one call for each connection; else ten on each of ten connections.
    pub http1: bool,
    /// The least that an answer holds: gRPC answers an error with 200 and no data.
    pub answer: usize,
}

/// Answers a second; `None` where h2load is not installed.
pub fn rate(question: &Question, seconds: Duration, connections: usize) -> Option<f64> {
    let mut command = Command::new("h2load");
    command.args(["--duration", &seconds.as_secs().to_string(), "--warm-up-time", "1", "--threads", "1"]);
    match question.http1 {
        true => command.args(["--h1", "--clients", &AT_ONCE.to_string()]),
        false => command.args(["--clients", &connections.to_string(), "--max-concurrent-streams", "10"]),
    };
    command.args(["--header", &format!("authorization: Bearer {TOKEN}")]);
    if let Some(body) = &question.body {
        command.arg("--data").arg(body);
        command.args(["--header", "content-type: application/grpc", "--header", "te: trailers"]);
    }
    let output = command.arg(&question.url).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let number = |line: &str, before: &str| -> f64 {
        let line = said.lines().find(|it| it.starts_with(line)).unwrap_or_else(|| panic!("{said}"));
        let words: Vec<&str> = line.split([' ', ',']).filter(|it| !it.is_empty()).collect();
        let at = words.iter().position(|word| *word == before).unwrap_or_else(|| panic!("{before}: {line}"));
        words[at - 1].parse().unwrap_or_else(|_| panic!("{line}"))
    };
    let (done, failed) = (number("requests:", "succeeded"), number("requests:", "failed"));
    let refused = ["3xx", "4xx", "5xx"].iter().map(|code| number("status codes:", code)).sum::<f64>();
    assert!(failed == 0.0 && refused == 0.0 && done > 0.0, "{said}");
    let data = said.lines().find(|it| it.starts_with("traffic:")).and_then(|line| {
        let (_, rest) = line.rsplit_once('(')?;
        rest.split(')').next()?.parse::<f64>().ok()
    });
    // What is under way when the time is over is counted on one side only.
    #[expect(clippy::cast_precision_loss, reason = "a few bytes")]
    let least = question.answer as f64 * done * 0.9;
    assert!(data.is_some_and(|data| data >= least), "answers without a message: {said}");
    Some(number("finished in", "req/s"))
}

/// How long the answer to GetUser is, as gRPC frames it: the user that [`Server::user`](super::servers::Server::user) makes.
pub fn framed_user(id: &str) -> usize {
    use prost::Message as _;
    let (name, email) = ("Ada Lovelace".to_owned(), "ada@example.com".to_owned());
    5 + UserResponse { id: id.to_owned(), name, email, created_at: 1_700_000_000 }.encoded_len()
}

/// A message as gRPC frames it, in a file.
pub fn framed(folder: &Path, message: &impl prost::Message) -> std::path::PathBuf {
    let mut bytes = vec![0];
    bytes.extend(u32::try_from(message.encoded_len()).unwrap().to_be_bytes());
    bytes.extend(message.encode_to_vec());
    let path = folder.join("body");
    std::fs::write(&path, bytes).unwrap();
    path
}
