//! The FastAPI front of `src/reference/examples/fastapi`, with the modules that we generate, in front of the real service.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::peers;
use super::rest::http::ask;
use super::run::protogate;
use super::servers::Server;

struct Front(Child, String);

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Front {
    /// Starts it for the service at this address, once it says where it listens.
    fn start(python: &Path, stubs: &Path, users: &str) -> Front {
        let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reference/examples/fastapi");
        let mut child = Command::new(python)
            .args(["-m", "uvicorn", "app:app", "--port", "0", "--host", "127.0.0.1"])
            .current_dir(app)
            .env("PYTHONPATH", stubs)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("USERS_ADDR", users)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = Vec::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.by_ref().inspect(|line| said.push(line.clone())).find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            rest.split_whitespace().next().map(str::to_owned)
        });
        std::thread::spawn(move || lines.for_each(drop));
        Front(child, address.unwrap_or_else(|| panic!("{said:#?}")))
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let answer = ask(&self.1, method, path, &[("content-type", "application/json")], text.as_bytes());
        (answer.status, answer.json())
    }
}

#[test]
fn a_front_in_fastapi_says_what_the_service_says() {
    let Some(python) = peers::or_skip("fastapi") else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let proto = root.join("proto").display().to_string();
    let out = folder.path().display().to_string();
    let made = protogate(folder.path(), &["generate", &proto, "--output", "python", "--out", &out]);
    assert_eq!(made.code, 0, "{made:?}");
    let service = Server::reference();
    let users = service.address.trim_start_matches("http://").to_owned();
    let front = Front::start(&python, &folder.path().join("python"), &users);

    let (status, ada) = front.ask("POST", "/users", &json!({"name": "Ada", "email": "ada@example.com"}));
    assert_eq!((status, &ada["name"]), (201, &json!("Ada")), "{ada}");
    let path = format!("/users/{}", ada["id"].as_str().unwrap());
    assert_eq!(front.ask("GET", &path, &Value::Null), (200, ada.clone()));
    let (status, changed) = front.ask("PATCH", &path, &json!({"name": "Grace"}));
    assert_eq!((status, &changed["name"], &changed["email"]), (200, &json!("Grace"), &ada["email"]));
    assert_eq!(front.ask("GET", "/users?limit=10", &Value::Null), (200, json!([changed])));

    // Both fields that are wrong, by the rules of the schema, in its order.
    let (status, problem) = front.ask("POST", "/users", &json!({"name": "", "email": "nobody"}));
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let rules: Vec<&str> = errors.iter().filter_map(|error| error["rule"].as_str()).collect();
    assert_eq!((status, rules), (400, vec!["string.min_len", "string.email"]), "{problem}");
    let again = json!({"name": "Ada", "email": ada["email"]});
    assert_eq!(front.ask("POST", "/users", &again).0, 409);
    assert_eq!(front.ask("GET", "/healthz", &Value::Null).0, 200);
    assert_eq!(front.ask("DELETE", &path, &Value::Null).0, 204);
    assert_eq!(front.ask("GET", &path, &Value::Null).0, 404);

    drop(service);
    let (status, problem) = front.ask("GET", &path, &Value::Null);
    assert_eq!((status, &problem["title"]), (503, &json!("UNAVAILABLE")), "{problem}");
    assert_eq!(front.ask("GET", "/healthz", &Value::Null).0, 503);
}
