//! The peers themselves: a client and a service written by others' tools understand each other. What they say
//! to protogate's own service and tester means something only because of that.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::peers;

const INTEROP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop");

/// Ends the process when a test fails half-way.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_python_client_and_the_python_service_understand_each_other() {
    let (Some(python), Some(pb2)) = (peers::or_skip("python"), peers::or_skip("pb2")) else { return };
    let script = |name: &str| {
        let mut command = Command::new(&python);
        command
            .arg(Path::new(INTEROP).join(name))
            .env("PYTHONPATH", &pb2)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };

    let mut server = Ended(script("server.py").args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").expect("the server says where it listens");

    let client = script("client.py").arg(address).output().unwrap();
    assert!(client.status.success(), "{}", String::from_utf8_lossy(&client.stderr));
    assert_eq!(
        String::from_utf8_lossy(&client.stdout),
        "create ok\nget ok\nget_unknown ok\nlist_all ok\nlist_page ok\nrefuse ok\n"
    );

    let terminated = Command::new("kill").args(["-TERM", &server.0.id().to_string()]).status().unwrap();
    assert!(terminated.success());
    assert!(server.0.wait().unwrap().success(), "SIGTERM is not an orderly end");
}
