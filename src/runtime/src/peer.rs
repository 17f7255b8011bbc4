//! The other end of a connection.

use std::net::SocketAddr;
use std::sync::Arc;

use http::Extensions;
use tonic::transport::server::TcpConnectInfo;

/// The names in a client's certificate that the server has checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateNames {
    /// The subject's common name.
    pub common_name: Option<String>,
    /// The alternative names, in their order: of hosts, of mailboxes, and URIs such as SPIFFE ids.
    pub alternative: Vec<String>,
}

impl CertificateNames {
    /// The name to call its holder by: the first URI, else the first alternative name, else the common name.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        let uri = self.alternative.iter().find(|name| name.contains("://"));
        uri.or(self.alternative.first()).or(self.common_name.as_ref()).map(String::as_str)
    }
}

/// What is known of a connection: an extension of each of its requests.
#[derive(Debug, Clone, Default)]
pub struct Peer {
    /// Where it comes from.
    pub addr: Option<SocketAddr>,
    /// Where it came in.
    pub local: Option<SocketAddr>,
    /// The names of its certificate, when it showed one.
    pub certificate: Option<Arc<CertificateNames>>,
}

impl Peer {
    /// Where the call with these extensions comes from, through whichever of the two ways its server tells.
    pub(crate) fn addr_of(extensions: &Extensions) -> Option<SocketAddr> {
        let tcp = || extensions.get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
        extensions.get::<Self>().map_or_else(tcp, |peer| peer.addr)
    }
}
