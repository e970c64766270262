//! Name resolution that hands out only addresses that may be reached. The address checked is the one connected to, so a
//! name that changes its answer in between gains nothing (DNS rebinding).

use std::io;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::AddressPolicy;

/// Resolves through the operating system and filters by policy.
#[derive(Debug)]
pub(crate) struct GuardedResolver {
    pub policy: AddressPolicy,
}

/// Why a name leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    /// None of its addresses may be reached.
    #[error("{0} leads to an address that is not public")]
    NotPublic(String),
    /// It cannot be resolved.
    #[error("the name {host} cannot be resolved: {source}")]
    Unresolved { host: String, source: io::Error },
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.policy;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let resolved = match tokio::net::lookup_host((host.as_str(), 0)).await {
                Ok(resolved) => Ok(resolved.collect::<Vec<SocketAddr>>()),
                Err(source) => Err(source),
            };
            let mut addresses =
                resolved.map_err(|source| ResolveError::Unresolved { host: host.clone(), source })?;
            addresses.retain(|address| policy.allows(address.ip()));
            if addresses.is_empty() {
                return Err(ResolveError::NotPublic(host).into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
