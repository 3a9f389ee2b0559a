//! The address of a child, in columns of its own or as one block.

use programme::{Postcode, split_block, text};

use crate::code::Code;
use crate::columns::field::{Field, MOST_LINES};
use crate::row::checker::{RowChecker, shortened};

/// The address of a child.
pub(crate) struct Address {
    pub(crate) lines: Vec<String>,
    pub(crate) town: String,
    pub(crate) postcode: Option<Postcode>,
}

pub(crate) fn read_address(row: &mut RowChecker<'_, '_>) -> Address {
    let mut lines = read_lines(row);
    let mut town = row.text(Field::Town);
    let from_block = read_block(row, &mut lines, &mut town);
    let (column, cell) = row.raw(Field::Postcode);
    let cell = text::clean(cell);
    if text::says_nothing(&cell) {
        let postcode = from_block.or_else(|| {
            take_postcode(&mut town).or_else(|| lines.iter_mut().rev().find_map(take_postcode))
        });
        lines.retain(|line| !line.is_empty());
        return Address {
            lines,
            town,
            postcode,
        };
    }
    let postcode = Postcode::parse(&cell);
    if postcode.is_err() {
        row.find(Code::PostcodeUnreadable, column, || {
            format!("“{}” is not a postcode; it should look like EB1 4PU. The child goes in without it.", shortened(&cell))
        });
    }
    Address {
        lines,
        town,
        postcode: postcode.ok().or(from_block),
    }
}

/// Reads house, street and address lines.
fn read_lines(row: &mut RowChecker<'_, '_>) -> Vec<String> {
    // A flat or the name of a house has a line of its own; a number stands
    // before the street.
    let (numbers, mut lines): (Vec<String>, Vec<String>) = row
        .texts(Field::House)
        .into_iter()
        .partition(|house| house.starts_with(|c: char| c.is_ascii_digit()));
    let street: Vec<String> = numbers
        .into_iter()
        .chain([row.text(Field::Street)])
        .filter(|part| !part.is_empty())
        .collect();
    lines.extend((!street.is_empty()).then(|| street.join(" ")));
    for number in 1..=MOST_LINES {
        let (column, cell) = row.raw(Field::AddressLine(number));
        if cell.is_empty() {
            continue;
        }
        row.note_formula(column, cell);
        let line = joined(cell);
        lines.extend((!line.is_empty()).then_some(line));
    }
    // "12" in the first line and "Mill Lane" in the second.
    if lines.len() > 1 && lines[0].len() <= 5 && lines[0].starts_with(|c: char| c.is_ascii_digit())
    {
        let number = lines.remove(0);
        lines[0] = format!("{number} {}", lines[0]);
    }
    lines
}

/// A cell as one line, in which a line break stands for a comma.
fn joined(cell: &str) -> String {
    let mut line = String::new();
    for part in text::clean_lines(cell) {
        if !line.is_empty() {
            line.push_str(if line.ends_with(',') { " " } else { ", " });
        }
        line.push_str(&part);
    }
    line
}

/// Fills lines and town that are missing from a cell with the whole address, and returns the
/// postcode in it.
fn read_block(
    row: &mut RowChecker<'_, '_>,
    lines: &mut Vec<String>,
    town: &mut String,
) -> Option<Postcode> {
    let (column, block) = row.raw(Field::AddressBlock);
    if block.is_empty() {
        return None;
    }
    row.note_formula(column, block);
    let block = split_block(block);
    if lines.is_empty() {
        *lines = block.lines;
    }
    if town.is_empty() {
        *town = block.town.unwrap_or_default();
    }
    block.postcode
}

/// Takes the postcode off the end of a line that has one.
fn take_postcode(line: &mut String) -> Option<Postcode> {
    let (rest, postcode) = programme::split_postcode(line);
    let postcode = postcode?;
    rest.trim_end_matches([',', ' ']).clone_into(line);
    Some(postcode)
}
