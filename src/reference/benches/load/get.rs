//! GetUser: ours with everything on, beside what others do.

use user_service::pb::user::UserRequest;

use crate::h2load::{Question, framed, framed_user, rate};
use crate::servers::Server;
use crate::{Load, median, thousands};

pub async fn table(load: &Load) -> String {
    let folder = tempfile::tempdir().unwrap();
    let grpc = |server: &Server, id: &str, name: &str| {
        let at = folder.path().join(name);
        std::fs::create_dir(&at).unwrap();
        Question {
            url: format!("{}/user.UserService/GetUser", server.address),
            body: Some(framed(&at, &UserRequest { id: id.to_owned() })),
            http1: false,
            answer: framed_user(id),
        }
    };
    let json = |address: &str, path: &str, id: &str| Question {
        url: format!("{address}{path}{id}"),
        body: None,
        http1: true,
        answer: id.len() + "Ada Lovelaceada@example.com".len(),
    };
    let mut asked: Vec<(&str, Question)> = Vec::new();
    let reference = Server::reference();
    let id = reference.user().await;
    asked.push((
        "this service, gRPC: file store, log to a file, metrics, deadline, validation, token",
        grpc(&reference, &id, "a"),
    ));
    let rest = reference.rest.clone().unwrap();
    asked.push(("the same over its REST port, HTTP/1.1 and JSON", json(&rest, "/v1/users/", &id)));
    let bare = Server::bare();
    let id = bare.user().await;
    asked.push(("tonic without a layer, users in memory", grpc(&bare, &id, "b")));
    let python = Server::python();
    if let Some(python) = &python {
        let id = python.user().await;
        asked.push(("Python, blocking grpcio with ten threads, a dictionary", grpc(python, &id, "c")));
    }
    let fastapi = Server::fastapi().await;
    if let Some(fastapi) = &fastapi {
        let id = post(&fastapi.address).await;
        asked.push(("Python, FastAPI on uvicorn, a dictionary", json(&fastapi.address, "/users/", &id)));
    }

    let mut rates: Vec<Vec<f64>> = vec![Vec::new(); asked.len()];
    for _ in 0..load.rounds {
        for ((_, question), rates) in asked.iter().zip(&mut rates) {
            rates.extend(rate(question, load.seconds, 10));
        }
    }
    let python = asked.iter().position(|(name, _)| name.contains("grpcio"));
    let base = python.map(|at| &rates[at]).filter(|it| !it.is_empty()).map(|it| median(it.clone()));
    let mut table = format!(
        "## GetUser\n\n100 calls under way at once; {} rounds of {} s in turn, the median and the range.\n\n\
         | server | calls/s | lowest to highest | to Python's gRPC |\n| --- | ---: | ---: | ---: |\n",
        load.rounds,
        load.seconds.as_secs()
    );
    for ((name, _), rates) in asked.iter().zip(&rates) {
        if rates.is_empty() {
            table.push_str(&format!("| {name} | h2load is not installed | | |\n"));
            continue;
        }
        let (low, high) =
            (rates.iter().copied().fold(f64::MAX, f64::min), rates.iter().copied().fold(0.0, f64::max));
        let middle = median(rates.clone());
        let ratio = base.map_or(String::new(), |base| format!("{:.1}×", middle / base));
        table.push_str(&format!(
            "| {name} | {} | {} to {} | {ratio} |\n",
            thousands(middle),
            thousands(low),
            thousands(high)
        ));
    }
    table
}

/// A user of the REST service, made with the least there is of HTTP.
async fn post(address: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let host = address.trim_start_matches("http://");
    let body = r#"{"name":"Ada Lovelace","email":"ada@example.com"}"#;
    let request = format!(
        "POST /users HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let json: serde_json::Value = serde_json::from_str(answer.rsplit("\r\n\r\n").next().unwrap()).unwrap();
    json["id"].as_str().unwrap().to_owned()
}
