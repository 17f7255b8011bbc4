//! Who a certificate is of.

use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::peer::CertificateNames;

/// The names in a certificate that has been checked. One that says them in a way that cannot be read has none.
pub(crate) fn names(certificate: &CertificateDer<'_>) -> CertificateNames {
    let Ok((_, read)) = X509Certificate::from_der(certificate) else { return CertificateNames::default() };
    let common_name = read.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
    let alternative = read.subject_alternative_name().ok().flatten();
    let alternative = alternative.iter().flat_map(|names| &names.value.general_names);
    let alternative = alternative.filter_map(|name| match name {
        GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => {
            Some((*name).to_owned())
        }
        _ => None,
    });
    CertificateNames { common_name: common_name.map(str::to_owned), alternative: alternative.collect() }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};

    use super::*;

    #[test]
    fn all_names_are_read_and_a_uri_is_the_subject() {
        let mut params = CertificateParams::new(vec!["billing.example".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "billing");
        let uri = "spiffe://example/billing";
        params.subject_alt_names.push(SanType::URI(uri.try_into().unwrap()));
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let read = names(certificate.der());
        assert_eq!(read.common_name.as_deref(), Some("billing"));
        assert_eq!(read.alternative, ["billing.example", uri]);
        assert_eq!(read.subject(), Some(uri));
        assert_eq!(names(&CertificateDer::from(vec![1, 2, 3])), CertificateNames::default());
    }
}
