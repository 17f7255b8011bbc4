//! TLS at the door: which files and names are meant, and what to do when it does not come about.

use std::path::PathBuf;

use super::args::Reach;
use super::config::Config;
use crate::client::{CallError, Target, Tls, TlsOptions, TlsProblem};
use crate::diag::{Diagnostic, RuleInfo, Severity};

/// A server that cannot be called in TLS as it was asked for, or that is called without knowing who it is.
pub static TLS: RuleInfo = RuleInfo {
    id: "TLS",
    name: "TLS",
    summary: "The server is called in TLS as it was asked for, and shows who it is.",
    explain: "A target of `https://` or `grpcs://` is called in TLS 1.2 or 1.3, and HTTP/2 is asked for in ALPN. Its \
              certificate has to be signed by an authority of the system or of `--ca`, to be valid today, and to have \
              the name of the target or of `--server-name`. A server that asks for a client certificate is shown \
              that of `--cert` and `--key`. `--insecure` trusts whoever answers; the report says so, because what \
              answered may not be what was meant. The same keys stand in `[contract]` of `protogate.toml`.",
    url: None,
};

/// What is used of the command line and the configuration, for a target of TLS.
///
/// # Errors
/// Options that contradict each other or the target, and files that are not what they should be.
pub fn tls(target: &Target, reach: &Reach, config: &Config) -> Result<Option<Tls>, Vec<Diagnostic>> {
    if !target.is_tls() {
        // What the configuration says is for whichever target is one of TLS.
        let Some(option) = given(reach) else { return Ok(None) };
        let message = format!("{option} is for TLS, and {target} is plaintext");
        let help = format!("write --target https://{}, or leave {option} out", target.authority());
        return Err(vec![Diagnostic::failure(&TLS, message).help(help)]);
    }
    let options = options(reach, config).map_err(|diagnostic| vec![diagnostic])?;
    let tls = Tls::new(&options).map_err(|error| vec![bad(&error)])?;
    Ok(Some(tls))
}

/// The same as options of grpcurl.
pub fn for_grpcurl(reach: &Reach, config: &Config) -> Vec<String> {
    let Ok(TlsOptions { ca, identity, server_name, insecure }) = options(reach, config) else {
        return Vec::new();
    };
    let path = |path: PathBuf| path.display().to_string();
    let (cert, key) = identity.unzip();
    let valued = [
        ("-cacert", ca.map(path)),
        ("-cert", cert.map(path)),
        ("-key", key.map(path)),
        ("-servername", server_name),
    ];
    let valued = valued.into_iter().filter_map(|(option, value)| Some([option.to_owned(), value?]));
    valued.flatten().chain(insecure.then(|| "-insecure".to_owned())).collect()
}

/// Whether whoever answers is trusted: the word that was said last.
fn is_insecure(reach: &Reach, config: &Config) -> bool {
    reach.insecure || (config.contract.insecure && reach.ca.is_none())
}

/// What the report says of a server that did not show who it is.
pub fn unchecked(target: &Target, reach: &Reach, config: &Config) -> Option<Diagnostic> {
    let said = || {
        let message = format!("nobody knows who answered at {target}: its certificate was not looked at");
        Diagnostic::new(&TLS, Severity::Warning, message)
            .help("give its authority with --ca FILE in place of --insecure")
    };
    (target.is_tls() && is_insecure(reach, config)).then(said)
}

/// The first option of TLS on the command line.
fn given(reach: &Reach) -> Option<&'static str> {
    let options = [
        ("--ca", reach.ca.is_some()),
        ("--cert", reach.cert.is_some()),
        ("--server-name", reach.server_name.is_some()),
        ("--insecure", reach.insecure),
    ];
    options.into_iter().find(|(_, given)| *given).map(|(option, _)| option)
}

/// The command line over the configuration, whose paths are relative to its folder.
fn options(reach: &Reach, config: &Config) -> Result<TlsOptions, Diagnostic> {
    let contract = &config.contract;
    if contract.insecure && contract.ca.is_some() {
        return Err(Diagnostic::failure(&TLS, "[contract] has both `ca` and `insecure`")
            .help("leave one of them out of protogate.toml: `insecure` trusts whoever answers"));
    }
    let insecure = is_insecure(reach, config);
    let from_config = |path: &Option<String>| path.as_ref().map(|path| PathBuf::from(config.resolve(path)));
    let identity = match (&reach.cert, &reach.key) {
        (Some(cert), Some(key)) => Some((cert.clone(), key.clone())),
        _ => match (from_config(&contract.cert), from_config(&contract.key)) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => {
                return Err(Diagnostic::failure(&TLS, "[contract] has one of `cert` and `key`")
                    .help("write both into protogate.toml, or neither"));
            }
        },
    };
    Ok(TlsOptions {
        ca: reach.ca.clone().or_else(|| from_config(&contract.ca)).filter(|_| !insecure),
        identity,
        server_name: reach.server_name.clone().or_else(|| contract.server_name.clone()),
        insecure,
    })
}

fn bad(error: &CallError) -> Diagnostic {
    Diagnostic::failure(&TLS, error.to_string()).help(
        "name PEM files that exist with --ca, --cert and --key, or with the same keys of [contract] in protogate.toml",
    )
}

/// What to do about a server that cannot be called in TLS, or only in TLS; nothing where TLS has no part in it.
pub fn failed(target: &str, error: &CallError) -> Option<Diagnostic> {
    if error.is_bad_tls() {
        return Some(bad(error));
    }
    let help = match error.tls_problem() {
        None if error.is_tls_where_plaintext_was_meant() => {
            "write https:// in place of http:// in the target, with --ca FILE where its authority is one of your own"
        }
        None => return None,
        Some(TlsProblem::Authority) => {
            "give the certificate of its authority with --ca FILE; --insecure trusts whoever answers"
        }
        Some(TlsProblem::Name) => {
            "call it by a name that its certificate has, or say which name that is with --server-name NAME"
        }
        Some(TlsProblem::Time) => {
            "renew the certificate of the server, or set the clock of this machine; --insecure takes it as it is"
        }
        Some(TlsProblem::Certificate) => {
            "give the server a certificate of its own, with its name in subjectAltName; --insecure takes this one"
        }
        Some(TlsProblem::WantsIdentity) => "show it one with --cert FILE and --key FILE",
        Some(TlsProblem::RefusesIdentity) => {
            "show it one that an authority of the server has signed and that is valid, with --cert FILE and --key FILE"
        }
        Some(TlsProblem::Plaintext) => {
            "write http:// in place of https:// in the target, or give the port at which the server speaks TLS"
        }
        Some(TlsProblem::NoHttp2) => {
            "let the server offer `h2` in ALPN, or give the port of its gRPC: this one may be for web pages"
        }
        Some(TlsProblem::Handshake) => "let the server speak TLS 1.2 or 1.3; its log may say more",
    };
    Some(Diagnostic::failure(&TLS, format!("cannot call {target}: {error}")).help(help))
}
