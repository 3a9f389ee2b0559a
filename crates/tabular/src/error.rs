//! Why a file could not be read.

/// A file that cannot be taken, in words for the person who chose it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing in it.
    #[error("The file is empty. Export it again and check that it has rows.")]
    Empty,
    /// Another kind of file.
    #[error(
        "The file is {0}, not a list of children. Export the list as CSV or as an Excel workbook and try again."
    )]
    NotATable(&'static str),
    /// A workbook with a password.
    #[error(
        "The workbook is protected by a password. Save a copy without the password and try again."
    )]
    Password,
    /// A workbook cut short or otherwise broken.
    #[error(
        "The workbook cannot be opened: it is damaged or was only partly copied. Save it again and try once more."
    )]
    Damaged,
    /// A workbook without rows.
    #[error("The workbook has no sheet with rows in it.")]
    NoSheet,
    /// Several sheets hold tables.
    #[error(
        "The workbook has several sheets with rows ({0}). Save the sheet with the children as a file of its own."
    )]
    SeveralSheets(String),
    /// Larger than the limit.
    #[error(
        "The file is too large: the limit is {0} MB. Split it, for instance by school, and import the parts."
    )]
    TooLarge(u64),
    /// Unpacks to more than the limit.
    #[error(
        "The file unpacks to more than {0} MB. It is not a list of children as a school system exports it."
    )]
    UnpacksTooLarge(u64),
    /// A sheet that spans too many cells.
    #[error(
        "A sheet of the workbook spans more cells than a list of children has. Save the list alone as CSV or XLSX and try again."
    )]
    SheetTooLarge,
    /// More rows than the limit.
    #[error("The file has more than {0} rows. Split it and import the parts.")]
    TooManyRows(u32),
    /// More columns than the limit.
    #[error(
        "Row {row} has more than {limit} columns. It is not a list of children as a school system exports it."
    )]
    TooManyColumns {
        /// The row, as a spreadsheet shows it.
        row: u32,
        /// The limit.
        limit: usize,
    },
    /// A cell with more text than the limit.
    #[error(
        "Row {row} has a cell with more than {limit} characters. Perhaps a quotation mark that opens there is never closed."
    )]
    CellTooLong {
        /// The row, as a spreadsheet shows it.
        row: u32,
        /// The limit.
        limit: usize,
    },
    /// A quotation mark swallowed the rest of the file.
    #[error(
        "A quotation mark opens in row {0} and is never closed. Close it, or remove it, and try again."
    )]
    OpenQuote(u32),
    /// Bytes that are no text.
    #[error(
        "The file is not text in an encoding that is understood. Save it as CSV UTF-8 or as an Excel workbook."
    )]
    Encoding,
    /// XML that is not well formed.
    #[error("The XML breaks off or is damaged near byte {0}. Export it again.")]
    Xml(u64),
    /// XML with a document type or entities of its own.
    #[error(
        "The XML defines a document type or entities of its own, which a Common Transfer File never does. It was not read."
    )]
    XmlEntities,
    /// XML nested too deeply.
    #[error("The XML is nested more deeply than a Common Transfer File ever is. It was not read.")]
    XmlDepth,
    /// XML of another vocabulary.
    #[error("The XML is not a Common Transfer File: it has no CTfile element.")]
    NotCtf,
}
