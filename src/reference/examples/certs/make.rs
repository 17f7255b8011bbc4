//! Certificates for development: an authority, and what it signs. Also what the tests take them from.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// Somebody who signs.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM.
pub struct Pair {
    pub cert: String,
    pub key: String,
}

/// Whose certificate it is.
pub enum Holder<'a> {
    /// A server of these names and addresses.
    Server(&'a [&'a str]),
    /// A client of this name.
    Client(&'a str),
}

/// From when to when a certificate is valid.
pub type Span = (SystemTime, SystemTime);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// From yesterday, for clocks that differ, for this many days.
pub fn days(number: u32) -> Span {
    let now = SystemTime::now();
    (now - DAY, now + DAY * number)
}

impl Authority {
    /// A new one, or the one of a key that it had before.
    pub fn new(name: &str, key: Option<&str>) -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let (from, to) = days(3650);
        (params.not_before, params.not_after) = (from.into(), to.into());
        let key = key.map_or_else(KeyPair::generate, KeyPair::from_pem)?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { pem, issuer: Issuer::new(params, key) })
    }

    /// Its own certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate of its own making.
    pub fn sign(&self, holder: &Holder<'_>, (from, to): Span) -> Result<Pair, rcgen::Error> {
        let (names, common, usage) = match holder {
            Holder::Server(names) => (*names, "user-service", ExtendedKeyUsagePurpose::ServerAuth),
            Holder::Client(name) => (&[][..], *name, ExtendedKeyUsagePurpose::ClientAuth),
        };
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, common);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        (params.not_before, params.not_after) = (from.into(), to.into());
        let key = KeyPair::generate()?;
        Ok(Pair { cert: params.signed_by(&key, &self.issuer)?.pem(), key: key.serialize_pem() })
    }
}

impl Pair {
    /// Writes `NAME.pem` and `NAME.key`, each in one step: who reads them meanwhile finds the old or the new.
    pub fn write(&self, folder: &Path, name: &str) -> io::Result<()> {
        write_private(&folder.join(format!("{name}.key")), &self.key)?;
        replace(&folder.join(format!("{name}.pem")), |path| fs::write(path, &self.cert))
    }
}

/// Writes what only its owner may read.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    replace(path, |path| {
        let mut options = fs::OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        io::Write::write_all(&mut options.open(path)?, text.as_bytes())
    })
}

fn replace(path: &Path, write: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let beside = path.with_extension("new");
    write(&beside)?;
    fs::rename(beside, path)
}
