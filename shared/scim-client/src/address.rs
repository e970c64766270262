//! Which addresses a request may go to (DESIGN rule 11).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use provisioning::application::{BaseUrlProblem, base_url};
use url::{Host, Url};

/// Which addresses may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressPolicy {
    /// Public addresses over https only: for any URL that somebody typed.
    PublicOnly,
    /// Any address, also over http: for a runner on one's own machine.
    AllowLocal,
}

impl AddressPolicy {
    /// Why `url` must not be used, judged by what is written in it. The addresses behind a name are judged when it is resolved.
    pub fn refusal(self, url: &Url) -> Option<String> {
        if !url.username().is_empty() || url.password().is_some() {
            return Some(
                "the base URL holds a user name or password; credentials belong in the token".into(),
            );
        }
        let allowed = match self {
            Self::PublicOnly => url.scheme() == "https",
            Self::AllowLocal => matches!(url.scheme(), "https" | "http"),
        };
        if !allowed {
            return Some(format!("the base URL begins with {}: only https is used", url.scheme()));
        }
        let address = match url.host() {
            None => return Some("the base URL names no host".into()),
            Some(Host::Domain(_)) => return None,
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
        };
        (!self.allows(address)).then(|| format!("{address} is not a public address"))
    }

    /// Reads a base URL as somebody typed it, and refuses one that leads where it must not.
    ///
    /// # Errors
    ///
    /// [`BaseUrlProblem`].
    pub fn base_url(self, typed: &str) -> Result<Url, BaseUrlProblem> {
        base_url(typed, |url| self.refusal(url), self == Self::AllowLocal)
    }

    /// Whether a connection to `address` may be opened.
    pub(crate) fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::AllowLocal => true,
            Self::PublicOnly => match address {
                IpAddr::V4(address) => is_public_v4(address),
                IpAddr::V6(address) => is_public_v6(address),
            },
        }
    }
}

/// Whether the address is none of the special-purpose ones (IANA's registry, RFC 6890), multicast included. The
/// metadata address 169.254.169.254 is link-local.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a >= 240
        // Shared address space of carrier-grade NAT (RFC 6598).
        || (a == 100 && (64..128).contains(&b))
        // Protocol assignments, the 6to4 relay, benchmarking.
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

/// Only global unicast (2000::/3) without the ranges that tunnel or document is public; so are IPv4 addresses behind NAT64, as
/// far as they are themselves. Mapped IPv4 addresses lie outside.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = segments {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let [first, second, ..] = segments;
    let tunnel_or_documentation = first == 0x2002
        || (first == 0x2001 && (second < 0x200 || second == 0xdb8))
        || (first == 0x3fff && second < 0x1000);
    first & 0xe000 == 0x2000 && !tunnel_or_documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> bool {
        AddressPolicy::PublicOnly.refusal(&url.parse().expect("a URL")).is_some()
    }

    #[test]
    fn addresses_inside_are_refused_however_they_are_written() {
        for host in [
            "127.0.0.1",
            "127.9.9.9",
            "2130706433",
            "0x7f.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "[::1]",
            "[::]",
            "[fe80::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[ff02::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:8.8.8.8]",
            "[::7f00:1]",
            "[64:ff9b::a00:1]",
            "[64:ff9b:1::1]",
            "[2002:7f00:1::]",
            "[2001:db8::1]",
            "[2001::1]",
            "[fec0::1]",
        ] {
            assert!(refused(&format!("https://{host}/scim")), "{host} was allowed");
        }
    }

    #[test]
    fn public_addresses_are_allowed() {
        for host in [
            "8.8.8.8",
            "100.128.0.1",
            "172.32.0.1",
            "[2606:4700::1111]",
            "[64:ff9b::808:808]",
            "scim.example.org",
        ] {
            assert!(!refused(&format!("https://{host}/scim")), "{host} was refused");
        }
    }

    #[test]
    fn only_https_without_credentials_is_used() {
        assert!(refused("http://scim.example.org/"));
        assert!(refused("https://ada:secret@scim.example.org/"));
        assert!(refused("https://ada@scim.example.org/"));
        assert!(refused("ftp://scim.example.org/"));
    }

    #[test]
    fn a_local_runner_may_reach_loopback_but_credentials_stay_out_of_urls() {
        let refusal = |url: &str| AddressPolicy::AllowLocal.refusal(&url.parse().expect("a URL"));
        assert_eq!(refusal("http://127.0.0.1:8080/v2"), None);
        assert!(refusal("http://a:b@127.0.0.1:8080/v2").is_some());
        assert!(refusal("file:///etc/hosts").is_some());
    }
}
