//! The container of the older binary workbook (Compound File Binary, [MS-CFB]).
//!
//! The library that reads such workbooks follows chains of sectors for as long as the file says,
//! and a chain that forms a loop has no end. This module follows the same chains first, with a
//! limit.

use crate::ReadError;

const END_OF_CHAIN: u32 = 0xffff_fffe;
/// Sector numbers from here on have special meanings.
const RESERVED: u32 = 0xffff_fffa;
const DIFAT_SECTOR: u32 = 0xffff_fffc;
/// Streams below this length stand in the stream of small sectors.
const SMALL_STREAM: usize = 4096;
const SMALL_SECTOR: usize = 64;

/// A container whose tables have been read.
struct Container<'b> {
    bytes: &'b [u8],
    sector_size: usize,
    fat: Vec<u32>,
}

struct Entry {
    name: String,
    start: u32,
    length: usize,
}

/// The bytes of the stream that holds the workbook, once every chain the
/// library follows is known to end.
pub(super) fn workbook_stream(bytes: &[u8]) -> Result<Vec<u8>, ReadError> {
    let header = bytes.get(..512).ok_or(ReadError::Damaged)?;
    let sector_size = match u16_at(header, 30) {
        9 => 512,
        12 => 4096,
        _ => return Err(ReadError::Damaged),
    };
    let mut container = Container {
        bytes,
        sector_size,
        fat: Vec::new(),
    };
    container.fat = container.read_fat(header)?;
    let fat = &container.fat;
    let directory = container.chain(u32_at(header, 48), fat, usize::MAX)?;
    let entries: Vec<Entry> = directory
        .chunks_exact(128)
        .map(|entry| Entry {
            name: name_of(entry),
            start: u32_at(entry, 116),
            length: u32_at(entry, 120) as usize,
        })
        .collect();
    let root = entries.first().ok_or(ReadError::Damaged)?;
    let small_sectors = u32_at(header, 64) as usize;
    let (small, small_fat) = if small_sectors > 0 {
        let length = small_sectors.saturating_mul(sector_size);
        let small_fat = container.chain(u32_at(header, 60), fat, length)?;
        (
            container.chain(root.start, fat, root.length)?,
            numbers(&small_fat),
        )
    } else {
        (Vec::new(), Vec::new())
    };
    let stream = |name: &str| {
        let entry = entries
            .iter()
            .find(|entry| entry.name.eq_ignore_ascii_case(name))?;
        Some(if entry.length < SMALL_STREAM {
            small_chain(&small, &small_fat, entry)
        } else {
            container.chain(entry.start, fat, entry.length)
        })
    };
    stream("Workbook")
        .or_else(|| stream("Book"))
        .unwrap_or(Err(ReadError::NotATable(
            "of an older office program, but no Excel workbook",
        )))
}

impl Container<'_> {
    fn sectors(&self) -> usize {
        self.bytes.len() / self.sector_size
    }

    fn sector(&self, number: u32) -> Result<&[u8], ReadError> {
        let start = (number as usize)
            .checked_add(1)
            .and_then(|number| number.checked_mul(self.sector_size))
            .filter(|start| *start < self.bytes.len())
            .ok_or(ReadError::Damaged)?;
        let end = (start + self.sector_size).min(self.bytes.len());
        Ok(&self.bytes[start..end])
    }

    /// The table of which sector follows which.
    fn read_fat(&self, header: &[u8]) -> Result<Vec<u32>, ReadError> {
        let mut places = numbers(&header[76..512]);
        let mut next = u32_at(header, 68);
        let mut read = 0;
        while next < RESERVED {
            read += 1;
            if read > self.sectors() {
                return Err(ReadError::Damaged);
            }
            places.extend(numbers(self.sector(next)?));
            next = places.pop().ok_or(ReadError::Damaged)?;
        }
        let mut fat = Vec::new();
        for place in places.into_iter().filter(|place| *place < DIFAT_SECTOR) {
            // No file needs a table longer than itself.
            if fat.len() > 2 * self.sectors() + self.sector_size {
                return Err(ReadError::Damaged);
            }
            fat.extend(numbers(self.sector(place)?));
        }
        Ok(fat)
    }

    /// The bytes of a chain, at most `length`.
    fn chain(&self, start: u32, fat: &[u32], length: usize) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        let mut sector = start;
        let mut followed = 0;
        while sector != END_OF_CHAIN {
            followed += 1;
            if followed > self.sectors() {
                return Err(ReadError::Damaged);
            }
            let sector_bytes = self.sector(sector)?;
            let take = sector_bytes.len().min(length - bytes.len());
            bytes.extend_from_slice(&sector_bytes[..take]);
            if bytes.len() >= length {
                break;
            }
            sector = *fat.get(sector as usize).ok_or(ReadError::Damaged)?;
        }
        Ok(bytes)
    }
}

fn small_chain(small: &[u8], fat: &[u32], entry: &Entry) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let mut sector = entry.start;
    while sector != END_OF_CHAIN {
        let start = sector as usize * SMALL_SECTOR;
        let sector_bytes = small
            .get(start..(start + SMALL_SECTOR).min(small.len()))
            .filter(|bytes| !bytes.is_empty())
            .ok_or(ReadError::Damaged)?;
        let take = sector_bytes.len().min(entry.length - bytes.len());
        bytes.extend_from_slice(&sector_bytes[..take]);
        // Every sector adds bytes, so this ends.
        if bytes.len() >= entry.length {
            break;
        }
        sector = *fat.get(sector as usize).ok_or(ReadError::Damaged)?;
    }
    Ok(bytes)
}

fn name_of(entry: &[u8]) -> String {
    let units: Vec<u16> = entry[..64]
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| u16::from_le_bytes(*pair))
        .take_while(|unit| *unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|four| u32::from_le_bytes(*four))
        .collect()
}

/// Two bytes at an offset; 0 beyond the end.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .and_then(|two| two.try_into().ok())
        .map_or(0, u16::from_le_bytes)
}

/// Four bytes at an offset; 0 beyond the end.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .and_then(|four| four.try_into().ok())
        .map_or(0, u32::from_le_bytes)
}
