//! MessagePack from JSON text and back, without a tree between them.
//!
//! Written by hand, because the browser downloads it: generic code for both formats takes ten times
//! the bytes.

use serde_json::{Number, from_str, to_string};

/// How deep values may nest; the messages of this crate need eight levels.
const MAX_DEPTH: usize = 64;

/// Writes the MessagePack of a JSON text behind `out`. `None` for what is not JSON.
pub(crate) fn pack(json: &str, out: &mut Vec<u8>) -> Option<()> {
    let mut packer = Packer { json, at: 0, out };
    packer.value(MAX_DEPTH)?;
    packer.peek().is_none().then_some(())
}

/// Writes the JSON of one MessagePack value behind `out`.
///
/// # Errors
/// What is wrong with the bytes.
pub(crate) fn unpack(bytes: &[u8], out: &mut String) -> Result<(), &'static str> {
    let mut unpacker = Unpacker { bytes, out };
    unpacker.value(MAX_DEPTH)?;
    match unpacker.bytes {
        [] => Ok(()),
        _ => Err("bytes after its end"),
    }
}

struct Packer<'a> {
    json: &'a str,
    at: usize,
    out: &'a mut Vec<u8>,
}

impl Packer<'_> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.json.as_bytes().get(self.at..)?;
        let space = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at += space;
        rest.get(space).copied()
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' => self.items(depth.checked_sub(1)?, b'}', true),
            b'[' => self.items(depth.checked_sub(1)?, b']', false),
            _ => self.word(),
        }
    }

    /// An array, or a map with its keys. The number of items is known at the end only: a few fit
    /// into the one byte that was left free for it.
    fn items(&mut self, depth: usize, end: u8, keyed: bool) -> Option<()> {
        self.at += 1;
        let head = self.out.len();
        self.out.push(0);
        let mut count = 0_u32;
        while self.peek()? != end {
            if count > 0 {
                self.expect(b',')?;
            }
            if keyed {
                self.peek()?;
                self.string()?;
                self.expect(b':')?;
            }
            self.value(depth)?;
            count += 1;
        }
        self.at += 1;
        let (few, marker) = if keyed { (0x80, 0xde) } else { (0x90, 0xdc) };
        let (first, length) = match count {
            0..16 => (few | count as u8, &[][..]),
            16..0x1_0000 => (marker, &count.to_be_bytes()[2..]),
            _ => (marker + 1, &count.to_be_bytes()[..]),
        };
        self.out[head] = first;
        self.out.splice(head + 1..head + 1, length.iter().copied());
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let rest = self.json.get(self.at..)?;
        let mut escaped = false;
        let is_end = |byte: u8| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        };
        let end = rest.bytes().skip(1).position(is_end)? + 2;
        let text: String = from_str(rest.get(..end)?).ok()?;
        self.at += end;
        let length = (text.len() as u32).to_be_bytes();
        match text.len() {
            0..32 => self.out.push(0xa0 | length[3]),
            32..0x100 => self.out.extend([0xd9, length[3]]),
            0x100..0x1_0000 => self.out.extend([0xda, length[2], length[3]]),
            _ => {
                self.out.push(0xdb);
                self.out.extend(length);
            }
        }
        self.out.extend(text.as_bytes());
        Some(())
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Option<()> {
        let rest = self.json.get(self.at..)?;
        let is_end = |byte: u8| matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace();
        let word = rest.get(..rest.bytes().position(is_end).unwrap_or(rest.len()))?;
        self.at += word.len();
        match word {
            "null" => self.out.push(0xc0),
            "false" => self.out.push(0xc2),
            "true" => self.out.push(0xc3),
            _ => self.number(&from_str(word).ok()?)?,
        }
        Some(())
    }

    fn number(&mut self, number: &Number) -> Option<()> {
        if let Some(positive) = number.as_u64() {
            let bytes = positive.to_be_bytes();
            match positive {
                0..0x80 => self.out.push(bytes[7]),
                0x80..0x100 => self.number_bytes(0xcc, &bytes[7..]),
                0x100..0x1_0000 => self.number_bytes(0xcd, &bytes[6..]),
                0x1_0000..0x1_0000_0000 => self.number_bytes(0xce, &bytes[4..]),
                _ => self.number_bytes(0xcf, &bytes),
            }
        } else if let Some(negative) = number.as_i64() {
            let bytes = negative.to_be_bytes();
            match negative {
                -0x20.. => self.out.push(bytes[7]),
                -0x80.. => self.number_bytes(0xd0, &bytes[7..]),
                -0x8000.. => self.number_bytes(0xd1, &bytes[6..]),
                -0x8000_0000.. => self.number_bytes(0xd2, &bytes[4..]),
                _ => self.number_bytes(0xd3, &bytes),
            }
        } else {
            self.number_bytes(0xcb, &number.as_f64()?.to_be_bytes());
        }
        Some(())
    }

    fn number_bytes(&mut self, marker: u8, bytes: &[u8]) {
        self.out.push(marker);
        self.out.extend(bytes);
    }
}

