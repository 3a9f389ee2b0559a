//! Checks one row: every problem and warning of it at once.

use programme::{Contact, Particulars, Person, YearGroupReading};
use tabular::Row;

use crate::code::{Code, Finding};
use crate::columns::Columns;
use crate::columns::field::Field;
use crate::columns::slip::{self, Displaced};
use crate::row::checked::{CheckedRow, Context, Glimpse, Reading, Verdict};
use crate::row::checker::RowChecker;
use crate::row::child::RosterChild;
use crate::row::contacts::read_contacts;
use crate::row::kind::{self, NotAChild};
use crate::row::layout::Layout;
use crate::row::read_child::{
    Names, check_age, read_address, read_birth, read_ethnicity, read_names, read_nhs_number,
    read_school, read_sex, read_upn, read_year_group,
};

pub(crate) fn check_row(
    row: Row<'_>,
    columns: &Columns,
    layout: &Layout,
    context: &Context<'_>,
) -> Reading {
    let number = row.number();
    if let Some(kind) = kind::not_a_child(row, columns) {
        let contacts = if kind == NotAChild::Contact {
            read_contacts(&mut RowChecker {
                row,
                columns,
                layout,
                findings: Vec::new(),
            })
        } else {
            Vec::new()
        };
        return Reading {
            contacts,
            ..Reading::from(CheckedRow {
                number,
                verdict: Verdict::NotAChild(kind),
                findings: Vec::new(),
            })
        };
    }
    let (checked, matters) = check_child(row, columns, layout, context, None);
    let Some(displaced) = slip::displaced(row, columns, matters) else {
        return checked;
    };
    let finding = Finding {
        code: Code::ColumnsSlipped,
        heading: None,
        message: match displaced {
            Displaced::By(_) => format!(
                "The cells of this row appear to {}; see the first such row.",
                displaced.words(columns)
            ),
            Displaced::Swapped(..) => {
                format!("The cells under {}, as it seems.", displaced.words(columns))
            }
        },
    };
    Reading {
        displaced: Some(displaced),
        ..Reading::from(CheckedRow {
            number,
            verdict: Verdict::Rejected(Glimpse::default()),
            findings: vec![finding],
        })
    }
}

/// Checks a row that is a child, and counts the matters found: where there are
/// many its cells may have moved. `year_group` is one that a subheading gave.
pub(crate) fn check_child(
    row: Row<'_>,
    columns: &Columns,
    layout: &Layout,
    context: &Context<'_>,
    year_group: Option<YearGroupReading>,
) -> (Reading, usize) {
    let number = row.number();
    let mut checker = RowChecker {
        row,
        columns,
        layout,
        findings: Vec::new(),
    };
    let date_of_birth = read_birth(&mut checker);
    let year_group = read_year_group(&mut checker, date_of_birth, context, year_group);
    if year_group == Some(YearGroupReading::Other) {
        let finding = Finding {
            code: Code::YearNotInProgramme,
            heading: None,
            message: "Not in Reception or Year 6, so passed over.".to_owned(),
        };
        // A moved cell can look like another year, too.
        let matters = checker.findings.len();
        let skipped = CheckedRow {
            number,
            verdict: Verdict::Skipped,
            findings: vec![finding],
        };
        return (skipped.into(), matters);
    }
    let year_group = match year_group {
        Some(YearGroupReading::Measured(year_group)) => Some(year_group),
        _ => None,
    };
    let urn = read_school(&mut checker, context);
    let Names {
        given: given_name,
        family: family_name,
        preferred: preferred_name,
    } = read_names(&mut checker);
    let sex = read_sex(&mut checker);
    if let (Some(birth), Some(year_group)) = (date_of_birth, year_group) {
        check_age(&mut checker, birth, year_group, context.start_year);
    }
    let nhs_number = read_nhs_number(&mut checker);
    let upn = read_upn(&mut checker);
    let ethnicity = read_ethnicity(&mut checker);
    let (address_lines, town, postcode) = read_address(&mut checker);
    let class = checker.text(Field::Class);
    let sensitive = matches!(
        checker.text(Field::Sensitive).to_lowercase().as_str(),
        "true" | "1" | "yes" | "y" | "t" | "sensitive" | "in care" | "looked after"
    );
    let ranked = read_contacts(&mut checker);
    let priorities = ranked.iter().map(|ranked| ranked.priority).collect();
    let mut contacts: Vec<Contact> = ranked.into_iter().map(|ranked| ranked.contact).collect();
    // A hundred thousand children stand in memory at once.
    contacts.shrink_to_fit();
    let matters = checker.findings.len();
    let verdict = match (urn, year_group, sex, date_of_birth) {
        (Some(urn), Some(year_group), Some(sex), Some(date_of_birth)) if !checker.has_problem() => {
            Verdict::Child(Box::new(RosterChild {
                urn,
                year_group,
                class,
                sex,
                ethnicity,
                sensitive,
                person: Person {
                    nhs_number,
                    upn,
                    given_name,
                    family_name,
                    preferred_name,
                    date_of_birth,
                    address_lines,
                    town,
                    postcode,
                    contacts,
                    particulars: Particulars::default(),
                },
            }))
        }
        _ => Verdict::Rejected(Glimpse {
            nhs_number,
            upn,
            given_name,
            family_name,
        }),
    };
    let reading = Reading {
        priorities,
        ..Reading::from(CheckedRow {
            number,
            verdict,
            findings: checker.findings,
        })
    };
    (reading, matters)
}
