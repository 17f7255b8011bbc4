//! The server under test: from the text of a target to something that can be called, and the wait until it can.

use std::pin::pin;
use std::time::Duration;

use super::args::Reach;
use super::interrupt::Stop;
use super::service::{INTERRUPTED, SERVICE};
use super::{Context, output, tls};
use crate::client::{CallError, H2Transport, Options, Target};
use crate::diag::Diagnostic;

/// How long a server may take until it is ready: it may still be starting.
const WAIT: Duration = Duration::from_secs(5);
/// A wait shorter than this is not worth a word.
const QUIET: Duration = Duration::from_secs(1);

/// Connects to the server and waits until it is ready, or until somebody says `stop`. With it comes what is worth saying
/// of how it is reached.
///
/// # Errors
/// What is wrong with the target, or why the server cannot be called.
pub async fn reach(
    target: &str,
    reach: &Reach,
    metadata: &[(String, Vec<u8>)],
    context: &Context,
    stop: Option<Stop>,
) -> Result<(H2Transport, Option<Diagnostic>), Vec<Diagnostic>> {
    let address: Target = target.parse().map_err(|error| unreachable(target, &error))?;
    let tls = tls::tls(&address, reach, &context.config)?;
    let transport = H2Transport::with(address, Options { tls, ..Options::default() });
    let wait = reach.wait.or(context.config.contract.wait).unwrap_or(WAIT);
    let ready = async {
        let mut serving = pin!(transport.serving(wait, metadata));
        if let Ok(done) = tokio::time::timeout(QUIET, &mut serving).await {
            return done;
        }
        if wait > QUIET {
            let most = humantime::format_duration(wait);
            output::log(&context.common, &format!("waiting for {}, {most} at most", transport.target()));
        }
        serving.await
    };
    tokio::select! {
        biased;
        ready = ready => ready.map_err(|error| unreachable(target, &error))?,
        () = said(stop) => return Err(vec![Diagnostic::failure(&SERVICE, INTERRUPTED)]),
    }
    let said = tls::unchecked(transport.target(), reach, &context.config);
    Ok((transport, said))
}

/// Somebody wants an end. Where nobody is left to say it, nobody does.
pub async fn said(stop: Option<Stop>) {
    let asked = match stop {
        Some(mut stop) => stop.wait_for(|stop| *stop).await.is_ok(),
        None => false,
    };
    if !asked {
        std::future::pending().await
    }
}

fn unreachable(target: &str, error: &CallError) -> Vec<Diagnostic> {
    if let Some(diagnostic) = tls::failed(target, error) {
        return vec![diagnostic];
    }
    let help = if error.is_not_ready() {
        "give it more time, as in `--wait 60s`, or take it as it is with `--wait 0s`"
    } else if error.is_unreachable() {
        "start the server, name another with --target http://HOST:PORT, or give it more time, as in `--wait 60s`"
    } else {
        "name the server with --target http://HOST:PORT"
    };
    vec![Diagnostic::failure(&SERVICE, format!("cannot call {target}: {error}")).help(help)]
}
