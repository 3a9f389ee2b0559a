//! A waiting row whose cells somebody has corrected.

use super::apply::{self, Writing};
use super::choice_queries;
use super::error::ImportError;
use super::import_queries::ImportRecord;
use super::register;
use super::roll::{self, Roll};
use super::staged::target_of;
use super::stored_choices::{HeadingKey, StoredChoices};
use super::waiting::Content;
use crate::work::Work;
use roster_reader::check::{self, Checked, Context, Verdict};
use roster_reader::columns::{Choices, find_columns};
use roster_reader::plan::{Action, plan};
use roster_reader::progress::Progress;
use tabular::{Limits, Table, TableBuilder};

/// Takes a corrected row in; returns the child's number.
pub(super) fn mend(
    work: &mut Work<'_>,
    writing: Writing<'_>,
    record: &ImportRecord,
    content: &Content,
    cells: &[String],
) -> Result<i64, ImportError> {
    let checked = check_again(work, record, content, cells)?;
    refuse_what_is_no_child(&checked)?;
    let Roll { held, unreadable } = roll::read_in(work, &record.year_label)?;
    let mut plan = plan(checked, &held, &|child| {
        roll::damaged_child(&unreadable, child)
    });
    let Some(row) = plan.rows.pop() else {
        return Err(ImportError::RowNotWaiting);
    };
    let message = row.message();
    match row.action {
        Action::New(child) => apply::insert_one(work, writing, &child),
        Action::Unchanged { held: place } => Ok(held[place].pupil),
        Action::Changed {
            held: place,
            merged,
            ..
        } => {
            apply::change(work, writing, &held[place], &merged)?;
            Ok(held[place].pupil)
        }
        _ => Err(ImportError::StillWrong(message.unwrap_or_default())),
    }
}

/// Checks the row as it stands now, its columns read as those of its file were.
fn check_again(
    work: &mut Work<'_>,
    record: &ImportRecord,
    content: &Content,
    cells: &[String],
) -> Result<Checked, ImportError> {
    let target = target_of(record)?;
    let table = table_of(&content.headings, cells)?;
    let choices = match (record.choices()?, &record.layout) {
        (Some(choices), _) => choices,
        (None, Some(layout)) => {
            choice_queries::remembered_choices(work.tx, layout)?.unwrap_or_default()
        }
        (None, None) => StoredChoices::default(),
    };
    let start_year = target.year.start_year();
    let columns = find_columns(&table, &Choices::default(), start_year)?;
    let choices = choices.resolve(&columns, &HeadingKey::of(work.identities)?);
    let columns = find_columns(&table, &choices, start_year)?;
    let schools = register::schools(work.tx)?;
    let context = Context {
        start_year,
        schools: &schools,
        school: target.school,
        progress: &Progress::default(),
    };
    Ok(check::check(&table, &columns, &context))
}

fn refuse_what_is_no_child(checked: &Checked) -> Result<(), ImportError> {
    let Some(row) = checked
        .rows
        .first()
        .filter(|row| !matches!(row.verdict, Verdict::Child(_)))
    else {
        return Ok(());
    };
    let messages: Vec<&str> = row
        .findings
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    Err(ImportError::StillWrong(if messages.is_empty() {
        "The row does not describe a child.".to_owned()
    } else {
        messages.join(" ")
    }))
}

fn table_of(headings: &[String], cells: &[String]) -> Result<Table, ImportError> {
    let mut builder = TableBuilder::new(&Limits::UPLOAD);
    for row in [headings, cells] {
        for cell in row {
            builder.push(cell)?;
        }
        builder.end_row()?;
    }
    Ok(builder.finish()?)
}
