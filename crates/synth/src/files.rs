//! The files of a year and of its postcodes, as the commands that import them read them.

use std::io::Write;

use csv::Writer;

use crate::children::Child;
use crate::outcomes::Outcome;
use crate::school::small_area;

const PARENT_COLUMNS: [&str; 6] = [
    "title",
    "name",
    "relationship",
    "email",
    "phone",
    "language",
];

/// Writes postcodes as the ONS directory does, with the columns that are used.
pub(super) fn write_postcodes<'a>(
    to: impl Write,
    postcodes: impl Iterator<Item = &'a str>,
) -> csv::Result<()> {
    let mut file = Writer::from_writer(to);
    file.write_record(["pcds", "doterm", "laua", "lsoa21"])?;
    for postcode in postcodes {
        if let Some((lsoa, _)) = small_area(postcode) {
            let authority = if postcode.starts_with("EB") {
                "E06999999"
            } else {
                "E06999998"
            };
            file.write_record([postcode, "", authority, &lsoa])?;
        }
    }
    Ok(file.flush()?)
}

/// Writes the deciles of the small areas that the postcodes lie in, as the Indices of Deprivation do.
pub(super) fn write_deprivation<'a>(
    to: impl Write,
    postcodes: impl Iterator<Item = &'a str>,
) -> csv::Result<()> {
    let areas: std::collections::BTreeMap<String, u32> = postcodes.filter_map(small_area).collect();
    let mut file = Writer::from_writer(to);
    file.write_record([
        "LSOA code (2021)",
        "Index of Multiple Deprivation (IMD) Decile",
    ])?;
    for (lsoa, decile) in areas {
        file.write_record([lsoa, decile.to_string()])?;
    }
    Ok(file.flush()?)
}

/// A roster in canonical columns, written child by child.
pub(super) struct RosterFile<W: Write>(Writer<W>);

impl<W: Write> RosterFile<W> {
    /// Begins with the headings.
    pub(super) fn begin(to: W) -> csv::Result<Self> {
        let mut file = Writer::from_writer(to);
        let mut headings: Vec<String> = [
            "URN",
            "UPN",
            "NHS number",
            "Given name",
            "Family name",
            "Preferred name",
            "Date of birth",
            "Sex",
            "Year group",
            "Class",
            "Ethnicity",
            "Address line 1",
            "Address line 2",
            "Town",
            "Postcode",
        ]
        .map(str::to_owned)
        .to_vec();
        for place in 1..=2 {
            headings.extend(PARENT_COLUMNS.map(|column| format!("Parent {place} {column}")));
        }
        file.write_record(headings)?;
        Ok(Self(file))
    }

    /// One child.
    pub(super) fn child(&mut self, child: &Child) -> csv::Result<()> {
        let file = &mut self.0;
        for cell in [
            child.urn.to_string().as_str(),
            &child.upn,
            &child.nhs_number,
            &child.given_name,
            &child.family_name,
            &child.preferred_name,
            &child.date_of_birth.to_string(),
            child.sex.code(),
            child.year_group.code(),
            child.class,
            child.ethnicity,
            &child.street,
            "",
            child.town,
            &child.postcode,
        ] {
            file.write_field(cell)?;
        }
        for place in 0..2 {
            let cells = child.parents.get(place).map_or([""; 6], |parent| {
                [
                    parent.title,
                    &parent.name,
                    parent.relationship,
                    &parent.email,
                    &parent.phone,
                    parent.language,
                ]
            });
            for cell in cells {
                file.write_field(cell)?;
            }
        }
        file.write_record(None::<&[u8]>)
    }

    /// Ends the file.
    pub(super) fn end(mut self) -> csv::Result<()> {
        Ok(self.0.flush()?)
    }
}

/// Measurements, written child by child.
pub(super) struct MeasurementFile<W: Write>(Writer<W>);

impl<W: Write> MeasurementFile<W> {
    /// Begins with the headings.
    pub(super) fn begin(to: W) -> csv::Result<Self> {
        let mut file = Writer::from_writer(to);
        file.write_record([
            "URN",
            "UPN",
            "NHS number",
            "Given name",
            "Family name",
            "Date of birth",
            "Date measured",
            "Height (cm)",
            "Weight (kg)",
            "Not measured reason",
            "Device",
            "Measured by",
        ])?;
        Ok(Self(file))
    }

    /// One child's outcome.
    pub(super) fn outcome(&mut self, child: &Child, outcome: &Outcome) -> csv::Result<()> {
        let (height, weight, reason) = match outcome.result {
            Ok((height, weight)) => (
                format!("{:.1}", height.centimetres()),
                format!("{:.1}", weight.kilograms()),
                "",
            ),
            Err(reason) => (String::new(), String::new(), reason),
        };
        self.0.write_record([
            &child.urn.to_string(),
            &child.upn,
            &child.nhs_number,
            &child.given_name,
            &child.family_name,
            &child.date_of_birth.to_string(),
            &outcome.date.to_string(),
            &height,
            &weight,
            reason,
            outcome.device,
            outcome.measured_by,
        ])
    }

    /// Ends the file.
    pub(super) fn end(mut self) -> csv::Result<()> {
        Ok(self.0.flush()?)
    }
}
