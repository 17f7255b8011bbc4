//! Instances on one PostgreSQL, all on this machine.

use user_service::pb::user::UserRequest;

use crate::h2load::{Question, framed, framed_user, rate};
use crate::servers::Server;
use crate::{Load, median, postgres, thousands};

pub async fn table(load: &Load) -> String {
    let head = "## Instances on one PostgreSQL\n\n";
    let Some(url) = postgres::database().await else {
        return format!("{head}PostgreSQL is not installed.\n");
    };
    let servers: Vec<Server> = (0..3).map(|_| Server::on_database(&url)).collect();
    let id = servers[0].user().await;
    let folder = tempfile::tempdir().unwrap();
    let body = framed(folder.path(), &UserRequest { id: id.clone() });
    let question = |server: &Server| Question {
        url: format!("{}/user.UserService/GetUser", server.address),
        body: Some(body.clone()),
        http1: false,
        answer: framed_user(&id),
    };
    let mut table = format!(
        "{head}GetUser, 100 calls under way at once over all instances. Instances, database and load share the processors of one machine, so \
         that this shows what an instance costs the others and not what a second machine brings.\n\n\
         | instances | calls/s |\n| ---: | ---: |\n"
    );
    for instances in 1..=servers.len() {
        let mut rates = Vec::new();
        for _ in 0..load.rounds {
            let seconds = load.seconds;
            let asked: Vec<_> = servers[..instances]
                .iter()
                .map(|server| {
                    let question = question(server);
                    std::thread::spawn(move || rate(&question, seconds, (10 / instances).max(1)))
                })
                .collect();
            let sum: Option<f64> = asked.into_iter().map(|it| it.join().unwrap()).sum();
            rates.extend(sum);
        }
        let shown =
            if rates.is_empty() { "h2load is not installed".to_owned() } else { thousands(median(rates)) };
        table.push_str(&format!("| {instances} | {shown} |\n"));
    }
    table
}
