//! Releases as files: the tidy CSV, and the same as a workbook with notes.

use std::str::FromStr;

use anyhow::Context as _;
use disclosure::{COLUMNS, SafeTable, Value};
use rust_xlsxwriter::{Format as CellFormat, Workbook, Worksheet};

use tabular::write_csv_row;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One row a figure, UTF-8.
    Csv,
    /// A sheet of figures and a sheet of notes.
    Xlsx,
}

/// No such kind of file.
#[derive(Debug, thiserror::Error)]
#[error("a release can be had as csv or xlsx; as pdf it cannot be had yet: print its page instead")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "csv" => Ok(Self::Csv),
            "xlsx" => Ok(Self::Xlsx),
            _ => Err(UnknownFormat),
        }
    }
}

impl Format {
    /// The file name's ending.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// The type that browsers are told.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// The file of a table.
pub fn file(table: &SafeTable, format: Format) -> anyhow::Result<Vec<u8>> {
    match format {
        Format::Csv => csv(table),
        Format::Xlsx => xlsx(table),
    }
}

fn csv(table: &SafeTable) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for record in table.records() {
        // A school's name may begin like a formula.
        write_csv_row(&mut writer, &record)?;
    }
    writer.into_inner().context("the figures cannot be written")
}

fn xlsx(table: &SafeTable) -> anyhow::Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let bold = CellFormat::new().set_bold();
    let figures = workbook.add_worksheet();
    figures.set_name("Figures")?;
    for (column, name) in COLUMNS.iter().enumerate() {
        figures.write_string_with_format(0, column as u16, *name, &bold)?;
        figures.set_column_width(column as u16, 16)?;
    }
    figures.set_freeze_panes(1, 0)?;
    for (index, (row, record)) in table.rows().iter().zip(table.records()).enumerate() {
        let line = index as u32 + 1;
        let values = [
            row.numerator,
            row.denominator,
            row.percent,
            row.ci_lower,
            row.ci_upper,
        ];
        for (column, text) in record.iter().enumerate() {
            match column.checked_sub(10).and_then(|at| values.get(at)) {
                Some(value) => write_value(figures, line, column as u16, *value)?,
                None => {
                    figures.write_string(line, column as u16, text)?;
                }
            }
        }
    }
    let notes = workbook.add_worksheet();
    notes.set_name("Notes")?;
    notes.set_column_width(0, 110)?;
    let wrapped = CellFormat::new().set_text_wrap();
    for (line, note) in disclosure::notes().iter().enumerate() {
        notes.write_string_with_format(line as u32, 0, note, &wrapped)?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// Numbers as numbers, so that a spreadsheet can sum and chart them; symbols as text.
fn write_value(sheet: &mut Worksheet, line: u32, column: u16, value: Value) -> anyhow::Result<()> {
    match value {
        Value::Count(count) => sheet.write_number(line, column, f64::from(count))?,
        // As the CSV has it, to one decimal: the two must not differ.
        Value::Percent(_) => sheet.write_number(line, column, value.to_string().parse::<f64>()?)?,
        Value::Confidential | Value::NotApplicable | Value::NotAvailable => {
            sheet.write_string(line, column, value.to_string())?
        }
    };
    Ok(())
}
