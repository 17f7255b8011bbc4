//! Settings become what serves: layers, TLS, watches. `Err` is a sentence for the user.

use std::sync::Arc;
use std::time::Duration;

use protogate_runtime::{
    AtOnce, AuthLayer, CallLog, Credentials, Glob, JwtOptions, LogFormat, LogMetadata, Metrics, Need,
    Observer, Policy, Rate, RateLimitLayer, Rotation, Sink, Tls, TlsFiles, Verifier, Watch, watch_files,
};
use user_service::Options;
use user_service::options::{EXEMPT, SERVICE, methods};

use crate::args::token;
use crate::config::{self, Client, Config, Format};

/// All that a server is made of, beside its store.
pub struct Parts {
    pub options: Options,
    /// Read again when they change.
    reloads: Vec<Reload>,
    pub metrics: Metrics,
}

/// Files, and what to do when they have changed.
enum Reload {
    Tls(Arc<Tls>),
    Keys(Arc<Verifier>),
}

impl Parts {
    /// Makes them. Reads and creates files, and opens no socket.
    pub fn new(config: &Config) -> Result<Self, String> {
        let metrics = Metrics::default();
        let mut observers: Vec<Arc<dyn Observer>> = Vec::new();
        if config.metrics_addr.is_some() {
            observers.push(Arc::new(metrics.calls(&methods())));
        }
        if let Some((log, sink)) = log(&config.log)? {
            observers.push(Arc::new(log));
            let help = "Lines of the request log that were dropped.";
            metrics.count("log_lines_dropped_total", help, move || sink.dropped());
        }
        let tls = tls(&config.tls)?;
        let jwt = jwt(&config.auth.jwt)?;
        let certificates = config.tls.client_ca.is_some();
        let auth = auth(&config.auth, jwt.clone(), certificates)?;
        // The longest pattern first: a method's own counts before that of its service.
        let mut caps: Vec<_> = config.deadline.methods.iter().collect();
        caps.sort_by_key(|(glob, _)| std::cmp::Reverse(glob.len()));
        let caps = caps.into_iter().map(|(glob, cap)| {
            Ok((glob.parse::<Glob>().map_err(|why| format!("deadline.methods: {why}"))?, duration(cap)?))
        });
        let mut options = Options::default()
            .with_drain(Duration::from_secs(config.drain.unwrap_or(10)))
            .with_observers(observers)
            .with_auth(auth)
            .with_limit(limit(&config.limit)?)
            .with_at_once(at_once(&config.limit)?)
            .with_tls(tls.clone())
            .with_method_caps(caps.collect::<Result<Vec<_>, String>>()?.into());
        options.cap = config.deadline.cap.as_deref().map(duration).transpose()?;
        let reloads = tls.map(Reload::Tls).into_iter().chain(jwt.map(Reload::Keys)).collect();
        Ok(Self { options, reloads, metrics })
    }

    /// The same, where every call has a span.
    #[cfg(feature = "otlp")]
    pub fn with_spans(mut self) -> Self {
        self.options.spans = true;
        self
    }

    /// Watches the files from now on, until the watches are dropped. Needs a runtime.
    pub fn watch(&self) -> Vec<Watch> {
        let watch = |reload: &Reload| match reload {
            Reload::Tls(tls) => {
                let tls = Arc::clone(tls);
                watch_files(tls.files(), move || tls.reload())
            }
            Reload::Keys(keys) => {
                let keys = Arc::clone(keys);
                watch_files(vec![keys.path().to_owned()], move || keys.reload())
            }
        };
        self.reloads.iter().map(watch).collect()
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|error| format!("{text:?} is no duration ({error}): give one such as 500ms, 30s or 2m"))
}

fn log(log: &config::Log) -> Result<Option<(CallLog, Sink)>, String> {
    let sink = match &log.file {
        Some(path) => {
            let rotation = Rotation { limit: log.max_bytes, keep: log.keep.unwrap_or(5) };
            Sink::file(path, rotation).map_err(|error| {
                format!("cannot open the log {} ({error}): give another --log-file", path.display())
            })?
        }
        None if log.calls => Sink::stderr().map_err(|error| format!("cannot start the log: {error}"))?,
        None => return Ok(None),
    };
    let format = match log.format {
        Some(Format::Json) => LogFormat::Json,
        Some(Format::Text) | None => LogFormat::Text,
    };
    let metadata = match &log.metadata[..] {
        [] => LogMetadata::None,
        [all] if all == "*" => LogMetadata::All,
        names => LogMetadata::Only(
            names
                .iter()
                .map(|name| {
                    name.parse().map_err(|_| format!("log.metadata: {name:?} is no name of metadata"))
                })
                .collect::<Result<_, _>>()?,
        ),
    };
    Ok(Some((CallLog::new(sink.clone()).with_format(format).with_metadata(metadata), sink)))
}

