//! The schools as the national register lists them: what `import schools` reads.

use std::io::Write;

use csv::Writer;

use crate::school::{Kind, School};

/// The value of one column of the register.
enum Cell {
    /// The same for every school.
    Same(&'static str),
    /// A school's own.
    Own(fn(&School) -> String),
}

use Cell::{Own, Same};

/// Columns of the national schools register that are filled in here, in the register's order.
const COLUMNS: [(&str, Cell); 52] = [
    ("URN", Own(|school| school.urn.to_string())),
    ("LA (code)", Own(|school| school.la_code.to_owned())),
    ("LA (name)", Own(|school| school.la_name.to_owned())),
    (
        "EstablishmentNumber",
        Own(|school| format!("{:04}", school.establishment)),
    ),
    ("EstablishmentName", Own(|school| school.name.clone())),
    (
        "TypeOfEstablishment (code)",
        Own(|school| type_of(school).code.to_owned()),
    ),
    (
        "TypeOfEstablishment (name)",
        Own(|school| type_of(school).name.to_owned()),
    ),
    (
        "EstablishmentTypeGroup (code)",
        Own(|school| type_of(school).group_code.to_owned()),
    ),
    (
        "EstablishmentTypeGroup (name)",
        Own(|school| type_of(school).group.to_owned()),
    ),
    ("EstablishmentStatus (code)", Same("1")),
    ("EstablishmentStatus (name)", Same("Open")),
    ("ReasonEstablishmentOpened (code)", Same("00")),
    ("ReasonEstablishmentOpened (name)", Same("Not applicable")),
    ("OpenDate", Same("")),
    ("ReasonEstablishmentClosed (code)", Same("00")),
    ("ReasonEstablishmentClosed (name)", Same("Not applicable")),
    ("CloseDate", Same("")),
    (
        "PhaseOfEducation (code)",
        Own(|school| phase_of(school).0.to_owned()),
    ),
    (
        "PhaseOfEducation (name)",
        Own(|school| phase_of(school).1.to_owned()),
    ),
    (
        "StatutoryLowAge",
        Own(|school| ages_of(school).0.to_owned()),
    ),
    (
        "StatutoryHighAge",
        Own(|school| ages_of(school).1.to_owned()),
    ),
    ("Boarders (code)", Same("1")),
    ("Boarders (name)", Same("No boarders")),
    ("NurseryProvision (name)", Same("No Nursery Classes")),
    ("OfficialSixthForm (code)", Same("2")),
    (
        "OfficialSixthForm (name)",
        Same("Does not have a sixth form"),
    ),
    ("Gender (code)", Same("3")),
    ("Gender (name)", Same("Mixed")),
    (
        "ReligiousCharacter (code)",
        Own(|school| religion_of(school).0.to_owned()),
    ),
    (
        "ReligiousCharacter (name)",
        Own(|school| religion_of(school).1.to_owned()),
    ),
    (
        "SchoolCapacity",
        Own(|school| (pupils_of(school) + 20).to_string()),
    ),
    ("CensusDate", Same("")),
    (
        "NumberOfPupils",
        Own(|school| pupils_of(school).to_string()),
    ),
    (
        "NumberOfBoys",
        Own(|school| (pupils_of(school) / 2).to_string()),
    ),
    (
        "NumberOfGirls",
        Own(|school| pupils_of(school).div_ceil(2).to_string()),
    ),
    ("PercentageFSM", Same("")),
    ("UKPRN", Same("")),
    ("LastChangedDate", Same("")),
    ("Street", Own(|school| school.street.clone())),
    ("Locality", Same("")),
    ("Address3", Same("")),
    ("Town", Own(|school| school.town.to_owned())),
    ("County (name)", Own(|school| school.la_name.to_owned())),
    ("Postcode", Own(|school| school.postcode.clone())),
    ("SchoolWebsite", Same("")),
    (
        "TelephoneNum",
        Own(|school| format!("01632960{:03}", school.index % 1000)),
    ),
    ("HeadTitle (name)", Same("Mrs")),
    ("HeadFirstName", Same("Alex")),
    ("HeadLastName", Same("Example")),
    ("HeadPreferredJobTitle", Same("Headteacher")),
    ("GOR (code)", Same("Z")),
    ("GOR (name)", Same("Not Applicable")),
];

/// Writes the schools.
pub(super) fn write_schools(to: impl Write, schools: &[School]) -> csv::Result<()> {
    let mut file = Writer::from_writer(to);
    file.write_record(COLUMNS.map(|(heading, _)| heading))?;
    for school in schools {
        for (_, cell) in &COLUMNS {
            match cell {
                Same(value) => file.write_field(value)?,
                Own(value) => file.write_field(value(school))?,
            }
        }
        file.write_record(None::<&[u8]>)?;
    }
    Ok(file.flush()?)
}

/// A type of establishment and the group of types it belongs to.
struct Type {
    code: &'static str,
    name: &'static str,
    group_code: &'static str,
    group: &'static str,
}

const SPECIAL: Type = Type {
    code: "07",
    name: "Community special school",
    group_code: "5",
    group: "Special schools",
};
const ACADEMY: Type = Type {
    code: "34",
    name: "Academy converter",
    group_code: "10",
    group: "Academies",
};
const VOLUNTARY_AIDED: Type = Type {
    code: "02",
    name: "Voluntary aided school",
    group_code: "4",
    group: "Local authority maintained schools",
};
const COMMUNITY: Type = Type {
    code: "01",
    name: "Community school",
    group_code: "4",
    group: "Local authority maintained schools",
};

fn type_of(school: &School) -> Type {
    match (school.kind, school.academy, school.church) {
        (Kind::Special, ..) => SPECIAL,
        (_, true, _) => ACADEMY,
        (_, false, true) => VOLUNTARY_AIDED,
        (_, false, false) => COMMUNITY,
    }
}

/// Code and name of the phase of education.
fn phase_of(school: &School) -> (&'static str, &'static str) {
    if school.kind == Kind::Special {
        ("0", "Not applicable")
    } else {
        ("2", "Primary")
    }
}

/// The youngest and the oldest age of pupils.
fn ages_of(school: &School) -> (&'static str, &'static str) {
    match school.kind {
        Kind::Primary => ("4", "11"),
        Kind::Infant => ("4", "7"),
        Kind::Junior => ("7", "11"),
        Kind::Special => ("3", "16"),
    }
}

/// Code and name of the religious character.
fn religion_of(school: &School) -> (&'static str, &'static str) {
    if school.church {
        ("02", "Church of England")
    } else {
        ("00", "Does not apply")
    }
}

/// Pupils of all years, as many in each as in the larger of the two that are measured.
fn pupils_of(school: &School) -> u32 {
    let years = match school.kind {
        Kind::Primary => 7,
        Kind::Infant => 3,
        Kind::Junior => 4,
        Kind::Special => 6,
    };
    school.sizes[0].max(school.sizes[1]) * years
}
