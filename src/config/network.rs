//! An IP network in CIDR notation.

use serde::{Serialize, Serializer};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A network such as `10.0.0.0/8`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The network address; all host bits are zero.
    address: IpAddr,
    bits: u8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkError {
    NoAddress,
    /// The number of network bits is not a number, or is larger than the maximum, which this variant contains.
    Bits(u8),
    /// Host bits are set. This is rejected, because the prefix length is probably wrong.
    HostBits {
        bits: u8,
        /// The network that was probably meant.
        network: IpAddr,
    },
}

impl Network {
    /// An IPv4-mapped IPv6 address counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && masked(address, self.bits) == self.address
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| NetworkError::NoAddress)?;
        let most = width(address);
        let bits = match bits {
            None => most,
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= most).ok_or(NetworkError::Bits(most))?,
        };
        let network = masked(address, bits);
        if network == address { Ok(Self { address, bits }) } else { Err(NetworkError::HostBits { bits, network }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bits == width(self.address) {
            write!(f, "{}", self.address)
        } else {
            write!(f, "{}/{}", self.address, self.bits)
        }
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => IpAddr::V4((u32::from(v4) & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)).into()),
        IpAddr::V6(v6) => {
            IpAddr::V6((u128::from(v6) & u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn networks_are_read_and_shown() {
        let read = |text: &str| text.parse::<Network>().map(|network| network.to_string());
        assert_eq!(read("10.0.0.0/8"), Ok("10.0.0.0/8".to_owned()));
        assert_eq!(read("192.0.2.7"), Ok("192.0.2.7".to_owned()));
        assert_eq!(read("::1/128"), Ok("::1".to_owned()));
        assert_eq!(read("0.0.0.0/0"), Ok("0.0.0.0/0".to_owned()));
        assert_eq!(read("shop.example"), Err(NetworkError::NoAddress));
        assert_eq!(read("10.0.0.0/33"), Err(NetworkError::Bits(32)));
        let network = IpAddr::from([10, 0, 0, 0]);
        assert_eq!(read("10.1.0.0/8"), Err(NetworkError::HostBits { bits: 8, network }));
        assert!("127.0.0.0/8".parse::<Network>().unwrap().contains("::ffff:127.0.0.1".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn an_address_is_in_its_own_networks_alone(raw: u128, other: u128, bits in 0..=128_u8) {
            let (address, other) = (IpAddr::V6(raw.into()), IpAddr::V6(other.into()));
            let network: Network = format!("{}/{bits}", masked(address, bits)).parse().unwrap();
            let same = masked(address, bits) == masked(other, bits);
            prop_assert_eq!(network.contains(other), same && other.to_canonical().is_ipv6());
            prop_assert_eq!(network.to_string().parse(), Ok(network));
        }
    }
}