fn tls(tls: &config::Tls) -> Result<Option<Arc<Tls>>, String> {
    let files = match (&tls.cert, &tls.key) {
        (Some(cert), Some(key)) => TlsFiles::new(cert, key),
        (None, None) if tls.client_ca.is_none() && tls.client.is_none() => return Ok(None),
        _ => return Err("TLS needs a certificate and its key: give both --tls-cert and --tls-key".to_owned()),
    };
    let files = match (&tls.client_ca, tls.client) {
        (Some(ca), Some(Client::Optional)) => files.with_client_ca(ca).with_client_optional(),
        (Some(ca), _) => files.with_client_ca(ca),
        (None, Some(_)) => {
            return Err("certificates of clients need their authority: give --tls-client-ca".to_owned());
        }
        (None, None) => files,
    };
    Ok(Some(Arc::new(Tls::open(files)?)))
}

fn jwt(jwt: &config::Jwt) -> Result<Option<Arc<Verifier>>, String> {
    let Some(jwks) = &jwt.jwks else {
        return match jwt.issuer {
            Some(_) => Err("JSON Web Tokens need the keys of their issuer: give --jwks".to_owned()),
            None => Ok(None),
        };
    };
    let issuer = jwt.issuer.as_deref().ok_or("JSON Web Tokens need an issuer to trust: give --jwt-issuer")?;
    let mut options = JwtOptions::new(issuer, jwt.audience.as_deref().unwrap_or(SERVICE));
    if let Some(leeway) = &jwt.leeway {
        options.leeway = duration(leeway)?;
    }
    if let Some(roles) = &jwt.roles {
        options.roles.clone_from(roles);
    }
    Ok(Some(Arc::new(Verifier::open(jwks, options)?)))
}

/// Nobody is asked for where nobody can be known and no rule asks.
fn auth(
    auth: &config::Auth,
    jwt: Option<Arc<Verifier>>,
    certificates: bool,
) -> Result<Option<AuthLayer>, String> {
    let known = auth.token.is_some() || !auth.tokens.is_empty() || jwt.is_some() || certificates;
    if !known {
        let asks = !auth.policy.is_empty() || !auth.certificates.is_empty();
        return if asks {
            Err("auth.policy asks for callers, and none can be known: give a token, a JWKS file or --tls-client-ca"
                .to_owned())
        } else {
            Ok(None)
        };
    }
    let mut credentials = Credentials::default();
    if let Some(one) = &auth.token {
        credentials = credentials.with_token(&token(one)?, "token", Vec::new());
    }
    for config::Token { name, token: text, roles } in &auth.tokens {
        let text = token(text).map_err(|why| format!("auth.tokens: {name}: {why}"))?;
        credentials = credentials.with_token(&text, name, roles.clone());
    }
    if let Some(jwt) = jwt {
        credentials = credentials.with_jwt(jwt);
    }
    if certificates {
        let roles = auth.certificates.iter().map(|(name, roles)| (name.clone(), roles.clone())).collect();
        credentials = credentials.with_certificates(roles);
    }
    Ok(Some(AuthLayer::new(policy(&auth.policy)?, credentials, SERVICE)))
}

/// The rules in their order, then that health and reflection are public, then that all else is not.
fn policy(rules: &[config::Rule]) -> Result<Policy, String> {
    let mut all = Vec::new();
    for rule in rules {
        let need = match (rule.need, &rule.roles[..]) {
            (Some(config::Need::Public), []) => Need::Public,
            (Some(config::Need::Authenticated), []) => Need::Authenticated,
            (None, [_, ..]) => Need::AnyOf(rule.roles.clone()),
            _ => return Err("auth.policy: give each rule either `need` or `roles`".to_owned()),
        };
        for glob in &rule.methods {
            all.push((glob.parse().map_err(|why| format!("auth.policy: {why}"))?, need.clone()));
        }
    }
    for prefix in EXEMPT {
        all.push((format!("{prefix}*").parse()?, Need::Public));
    }
    Ok(Policy::new(all, Need::Authenticated))
}

fn limit(limit: &config::Limit) -> Result<Option<RateLimitLayer>, String> {
    let Some(per_second) = limit.rate else {
        return match limit.burst {
            Some(_) => Err("a burst needs a rate: give --rate".to_owned()),
            None => Ok(None),
        };
    };
    if !(per_second.is_finite() && per_second > 0.0) {
        return Err(format!("a rate of {per_second} lets nobody in: give one above 0"));
    }
    // A rate above four billion is no limit.
    let burst = limit.burst.unwrap_or(per_second.ceil().min(f64::from(u32::MAX)) as u32).max(1);
    Ok(Some(RateLimitLayer::new(Rate { per_second, burst }, EXEMPT, SERVICE)))
}

fn at_once(limit: &config::Limit) -> Result<AtOnce, String> {
    let AtOnce { all, each } = AtOnce::default();
    let all = limit.calls.unwrap_or(all);
    let at_once = AtOnce { all, each: limit.calls_each.unwrap_or(each.min(all)) };
    if at_once.all == 0 || at_once.each == 0 {
        return Err("limit.calls and limit.calls-each of 0 let nobody in: give them above 0".to_owned());
    }
    Ok(at_once)
}
