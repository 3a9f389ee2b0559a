//! Reader, workers and writer, side by side and in order.
//!
//! Blocks go to the workers in turn and come back in the same turn, so the
//! output has the input's order without sorting; each hand holds two blocks at
//! most, so memory does not grow with the file.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use growth::batch::DayTable;

use super::blocks::{BlockError, Blocks};
use super::layout::{Layout, LayoutError};
use super::options::Options;
use super::rows::{Counts, Worker};

/// Blocks waiting between two hands.
const WAITING: usize = 2;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// Rows with figures.
    pub assessed: u64,
    /// Rows with a note instead.
    pub not_assessed: u64,
    /// Rows with figures and a note that asks to check them.
    pub implausible: u64,
    /// Columns that were there before and were worked out anew.
    pub replaced: Vec<String>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows assessed", self.assessed)?;
        if self.not_assessed > 0 {
            write!(
                f,
                ", {} not assessed (assessment_note says why)",
                self.not_assessed
            )?;
        }
        if self.implausible > 0 {
            write!(f, ", {} of the assessed to be checked", self.implausible)?;
        }
        if !self.replaced.is_empty() {
            write!(f, "; worked out anew: {}", self.replaced.join(", "))?;
        }
        Ok(())
    }
}

/// Why a file could not be assessed, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum AssessError {
    /// The header cannot be used; nothing was written.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A quoted cell without an end: the rest of the file would be one cell.
    #[error(
        "a quotation mark opens a cell in line {line} or soon after and is never closed: the rows \
         before it are assessed, those from there on are not"
    )]
    NeverClosed {
        /// The first line of the row, counted from 1.
        line: usize,
    },
    /// The input cannot be read further.
    #[error("cannot read the input: {0}")]
    Read(#[source] io::Error),
    /// The output cannot be written.
    #[error("cannot write the output: {0}")]
    Write(#[source] io::Error),
}

impl From<BlockError> for AssessError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::Read(error) => Self::Read(error),
            BlockError::NeverClosed(line) => Self::NeverClosed { line },
        }
    }
}

/// Assesses the children in CSV from `reader` and writes the same rows with
/// their figures to `writer`.
pub(super) fn assess(
    reader: impl Read,
    mut writer: impl Write + Send,
    options: &Options,
) -> Result<Summary, AssessError> {
    let mut blocks = Blocks::new(reader);
    if blocks
        .peek()
        .map_err(AssessError::Read)?
        .starts_with(b"\xEF\xBB\xBF")
    {
        blocks.skip(3);
    }
    let layout = Layout::read(blocks.peek().map_err(AssessError::Read)?)?;
    blocks.skip(layout.length);
    writer
        .write_all(&layout.header())
        .map_err(AssessError::Write)?;

    let table = DayTable::new();
    let (counts, read) = if options.threads.get() == 1 {
        alone(
            &mut blocks,
            &mut writer,
            &mut Worker::new(&layout, &table, options),
        )?
    } else {
        together(&mut blocks, &mut writer, &layout, &table, options)?
    };
    writer.flush().map_err(AssessError::Write)?;
    // Rows before the fault are written by now.
    read?;
    let names = layout.replaced.iter().map(|column| &layout.names[*column]);
    Ok(Summary {
        assessed: counts.assessed,
        not_assessed: counts.not_assessed,
        implausible: counts.implausible,
        replaced: names
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect(),
    })
}

/// How reading ended, apart from what was done until then.
type Done = (Counts, Result<(), AssessError>);

fn alone(
    blocks: &mut Blocks<impl Read>,
    writer: &mut impl Write,
    worker: &mut Worker<'_>,
) -> Result<Done, AssessError> {
    let delimiter = worker.delimiter();
    let mut counts = Counts::default();
    loop {
        let block = match blocks.next(delimiter) {
            Ok(Some(block)) => block,
            Ok(None) => return Ok((counts, Ok(()))),
            Err(error) => return Ok((counts, Err(error.into()))),
        };
        let (text, more) = worker.work(&block);
        writer.write_all(&text).map_err(AssessError::Write)?;
        counts += more;
    }
}

fn together(
    blocks: &mut Blocks<impl Read>,
    writer: &mut (impl Write + Send),
    layout: &Layout,
    table: &DayTable,
    options: &Options,
) -> Result<Done, AssessError> {
    thread::scope(|scope| {
        let mut inputs = Vec::new();
        let mut outputs = Vec::new();
        for _ in 0..options.threads.get() {
            let (to_worker, from_reader) = sync_channel::<Vec<u8>>(WAITING);
            let (to_writer, from_worker) = sync_channel(WAITING);
            inputs.push(to_worker);
            outputs.push(from_worker);
            scope.spawn(move || {
                let mut worker = Worker::new(layout, table, options);
                // Either end hanging up is the end of the work.
                while let Ok(block) = from_reader.recv() {
                    if to_writer.send(worker.work(&block)).is_err() {
                        break;
                    }
                }
            });
        }
        let writing = scope.spawn(move || write_in_turn(&outputs, writer));

        let mut read = Ok(());
        for input in inputs.iter().cycle() {
            match blocks.next(layout.delimiter) {
                Ok(Some(block)) => {
                    if input.send(block).is_err() {
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    read = Err(error.into());
                    break;
                }
            }
        }
        drop(inputs);
        match writing.join() {
            Ok(written) => Ok((written.map_err(AssessError::Write)?, read)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Writes what the workers hand over, in the turn the blocks were given out:
/// the first worker without more is the end.
fn write_in_turn(
    outputs: &[Receiver<(Vec<u8>, Counts)>],
    writer: &mut impl Write,
) -> io::Result<Counts> {
    let mut counts = Counts::default();
    for output in outputs.iter().cycle() {
        let Ok((text, more)) = output.recv() else {
            break;
        };
        writer.write_all(&text)?;
        counts += more;
    }
    Ok(counts)
}
