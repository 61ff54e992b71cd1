//! From which network a prompt comes, as prompts are counted.

use std::net::{IpAddr, Ipv6Addr};

/// The bits of an IPv6 address by which one network tells its own machines apart (RFC 4291, section 2.5.1).
const OWN_BITS: u32 = 64;

/// An IPv4 address as it is; of IPv6 the network, since one machine has as many addresses in it as it likes.
pub(super) fn of(address: &str) -> String {
    match address
        .parse::<IpAddr>()
        .map(|address| address.to_canonical())
    {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) => {
            let network = address.to_bits() >> OWN_BITS << OWN_BITS;
            format!("{}/{OWN_BITS}", Ipv6Addr::from_bits(network))
        }
        // What is no address is a network of its own
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r1_a_machine_with_many_addresses_is_one_network() {
        for (address, network) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::7", "2001:db8:1:3::/64"),
            ("", ""),
        ] {
            assert_eq!(of(address), network, "{address}");
        }
    }
}
