//! Settings: a flag before its variable, the variable before the file; and what is said of those that make no sense.

use tonic::Code;
use user_service::pb::user::user_service_client::UserServiceClient;

use crate::auth::Shows;
use crate::binary;
use crate::server::{connect, id};

/// Which of three tokens the server asks for.
async fn asks_for(uri: &str) -> Vec<&'static str> {
    let channel = connect(uri).await;
    let mut taken = Vec::new();
    for token in ["Bearer of-flag", "Bearer of-variable", "Bearer of-file"] {
        let mut client = UserServiceClient::with_interceptor(channel.clone(), Shows(Some(token)));
        if client.get_user(id("x")).await.unwrap_err().code() == Code::NotFound {
            taken.push(token);
        }
    }
    taken
}

#[tokio::test]
async fn a_flag_counts_before_its_variable_and_that_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("service.toml");
    std::fs::write(&config, "store = 'memory'\n[auth]\ntoken = 'of-file'\n").unwrap();
    let args = ["--config", config.to_str().unwrap()];
    let mut command = binary::command(&args);
    let (_child, uri) = binary::start(command).await;
    assert_eq!(asks_for(&uri).await, ["Bearer of-file"]);
    command = binary::command(&args);
    command.env("USER_SERVICE_TOKEN", "of-variable");
    let (_child, uri) = binary::start(command).await;
    assert_eq!(asks_for(&uri).await, ["Bearer of-variable"]);
    command = binary::command(&args);
    command.env("USER_SERVICE_TOKEN", "of-variable").args(["--token", "of-flag"]);
    let (_child, uri) = binary::start(command).await;
    assert_eq!(asks_for(&uri).await, ["Bearer of-flag"]);
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("service.toml");
    for (text, words) in [
        ("adr = 'x'\n", &["service.toml:1:", "adr"][..]),
        ("[log]\nformat = 'xml'\n", &["service.toml:2:", "xml"]),
        ("[auth]\n\n[[auth.tokens]]\nname = 'ci'\n", &["service.toml:3:", "token"]),
        ("[auth]\ntoken = 'two words'\n", &["no spaces"]),
        ("[[auth.policy]]\nmethods = ['*']\nneed = 'authenticated'\n", &["auth.policy", "--tls-client-ca"]),
        ("[auth]\ntoken = 'x'\n[[auth.policy]]\nmethods = ['*']\n", &["auth.policy", "`roles`"]),
        ("[auth]\ntoken = 'x'\n[[auth.policy]]\nmethods = ['a.B']\nneed = 'public'\n", &["a.B", "slash"]),
        ("[auth.jwt]\nissuer = 'x'\n", &["--jwks"]),
        ("[auth.jwt]\njwks = 'gone.json'\nissuer = 'x'\n", &["gone.json"]),
        ("[deadline]\ncap = 'soon'\n", &["soon", "30s"]),
        ("[limit]\nrate = 0.0\n", &["rate", "above 0"]),
        ("[limit]\nburst = 3\n", &["--rate"]),
        ("[limit]\ncalls = 0\n", &["limit.calls"]),
        ("[log]\nfile = 'no/such/folder.log'\n", &["folder.log", "--log-file"]),
        ("[tls]\ncert = 'x'\n", &["--tls-key"]),
        ("metrics-addr = 'nonsense'\n", &["nonsense", "--metrics-addr"]),
    ] {
        std::fs::write(&config, text).unwrap();
        let command = binary::command(&["--store", "memory", "--config", config.to_str().unwrap()]);
        binary::refuses(command, words).await;
    }
    binary::refuses(binary::command(&["--config", "/no/such.toml"]), &["/no/such.toml", "--config"]).await;
}
