//! `cargo xtask certs DIR [NAME…]`: certificates for a server and a client of the reference, in development.
//!
//! A second run keeps the authority and makes the other two anew, as a rotation does.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

mod make;

use make::{Authority, Holder, days, write_private};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((folder, names)) = words.split_first().filter(|(folder, _)| !folder.starts_with('-')) else {
        eprintln!(
            "usage: cargo xtask certs DIR [NAME...]\n\nNAME: names or addresses of the server, beside localhost"
        );
        return ExitCode::from(2);
    };
    match write(Path::new(folder), names) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("cannot make certificates in {folder}: {why}");
            ExitCode::from(2)
        }
    }
}

fn write(folder: &Path, names: &[String]) -> Result<String, Box<dyn std::error::Error>> {
    fs::create_dir_all(folder)?;
    let (ca, ca_key) = (folder.join("ca.pem"), folder.join("ca.key"));
    let authority = match fs::read_to_string(&ca_key) {
        Ok(key) if ca.exists() => Authority::new("protogate development", Some(&key))?,
        _ => {
            let key = rcgen::KeyPair::generate()?.serialize_pem();
            let authority = Authority::new("protogate development", Some(&key))?;
            write_private(&ca_key, &key)?;
            fs::write(&ca, authority.pem())?;
            authority
        }
    };
    let names: Vec<&str> =
        ["localhost", "127.0.0.1", "::1"].into_iter().chain(names.iter().map(String::as_str)).collect();
    authority.sign(&Holder::Server(&names), days(365))?.write(folder, "server")?;
    authority.sign(&Holder::Client("developer"), days(365))?.write(folder, "client")?;
    Ok(format!("ca.pem, server.pem and client.pem are in {}, with their keys", folder.display()))
}
