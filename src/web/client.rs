//! Where a request comes from.
//!
//! Behind a web server every connection comes from that server, and the client's address stands in a header that any
//! client can write, too. So the header is read from its end, and only as far as trusted servers wrote it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use ipnet::IpNet;

/// The client's address; `None` when the connection has none.
pub fn address(request: &HttpRequest, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let forwarded = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok());
    Some(client_of(peer, forwarded, trusted))
}

/// The network of an address, which limits are counted by: one address of IPv4, or the 64 bits of IPv6 that a household
/// or an office is given.
pub fn network(address: Option<IpAddr>) -> String {
    match address {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Goes back along the servers that passed the request on, for as long as each is trusted.
fn client_of<'a>(
    peer: IpAddr,
    forwarded: impl Iterator<Item = &'a str>,
    trusted: &[IpNet],
) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).collect();
    let mut client = peer;
    for hop in hops.into_iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        let Some(address) = read(hop.trim()) else {
            break;
        };
        client = address;
    }
    client
}

/// An address, with or without a port.
fn read(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        client_of(peer.parse().unwrap(), forwarded.iter().copied(), &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(
            client("198.51.100.7", &["192.0.2.1"], &proxies),
            "198.51.100.7"
        );
        assert_eq!(client("10.0.0.1", &["192.0.2.1"], &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["192.0.2.1"], &proxies), "192.0.2.1");
    }

    #[test]
    fn what_a_client_wrote_into_the_header_is_not_believed() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(
            client("10.0.0.1", &["203.0.113.9, 192.0.2.1"], &proxies),
            "192.0.2.1"
        );
        assert_eq!(
            client(
                "10.0.0.1",
                &["203.0.113.9", "192.0.2.1, 10.0.0.2"],
                &proxies
            ),
            "192.0.2.1"
        );
        assert_eq!(client("10.0.0.1", &["junk"], &proxies), "10.0.0.1");
    }

    #[test]
    fn ports_and_mapped_addresses_are_read() {
        let proxies = ["127.0.0.1/32"];
        assert_eq!(
            client("127.0.0.1", &["192.0.2.1:4711"], &proxies),
            "192.0.2.1"
        );
        assert_eq!(
            client("127.0.0.1", &["[2001:db8::1]:80"], &proxies),
            "2001:db8::1"
        );
        assert_eq!(
            client("127.0.0.1", &["::ffff:192.0.2.1"], &proxies),
            "192.0.2.1"
        );
    }

    #[test]
    fn a_household_is_one_network() {
        let network = |text: &str| network(text.parse().ok());
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