struct Unpacker<'a> {
    bytes: &'a [u8],
    out: &'a mut String,
}

impl<'a> Unpacker<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or("it ends too early")?;
        self.bytes = rest;
        Ok(taken)
    }

    /// A big-endian number of 1, 2, 4 or 8 bytes.
    fn unsigned(&mut self, width: usize) -> Result<u64, &'static str> {
        Ok(self.take(width)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// The same in two's complement.
    fn signed(&mut self, width: usize) -> Result<i64, &'static str> {
        let unused = 64 - 8 * width as u32;
        Ok((self.unsigned(width)? << unused) as i64 >> unused)
    }

    fn length(&mut self, width: usize) -> Result<usize, &'static str> {
        usize::try_from(self.unsigned(width)?).map_err(|_| "a length out of range")
    }

    fn value(&mut self, depth: usize) -> Result<(), &'static str> {
        let marker = self.take(1)?[0];
        let few = usize::from(marker & 0x0f);
        match marker {
            0x00..0x80 => self.write(&marker.to_string()),
            0x80..0x90 => return self.map(few, depth),
            0x90..0xa0 => return self.array(few, depth),
            0xa0..0xc0 => return self.string(usize::from(marker & 0x1f)),
            0xc0 => self.write("null"),
            0xc2 => self.write("false"),
            0xc3 => self.write("true"),
            0xc4..0xc7 => {
                let length = self.length(1 << (marker - 0xc4))?;
                return self.binary(length);
            }
            0xca => {
                let float = f32::from_bits(self.unsigned(4)? as u32);
                self.write(&to_string(&float).unwrap_or_default());
            }
            0xcb => {
                let float = f64::from_bits(self.unsigned(8)?);
                self.write(&to_string(&float).unwrap_or_default());
            }
            0xcc..0xd0 => {
                let number = self.unsigned(1 << (marker - 0xcc))?;
                self.write(&number.to_string());
            }
            0xd0..0xd4 => {
                let number = self.signed(1 << (marker - 0xd0))?;
                self.write(&number.to_string());
            }
            0xd9..0xdc => {
                let length = self.length(1 << (marker - 0xd9))?;
                return self.string(length);
            }
            0xdc | 0xdd => {
                let length = self.length(2 << (marker - 0xdc))?;
                return self.array(length, depth);
            }
            0xde | 0xdf => {
                let length = self.length(2 << (marker - 0xde))?;
                return self.map(length, depth);
            }
            0xe0.. => self.write(&(marker as i8).to_string()),
            _ => return Err("a type that JSON does not have"),
        }
        Ok(())
    }

    fn write(&mut self, json: &str) {
        self.out.push_str(json);
    }

    /// Text that is not UTF-8 is read like bytes: it is valid MessagePack, and no message has it.
    fn string(&mut self, length: usize) -> Result<(), &'static str> {
        let bytes = self.take(length)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => self.write(&to_string(text).unwrap_or_default()),
            Err(_) => self.write(&to_string(bytes).unwrap_or_default()),
        }
        Ok(())
    }

    /// Bytes become an array of numbers.
    fn binary(&mut self, length: usize) -> Result<(), &'static str> {
        let bytes = self.take(length)?;
        self.write(&to_string(bytes).unwrap_or_default());
        Ok(())
    }

    fn array(&mut self, length: usize, depth: usize) -> Result<(), &'static str> {
        let depth = depth.checked_sub(1).ok_or("it nests too deep")?;
        self.write("[");
        for index in 0..length {
            if index > 0 {
                self.write(",");
            }
            self.value(depth)?;
        }
        self.write("]");
        Ok(())
    }

    fn map(&mut self, length: usize, depth: usize) -> Result<(), &'static str> {
        let depth = depth.checked_sub(1).ok_or("it nests too deep")?;
        self.write("{");
        for index in 0..length {
            if index > 0 {
                self.write(",");
            }
            self.key()?;
            self.write(":");
            self.value(depth)?;
        }
        self.write("}");
        Ok(())
    }

    /// A key is text; JSON writes a number as text, too.
    fn key(&mut self) -> Result<(), &'static str> {
        match self.bytes.first() {
            Some(0xa0..0xc0 | 0xd9..0xdc) => {
                let key = self.out.len();
                self.value(0)?;
                let is_text = self.out[key..].starts_with('"');
                is_text.then_some(()).ok_or("a key that is not text")
            }
            Some(0x00..0x80 | 0xcc..0xd4 | 0xe0..) => {
                self.write("\"");
                self.value(0)?;
                self.write("\"");
                Ok(())
            }
            _ => Err("a key that is not text"),
        }
    }
}
