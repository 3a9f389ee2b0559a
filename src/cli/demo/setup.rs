//! What the demonstration begins with: schools, three years of children, what was measured.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use chrono::{Datelike as _, Days, Weekday};

use super::figures;
use crate::app::App;
use crate::audit::Actor;
use crate::letters;
use crate::letters::delay::{self, Delay};
use crate::letters::texts;
use crate::measurement;
use crate::records::year::{self as years, YearRule};
use crate::roster::commit::{Destination, commit};
use crate::roster::import::{self, Mode, Target};
use crate::roster::importing::Importing;
use crate::roster::stored_choices::HeadingKey;
use crate::schools::contact_queries::{self, Audience};
use crate::schools::work::{self, Plan};
use crate::schools::{self, geography};
use crate::settings;
use programme::{AcademicYear, Urn};
use roster_reader::progress::Progress;
use synth::{Area, AreaPlan, School};
use tabular::{self, Limits};

/// The letter templates' parts that every programme enters for itself.
const TEXTS: &str = r#"{
    "programme_name": "Exampleshire School Nursing",
    "programme_address": ["Example House", "1 Example Street", "Exampleton"],
    "contact": "01632 960 123, Monday to Friday, 9am to 4pm"
}"#;

/// Schools of the demonstration.
const SCHOOLS: u32 = 8;

/// Academic years: the one in progress and two before it.
const YEARS: u32 = 3;

/// Of the oldest year, the names of children measured up to this many days after its first day are due for removal.
const DUE_DAYS: u64 = 100;

/// Fills an empty database; `folder` is where the area's files are put, which can then be tried in the browser, too.
pub(super) fn run(app: &App, folder: &Path, seed: u64) -> anyhow::Result<Vec<School>> {
    let mut area = Area::new(AreaPlan {
        seed,
        schools: SCHOOLS,
        years: YEARS,
        today: app.clock.today(),
        children_per_year_group: None,
    })?;
    let written = area.write_folder(folder)?;
    let read = |name: String| {
        fs::read(folder.join(&name)).with_context(|| format!("{name} cannot be read"))
    };
    import_schools(app, &read("schools.csv".to_owned())?)?;
    println!("  {SCHOOLS} schools of two local authorities");
    app.db.write_now(|tx| {
        geography::import_postcodes(tx, read("postcodes.csv".to_owned())?.as_slice(), |_| ())
            .map_err(anyhow::Error::from)
    })?;
    app.db.write_now(|tx| {
        geography::import_deprivation(tx, read("deprivation.csv".to_owned())?.as_slice())
            .map_err(anyhow::Error::from)
    })?;
    set_years(app, &area)?;
    for year in written {
        import_roster(app, year.year, &read(format!("roster-{}.csv", year.year))?)?;
        import_measurements(
            app,
            year.year,
            &read(format!("measurements-{}.csv", year.year))?,
        )?;
        println!(
            "  {}: {} children on the rosters, {} of them with an outcome",
            year.year, year.children, year.outcomes
        );
    }
    plan_visits(app, &area)?;
    set_contacts(app, &area)?;
    // Whoever tries the demonstration sends letters at once, and none goes before they do.
    let demo = Actor::command("demo");
    app.write_now(&demo, |work| delay::set_delay(work, Delay::ByHand))?;
    app.write_now(&demo, |work| {
        settings::put(work.tx, work.actor, work.now, texts::SETTING, TEXTS)
    })?;
    let letters = letters::jobs::prepare_letters(app, &Actor::command("demo"), false)?;
    println!("  Letters: {letters}");
    figures::make(app, &area)?;
    println!("  Figures of the years before, of both authorities and one school");
    Ok(area.schools().to_vec())
}

/// One visit to each school on the next working days.
fn plan_visits(app: &App, area: &Area) -> anyhow::Result<()> {
    let year = area.years().last().context("the area has no year")?;
    let days = app
        .clock
        .today()
        .iter_days()
        .filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
        .take_while(|day| *day <= year.last_day());
    let (actor, now) = (Actor::command("demo"), app.clock.now());
    app.db.write_now(|tx| {
        for (school, day) in area.schools().iter().zip(days) {
            let plan = Plan {
                urn: Urn::try_from(school.urn as i32)?,
                on: day,
                team: format!("Team {}", 1 + school.index % 4),
                note: String::new(),
            };
            work::plan_visit(tx, &actor, now, &year.to_string(), &plan)?;
        }
        Ok::<_, anyhow::Error>(())
    })
}

/// Whom figures are announced to.
fn set_contacts(app: &App, area: &Area) -> anyhow::Result<()> {
    app.db.write_now(|tx| {
        for school in area.schools() {
            let school_email = format!("office.{}@example.org", school.urn);
            contact_queries::set_contact(
                tx,
                &Audience::School(school.urn as i32),
                Some(&school_email),
            )?;
            let authority_email = format!("figures.{}@example.org", school.la_code);
            contact_queries::set_contact(
                tx,
                &Audience::Authority(school.la_code.to_owned()),
                Some(&authority_email),
            )?;
        }
        Ok::<_, anyhow::Error>(())
    })
}

fn import_schools(app: &App, bytes: &[u8]) -> anyhow::Result<()> {
    let table = tabular::read_table(bytes, &Limits::COMMAND_LINE, |_| true)?;
    let register = schools::read_register(&table)?;
    app.db
        .write_now(|tx| schools::import_register(tx, &register, app.clock.now()))?;
    Ok(())
}

/// Sets the years' rules. All three have the same number of days: so many that the first names of the oldest year are
/// due for removal, so that removing can be tried.
fn set_years(app: &App, area: &Area) -> anyhow::Result<()> {
    let oldest = area.years().first().context("the area has no year")?;
    let due = oldest.first_day() + Days::new(DUE_DAYS);
    let retention_days = i32::try_from((app.clock.today() - due).num_days())?;
    for year in area.years() {
        let rule = YearRule {
            retention_days,
            instrument: "Invented for the demonstration; nothing designates it".to_owned(),
            scheme: None,
            closes_on: None,
        };
        let (actor, now, keyring) = (
            Actor::command("demo"),
            app.clock.now(),
            app.identities.keyring(),
        );
        app.db
            .write_now(|tx| years::set(tx, keyring, &actor, now, *year, &rule))?;
    }
    Ok(())
}

fn import_roster(app: &App, year: AcademicYear, bytes: &[u8]) -> anyhow::Result<()> {
    let key = HeadingKey::of(&app.identities)?;
    let parsed = import::parse(bytes, &Limits::COMMAND_LINE, year, &key, None, |_| Ok(None))?;
    let target = Target { year, school: None };
    let progress = Progress::default();
    let actor = Actor::command("demo");
    let (prepared, applied) = commit(
        Importing::new(app, &actor, &progress),
        target,
        &parsed,
        Mode::AllOrNothing,
        Destination::New(bytes),
    )?;
    if applied.is_none() {
        bail!(
            "{} invented rows of {year} cannot go in",
            prepared.counts().rejected
        );
    }
    Ok(())
}

fn import_measurements(app: &App, year: AcademicYear, bytes: &[u8]) -> anyhow::Result<()> {
    let parsed = measurement::import::parse(bytes, &Limits::COMMAND_LINE)?;
    let actor = Actor::command("demo");
    let mode = measurement::import::Mode::AllOrNothing;
    let (report, _) = measurement::import::import(app, &actor, year, &parsed, mode)?;
    match report.count(measurement::import::RowResult::Rejected) {
        0 => Ok(()),
        rejected => bail!("{rejected} invented measurements of {year} cannot go in"),
    }
}
