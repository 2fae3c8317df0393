//! Ranges of addresses.

use crate::{
    kind::{SettingKind, quoted},
    raw_value::{RawContent, RawValue},
};
use std::{fmt, net::IpAddr};

/// An address, or a range of addresses with the same first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    address: IpAddr,
    bits: u8,
}

impl AddressRange {
    /// Reads `10.0.0.0/8`, `fd00::/8`, or a single address. The error is a part of a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is neither an address nor a network such as 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(wrong()) } else { Ok(Self { address, bits }) }
    }

    /// Whether `address` lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let differ = match (self.address, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => u128::from(a.to_bits() ^ b.to_bits()) << 96,
            (IpAddr::V6(a), IpAddr::V6(b)) => a.to_bits() ^ b.to_bits(),
            _ => return false,
        };
        differ.leading_zeros() >= u32::from(self.bits)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// A list in the file, or one text with commas in the environment.
impl SettingKind for Vec<AddressRange> {
    fn read(value: &RawValue) -> Result<Self, String> {
        let texts: Vec<&str> = match &value.content {
            RawContent::Text(text) => text.split(',').collect(),
            RawContent::List(texts) => texts.iter().map(String::as_str).collect(),
            _ => return Err(format!("is {value}; it must be a list of addresses or networks")),
        };
        let texts = texts.into_iter().map(str::trim).filter(|text| !text.is_empty());
        texts
            .map(AddressRange::parse)
            .collect::<Result<_, _>>()
            .map_err(|why| format!("is wrong: {why}"))
    }

    fn to_toml(&self) -> Option<String> {
        let each: Vec<String> = self.iter().map(|network| quoted(&network.to_string())).collect();
        Some(format!("[{}]", each.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_their_addresses() {
        let ten = AddressRange::parse("10.0.0.0/8").expect("a network");
        assert!(ten.contains("10.9.8.7".parse().expect("an address")));
        assert!(ten.contains("::ffff:10.9.8.7".parse().expect("an address")));
        assert!(!ten.contains("11.0.0.1".parse().expect("an address")));
        let one = AddressRange::parse("::1").expect("an address");
        assert!(one.contains("::1".parse().expect("an address")));
        assert!(!one.contains("127.0.0.1".parse().expect("an address")));
    }
}
