//! An area that is written file by file, year by year.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use programme::AcademicYear;

use crate::children::children;
use crate::files::{self, MeasurementFile, RosterFile};
use crate::numbers::Numbers;
use crate::outcomes::outcomes;
use crate::plan::{AreaPlan, MOST_CHILDREN, SynthError};
use crate::register;
use crate::school::{MOST_SCHOOLS, School};

/// How much was written for one academic year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearWritten {
    /// The year.
    pub year: AcademicYear,
    /// Children on the roster.
    pub children: u64,
    /// Children with an outcome.
    pub outcomes: u64,
}

/// An area that can be written.
#[derive(Debug)]
pub struct Area {
    plan: AreaPlan,
    schools: Vec<School>,
    years: Vec<AcademicYear>,
    numbers: Numbers,
    /// Every postcode written so far; the area has at most 160,000.
    postcodes: BTreeSet<String>,
}

impl Area {
    /// Invents the schools; refuses a plan out of bounds.
    pub fn new(plan: AreaPlan) -> Result<Self, SynthError> {
        if !(1..=MOST_SCHOOLS).contains(&plan.schools) {
            return Err(SynthError::Schools);
        }
        if plan
            .children_per_year_group
            .is_some_and(|size| !(1..=MOST_CHILDREN).contains(&size))
        {
            return Err(SynthError::Children);
        }
        let current = AcademicYear::containing(plan.today).ok_or(SynthError::Years)?;
        if !(1..=20).contains(&plan.years) {
            return Err(SynthError::Years);
        }
        let years = (0..plan.years)
            .rev()
            .map(|back| {
                AcademicYear::starting(current.start_year() - back as i32).ok_or(SynthError::Years)
            })
            .collect::<Result<_, _>>()?;
        let schools = (0..plan.schools)
            .map(|index| School::invent(plan.seed, index, plan.children_per_year_group))
            .collect();
        Ok(Self {
            postcodes: BTreeSet::new(),
            numbers: Numbers::new(plan.seed),
            plan,
            schools,
            years,
        })
    }

    /// The schools, in the order of their place in the area.
    pub fn schools(&self) -> &[School] {
        &self.schools
    }

    /// The academic years, the oldest first.
    pub fn years(&self) -> &[AcademicYear] {
        &self.years
    }

    /// Writes the schools as the national register does.
    pub fn write_schools(&self, to: impl Write) -> Result<(), SynthError> {
        Ok(register::write_schools(to, &self.schools)?)
    }

    /// Writes a year's roster and its measurements. Years are written in order, each once: children get their NHS
    /// numbers as they are written.
    pub fn write_year(
        &mut self,
        year: AcademicYear,
        roster: impl Write,
        measurements: impl Write,
    ) -> Result<YearWritten, SynthError> {
        let mut roster = RosterFile::begin(roster)?;
        let mut measurements = MeasurementFile::begin(measurements)?;
        let mut written = YearWritten {
            year,
            children: 0,
            outcomes: 0,
        };
        let seed = self.plan.seed;
        self.numbers.begin_year();
        for school in &self.schools {
            let children = children(seed, school, year, &mut self.numbers);
            let outcomes = outcomes(seed, school, year, self.plan.today, &children);
            for (child, outcome) in children.iter().zip(&outcomes) {
                if !self.postcodes.contains(&child.postcode) {
                    self.postcodes.insert(child.postcode.clone());
                }
                roster.child(child)?;
                written.children += 1;
                if let Some(outcome) = outcome {
                    measurements.outcome(child, outcome)?;
                    written.outcomes += 1;
                }
            }
        }
        roster.end()?;
        measurements.end()?;
        Ok(written)
    }

    /// Writes the postcodes of the years written so far, with the small areas they lie in.
    pub fn write_postcodes(&self, to: impl Write) -> Result<(), SynthError> {
        Ok(files::write_postcodes(to, self.known_postcodes())?)
    }

    /// Writes the deprivation of those small areas.
    pub fn write_deprivation(&self, to: impl Write) -> Result<(), SynthError> {
        Ok(files::write_deprivation(to, self.known_postcodes())?)
    }

    fn known_postcodes(&self) -> impl Iterator<Item = &str> {
        self.postcodes
            .iter()
            .map(String::as_str)
            .filter(|postcode| !postcode.is_empty())
    }

    /// Writes `schools.csv`, and `roster-YEAR.csv` and `measurements-YEAR.csv` for each year, and
    /// `postcodes.csv` and `deprivation.csv`, into a folder, which is made when it is missing.
    pub fn write_folder(&mut self, folder: &Path) -> Result<Vec<YearWritten>, SynthError> {
        std::fs::create_dir_all(folder)?;
        let create = |name: String| {
            File::create(folder.join(name)).map(|file| BufWriter::with_capacity(1 << 18, file))
        };
        self.write_schools(create("schools.csv".to_owned())?)?;
        let mut written = Vec::new();
        for year in self.years.clone() {
            let roster = create(format!("roster-{year}.csv"))?;
            let measurements = create(format!("measurements-{year}.csv"))?;
            written.push(self.write_year(year, roster, measurements)?);
        }
        self.write_postcodes(create("postcodes.csv".to_owned())?)?;
        self.write_deprivation(create("deprivation.csv".to_owned())?)?;
        Ok(written)
    }
}
