//! Checks one row: every problem and warning of it at once.

use chrono::NaiveDate;
use programme::{
    Contact, Ethnicity, NhsNumber, Particulars, Person, Sex, Upn, Urn, YearGroup, YearGroupReading,
};
use tabular::Row;

use crate::code::{Code, Finding};
use crate::columns::Columns;
use crate::columns::field::Field;
use crate::columns::slip::{self, Displaced};
use crate::row::checked::{CheckedRow, Context, Glimpse, Reading, Verdict};
use crate::row::checker::RowChecker;
use crate::row::child::RosterChild;
use crate::row::contacts::{Ranked, read_contacts};
use crate::row::fields::{
    Address, Names, check_age, read_address, read_birth, read_ethnicity, read_names,
    read_nhs_number, read_school, read_sex, read_upn, read_year_group,
};
use crate::row::kind::{self, NotAChild};
use crate::row::layout::Layout;

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
                format!("The values under {}.", displaced.words(columns))
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
    let year_group = match read_year_group(&mut checker, date_of_birth, context, year_group) {
        Some(YearGroupReading::Other) => {
            // A moved cell can look like another year, too.
            let matters = checker.findings.len();
            return (other_year(number).into(), matters);
        }
        Some(YearGroupReading::Measured(year_group)) => Some(year_group),
        None => None,
    };
    let draft = Draft::read(&mut checker, context, date_of_birth, year_group);
    let matters = checker.findings.len();
    let (verdict, priorities) = draft.verdict(checker.has_problem());
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

/// A row of a child in neither Reception nor Year 6.
fn other_year(number: u32) -> CheckedRow {
    CheckedRow {
        number,
        verdict: Verdict::Skipped,
        findings: vec![Finding {
            code: Code::YearNotInProgramme,
            heading: None,
            message: "Not in Reception or Year 6, so passed over.".to_owned(),
        }],
    }
}

/// A child as far as its row can be read.
struct Draft {
    urn: Option<Urn>,
    year_group: Option<YearGroup>,
    date_of_birth: Option<NaiveDate>,
    names: Names,
    sex: Option<Sex>,
    nhs_number: Option<NhsNumber>,
    upn: Option<Upn>,
    ethnicity: Option<Ethnicity>,
    address: Address,
    class: String,
    sensitive: bool,
    contacts: Vec<Ranked>,
}

impl Draft {
    /// Reads what is left of the row once date of birth and year group are read.
    fn read(
        row: &mut RowChecker<'_, '_>,
        context: &Context<'_>,
        date_of_birth: Option<NaiveDate>,
        year_group: Option<YearGroup>,
    ) -> Self {
        let urn = read_school(row, context);
        let names = read_names(row);
        let sex = read_sex(row);
        if let (Some(birth), Some(year_group)) = (date_of_birth, year_group) {
            check_age(row, birth, year_group, context.start_year);
        }
        Self {
            urn,
            year_group,
            date_of_birth,
            names,
            sex,
            nhs_number: read_nhs_number(row),
            upn: read_upn(row),
            ethnicity: read_ethnicity(row),
            address: read_address(row),
            class: row.text(Field::Class),
            sensitive: matches!(
                row.text(Field::Sensitive).to_lowercase().as_str(),
                "true" | "1" | "yes" | "y" | "t" | "sensitive" | "in care" | "looked after"
            ),
            contacts: read_contacts(row),
        }
    }

    /// The child, or a glimpse of it where the row has a problem, and the priorities of its contacts.
    fn verdict(self, has_problem: bool) -> (Verdict, Vec<Option<u8>>) {
        let priorities = self.contacts.iter().map(|ranked| ranked.priority).collect();
        let verdict = match (self.urn, self.year_group, self.sex, self.date_of_birth) {
            (Some(urn), Some(year_group), Some(sex), Some(date_of_birth)) if !has_problem => {
                let mut contacts: Vec<Contact> = self
                    .contacts
                    .into_iter()
                    .map(|ranked| ranked.contact)
                    .collect();
                // A hundred thousand children stand in memory at once.
                contacts.shrink_to_fit();
                Verdict::Child(Box::new(RosterChild {
                    urn,
                    year_group,
                    class: self.class,
                    sex,
                    ethnicity: self.ethnicity,
                    sensitive: self.sensitive,
                    person: Person {
                        nhs_number: self.nhs_number,
                        upn: self.upn,
                        given_name: self.names.given,
                        family_name: self.names.family,
                        preferred_name: self.names.preferred,
                        date_of_birth,
                        address_lines: self.address.lines,
                        town: self.address.town,
                        postcode: self.address.postcode,
                        contacts,
                        particulars: Particulars::default(),
                    },
                }))
            }
            _ => Verdict::Rejected(Glimpse {
                nhs_number: self.nhs_number,
                upn: self.upn,
                given_name: self.names.given,
                family_name: self.names.family,
            }),
        };
        (verdict, priorities)
    }
}
